//! What operators watch: what this process has done since it started, and what there is to do.
//!
//! The first is counted in memory where it happens, and the second is asked for by whoever wants to know.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use invite_domain::import::Tally;

use super::{App, Error};
use crate::passwords::HashLoad;
use crate::store::{Connections, Waited, Workload};

/// Counts of this process.
#[derive(Debug, Default)]
pub(super) struct Activity {
    pub(super) mails_sent: AtomicU64,
    pub(super) mails_deferred: AtomicU64,
    pub(super) mails_given_up: AtomicU64,
    rows: Mutex<Tally>,
}

/// What became of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deliveries {
    /// Mails that somebody else is responsible for now.
    pub sent: u64,
    /// Attempts that failed and will be repeated.
    pub deferred: u64,
    /// Mails that were given up.
    pub given_up: u64,
}

impl Activity {
    /// Rows of an import have got their results.
    pub(super) fn imported(&self, before: Tally, after: Tally) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.invited += after.invited - before.invited;
        rows.added += after.added - before.added;
        rows.already_member += after.already_member - before.already_member;
        rows.duplicate += after.duplicate - before.duplicate;
        rows.invalid += after.invalid - before.invalid;
    }
}

impl App {
    /// What this process did with mails.
    #[must_use]
    pub fn deliveries(&self) -> Deliveries {
        let activity = &self.shared.activity;
        Deliveries {
            sent: activity.mails_sent.load(Ordering::Relaxed),
            deferred: activity.mails_deferred.load(Ordering::Relaxed),
            given_up: activity.mails_given_up.load(Ordering::Relaxed),
        }
    }

    /// What this process did with rows of imports.
    #[must_use]
    pub fn imported_rows(&self) -> Tally {
        *self.shared.activity.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the threads that hash have to do.
    #[must_use]
    pub fn hash_load(&self) -> HashLoad {
        self.shared.passwords.load()
    }

    /// Connections to the database.
    #[must_use]
    pub fn connections(&self) -> Vec<Connections> {
        self.shared.store.connections()
    }

    /// How transactions wait for their turn.
    #[must_use]
    pub fn waits(&self) -> [Waited; 2] {
        self.shared.store.waits()
    }

    /// What waits in the database, and the instant at which it does.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn workload(&self) -> Result<(Workload, DateTime<Utc>), Error> {
        Ok((self.shared.store.watch().await?.workload().await?, self.now()))
    }
}
