//! What the operator of the server does at its command line, across all tenants.
//!
//! These use cases are as the others: facts, a plan of [`invite_domain::administration`], one commit, and an event with the
//! performer `operator`. `None` means that there is no such thing. Lists come in pages; whoever gets a full one may ask for
//! what is after its last row.

mod credentials;
mod events;
mod organizations;
mod outbox;
mod sealing;
mod secrets;
mod users;

use chrono::{DateTime, Utc};
use invite_domain::flow::Plan;

use super::{App, Call, Error};
use crate::store::Tx;

pub use credentials::{NewKey, NewToken, TokenOwner};
pub use outbox::RetriedMails;
pub use sealing::Resealed;
pub use secrets::{FoundSecret, Secret};
pub use users::UserDetails;

pub use crate::store::{CredentialFilter, EventFilter};

impl App {
    /// Writes what an operator's plan says, if it says anything.
    async fn commit_operators(&self, tx: Tx, plan: &Plan, now: DateTime<Utc>) -> Result<(), Error> {
        if plan.changes.is_empty() {
            return Ok(());
        }
        self.commit_all(&Call::internal(), tx, plan, &(), now).await
    }
}
