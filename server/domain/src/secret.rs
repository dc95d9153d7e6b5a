//! Secrets and their digests: what a caller holds and what the database holds are different types.
//!
//! A generated secret is 256 random bits in base64url behind a prefix that names its kind, so that leak scanners know it
//! and one kind cannot be passed for another. At this entropy a plain SHA-256 is the right digest (ASVS 5.0, 6.5.2).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// Proves the mailbox of a pending user.
    Challenge,
    /// Accepts a Kare invitation.
    InvitationToken,
    /// Lets people sign up by a shared link.
    SignupToken,
    /// A person's script.
    PersonalToken,
    /// A sign-in, as a bearer.
    AccessToken,
    /// Renews a sign-in.
    RefreshToken,
    /// The second half that Kare asks for beside the bearer.
    SessionToken,
    /// An application, beside a user's bearer.
    ApplicationToken,
    /// A program.
    ApiKey,
}

impl SecretKind {
    /// The three letters in front of the secret.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Challenge => "act",
            Self::InvitationToken => "inv",
            Self::SignupToken => "sgn",
            Self::PersonalToken => "pat",
            Self::AccessToken => "acc",
            Self::RefreshToken => "ref",
            Self::SessionToken => "ses",
            Self::ApplicationToken => "app",
            Self::ApiKey => "key",
        }
    }
}

/// A secret in the clear. It never shows itself: `Debug` prints no part of it and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainSecret(String);

impl PlainSecret {
    /// Makes a secret of a kind from 32 random bytes.
    #[must_use]
    pub fn from_entropy(kind: SecretKind, entropy: [u8; 32]) -> Self {
        Self(format!("{}_{}", kind.prefix(), URL_SAFE_NO_PAD.encode(entropy)))
    }

    /// Wraps what a caller presented, or a password.
    #[must_use]
    pub fn from_caller(presented: impl Into<String>) -> Self {
        Self(presented.into())
    }

    /// The secret itself, for the one place that must send or check it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be stored.
    #[must_use]
    pub fn digest(&self) -> SecretDigest {
        SecretDigest(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for PlainSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainSecret(..)")
    }
}

/// The SHA-256 of a secret. There is no `==` on it: comparing takes [`SecretDigest::matches`], in constant time.
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    /// Wraps stored bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store or to look up by.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether both are the digest of one secret, in constant time.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_its_prefix_and_43_characters() {
        let secret = PlainSecret::from_entropy(SecretKind::Challenge, [0xff; 32]);
        assert_eq!(secret.expose().len(), 4 + 43);
        assert!(secret.expose().starts_with("act_"));
        assert!(secret.expose()[4..].chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    }

    #[test]
    fn debug_shows_nothing_of_a_secret() {
        let secret = PlainSecret::from_caller("hunter2");
        assert!(!format!("{secret:?} {:?}", secret.digest()).contains("hunter2"));
    }

    #[test]
    fn a_digest_matches_only_its_own_secret() {
        let one = PlainSecret::from_caller("one").digest();
        assert!(one.matches(&PlainSecret::from_caller("one").digest()));
        assert!(!one.matches(&PlainSecret::from_caller("two").digest()));
    }
}
