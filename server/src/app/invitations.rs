//! Inviting, in each flow.

use chrono::{DateTime, Utc};
use invite_domain::actor::{Actor, Administrator};
use invite_domain::challenge::ChallengePurpose;
use invite_domain::email_address::EmailAddress;
use invite_domain::flow::{Account, FlowName, InviteeFacts, kare, muninx, nexus, purpose_of};
use invite_domain::ids::OrganizationId;
use invite_domain::organization::Organization;
use invite_domain::secret::SecretKind;
use invite_domain::user::User;

use super::limits::Attempt;
use super::{App, Call, Error, KareMembership};
use crate::store::{self, Question, Tx};

impl App {
    /// `muninx_invite_user`: invites a user into the tenant or one of its customer organizations.
    ///
    /// # Errors
    /// `invalid_value`, `agent_type_required`, `agent_type_forbidden`, `unknown_organization`, `email_taken`.
    pub async fn muninx_invite_user(
        &self,
        call: &Call,
        administrator: &Administrator,
        command: muninx::InviteUser,
    ) -> Result<(), Error> {
        let invite = muninx::admit(command)?;
        let attempt = self.attempt(call, None);
        let outcome = self.invite_user(call, &attempt, administrator, invite).await;
        match &outcome {
            // Whoever chooses challenges could find out so which ones others have.
            Err(Error::Refused(refusal)) if muninx::is_of_taken_challenge(refusal) => {
                self.judge(&attempt, outcome).await
            }
            _ => outcome,
        }
    }

    async fn invite_user(
        &self,
        call: &Call,
        attempt: &Attempt,
        administrator: &Administrator,
        invite: muninx::AdmittedInvite,
    ) -> Result<(), Error> {
        self.until_alone(|| async {
            let now = self.now();
            let supplies = self.supplies(SecretKind::Challenge, now)?;
            let mut tx = self.shared.store.begin_write().await?;
            let facts = muninx_facts(&mut tx, administrator.actor(), &invite, now).await?;
            if invite.challenge.is_some() {
                Self::may_try(&mut tx, attempt, now).await?;
            }
            let plan = muninx::plan(administrator, invite.clone(), facts, supplies, now)?;
            self.commit_all(call, tx, &plan, &(), now).await
        })
        .await
    }

    /// `muninx_resend_activation_email`: sends a pending user another link; the one before dies. `me` is the caller.
    ///
    /// # Errors
    /// `user_not_found`, `user_not_pending`.
    pub async fn muninx_resend_activation_email(
        &self,
        call: &Call,
        administrator: &Administrator,
        email: &str,
    ) -> Result<(), Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let facts = resend_facts(&mut tx, administrator.actor(), email).await?;
            let purpose = facts.pending.as_ref().map(|(invitation, _)| purpose_of(invitation.flow));
            let supplies = self.supplies(secret_kind(purpose.unwrap_or(ChallengePurpose::Activation)), now)?;
            let plan = muninx::plan_resend(administrator, facts, supplies, now)?;
            self.commit_all(call, tx, &plan, &(), now).await
        })
        .await
    }

    /// `kare_invite_user_organization`: makes an address a member of the session's organization.
    ///
    /// # Errors
    /// `invalid_value`, `already_member`.
    pub async fn kare_invite_user_organization(
        &self,
        call: &Call,
        administrator: &Administrator,
        command: kare::InviteUser,
    ) -> Result<KareMembership, Error> {
        let invite = kare::admit(administrator, command)?;
        self.until_alone(|| async {
            let now = self.now();
            let supplies = self.supplies(secret_kind(purpose_of(FlowName::Kare)), now)?;
            let mut tx = self.shared.store.begin_write().await?;
            foresee_invite(&mut tx, administrator, &invite.address).await?;
            let organization = own_organization(&mut tx, invite.organization).await?;
            let inviter = inviter(&mut tx, administrator.actor()).await?;
            let invitee = invitee_facts(&mut tx, &invite.address, organization.id).await?;
            let facts = kare::InviteFacts { organization, inviter, invitee };
            let (plan, membership) = kare::plan(invite.clone(), facts, supplies, now)?;
            let membership = KareMembership::of(membership);
            self.commit_all(call, tx, &plan, &membership, now).await?;
            Ok(membership)
        })
        .await
    }

    /// Who may invite into an organization of Nexus.
    ///
    /// # Errors
    /// `organization_not_found`, `not_allowed`.
    pub async fn nexus_administrator(&self, actor: Actor, organization_id: i32) -> Result<Administrator, Error> {
        let mut tx = self.shared.store.glance().await?;
        let organization = tx.organization(OrganizationId::new(organization_id)).await?;
        Ok(nexus::administrator(actor, organization)?)
    }

    /// `nexus_invite_organization_member`: makes an address a member of the organization that is administered.
    ///
    /// # Errors
    /// `organization_not_found`, `invalid_value`, `already_member`.
    pub async fn nexus_invite_organization_member(
        &self,
        call: &Call,
        administrator: &Administrator,
        command: nexus::InviteMember,
    ) -> Result<(), Error> {
        self.until_alone(|| async {
            let now = self.now();
            let supplies = self.supplies(secret_kind(purpose_of(FlowName::Nexus)), now)?;
            let mut tx = self.shared.store.begin_write().await?;
            if let Ok(address) = EmailAddress::parse(&command.email_address) {
                foresee_invite(&mut tx, administrator, &address).await?;
            }
            let organization = tx.organization(administrator.organization()).await?;
            let invite = nexus::admit(administrator, organization, &command)?;
            let inviter = inviter(&mut tx, administrator.actor()).await?;
            let invitee = invitee_facts(&mut tx, &invite.address, invite.organization.id).await?;
            let plan = nexus::plan(invite, inviter.as_ref(), invitee, supplies, now)?;
            self.commit_all(call, tx, &plan, &(), now).await
        })
        .await
    }
}

async fn muninx_facts(
    tx: &mut Tx,
    actor: &Actor,
    invite: &muninx::AdmittedInvite,
    now: DateTime<Utc>,
) -> Result<muninx::InviteFacts, store::Error> {
    let address = &invite.address;
    let slug = invite.organization.as_deref();
    let pending = slug.map_or(Question::Pending(actor.tenant, address), |slug| Question::PendingBySlug(slug, address));
    let organizations = [Some(Question::Organization(actor.tenant)), slug.map(Question::Slug)];
    foresee(tx, actor, address, organizations.into_iter().flatten().chain([pending])).await?;
    let tenant = own_organization(tx, actor.tenant).await?;
    let (named, pending) = match slug {
        Some(slug) => (tx.organization_by_slug(slug).await?, tx.pending_invitation_by_slug(slug, address).await?),
        None => (None, tx.pending_invitation(tenant.id, address).await?),
    };
    let account = account(tx, address).await?;
    let organization = named.as_ref().map_or(tenant.id, |named| named.id);
    let (membership, is_awaited) = match &account {
        Account::Existing(user) => {
            (tx.membership(user.id, organization).await?, tx.is_awaited(user.id, Some(tenant.id), now).await?)
        }
        Account::New(_) => (None, false),
    };
    let challenge_taken = match &invite.challenge {
        Some(challenge) => tx.challenge(&challenge.digest()).await?.is_some(),
        None => false,
    };
    Ok(muninx::InviteFacts {
        tenant,
        named,
        inviter: inviter(tx, actor).await?,
        account,
        membership,
        is_awaited,
        challenge_taken,
        pending,
    })
}

/// Says what an invite into the organization that is administered will ask.
async fn foresee_invite(
    tx: &mut Tx,
    administrator: &Administrator,
    address: &EmailAddress,
) -> Result<(), store::Error> {
    let organization = administrator.organization();
    let questions = [Question::Organization(organization), Question::Pending(organization, address)];
    foresee(tx, administrator.actor(), address, questions).await
}

/// Says what an invite will ask: these, who invites, and what is known about the address.
async fn foresee<'q>(
    tx: &mut Tx,
    actor: &Actor,
    address: &'q EmailAddress,
    questions: impl IntoIterator<Item = Question<'q>>,
) -> Result<(), store::Error> {
    let inviter = actor.user.map(Question::User);
    let account = [Question::Email(address), Question::NewUser(address)];
    let questions: Vec<_> = questions.into_iter().chain(inviter).chain(account).collect();
    tx.foresee(&questions).await
}

async fn resend_facts(tx: &mut Tx, actor: &Actor, email: &str) -> Result<muninx::ResendFacts, store::Error> {
    let found = match (email, actor.user) {
        ("me", Some(user)) => tx.user(user).await?,
        // What is no address belongs to no user, like any other unknown address.
        _ => match EmailAddress::parse(email) {
            Ok(address) => tx.user_by_email(&address).await?,
            Err(_) => None,
        },
    };
    let user = match found {
        Some(user) if tx.belongs_to_tenant(user.id, actor.tenant).await? => Some(user),
        Some(_) | None => None,
    };
    let invitation = match &user {
        Some(user) => tx.pending_invitation_of_user(user.id, actor.tenant).await?,
        None => None,
    };
    let pending = match invitation {
        Some(invitation) => {
            let organization = tx.inviting_organization(invitation.organization).await?;
            Some((invitation, organization))
        }
        None => None,
    };
    Ok(muninx::ResendFacts { user, pending, inviter: inviter(tx, actor).await? })
}

/// What is known about an invitee. Only an account that is missing gets a number; a refused invite gives it back with the
/// rest of the transaction.
pub(super) async fn invitee_facts(
    tx: &mut Tx,
    address: &EmailAddress,
    organization: OrganizationId,
) -> Result<InviteeFacts, store::Error> {
    let account = account(tx, address).await?;
    let membership = match &account {
        Account::Existing(user) => tx.membership(user.id, organization).await?,
        Account::New(_) => None,
    };
    let pending = tx.pending_invitation(organization, address).await?;
    Ok(InviteeFacts { account, membership, pending })
}

async fn account(tx: &mut Tx, address: &EmailAddress) -> Result<Account, store::Error> {
    Ok(match tx.user_by_email(address).await? {
        Some(user) => Account::Existing(Box::new(user)),
        None => Account::New(tx.allocate_user_id(address).await?),
    })
}

pub(super) async fn inviter(tx: &mut Tx, actor: &Actor) -> Result<Option<User>, store::Error> {
    match actor.user {
        Some(user) => tx.user(user).await,
        None => Ok(None),
    }
}

/// An organization that must exist, because a credential or an invitation refers to it.
async fn own_organization(tx: &mut Tx, id: OrganizationId) -> Result<Organization, store::Error> {
    tx.organization(id).await?.ok_or(store::Error::Damaged { column: "organizations.id" })
}

pub(super) const fn secret_kind(purpose: ChallengePurpose) -> SecretKind {
    match purpose {
        ChallengePurpose::Activation => SecretKind::Challenge,
        ChallengePurpose::KareInvitation => SecretKind::InvitationToken,
    }
}
