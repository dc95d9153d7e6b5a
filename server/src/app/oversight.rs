//! What administrators see and do about invitations of all flows, and the audit log.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use invite_domain::actor::Administrator;
use invite_domain::email_address::EmailAddress;
use invite_domain::flow::{FlowName, purpose_of};
use invite_domain::ids::InvitationId;
use invite_domain::invitation::{DeliveryState, InvitationState};
use invite_domain::oversight::{self, InvitationFacts, Realm};
use invite_domain::refusal::Refusal;
use invite_domain::user::UserStatus;
use uuid::Uuid;

use super::invitations::{inviter, secret_kind};
use super::{App, Call, Error, EventView, InvitationView, Page};
use crate::store::{self, EventPage, InvitationPage, Tx};

/// How many items a page has if nobody says.
const PAGE_SIZE: u32 = 50;
/// How much of a list's fingerprint a cursor carries: enough to tell lists apart.
const MARK_BYTES: usize = 8;

/// Which invitations somebody wants to see.
#[derive(Debug, Clone, Default)]
pub struct InvitationQuery {
    /// Those of this flow, which may not exist.
    pub flow: Option<String>,
    /// Those in this state.
    pub state: Option<InvitationState>,
    /// Those to the organization with this slug.
    pub organization: Option<String>,
    /// Those of this address.
    pub email: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// Which events somebody wants to see.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Those of this kind, which may not exist.
    pub kind: Option<String>,
    /// At most so many.
    pub limit: Option<u32>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

impl App {
    /// `list_invitations`: a page, the newest first. What nothing can match is an empty one.
    ///
    /// # Errors
    /// `invalid_value` for a cursor of another list.
    pub async fn list_invitations(
        &self,
        administrator: &Administrator,
        query: InvitationQuery,
    ) -> Result<Page<InvitationView>, Error> {
        let mark = self.mark(
            "invitations",
            administrator,
            &[
                query.flow.as_deref().unwrap_or_default(),
                query.state.map_or("", InvitationState::as_str),
                query.organization.as_deref().unwrap_or_default(),
                query.email.as_deref().unwrap_or_default(),
            ],
        );
        let before = query.cursor.as_deref().map(|cursor| place(cursor, mark)).transpose()?.map(InvitationId::new);
        let limit = query.limit.unwrap_or(PAGE_SIZE);
        let now = self.now();
        let mut tx = self.shared.store.begin_read().await?;
        let realm = match &query.organization {
            None => Some(oversight::realm(administrator)),
            Some(slug) => named_realm(&mut tx, administrator, slug).await?,
        };
        let flow = query.flow.as_deref().map(|name| FlowName::from_stored(name).ok_or(())).transpose();
        let address = query.email.as_deref().map(EmailAddress::parse).transpose();
        let (Some(realm), Ok(flow), Ok(address)) = (realm, flow, address) else { return Ok(Page::empty()) };
        let page = InvitationPage { realm, flow, state: query.state, address, before, limit: limit.saturating_add(1) };
        let found = tx.invitation_page(&page, now).await?;
        let items = found.into_iter().map(|(invitation, slug)| InvitationView::of(invitation, slug, now)).collect();
        Ok(Page::of(items, limit, |last: &InvitationView| cursor(last.id, mark)))
    }

    /// `get_invitation`.
    ///
    /// # Errors
    /// `invitation_not_found`.
    pub async fn get_invitation(&self, administrator: &Administrator, id: Uuid) -> Result<InvitationView, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let facts = oversight::overseen(administrator, invitation_facts(&mut tx, InvitationId::new(id)).await?)?;
        Ok(InvitationView::of(facts.invitation, facts.organization.slug, self.now()))
    }

    /// `resend_invitation`: a pending invitation gets a new secret, which is mailed; the one before dies.
    ///
    /// # Errors
    /// `invitation_not_found`, `invitation_not_pending`.
    pub async fn resend_invitation(
        &self,
        call: &Call,
        administrator: &Administrator,
        id: Uuid,
    ) -> Result<InvitationView, Error> {
        let id = InvitationId::new(id);
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let mut facts = oversight::overseen(administrator, invitation_facts(&mut tx, id).await?)?;
            let supplies = self.supplies(secret_kind(purpose_of(facts.invitation.flow)), now)?;
            let inviter = inviter(&mut tx, administrator.actor()).await?;
            facts.invitation.expires_at = supplies.expires_at;
            let plan = oversight::plan_resend(administrator, &facts, inviter.as_ref(), supplies, now)?;
            facts.invitation.delivery = DeliveryState::Queued;
            let view = InvitationView::of(facts.invitation, facts.organization.slug, now);
            self.commit_all(call, tx, &plan, &view, now).await?;
            Ok(view)
        })
        .await
    }

    /// `revoke_invitation`: a pending invitation ends, and with it the membership.
    ///
    /// # Errors
    /// `invitation_not_found`, `invitation_not_pending`.
    pub async fn revoke_invitation(
        &self,
        call: &Call,
        administrator: &Administrator,
        id: Uuid,
    ) -> Result<InvitationView, Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let found = invitation_facts(&mut tx, InvitationId::new(id)).await?;
            let mut facts = oversight::overseen(administrator, found)?;
            let plan = oversight::plan_revoke(administrator, &facts, now)?;
            facts.invitation.state = InvitationState::Revoked;
            facts.invitation.closed_at = Some(now);
            if facts.invitation.delivery == DeliveryState::Queued {
                facts.invitation.delivery = DeliveryState::None;
            }
            let view = InvitationView::of(facts.invitation, facts.organization.slug, now);
            self.commit_all(call, tx, &plan, &view, now).await?;
            Ok(view)
        })
        .await
    }

    /// `list_events`: a page of the audit log, the newest first.
    ///
    /// # Errors
    /// `invalid_value` for a cursor of another list.
    pub async fn list_events(
        &self,
        administrator: &Administrator,
        query: EventQuery,
    ) -> Result<Page<EventView>, Error> {
        let mark = self.mark("events", administrator, &[query.kind.as_deref().unwrap_or_default()]);
        let before = query.cursor.as_deref().map(|cursor| place(cursor, mark)).transpose()?;
        let limit = query.limit.unwrap_or(PAGE_SIZE);
        let realm = oversight::realm(administrator);
        let mut tx = self.shared.store.begin_read().await?;
        let page = EventPage { realm, kind: query.kind, before, limit: limit.saturating_add(1) };
        let found = tx.event_page(page).await?;
        let items = found.into_iter().map(|(event, slug)| EventView::of(event, slug)).collect();
        Ok(Page::of(items, limit, |last: &EventView| cursor(last.id, mark)))
    }

    /// What tells a list with its filters from all others, also those of other administrators.
    fn mark(&self, list: &str, administrator: &Administrator, filters: &[&str]) -> [u8; MARK_BYTES] {
        let organization = administrator.organization().to_string();
        let mut texts = vec!["cursor", list, organization.as_str()];
        texts.extend(filters);
        let mut mark = [0; MARK_BYTES];
        mark.copy_from_slice(&self.shared.sealer.fingerprint(&texts)[..MARK_BYTES]);
        mark
    }
}

/// The organization with a slug, as far as the administrator oversees it.
async fn named_realm(tx: &mut Tx, administrator: &Administrator, slug: &str) -> Result<Option<Realm>, store::Error> {
    let organization = tx.organization_by_slug(slug).await?;
    let organization = organization.filter(|organization| oversight::realm(administrator).covers(organization));
    Ok(organization.map(|organization| Realm::Organization(organization.id)))
}

async fn invitation_facts(tx: &mut Tx, id: InvitationId) -> Result<Option<InvitationFacts>, store::Error> {
    let Some(invitation) = tx.invitation(id).await? else { return Ok(None) };
    let missing = |column| store::Error::Damaged { column };
    let organization = tx.inviting_organization(invitation.organization).await?;
    let user = tx.user(invitation.user).await?.ok_or(missing("invitations.user_id"))?;
    let membership = tx.membership(user.id, organization.id).await?;
    let places = match user.status {
        UserStatus::Suspended => tx.places_of(user.id).await?,
        UserStatus::Pending | UserStatus::Active => Vec::new(),
    };
    Ok(Some(InvitationFacts { invitation, organization, user, membership, places }))
}

/// Where the page after an item begins.
fn cursor(last: Uuid, mark: [u8; MARK_BYTES]) -> String {
    URL_SAFE_NO_PAD.encode([last.as_bytes().as_slice(), &mark].concat())
}

/// The item that a page comes after.
fn place(cursor: &str, mark: [u8; MARK_BYTES]) -> Result<Uuid, Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
    let last = bytes.strip_suffix(mark.as_slice()).and_then(|id| Uuid::from_slice(id).ok());
    last.ok_or_else(|| {
        Refusal::invalid("cursor", "the cursor belongs to another list or other filters; begin anew without it")
    })
}
