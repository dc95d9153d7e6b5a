//! Signup tokens: reusable links that let people sign up to an organization.

use chrono::{DateTime, Months, Utc};

use crate::ids::{OrganizationId, SignupTokenId, UserId};
use crate::secret::SecretDigest;

/// Unleash's Viewer, the only root role that a signup token gives.
pub const VIEWER_ROLE: i32 = 3;

/// A signup token. Its secret is sealed, because admins must be able to copy the link again.
#[derive(Debug, Clone)]
pub struct SignupToken {
    /// Its id.
    pub id: SignupTokenId,
    /// The digest of its secret.
    pub digest: SecretDigest,
    /// The secret under the server's key.
    pub sealed_secret: Vec<u8>,
    /// What admins call it.
    pub name: String,
    /// Where it leads.
    pub organization: OrganizationId,
    /// The root role that it gives.
    pub root_role: i32,
    /// Whether an admin lets it work.
    pub enabled: bool,
    /// When it dies.
    pub expires_at: DateTime<Utc>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it; absent for programs.
    pub created_by: Option<UserId>,
}

impl SignupToken {
    /// Whether people can sign up with it at an instant; the end is exclusive.
    #[must_use]
    pub fn is_usable(&self, now: DateTime<Utc>) -> bool {
        self.enabled && now < self.expires_at
    }
}

/// The expiry that a token gets: what was asked for, one month ahead at most. A past instant is taken as asked.
#[must_use]
pub fn capped_expiry(asked: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_add_months(Months::new(1)).map_or(asked, |latest| asked.min(latest))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _};

    use super::*;

    #[test]
    fn expiry_is_capped_at_one_month_and_may_lie_in_the_past() {
        let now = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).single().expect("an instant");
        let month = Utc.with_ymd_and_hms(2026, 2, 28, 12, 0, 0).single().expect("an instant");
        assert_eq!(capped_expiry(now + TimeDelta::days(90), now), month);
        assert_eq!(capped_expiry(now + TimeDelta::days(7), now), now + TimeDelta::days(7));
        assert_eq!(capped_expiry(now - TimeDelta::days(7), now), now - TimeDelta::days(7));
    }
}
