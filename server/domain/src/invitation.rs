//! Invitations: offers to join, from whichever flow, with where they stand and where their mail stands.

use chrono::{DateTime, Utc};

use crate::email_address::EmailAddress;
use crate::flow::FlowName;
use crate::ids::{InvitationId, OrganizationId, SignupTokenId, UserId};

/// Where an invitation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvitationState {
    /// Waiting for the invitee.
    Pending,
    /// Taken.
    Accepted,
    /// Turned down by the invitee.
    Declined,
    /// Withdrawn by an admin, or replaced by a later one.
    Revoked,
    /// Too old. A pending invitation is expired from its instant on, whatever the row says.
    Expired,
}

impl InvitationState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Accepted, Self::Declined, Self::Revoked, Self::Expired];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// Where the last mail of an invitation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryState {
    /// There is no mail to send.
    None,
    /// In the outbox.
    Queued,
    /// Taken by the mail server.
    Sent,
    /// Given up.
    Failed {
        /// What the mail server said.
        reason: String,
    },
}

impl DeliveryState {
    /// The stored name.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed { .. } => "failed",
        }
    }
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The flow that issued it.
    pub flow: FlowName,
    /// Where to.
    pub organization: OrganizationId,
    /// The invitee's account.
    pub user: UserId,
    /// The invited address.
    pub address: EmailAddress,
    /// Who issued it; absent for programs and signups.
    pub inviter: Option<UserId>,
    /// The link that the invitee signed up by.
    pub signup_token: Option<SignupTokenId>,
    /// Where it stands.
    pub state: InvitationState,
    /// Where its mail stands.
    pub delivery: DeliveryState,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
    /// When it dies.
    pub expires_at: DateTime<Utc>,
    /// When it left the pending state.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Invitation {
    /// The state as of an instant; the end is exclusive.
    #[must_use]
    pub fn state_at(&self, now: DateTime<Utc>) -> InvitationState {
        if self.state == InvitationState::Pending && self.expires_at <= now {
            InvitationState::Expired
        } else {
            self.state
        }
    }
}
