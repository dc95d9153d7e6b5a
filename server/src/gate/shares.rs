//! What each client may have at once of something of which there is little.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use invite_domain::limit::Neighbourhood;
use tokio::sync::Semaphore;

/// The shares of all clients. A client is kept in mind as long as somebody has or waits for a part of its share.
pub(super) struct Shares {
    most: usize,
    clients: Mutex<HashMap<Neighbourhood, Weak<Semaphore>>>,
}

impl Shares {
    /// So many for each client.
    pub(super) fn of(most: usize) -> Self {
        Self { most, clients: Mutex::default() }
    }

    /// The share of a client.
    pub(super) fn of_client(&self, client: Neighbourhood) -> Arc<Semaphore> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = clients.get(&client).and_then(Weak::upgrade) {
            return share;
        }
        clients.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Semaphore::new(self.most));
        clients.insert(client, Arc::downgrade(&share));
        share
    }

    #[cfg(test)]
    pub(super) fn clients(&self) -> usize {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.values().filter(|share| share.strong_count() > 0).count()
    }
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shares").field("most", &self.most).finish_non_exhaustive()
    }
}
