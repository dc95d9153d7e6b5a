//! Sessions: what a sign-in hands out.

use chrono::{DateTime, Utc};

use crate::secret::PlainSecret;

/// The three secrets of one sign-in, shown once. They share a session, so that halves can be told to belong together.
#[derive(Debug, Clone)]
pub struct SessionTokens {
    /// The bearer.
    pub access: PlainSecret,
    /// Renews the session.
    pub refresh: PlainSecret,
    /// Kare's second half beside the bearer.
    pub session: PlainSecret,
    /// When access and session token die.
    pub expires_at: DateTime<Utc>,
}
