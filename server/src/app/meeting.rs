//! Beginning anew: what becomes of a use case whose facts somebody else has changed before its plan was written.
//!
//! On SQLite that does not happen, because write transactions wait for each other. On PostgreSQL they do not, and the database
//! tells the second of two that they have met. It then asks its questions again and mostly comes to another plan: an address
//! that was free has an account by now, a challenge is used.
//!
//! Those who have met begin anew one after another, whichever process they are of: of many that want one row, all but one
//! would meet again, and the last of them would run out of attempts. Only those who come for the first time are beside them,
//! and nobody holds a connection for work while he waits.

use super::{App, Error};

/// How often a use case is begun before its caller is told to come back.
const ATTEMPTS: u32 = 8;

impl App {
    /// Does `work`, from its first question to its commit, until it meets nobody else.
    pub(super) async fn until_alone<T, W>(&self, work: impl Fn() -> W) -> Result<T, Error>
    where
        W: Future<Output = Result<T, Error>>,
    {
        let mut turn = None;
        for attempt in 1..ATTEMPTS {
            match work().await {
                Err(error) if error.is_conflict() => {
                    tracing::debug!(attempt, error = %error, "others wrote the same at the same time");
                    if turn.is_none() {
                        turn = self.shared.store.turn().await?;
                    }
                }
                outcome => return outcome,
            }
        }
        work().await
    }
}
