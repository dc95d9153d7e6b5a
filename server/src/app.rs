//! Use cases: what the server does, without HTTP.
//!
//! Each one is three moves: open a transaction and load facts; ask a pure function of `invite_domain` for a plan; write
//! the plan in that transaction. Nothing is half done: a use case that fails has written nothing. Passwords are checked and
//! hashed between two looks at the facts, never inside a write transaction.
//!
//! A use case that meets another one in the database begins anew (`meeting`).
//!
//! Refusals come back in [`Error::Refused`]; the HTTP layer alone knows which status they become.

mod activity;
mod call;
mod error;
pub mod imports;
mod invitations;
mod limits;
mod mail_payload;
mod meeting;
mod nexus;
pub mod operator;
mod organizations;
pub mod outbox;
mod oversight;
mod redemption;
pub mod seed;
mod sessions;
mod signup;
mod sweeping;
mod tokens;
mod users;
pub mod views;

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use invite_domain::actor::Actor;
use invite_domain::event::Origin;
use invite_domain::flow::{Plan, Supplies};
use invite_domain::ids::{InvitationId, MailId};
use invite_domain::mail::Locale;
use invite_domain::secret::SecretKind;
use serde::Serialize;
use tokio::sync::{Mutex, Notify};

use crate::auth::{self, Presented};
use crate::clock::SharedClock;
use crate::entropy::Entropy;
use crate::passwords::Passwords;
use crate::seal::Sealer;
use crate::store::{Store, Tx};
use crate::throttle::Throttle;
use activity::Activity;

pub use activity::Deliveries;
pub use call::{Call, KeyedRequest};
pub use error::{Error, Why};
pub use limits::{LimitKind, Limits};
pub use nexus::NewApiKey;
pub use oversight::{EventQuery, InvitationQuery};
pub use views::{
    ActivatedUser, ApiKeyCreated, ApiTokenCreated, CustomerOrganization, EventView, InvitationView, KareMembership,
    Page, SessionTokens, SignupTokenUser, SignupTokenView, UnleashUser,
};

/// What use cases need to know from the configuration.
#[derive(Debug, Clone)]
pub struct AppConfig {
    /// Where people reach this server; the stem of every link.
    pub public_url: String,
    /// How long an invitation and its challenge live.
    pub challenge_ttl: TimeDelta,
    /// The language of mails to people who have not chosen one.
    pub language: Locale,
    /// How long an access and a session token live.
    pub session_ttl: TimeDelta,
    /// How long a refresh token lives.
    pub refresh_ttl: TimeDelta,
    /// How often what may happen.
    pub limits: Limits,
}

impl AppConfig {
    /// The defaults: invitations live 7 days, sign-ins an hour, renewable for 30 days; nothing is limited.
    #[must_use]
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            challenge_ttl: TimeDelta::days(7),
            language: Locale::default(),
            session_ttl: TimeDelta::hours(1),
            refresh_ttl: TimeDelta::days(30),
            limits: Limits::default(),
        }
    }
}

/// The use cases, to be shared by all requests.
#[derive(Debug, Clone)]
pub struct App {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: AppConfig,
    store: Store,
    clock: SharedClock,
    entropy: Entropy,
    passwords: Passwords,
    sealer: Sealer,
    mail_queued: Notify,
    import_queued: Notify,
    activity: Activity,
    /// When the database said last whether the server can do its work, and what.
    readiness: Mutex<Option<(Instant, bool)>>,
}

impl App {
    /// Wires the use cases to their means.
    #[must_use]
    pub fn new(
        config: AppConfig,
        store: Store,
        clock: SharedClock,
        entropy: Entropy,
        passwords: Passwords,
        sealer: Sealer,
    ) -> Self {
        let (mail_queued, import_queued) = (Notify::new(), Notify::new());
        let shared = Shared {
            config,
            store,
            clock,
            entropy,
            passwords,
            sealer,
            mail_queued,
            import_queued,
            activity: Activity::default(),
            readiness: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Who presents these credentials; none, alike for every fault, if they are not the halves of one alternative, all
    /// valid and belonging together.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn authenticate(&self, presented: &[Presented]) -> Result<Option<Actor>, Error> {
        let mut tx = self.shared.store.glance().await?;
        Ok(auth::authenticate(&mut tx, presented, self.now()).await?)
    }

    /// Whether the server can do its work. However many ask, the database is asked for one of them at a time, and its answer is
    /// that for all who have come meanwhile.
    ///
    /// # Errors
    /// [`Error::Busy`] while the database does not answer, or does not have the schema that this program needs.
    pub async fn ready(&self) -> Result<(), Error> {
        let come = Instant::now();
        let mut last = self.shared.readiness.lock().await;
        let is_ready = match *last {
            Some((answered, is_ready)) if answered >= come => is_ready,
            _ => {
                let is_ready = self.is_ready().await;
                *last = Some((Instant::now(), is_ready));
                is_ready
            }
        };
        if is_ready { Ok(()) } else { Err(Error::unready()) }
    }

    async fn is_ready(&self) -> bool {
        match self.shared.store.has_schema().await {
            Ok(true) => true,
            Ok(false) => {
                static SAID: Throttle = Throttle::new();
                if SAID.is_news("") {
                    tracing::warn!("the database does not have the schema that this program needs");
                }
                false
            }
            Err(error) => {
                error.tell();
                false
            }
        }
    }

    fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    fn supplies(&self, kind: SecretKind, now: DateTime<Utc>) -> Result<Supplies, Error> {
        let entropy = &self.shared.entropy;
        Ok(Supplies {
            invitation: InvitationId::new(entropy.id(now)?),
            mail: MailId::new(entropy.id(now)?),
            secret: entropy.secret(kind)?,
            is_chosen: false,
            language: self.shared.config.language,
            expires_at: now + self.shared.config.challenge_ttl,
        })
    }

    /// Writes a plan, its events and the answer of a keyed request, and ends its transaction.
    async fn commit_all<T: Serialize>(
        &self,
        call: &Call,
        mut tx: Tx,
        plan: &Plan,
        outcome: &T,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.write(call.origin(), &mut tx, plan, now)?;
        self.keep_answer(call, &mut tx, outcome)?;
        self.charge(call, tx, plan, now).await?;
        call.is_answered();
        if !plan.mails.is_empty() {
            self.shared.mail_queued.notify_one();
        }
        Ok(())
    }

    /// Writes a plan and its events; the transaction goes on.
    fn write(&self, origin: Origin, tx: &mut Tx, plan: &Plan, now: DateTime<Utc>) -> Result<(), Error> {
        let mails = plan
            .mails
            .iter()
            .map(|mail| mail_payload::seal(&self.shared.sealer, mail))
            .collect::<Result<Vec<_>, _>>()?;
        tx.apply(&plan.changes, &mails, now);
        for event in &plan.events {
            let origin = if event.is_from_elsewhere { Origin::default() } else { origin };
            tx.add_event(self.shared.entropy.id(now)?, event, origin, now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
