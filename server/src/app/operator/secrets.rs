//! A secret that was found somewhere: what it is, and its end.

use chrono::{DateTime, Utc};
use invite_domain::administration;
use invite_domain::challenge::Challenge;
use invite_domain::credential::{StoredKey, StoredToken};
use invite_domain::flow::Plan;
use invite_domain::invitation::Invitation;
use invite_domain::secret::{PlainSecret, SecretDigest};
use invite_domain::signup_token::SignupToken;

use super::super::{App, Error};
use crate::store::Tx;

/// A secret that this server has made, or that somebody has chosen for an invitation.
#[derive(Debug, Clone)]
pub struct FoundSecret {
    /// What it is.
    pub secret: Secret,
    /// Where it stands: `live`, `revoked`, `expired`, `used` or, of a signup link, `disabled`.
    pub state: &'static str,
}

/// What a secret is.
#[derive(Debug, Clone)]
pub enum Secret {
    /// A token of a script, an application, a program or a sign-in.
    Token(StoredToken),
    /// The secret half of a program's key.
    Key(StoredKey),
    /// What is in a signup link.
    SignupToken(SignupToken),
    /// What is in the link of an invitation.
    Challenge(Challenge, Invitation),
}

impl Secret {
    fn at(self, now: DateTime<Utc>) -> FoundSecret {
        let is_over = |end: Option<DateTime<Utc>>| end.is_some_and(|end| end <= now);
        let (ended, expires_at) = match &self {
            Self::Token(stored) => (stored.revoked_at.map(|_| "revoked"), stored.token.expires_at),
            Self::Key(stored) => (stored.revoked_at.map(|_| "revoked"), stored.key.expires_at),
            Self::SignupToken(token) => ((!token.enabled).then_some("disabled"), Some(token.expires_at)),
            Self::Challenge(challenge, _) => {
                let used = challenge.used_at.map(|_| "used");
                (used.or(challenge.revoked_at.map(|_| "revoked")), Some(challenge.expires_at))
            }
        };
        let state = ended.unwrap_or(if is_over(expires_at) { "expired" } else { "live" });
        FoundSecret { secret: self, state }
    }

    /// Plans its end, if it has not come. The link of an invitation is ended by sending another one.
    fn plan_end(&self, now: DateTime<Utc>) -> Plan {
        match self {
            Self::Token(StoredToken { token, revoked_at: None }) => match token.session {
                Some(session) => administration::plan_session_end(session, token, now),
                None => administration::plan_token_end(token, now),
            },
            Self::Key(StoredKey { key, revoked_at: None }) => administration::plan_key_end(key, now),
            Self::SignupToken(token) => administration::plan_signup_token_end(token),
            Self::Token(_) | Self::Key(_) | Self::Challenge(..) => Plan::default(),
        }
    }
}

impl App {
    /// What a secret is.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_find_secret(&self, secret: &PlainSecret) -> Result<Option<FoundSecret>, Error> {
        let found = find(&mut self.shared.store.begin_read().await?, &secret.digest()).await?;
        Ok(found.map(|secret| secret.at(self.now())))
    }

    /// Ends a secret, that of a sign-in with the whole of it, and says how it stands then. The link of an invitation stays as it is.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_end_secret(&self, secret: &PlainSecret) -> Result<Option<FoundSecret>, Error> {
        let digest = secret.digest();
        self.until_alone(|| async {
            let mut tx = self.shared.store.begin_write().await?;
            tx.await_signup_token(&digest).await?;
            let now = self.now();
            let plan = find(&mut tx, &digest).await?.map(|secret| secret.plan_end(now)).unwrap_or_default();
            self.commit_operators(tx, &plan, now).await
        })
        .await?;
        self.operator_find_secret(secret).await
    }
}

async fn find(tx: &mut Tx, digest: &SecretDigest) -> Result<Option<Secret>, Error> {
    if let Some(token) = tx.stored_token_of(digest).await? {
        return Ok(Some(Secret::Token(token)));
    }
    if let Some(key) = tx.stored_key_of(digest).await? {
        return Ok(Some(Secret::Key(key)));
    }
    if let Some(token) = tx.stored_signup_token_of(digest).await? {
        return Ok(Some(Secret::SignupToken(token)));
    }
    let Some(challenge) = tx.challenge(digest).await? else { return Ok(None) };
    let invitation = tx.invitation(challenge.invitation).await?;
    Ok(invitation.map(|invitation| Secret::Challenge(challenge, invitation)))
}
