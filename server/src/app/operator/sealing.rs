//! Sealing everything under the first server key, after another one was the first.

use invite_domain::ids::{MailId, SignupTokenId};

use super::super::{App, Error, call, mail_payload, signup};
use crate::store::{Sealed, SealedColumn, SealedRow};

/// How many values are sealed in one transaction: few, so that nobody waits for it.
const BATCH: u32 = 100;

/// What became of the values of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many there are.
    pub found: u64,
    /// How many were under another key.
    pub resealed: u64,
    /// How many open under no key.
    pub unreadable: u64,
}

impl App {
    /// Seals under the first server key what is sealed under another one, also while servers run, and has the database go with
    /// that key. What opens under none stays as it is.
    ///
    /// # Errors
    /// When the database fails or is busy; what was done until then is done.
    pub async fn operator_reseal(&self) -> Result<Vec<(&'static str, Resealed)>, Error> {
        let mut all = Vec::new();
        for column in SealedColumn::ALL {
            let mut done = Resealed::default();
            let mut after = None;
            loop {
                let (counts, last) = self.until_alone(|| self.reseal_batch(column, after.as_ref())).await?;
                done.found += counts.found;
                done.resealed += counts.resealed;
                done.unreadable += counts.unreadable;
                let Some(last) = last else { break };
                after = Some(last);
            }
            all.push((name(column), done));
        }
        self.until_alone(|| self.adopt_key()).await?;
        Ok(all)
    }

    async fn adopt_key(&self) -> Result<(), Error> {
        let mut tx = self.shared.store.begin_brief().await?;
        tx.set_key_mark(&self.shared.sealer.mark());
        Ok(tx.commit().await?)
    }

    async fn reseal_batch(
        &self,
        column: SealedColumn,
        after: Option<&SealedRow>,
    ) -> Result<(Resealed, Option<SealedRow>), Error> {
        let mut tx = self.shared.store.begin_write().await?;
        let values = tx.sealed(column, after, BATCH).await?;
        let mut counts = Resealed { found: values.len().try_into().unwrap_or(u64::MAX), ..Resealed::default() };
        for sealed in &values {
            match self.shared.sealer.reseal(&place(column, sealed), &sealed.value) {
                Ok(Some(again)) => {
                    tx.replace_sealed(column, sealed, again);
                    counts.resealed += 1;
                }
                Ok(None) => {}
                Err(_) => counts.unreadable += 1,
            }
        }
        tx.commit().await?;
        Ok((counts, values.into_iter().next_back().map(|sealed| sealed.row)))
    }
}

const fn name(column: SealedColumn) -> &'static str {
    match column {
        SealedColumn::SignupTokens => "signup tokens",
        SealedColumn::Mails => "mails",
        SealedColumn::Answers => "answers",
    }
}

/// What the value was sealed for.
fn place(column: SealedColumn, sealed: &Sealed) -> String {
    match (&sealed.row, column) {
        (SealedRow::Scope(scope), _) => call::place(scope),
        (SealedRow::Id(id), SealedColumn::SignupTokens) => signup::place(SignupTokenId::new(*id)),
        (SealedRow::Id(id), SealedColumn::Mails | SealedColumn::Answers) => mail_payload::place(MailId::new(*id)),
    }
}
