//! Challenges: what proves that somebody reads the invited mailbox.
//!
//! One challenge is live for each invitation: issuing another revokes it. A challenge is bound to one purpose, so that a
//! Kare invitation token opens nothing but the Kare door.

use chrono::{DateTime, Utc};

use crate::ids::{InvitationId, UserId};
use crate::refusal::{Refusal, RefusalCode};
use crate::secret::SecretDigest;

/// The shortest challenge that a caller may choose, in characters.
pub const MIN_CALLER_CHARS: usize = 16;
/// The longest challenge that a caller may choose, in characters.
pub const MAX_CALLER_CHARS: usize = 255;

/// What a challenge is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChallengePurpose {
    /// `activate`: sets a password.
    Activation,
    /// `kare_accept_invitation`: sets a password and a profile, and signs in.
    KareInvitation,
}

impl ChallengePurpose {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::KareInvitation => "kare",
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        [Self::Activation, Self::KareInvitation].into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// A stored challenge.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// The digest of the secret.
    pub digest: SecretDigest,
    /// What it is good for.
    pub purpose: ChallengePurpose,
    /// The invitation that it accepts.
    pub invitation: InvitationId,
    /// Whose account it opens.
    pub user: UserId,
    /// Whether the inviter chose the secret, and so knows it: it shows nothing of the mailbox.
    pub is_chosen: bool,
    /// When it was issued.
    pub created_at: DateTime<Utc>,
    /// When it dies.
    pub expires_at: DateTime<Utc>,
    /// When it was redeemed.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was replaced or withdrawn.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Challenge {
    /// Whether the challenge can be redeemed at an instant; the end is exclusive.
    ///
    /// # Errors
    /// `secret_used`, `secret_revoked` or `secret_expired`.
    pub fn check_live(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if self.used_at.is_some() {
            return Err(used());
        }
        if self.revoked_at.is_some() {
            return Err(revoked());
        }
        if self.expires_at <= now {
            return Err(expired());
        }
        Ok(())
    }
}

/// No such secret, or one for another purpose.
#[must_use]
pub fn unknown(field: &'static str) -> Refusal {
    Refusal::of_field(
        RefusalCode::SecretUnknown,
        field,
        "the link or token is not known: check that it was copied completely",
    )
}

/// Redeemed before.
#[must_use]
pub fn used() -> Refusal {
    Refusal::new(RefusalCode::SecretUsed, "the link or token was used before: sign in instead")
}

/// Turned down by its holder.
#[must_use]
pub fn declined() -> Refusal {
    Refusal::new(RefusalCode::SecretDeclined, "the invitation was declined: ask for a new one if that was a mistake")
}

/// Too old.
#[must_use]
pub fn expired() -> Refusal {
    Refusal::new(RefusalCode::SecretExpired, "the link or token has expired: ask for a new one")
}

/// Withdrawn, or replaced by a newer one.
#[must_use]
pub fn revoked() -> Refusal {
    Refusal::new(
        RefusalCode::SecretRevoked,
        "the link or token was withdrawn or replaced by a newer one: look for a later mail, or ask for a new one",
    )
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::secret::PlainSecret;

    #[test]
    fn a_challenge_is_live_up_to_its_last_millisecond() {
        let end = DateTime::UNIX_EPOCH + TimeDelta::days(7);
        let mut challenge = Challenge {
            digest: PlainSecret::from_caller("x").digest(),
            purpose: ChallengePurpose::Activation,
            invitation: InvitationId::new(Uuid::nil()),
            user: UserId::new(1),
            is_chosen: false,
            created_at: DateTime::UNIX_EPOCH,
            expires_at: end,
            used_at: None,
            revoked_at: None,
        };
        let code = |challenge: &Challenge, at| challenge.check_live(at).err().map(|refusal| refusal.code);
        assert_eq!(code(&challenge, end - TimeDelta::milliseconds(1)), None);
        assert_eq!(code(&challenge, end), Some(RefusalCode::SecretExpired));
        challenge.revoked_at = Some(end);
        assert_eq!(code(&challenge, DateTime::UNIX_EPOCH), Some(RefusalCode::SecretRevoked));
        challenge.used_at = Some(end);
        assert_eq!(code(&challenge, DateTime::UNIX_EPOCH), Some(RefusalCode::SecretUsed));
    }
}
