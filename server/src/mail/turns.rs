//! The last step of a delivery, one mail at a time.
//!
//! A mail that its peer has taken and that the outbox does not call sent is in doubt: a crash sends it again. So that a crash
//! leaves one of them and not as many as travel, a mailer
//!
//! 1. prepares as many mails at once as it likes, up to where its peer would take them,
//! 2. takes a turn for the step that hands a mail over ([`Turns::take`]),
//! 3. returns the turn with its success; who records that the mail is sent gives it back afterwards, by dropping it.
//!
//! A peer that thinks about one mail for longer than [`PATIENCE`] holds up no other: the next one gets its turn then.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long the others wait for a peer that does not say whether it has taken a mail.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// Whose turn it is.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<()>>);

/// Kept from before a mail is handed over until that is recorded, or until somebody's patience ends.
#[derive(Debug)]
pub struct Turn {
    _kept: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for its turn and does the step that hands a mail over.
    pub async fn take<T>(&self, step: impl Future<Output = T>) -> (T, Turn) {
        let kept = Arc::clone(&self.0).lock_owned().await;
        let mut step = std::pin::pin!(step);
        match tokio::time::timeout(PATIENCE, &mut step).await {
            Ok(outcome) => (outcome, Turn { _kept: Some(kept) }),
            Err(_) => {
                drop(kept);
                (step.await, Turn { _kept: None })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn the_next_mail_is_handed_over_when_the_last_one_is_recorded() {
        let turns = Turns::default();
        let ((), turn) = turns.take(ready(())).await;
        let mut next = Box::pin(turns.take(ready(())));
        assert!((&mut next).now_or_never().is_none(), "handed over, and not yet recorded");
        drop(turn);
        assert!((&mut next).now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_answer_holds_up_others_for_a_while_only() {
        let turns = Turns::default();
        let stalled = tokio::spawn({
            let turns = turns.clone();
            async move { turns.take(pending::<()>()).await }
        });
        tokio::task::yield_now().await;
        let begun = tokio::time::Instant::now();
        turns.take(ready(())).await;
        assert_eq!(begun.elapsed(), PATIENCE);
        stalled.abort();
    }
}
