//! The request that a use case works for: where it came from, and the key that makes a repetition of it harmless.
//!
//! 1. [`App::once`] claims the key, in a transaction of its own: of two requests at the same time one runs.
//! 2. The use case writes its answer, sealed, in the transaction of its change: the answer is kept if and only if the
//!    change is. A process that dies in between leaves a claim that ends by itself, and no change.
//! 3. A repetition gets the stored answer. A request that was refused changed nothing and gives its key back.
//! 4. A request that the limits hold back claims no key ([`App::once_if_let_in`]): whoever has no credentials to lose writes nothing
//!    by asking again and again.
//! 5. Where it is not known whether the change is kept, the key tells: it is given back only while it has no answer, and whoever
//!    gives it back waits for a transaction that still holds it.

use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;
use invite_domain::event::Origin;
use invite_domain::refusal::Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{App, Error};
use crate::causes::Causes;
use crate::store::{self, Claimed, KeyClaim, Tx};

/// How long a key counts.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// How long a request holds its key before another one may take its place: longer than any request runs.
const LONGEST_RUN: TimeDelta = TimeDelta::seconds(60);

/// What a use case knows of the request that it works for.
pub struct Call {
    origin: Origin,
    key: Option<Key>,
    /// Whether what it does is counted.
    is_limited: bool,
}

struct Key {
    claim: KeyClaim,
    /// Whether the answer is kept already, with the change.
    is_answered: AtomicBool,
}

/// An idempotency key and what it stands for.
#[derive(Debug, Clone, Copy)]
pub struct KeyedRequest<'a> {
    /// The header's value.
    pub key: &'a str,
    /// The operation's id.
    pub operation: &'a str,
    /// Whose key it is.
    pub principal: &'a str,
    /// What is asked for: equal texts are equal requests. May hold secrets.
    pub content: &'a str,
}

impl Call {
    /// A request without a key.
    #[must_use]
    pub const fn new(origin: Origin) -> Self {
        Self { origin, key: None, is_limited: true }
    }

    /// What the operator does at the command line, or the server by itself.
    #[must_use]
    pub const fn internal() -> Self {
        Self::new(Origin { request: None, address: None })
    }

    /// The same request, for a change that its caller does not ask for: it has no key and counts for nothing.
    pub(super) const fn aside(&self) -> Self {
        Self { origin: self.origin, key: None, is_limited: false }
    }

    /// The client for whom what this request does is counted; none for the operator and the server itself.
    pub(super) fn limited_client(&self) -> Option<IpAddr> {
        self.origin.address.filter(|_| self.is_limited)
    }

    /// The answer is kept, with the change.
    pub(super) fn is_answered(&self) {
        if let Some(key) = &self.key {
            key.is_answered.store(true, Ordering::Relaxed);
        }
    }

    /// Where the change comes from.
    pub(super) const fn origin(&self) -> Origin {
        self.origin
    }
}

/// Shows neither key nor hashes.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("origin", &self.origin).field("is_keyed", &self.key.is_some()).finish()
    }
}

impl App {
    /// A request with a key.
    ///
    /// # Errors
    /// When there is no chance to draw an id from.
    pub fn keyed_call(&self, origin: Origin, request: &KeyedRequest<'_>) -> Result<Call, Error> {
        let now = self.now();
        let sealer = &self.shared.sealer;
        let scope = ["idempotency-key", request.operation, request.principal, request.key];
        let content = ["idempotent-request", request.content];
        let claim = KeyClaim {
            scope: sealer.fingerprint(&scope),
            fingerprint: sealer.fingerprint(&content),
            under_other_keys: sealer.other_fingerprints(&scope).zip(sealer.other_fingerprints(&content)).collect(),
            claim: self.shared.entropy.id(now)?,
            claimed_until: now + LONGEST_RUN,
            expires_at: now + KEPT,
        };
        Ok(Call { key: Some(Key { claim, is_answered: AtomicBool::new(false) }), ..Call::new(origin) })
    }

    /// The same as [`Self::once`] for whoever comes without credentials, after a `look` at whether the limits hold the request
    /// back. One that they do writes nothing; what was answered before is answered again.
    ///
    /// # Errors
    /// [`Error::Limited`] by `look`, and those of [`Self::once`]. What else `look` finds, `work` finds again.
    pub async fn once_if_let_in<T: Serialize + DeserializeOwned>(
        &self,
        call: &Call,
        look: impl Future<Output = Result<(), Error>>,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        // Once in memory, as in [`Self::once`].
        let work = Box::pin(work);
        if let Some(key) = &call.key
            && let Err(held_back @ Error::Limited { .. }) = Box::pin(look).await
        {
            return match self.shared.store.known_key(&key.claim, self.now()).await? {
                Some(Claimed::Answered { scope, answer }) => self.repeat(&scope, &answer).await,
                Some(Claimed::Granted | Claimed::Running | Claimed::OtherRequest) | None => Err(held_back),
            };
        }
        self.once(call, work).await
    }

    /// Does `work`, or answers as it was answered before under the key of `call`.
    ///
    /// # Errors
    /// `idempotency_key_in_use`, `idempotency_key_reused`, and whatever `work` says.
    pub async fn once<T: Serialize + DeserializeOwned>(
        &self,
        call: &Call,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        // Once in memory, whichever of the two ways it takes.
        let work = Box::pin(work);
        let Some(key) = &call.key else { return work.await };
        let store = &self.shared.store;
        let claimed = match store.claim_key(&key.claim, self.now()).await {
            Err(store::Error::Unknown(_)) => {
                // Of the request itself nothing is done: a claim that stands after all is in the way of its repetition.
                self.give_back(&key.claim).await;
                let reason = "it did not say whether it has taken the key of a request".to_owned();
                return Err(store::Error::Busy { reason }.into());
            }
            claimed => claimed?,
        };
        match claimed {
            Claimed::Granted => {}
            Claimed::Running => return Err(Refusal::idempotency_key_in_use().into()),
            Claimed::OtherRequest => return Err(Refusal::idempotency_key_reused().into()),
            Claimed::Answered { scope, answer } => return self.repeat(&scope, &answer).await,
        }
        match work.await {
            Ok(outcome) => {
                if !key.is_answered.load(Ordering::Relaxed) {
                    // Nothing had to be written; the answer is kept all the same.
                    let mut tx = store.begin_write().await?;
                    self.keep_answer(call, &mut tx, &outcome)?;
                    tx.commit().await?;
                }
                Ok(outcome)
            }
            Err(error) => {
                self.give_back(&key.claim).await;
                Err(error)
            }
        }
    }

    /// A kept answer.
    async fn repeat<T: DeserializeOwned>(&self, scope: &[u8; 32], answer: &[u8]) -> Result<T, Error> {
        // It was seen before it was on the disk; if it gets there no more, nothing was done.
        self.shared.store.settled().await?;
        let answer = self.shared.sealer.open(&place(scope), answer)?;
        serde_json::from_slice(&answer).map_err(Error::internal)
    }

    /// Gives the key of a request back that was not answered.
    async fn give_back(&self, claim: &KeyClaim) {
        if let Err(failed) = self.shared.store.release_key(claim).await {
            // It ends by itself, only later.
            tracing::warn!(error = %Causes(&failed), "an idempotency key is not released");
        }
    }

    /// Keeps the answer of a keyed request in the transaction of its change.
    pub(super) fn keep_answer<T: Serialize>(&self, call: &Call, tx: &mut Tx, outcome: &T) -> Result<(), Error> {
        let Some(key) = &call.key else { return Ok(()) };
        let answer = serde_json::to_vec(outcome).map_err(Error::internal)?;
        let sealed = self.shared.sealer.seal(&place(&key.claim.scope), &answer)?;
        tx.answer_key(&key.claim, sealed);
        Ok(())
    }
}

/// Where an answer is sealed for: this key, so that it cannot be moved to another request.
pub(super) fn place(scope: &[u8; 32]) -> String {
    format!("idempotency:{scope:?}")
}
