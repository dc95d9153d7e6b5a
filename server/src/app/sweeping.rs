//! Sweeping away what time alone has ended. It decides nothing: whatever is past its end counts as ended before it is swept.

use crate::store::{self, Tx};

use super::{App, Error};

/// Rows that one transaction sweeps: few enough that requests in between wait for a moment only.
const AT_MOST: u32 = 500;

impl App {
    /// Has lists find pending invitations that are too old as expired ones, some at a time; says whether there were any.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn sweep_expired_invitations(&self) -> Result<bool, Error> {
        let now = self.now();
        let there_are = async |tx: &mut Tx| tx.has_overdue_invitations(now).await;
        self.sweep(there_are, async |tx: &mut Tx| tx.sweep_invitations(now, AT_MOST).await).await
    }

    /// Removes some of the counts that have worn off; says whether there were any.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn sweep_counts(&self) -> Result<bool, Error> {
        let now = self.now();
        let there_are = async |tx: &mut Tx| tx.has_worn_off_counts(now).await;
        self.sweep(there_are, async |tx: &mut Tx| tx.sweep_counts(now, AT_MOST).await).await
    }

    /// Removes some of the tokens of sign-ins whose time is over; says whether there were any.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn sweep_session_tokens(&self) -> Result<bool, Error> {
        let now = self.now();
        let there_are = async |tx: &mut Tx| tx.has_ended_session_tokens(now).await;
        self.sweep(there_are, async |tx: &mut Tx| tx.sweep_session_tokens(now, AT_MOST).await).await
    }

    async fn sweep(
        &self,
        there_are: impl AsyncFnOnce(&mut Tx) -> Result<bool, store::Error>,
        sweep: impl AsyncFnOnce(&mut Tx) -> Result<u64, store::Error>,
    ) -> Result<bool, Error> {
        // Most looks find nothing, and those shall not take turns with the writers.
        if !there_are(&mut self.shared.store.glance().await?).await? {
            return Ok(false);
        }
        let mut tx = self.shared.store.begin_brief().await?;
        let swept = sweep(&mut tx).await?;
        tx.commit().await?;
        Ok(swept > 0)
    }
}
