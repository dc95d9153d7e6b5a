//! The table of invitations.

use chrono::{DateTime, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::flow::FlowName;
use invite_domain::ids::{InvitationId, OrganizationId, SignupTokenId, UserId};
use invite_domain::invitation::{DeliveryState, Invitation, InvitationState};

use super::cells::{Cells, millis};
use super::sql::{Lost, Statement, sql};
use super::{Error, Row, Tx};

/// What no list has found as expired yet, at the time `$1`; of its own index.
pub(super) const OVERDUE: &str = "listed_as = 'pending' AND expires_at <= $1";

impl Tx {
    /// An invitation by its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn invitation(&mut self, id: InvitationId) -> Result<Option<Invitation>, Error> {
        let row = sql("SELECT * FROM invitations WHERE id = $1").bind(id.get()).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// The pending invitation of an address to an organization; it may have become too old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending_invitation(
        &mut self,
        organization: OrganizationId,
        address: &EmailAddress,
    ) -> Result<Option<Invitation>, Error> {
        let row = pending(organization, address).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// The same in an organization that is named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending_invitation_by_slug(
        &mut self,
        slug: &str,
        address: &EmailAddress,
    ) -> Result<Option<Invitation>, Error> {
        let row = pending_by_slug(slug, address).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// The latest pending invitation of a user to an organization of a tenant; it may have become too old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending_invitation_of_user(
        &mut self,
        user: UserId,
        tenant: OrganizationId,
    ) -> Result<Option<Invitation>, Error> {
        let row = sql("SELECT i.* FROM invitations i JOIN organizations o ON o.id = i.organization_id \
             WHERE i.user_id = $1 AND i.closed_at IS NULL AND COALESCE(o.tenant_id, o.id) = $2 \
             ORDER BY i.id DESC LIMIT 1")
        .bind(user.get())
        .bind(tenant.get())
        .fetch_optional(self)
        .await?;
        row.as_ref().map(read).transpose()
    }

    pub(super) fn add_invitation(&mut self, invitation: &Invitation) {
        sql(
            "INSERT INTO invitations (id, flow, organization_id, user_id, address, address_normalized, inviter_id, \
             signup_token_id, state, listed_as, delivery, delivery_reason, created_at, expires_at, closed_at, tenant_id) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14, COALESCE(o.tenant_id, o.id) \
             FROM organizations o WHERE o.id = $3",
        )
        .bind(invitation.id.get())
        .bind(invitation.flow.as_str())
        .bind(invitation.organization.get())
        .bind(invitation.user.get())
        .bind(invitation.address.original())
        .bind(invitation.address.normalized())
        .bind(invitation.inviter.map(UserId::get))
        .bind(invitation.signup_token.map(SignupTokenId::get))
        .bind(invitation.state.as_str())
        .bind(invitation.delivery.as_str())
        .bind(reason(&invitation.delivery))
        .bind(millis(invitation.created_at))
        .bind(millis(invitation.expires_at))
        .bind(invitation.closed_at.map(millis))
        .queue(self);
    }

    pub(super) fn close_invitation(&mut self, id: InvitationId, state: InvitationState, at: DateTime<Utc>) {
        // With it, mails that wait are withdrawn.
        sql("UPDATE invitations SET state = $2, listed_as = $2, closed_at = $3, \
             delivery = CASE WHEN delivery = 'queued' THEN 'none' ELSE delivery END WHERE id = $1 AND closed_at IS NULL")
        .bind(id.get())
        .bind(state.as_str())
        .bind(millis(at))
        .queue_one(self, Lost::Row("closing an invitation"));
    }

    pub(super) fn reissue_invitation(&mut self, id: InvitationId, expires_at: DateTime<Utc>) {
        sql("UPDATE invitations SET expires_at = $2, listed_as = state, delivery = 'queued', delivery_reason = NULL \
             WHERE id = $1 AND closed_at IS NULL")
        .bind(id.get())
        .bind(millis(expires_at))
        .queue_one(self, Lost::Row("reissuing an invitation"));
    }

    /// Has lists find some of the pending invitations that are too old as expired ones; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sweep_invitations(&mut self, now: DateTime<Utc>, limit: u32) -> Result<u64, Error> {
        let picked = self.engine().picked(&format!("SELECT id FROM invitations WHERE {OVERDUE} LIMIT $2"));
        sql(format!("UPDATE invitations SET listed_as = 'expired' WHERE id {picked}"))
            .bind(millis(now))
            .bind(i64::from(limit))
            .execute(self)
            .await
    }

    /// Whether there is anything to sweep.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_overdue_invitations(&mut self, now: DateTime<Utc>) -> Result<bool, Error> {
        let found: Option<i32> = sql(format!("SELECT 1 FROM invitations WHERE {OVERDUE} LIMIT 1"))
            .bind(millis(now))
            .optional_scalar(self)
            .await?;
        Ok(found.is_some())
    }

    pub(super) fn set_delivery(&mut self, id: InvitationId, delivery: &DeliveryState) {
        sql("UPDATE invitations SET delivery = $2, delivery_reason = $3 WHERE id = $1")
            .bind(id.get())
            .bind(delivery.as_str())
            .bind(reason(delivery))
            .queue(self);
    }
}

pub(super) fn pending(organization: OrganizationId, address: &EmailAddress) -> Statement {
    sql("SELECT * FROM invitations WHERE organization_id = $1 AND address_normalized = $2 AND state = 'pending'")
        .bind(organization.get())
        .bind(address.normalized())
}

pub(super) fn pending_by_slug(slug: &str, address: &EmailAddress) -> Statement {
    sql("SELECT i.* FROM invitations i WHERE i.organization_id = (SELECT o.id FROM organizations o WHERE o.slug = $1) \
         AND i.address_normalized = $2 AND i.state = 'pending'")
    .bind(slug)
    .bind(address.normalized())
}

pub(super) fn reason(delivery: &DeliveryState) -> Option<&str> {
    match delivery {
        DeliveryState::Failed { reason } => Some(reason),
        DeliveryState::None | DeliveryState::Queued | DeliveryState::Sent => None,
    }
}

fn delivery(cells: &Cells<'_>) -> Result<DeliveryState, Error> {
    match cells.text("delivery")?.as_str() {
        "none" => Ok(DeliveryState::None),
        "queued" => Ok(DeliveryState::Queued),
        "sent" => Ok(DeliveryState::Sent),
        "failed" => Ok(DeliveryState::Failed { reason: cells.text("delivery_reason")? }),
        _ => Err(Error::Damaged { column: "delivery" }),
    }
}

pub(super) fn read(row: &Row) -> Result<Invitation, Error> {
    let cells = Cells(row);
    Ok(Invitation {
        id: InvitationId::new(cells.uuid("id")?),
        flow: cells.named("flow", FlowName::from_stored)?,
        organization: cells.organization("organization_id")?,
        user: cells.user("user_id")?,
        address: cells.address("address", "address_normalized")?,
        inviter: cells.optional_user("inviter_id")?,
        signup_token: cells.optional_uuid("signup_token_id")?.map(SignupTokenId::new),
        state: cells.named("state", InvitationState::from_stored)?,
        delivery: delivery(&cells)?,
        created_at: cells.instant("created_at")?,
        expires_at: cells.instant("expires_at")?,
        closed_at: cells.optional_instant("closed_at")?,
    })
}
