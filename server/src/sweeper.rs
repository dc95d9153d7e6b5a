//! The sweeper: writes down which pending invitations have become too old, so that lists of them stay fast, and removes
//! counts of limits that have worn off and tokens of sign-ins whose time is over. Before each look it has the clock agree with
//! the database's again.
//!
//! Nothing is decided here: an invitation is expired from its instant on, whether or not it has been swept, a count that
//! has worn off counts for nothing, and a token that has ended opens nothing.

use std::time::Duration;

use tokio::task::{AbortHandle, JoinHandle};

use crate::app::{App, Error};
use crate::causes::Causes;
use crate::clock::AgreedClock;
use crate::health::working;
use crate::store::Store;

/// How long to look away: in so much time not much more can expire than a list may skip over.
const LOOK: Duration = Duration::from_secs(30);

/// A running sweeper.
#[derive(Debug)]
pub struct Sweeper(JoinHandle<Option<()>>);

impl Sweeper {
    /// Starts the sweeper.
    #[must_use]
    pub fn start(app: App, store: Store, clock: AgreedClock) -> Self {
        Self(tokio::spawn(working("sweeper", run(app, store, clock))))
    }

    /// What tells whether it still works.
    #[must_use]
    pub fn worker(&self) -> AbortHandle {
        self.0.abort_handle()
    }

    /// Ends it at once; a batch under way is undone.
    pub fn stop(self) {
        self.0.abort();
    }
}

async fn run(app: App, store: Store, clock: AgreedClock) {
    loop {
        if let Err(error) = store.set(&clock).await {
            tracing::error!(
                error = %Causes(&error),
                "the database's clock cannot be asked for now; the difference that it had counts"
            );
        }
        match sweep(&app).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(LOOK).await,
            Err(error) => {
                tracing::error!(
                    error = %Causes(&error),
                    "expired invitations, counts and tokens cannot be swept for now"
                );
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// A batch of each; says whether there may be more.
async fn sweep(app: &App) -> Result<bool, Error> {
    let invitations = app.sweep_expired_invitations().await?;
    let counts = app.sweep_counts().await?;
    let tokens = app.sweep_session_tokens().await?;
    Ok(invitations || counts || tokens)
}
