//! Questions that are known before they are asked. On PostgreSQL they are asked as one, which saves the way there and back for
//! all but the first; what the transaction is asked later is then known already. On SQLite there is no way.
//!
//! Foreseeing changes no answer: only a question that is asked word for word gets one, and only while the transaction has
//! written nothing.

use chrono::{DateTime, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::secret::SecretDigest;

use super::sql::{Engine, Queued, Statement};
use super::{Connection, Error, Row, Tx, credentials, invitations, limits, organizations, signup_tokens, users};

/// A question with one row at most.
#[derive(Debug, Clone, Copy)]
pub enum Question<'q> {
    /// [`Tx::organization`].
    Organization(OrganizationId),
    /// [`Tx::organization_by_slug`].
    Slug(&'q str),
    /// [`Tx::user`].
    User(UserId),
    /// [`Tx::user_by_email`].
    Email(&'q EmailAddress),
    /// [`Tx::allocate_user_id`].
    NewUser(&'q EmailAddress),
    /// [`Tx::pending_invitation`].
    Pending(OrganizationId, &'q EmailAddress),
    /// [`Tx::pending_invitation_by_slug`].
    PendingBySlug(&'q str, &'q EmailAddress),
    /// [`Tx::username_taken`].
    Username(&'q str),
    /// [`Tx::signup_token`].
    SignupToken(&'q SecretDigest),
    /// [`Tx::counts_until`].
    CountsUntil(&'q [u8; 32]),
    /// [`Tx::find_live_token`].
    Token(&'q SecretDigest, DateTime<Utc>),
}

impl Question<'_> {
    fn statement(self, engine: Engine) -> Statement {
        match self {
            Self::Organization(id) => organizations::by_id(id),
            Self::Slug(slug) => organizations::by_slug(slug),
            Self::User(id) => users::by_id(id),
            Self::Email(address) => users::by_email(address),
            Self::NewUser(address) => users::new_number(address),
            Self::Pending(organization, address) => invitations::pending(organization, address),
            Self::PendingBySlug(slug, address) => invitations::pending_by_slug(slug, address),
            Self::Username(username) => users::of_username(username),
            Self::SignupToken(digest) => signup_tokens::of_secret(digest),
            Self::CountsUntil(key) => limits::until(key),
            Self::Token(digest, now) => credentials::live_token(engine, digest, now),
        }
    }
}

impl Tx {
    /// Says what will be asked next.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn foresee(&mut self, questions: &[Question<'_>]) -> Result<(), Error> {
        let engine = self.engine();
        let Connection::Postgres(connection) = &mut self.connection else { return Ok(()) };
        if questions.len() < 2 || !self.queued.is_empty() {
            return Ok(());
        }
        let questions: Vec<_> = questions.iter().map(|question| question.statement(engine)).collect();
        let answers = connection.ask_together(&questions).await?;
        self.foreseen.extend(questions.into_iter().zip(answers));
        Ok(())
    }

    /// The answer to a question, if that was foreseen and nothing has been written since.
    pub(super) fn foreseen(&mut self, question: &Statement) -> Option<Option<Row>> {
        if !self.queued.is_empty() {
            return None;
        }
        let index = self.foreseen.iter().position(|(foreseen, _)| foreseen == question)?;
        Some(self.foreseen.swap_remove(index).1)
    }

    /// The writes that go out before a statement, after which what was foreseen may not be true any more.
    pub(super) fn queue_before(&mut self, statement: &Statement) -> Vec<Queued> {
        if !self.queued.is_empty() || !statement.text.starts_with("SELECT") {
            self.foreseen.clear();
        }
        std::mem::take(&mut self.queued)
    }
}
