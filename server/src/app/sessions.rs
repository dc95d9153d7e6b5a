//! Signing in.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use invite_domain::credential::{ApiToken, TokenKind};
use invite_domain::email_address::EmailAddress;
use invite_domain::event::{EventKind, NewEvent, Performer, Subject};
use invite_domain::flow::{Change, Plan};
use invite_domain::ids::{ApiTokenId, OrganizationId, SessionId, UserId};
use invite_domain::refusal::Refusal;
use invite_domain::secret::{PlainSecret, SecretKind};
use invite_domain::user::{PasswordHash, UserStatus};

use super::{App, Call, Error, SessionTokens};

/// A sign-in that is not written yet.
pub(super) struct NewSession {
    /// What the user gets.
    pub(super) tokens: SessionTokens,
    rows: Vec<ApiToken>,
    id: SessionId,
    user: UserId,
    organization: OrganizationId,
}

impl NewSession {
    /// What the audit log says of it.
    pub(super) fn event(&self) -> NewEvent {
        let by = Performer::User(self.user);
        NewEvent::new(EventKind::SessionCreated, self.organization, by, Subject::Session(self.id))
    }
}

/// The rows of a sign-in.
pub(super) fn changes(session: &NewSession) -> impl Iterator<Item = Change> + '_ {
    session.rows.iter().cloned().map(Change::AddApiToken)
}

impl App {
    /// `create_session`: signs a user in to the organization that they have belonged to longest.
    ///
    /// # Errors
    /// `wrong_credentials`, alike and as slowly for an unknown user, a wrong password and a user who cannot sign in.
    pub async fn create_session(&self, call: &Call, email: &str, password: &str) -> Result<SessionTokens, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let user = match EmailAddress::parse(email) {
            Ok(address) => tx.user_by_email(&address).await?,
            Err(_) => None,
        };
        drop(tx);
        let user = user.filter(|user| user.status == UserStatus::Active);
        let hash: Option<&PasswordHash> = user.as_ref().and_then(|user| user.password_hash.as_ref());
        let right = self.shared.passwords.verify(password, hash).await?;
        let user = user.filter(|_| right).ok_or_else(Refusal::wrong_credentials)?;

        let now = self.now();
        let mut tx = self.shared.store.begin_write().await?;
        // The password may have been changed, or the user locked, while it was checked.
        let unchanged = tx.user(user.id).await?.is_some_and(|now| now == user);
        let organization =
            tx.home_organization(user.id).await?.filter(|_| unchanged).ok_or_else(Refusal::wrong_credentials)?;
        let session = self.new_session(user.id, organization, now)?;
        let plan = Plan { changes: changes(&session).collect(), events: vec![session.event()], ..Plan::default() };
        self.commit_all(call, tx, &plan, &session.tokens, now).await?;
        Ok(session.tokens)
    }

    /// Mints the three tokens of a sign-in.
    pub(super) fn new_session(
        &self,
        user: UserId,
        organization: OrganizationId,
        now: DateTime<Utc>,
    ) -> Result<NewSession, Error> {
        let config = &self.shared.config;
        let expires_at = now + config.session_ttl;
        let refresh_until = now + config.refresh_ttl;
        self.new_session_until(user, organization, now, expires_at, refresh_until)
    }

    /// Mints the three tokens of a sign-in with given ends.
    pub(super) fn new_session_until(
        &self,
        user: UserId,
        organization: OrganizationId,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        refresh_until: DateTime<Utc>,
    ) -> Result<NewSession, Error> {
        let entropy = &self.shared.entropy;
        let session = SessionId::new(entropy.id(now)?);
        let tokens = SessionTokens {
            access: entropy.secret(SecretKind::AccessToken)?,
            refresh: entropy.secret(SecretKind::RefreshToken)?,
            session: entropy.secret(SecretKind::SessionToken)?,
            expires_at,
        };
        let row = |kind, secret: &PlainSecret, expires_at| -> Result<ApiToken, Error> {
            Ok(ApiToken {
                id: ApiTokenId::new(entropy.id(now)?),
                digest: secret.digest(),
                kind,
                name: "sign-in".into(),
                user: Some(user),
                organization,
                permissions: BTreeSet::new(),
                session: Some(session),
                created_at: now,
                expires_at: Some(expires_at),
            })
        };
        let rows = vec![
            row(TokenKind::Access, &tokens.access, expires_at)?,
            row(TokenKind::Refresh, &tokens.refresh, refresh_until)?,
            row(TokenKind::Session, &tokens.session, expires_at)?,
        ];
        Ok(NewSession { tokens, rows, id: session, user, organization })
    }
}
