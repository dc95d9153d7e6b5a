//! Beginning anew: what becomes of a use case whose facts somebody else has changed before its plan was written.
//!
//! On SQLite that does not happen, because write transactions wait for each other. There a use case may see what waits for the
//! disk, and is refused only once that is on it. On PostgreSQL write transactions do not wait, and the database
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
                outcome => return self.settle(outcome).await,
            }
        }
        let outcome = work().await;
        self.settle(outcome).await
    }

    /// Passes an outcome on; a refusal only when what it was seen by is durable. If that is undone, so is the refusal: whoever
    /// comes again may be let in.
    async fn settle<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        if matches!(outcome, Err(Error::Refused(_))) {
            self.shared.store.settled().await?;
        }
        outcome
    }
}
