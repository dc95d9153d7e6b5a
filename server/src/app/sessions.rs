//! Signing in, renewing a sign-in, signing out.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use invite_domain::actor::Owner;
use invite_domain::credential::{ApiToken, TokenKind};
use invite_domain::email_address::EmailAddress;
use invite_domain::event::{EventKind, NewEvent};
use invite_domain::flow::{Change, Plan};
use invite_domain::ids::{ApiTokenId, OrganizationId, SessionId, UserId};
use invite_domain::refusal::Refusal;
use invite_domain::secret::{PlainSecret, SecretDigest, SecretKind};
use invite_domain::session::{self, Refresh, RefreshFacts, SignIn};
use invite_domain::user::{PasswordHash, UserStatus};

use super::limits::Attempt;
use super::{App, Call, Error, SessionTokens};
use crate::store::{self, Tx};

/// A sign-in that is not written yet.
pub(super) struct NewSession {
    /// What the user gets.
    pub(super) tokens: SessionTokens,
    rows: Vec<ApiToken>,
    sign_in: SignIn,
}

impl NewSession {
    /// What the audit log says of it.
    pub(super) fn event(&self) -> NewEvent {
        self.sign_in.event(EventKind::SessionCreated)
    }
}

/// The rows of a sign-in.
pub(super) fn changes(session: &NewSession) -> impl Iterator<Item = Change> + '_ {
    session.rows.iter().cloned().map(Change::AddApiToken)
}

impl App {
    /// `create_session`: signs a user in to the organization that they name, or that they have belonged to longest.
    ///
    /// # Errors
    /// `wrong_credentials`, alike and as slowly for an unknown user, a wrong password, a user who cannot sign in and an
    /// organization that they have not joined.
    pub async fn create_session(
        &self,
        call: &Call,
        email: &str,
        password: &str,
        organization: Option<&str>,
    ) -> Result<SessionTokens, Error> {
        let address = EmailAddress::parse(email).ok();
        let attempt = self.attempt(call, address.as_ref());
        self.judge(&attempt, self.sign_in(call, &attempt, address.as_ref(), password, organization).await).await
    }

    /// Whether the limits hold [`Self::create_session`] back, before anything is written or checked for it.
    ///
    /// # Errors
    /// [`Error::Limited`] if they do.
    pub async fn may_create_session(&self, call: &Call, email: &str) -> Result<(), Error> {
        let attempt = self.attempt(call, EmailAddress::parse(email).ok().as_ref());
        self.may_sign_in(call, &mut self.shared.store.begin_read().await?, &attempt).await
    }

    async fn may_sign_in(&self, call: &Call, tx: &mut Tx, attempt: &Attempt) -> Result<(), Error> {
        let now = self.now();
        Self::may_try(tx, attempt, now).await?;
        self.may_change(call, tx, None, now).await
    }

    async fn sign_in(
        &self,
        call: &Call,
        attempt: &Attempt,
        address: Option<&EmailAddress>,
        password: &str,
        organization: Option<&str>,
    ) -> Result<SessionTokens, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        self.may_sign_in(call, &mut tx, attempt).await?;
        let user = match address {
            Some(address) => tx.user_by_email(address).await?,
            None => None,
        };
        drop(tx);
        let user = user.filter(|user| user.status == UserStatus::Active);
        let hash: Option<&PasswordHash> = user.as_ref().and_then(|user| user.password_hash.as_ref());
        let right = self.shared.passwords.verify(call.limited_client(), password, hash).await?;
        let user = user.filter(|_| right).ok_or_else(Refusal::wrong_credentials)?;

        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            Self::may_try(&mut tx, attempt, now).await?;
            tx.hold_user(user.id);
            // The password may have been changed, or the user locked, while it was checked.
            let unchanged = tx
                .user(user.id)
                .await?
                .is_some_and(|now| now.status == user.status && now.password_hash == user.password_hash);
            let organization = tx.home_organization(user.id, organization).await?.filter(|_| unchanged);
            let organization = organization.ok_or_else(Refusal::wrong_credentials)?;
            let session = self.new_session(user.id, organization, now)?;
            let plan = Plan { changes: changes(&session).collect(), events: vec![session.event()], ..Plan::default() };
            self.commit_all(call, tx, &plan, &session.tokens, now).await?;
            Ok(session.tokens)
        })
        .await
    }

    /// `refresh_session`: new tokens for a refresh token, which is used up. A used one ends its whole sign-in.
    ///
    /// # Errors
    /// `not_authenticated`, alike for every token that does not work.
    pub async fn refresh_session(&self, call: &Call, refresh: &PlainSecret) -> Result<SessionTokens, Error> {
        self.judge(&self.attempt(call, None), self.renew_session(call, refresh).await).await
    }

    /// Whether the limits hold [`Self::refresh_session`] back, before anything is written for it.
    ///
    /// # Errors
    /// [`Error::Limited`] if they do; what else the token is good for is for the refresh itself to say.
    pub async fn may_refresh_session(&self, call: &Call, refresh: &PlainSecret) -> Result<(), Error> {
        self.foresee(&self.attempt(call, None), self.look_at_refresh(call, refresh).await).await
    }

    async fn look_at_refresh(&self, call: &Call, refresh: &PlainSecret) -> Result<(), Error> {
        let now = self.now();
        let mut tx = self.shared.store.begin_read().await?;
        let facts = refresh_facts(&mut tx, &refresh.digest(), now).await?.ok_or_else(session::refused)?;
        match session::refresh(&facts, now)? {
            Refresh::Renew { .. } => self.may_change(call, &mut tx, None, now).await,
            // No limit holds up what protects the user.
            Refresh::End(_) => Ok(()),
        }
    }

    async fn renew_session(&self, call: &Call, refresh: &PlainSecret) -> Result<SessionTokens, Error> {
        let digest = refresh.digest();
        // A guess does not wait for the writer.
        if self.shared.store.begin_read().await?.refresh_token(&digest).await?.is_none() {
            return Err(session::refused().into());
        }
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let facts = refresh_facts(&mut tx, &digest, now).await?.ok_or_else(session::refused)?;
            match session::refresh(&facts, now)? {
                Refresh::Renew { sign_in, until, mut plan } => {
                    let expires_at = until.min(now + self.shared.config.session_ttl);
                    let renewed = self.session_tokens(sign_in, now, expires_at, until)?;
                    plan.changes.extend(changes(&renewed));
                    self.commit_all(call, tx, &plan, &renewed.tokens, now).await?;
                    Ok(renewed.tokens)
                }
                Refresh::End(plan) => {
                    // What this refusal ends stays ended; as an answer to a key it is not kept, like every refusal. It
                    // protects the user, so no limit holds it up.
                    self.commit_all(&call.aside(), tx, &plan, &(), now).await?;
                    Err(session::refused().into())
                }
            }
        })
        .await
    }

    /// `delete_session`: ends the sign-in of the caller's credential, with all its tokens.
    ///
    /// # Errors
    /// `not_authenticated` if the credential is of no sign-in, or the sign-in has ended meanwhile.
    pub async fn delete_session(&self, call: &Call, owner: &Owner) -> Result<(), Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let is_open = match owner.session() {
                Some(session) => tx.is_session_open(session, now).await?,
                None => false,
            };
            let plan = session::plan_end(owner, is_open, now)?;
            self.commit_all(call, tx, &plan, &(), now).await
        })
        .await
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
        let id = SessionId::new(self.shared.entropy.id(now)?);
        self.session_tokens(SignIn { id, user, organization }, now, expires_at, refresh_until)
    }

    /// Mints three tokens of a sign-in, which may have had others before.
    fn session_tokens(
        &self,
        sign_in: SignIn,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
        refresh_until: DateTime<Utc>,
    ) -> Result<NewSession, Error> {
        let entropy = &self.shared.entropy;
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
                user: Some(sign_in.user),
                organization: sign_in.organization,
                permissions: BTreeSet::new(),
                session: Some(sign_in.id),
                created_at: now,
                expires_at: Some(expires_at),
            })
        };
        let rows = vec![
            row(TokenKind::Access, &tokens.access, expires_at)?,
            row(TokenKind::Refresh, &tokens.refresh, refresh_until)?,
            row(TokenKind::Session, &tokens.session, expires_at)?,
        ];
        Ok(NewSession { tokens, rows, sign_in })
    }
}

async fn refresh_facts(
    tx: &mut Tx,
    digest: &SecretDigest,
    now: DateTime<Utc>,
) -> Result<Option<RefreshFacts>, store::Error> {
    let Some(token) = tx.refresh_token(digest).await? else { return Ok(None) };
    let is_live = tx.find_live_token(digest, now).await?.is_some();
    let is_open = match token.token.session {
        Some(session) => tx.is_session_open(session, now).await?,
        None => false,
    };
    Ok(Some(RefreshFacts { token, is_live, is_open }))
}
