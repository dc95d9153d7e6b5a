//! The audit log of all tenants.

use invite_domain::event::StoredEvent;

use super::super::{App, Error};
use crate::store::EventFilter;

impl App {
    /// Events, the newest first.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_events(&self, filter: EventFilter) -> Result<Vec<StoredEvent>, Error> {
        Ok(self.shared.store.begin_read().await?.events(filter).await?)
    }
}
