//! What each client may have at once of something of which there is little.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use invite_domain::limit::Neighbourhood;
use tokio::sync::Semaphore;

/// The shares of all clients. One that has nothing of its share, and waits for nothing, is forgotten before the table grows.
pub(crate) struct Shares {
    most: usize,
    clients: Mutex<HashMap<Neighbourhood, Weak<Semaphore>>>,
}

impl Shares {
    /// So many for each client.
    pub(crate) fn of(most: usize) -> Self {
        Self { most, clients: Mutex::default() }
    }

    /// The share of a client.
    pub(crate) fn of_client(&self, client: Neighbourhood) -> Arc<Semaphore> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = clients.get(&client).and_then(Weak::upgrade) {
            return share;
        }
        if clients.len() == clients.capacity() {
            clients.retain(|_, share| share.strong_count() > 0);
        }
        let share = Arc::new(Semaphore::new(self.most));
        clients.insert(client, Arc::downgrade(&share));
        share
    }

    /// How many have or wait for a part of their share.
    #[cfg(test)]
    pub(crate) fn clients(&self) -> usize {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.values().filter(|share| share.strong_count() > 0).count()
    }
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shares").field("most", &self.most).finish_non_exhaustive()
    }
}
