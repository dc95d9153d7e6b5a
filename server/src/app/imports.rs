//! Imports: accepting one, looking at one, and the work on those that were accepted.
//!
//! 1. Accepting writes the job and its rows, in one transaction; nobody is invited yet.
//! 2. A worker leases a job and does it in batches ([`Imports::step`]). A batch is one transaction: the changes of its rows,
//!    their results and the count. A process that dies in the middle of a batch has done nothing of it.
//! 3. With each batch, the right of whoever made the job is looked at anew.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use invite_domain::actor::{Actor, Administrator};
use invite_domain::flow::nexus::{self, import};
use invite_domain::flow::{Change, FlowName, Plan, purpose_of};
use invite_domain::ids::{ImportId, MailId, UserId};
use invite_domain::import::{Import, ImportRow, RowResult, WaitingRow};
use invite_domain::membership::Membership;
use invite_domain::organization::Organization;
use invite_domain::refusal::{Refusal, RefusalCode};
use invite_domain::user::User;
use uuid::Uuid;

use super::invitations::{invitee_facts, secret_kind};
use super::{App, Call, Error};
use crate::auth;
use crate::store::{Counted, Tx};

pub use crate::store::ImportLease;

/// Rows of one transaction: few enough that requests in between wait for a moment only.
const BATCH: u32 = 50;
/// How long a worker may be silent before another one takes its place.
const LEASE: TimeDelta = TimeDelta::seconds(15);
/// How long an import waits that has failed.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// An import with a page of its rows.
#[derive(Debug, Clone)]
pub struct ImportPage {
    /// The import.
    pub import: Import,
    /// The page.
    pub rows: Vec<ImportRow>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl App {
    /// `nexus_import_organization_members`: accepts many invites as one job, which `get_import` shows.
    ///
    /// # Errors
    /// `organization_not_found`, `invalid_value`, `import_exists`.
    pub async fn nexus_import_organization_members(
        &self,
        call: &Call,
        administrator: &Administrator,
        command: import::ImportMembers,
    ) -> Result<Uuid, Error> {
        self.until_alone(|| async {
            let now = self.now();
            let id = ImportId::new(self.shared.entropy.id(now)?);
            let organization = administrator.organization();
            let mut tx = self.shared.store.begin_write().await?;
            let notified = match administrator.actor().user {
                Some(user) => Some(user),
                None => named_member(&mut tx, administrator, &command.importing_user).await?,
            };
            let facts = import::ImportFacts {
                organization: tx.organization(organization).await?,
                is_taken: tx.has_import(organization, &command.reference).await?,
                notified,
            };
            let plan = import::plan(administrator, command.clone(), facts, id, call.origin(), now)?;
            self.commit_all(call, tx, &plan, &id.get(), now).await?;
            self.shared.import_queued.notify_one();
            Ok(id.get())
        })
        .await
    }

    /// Who may look at an import.
    ///
    /// # Errors
    /// `import_not_found`, `not_allowed`.
    pub async fn import_administrator(&self, actor: Actor, id: Uuid) -> Result<Administrator, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let organization = match tx.import(ImportId::new(id)).await? {
            Some(import) => tx.organization(import.organization).await?,
            None => None,
        };
        Ok(import::viewer(actor, organization)?)
    }

    /// `get_import`: an import and a page of its rows.
    ///
    /// # Errors
    /// `import_not_found`, `invalid_value` for the cursor.
    pub async fn import(
        &self,
        administrator: &Administrator,
        id: Uuid,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<ImportPage, Error> {
        let id = ImportId::new(id);
        let from = cursor.map_or(Ok(0), |cursor| read_cursor(id, cursor))?;
        let mut tx = self.shared.store.begin_read().await?;
        let import = tx.import(id).await?.filter(|import| import.organization == administrator.organization());
        let import = import.ok_or_else(|| Refusal::new(RefusalCode::ImportNotFound, "there is no such import"))?;
        let rows = tx.import_rows(id, from, limit).await?;
        let after = rows.last().map_or(from, |row| row.number + 1);
        let next = (after < import.total).then(|| cursor_at(id, after));
        Ok(ImportPage { import, rows, next })
    }

    /// The worker's side of imports, whose rows have to pass a check of their form first.
    #[must_use]
    pub fn imports(&self, check: RowCheck) -> Imports {
        Imports { app: Self { shared: Arc::clone(&self.shared) }, check }
    }
}

/// The member of the organization that the request of a program names.
async fn named_member(tx: &mut Tx, administrator: &Administrator, id: &str) -> Result<Option<UserId>, Error> {
    let Ok(user) = id.parse().map(UserId::new) else { return Ok(None) };
    let membership = tx.membership(user, administrator.organization()).await?;
    Ok(membership.filter(Membership::is_live).map(|_| user))
}

/// A cursor holds for one import: its id and the number of a row.
fn cursor_at(id: ImportId, number: u32) -> String {
    URL_SAFE_NO_PAD.encode([id.get().as_bytes().as_slice(), &number.to_be_bytes()].concat())
}

fn read_cursor(id: ImportId, cursor: &str) -> Result<u32, Refusal> {
    let number = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let number = bytes.strip_prefix(id.get().as_bytes().as_slice())?;
        Some(u32::from_be_bytes(number.try_into().ok()?))
    };
    number().ok_or_else(|| Refusal::invalid("cursor", "this is no cursor of this list; take `next` of the page before"))
}

/// What came of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Rows are left.
    More,
    /// The import has ended.
    Ended,
    /// The turn is somebody else's.
    Lost,
}

/// The worker's side of imports.
#[derive(Debug, Clone)]
pub struct Imports {
    app: App,
    check: RowCheck,
}

/// What the document demands of a single invite, whose schema rows do not have.
pub type RowCheck = fn(&nexus::InviteMember) -> Result<(), Refusal>;

/// What the rows of a batch have in common.
struct Batch<'a> {
    import: &'a Import,
    administrator: &'a Administrator,
    organization: &'a Organization,
    inviter: Option<&'a User>,
    now: DateTime<Utc>,
}

impl Imports {
    /// Takes a turn at the oldest import that nobody works on.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn lease(&self) -> Result<Option<ImportLease>, Error> {
        let shared = &self.app.shared;
        let now = self.app.now();
        Ok(shared.store.lease_import(shared.entropy.id(now)?, now, now + LEASE).await?)
    }

    /// Gives a turn back, for the next process to go on at once.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn release(&self, lease: ImportLease) -> Result<(), Error> {
        Ok(self.app.shared.store.release_import(lease, None).await?)
    }

    /// Gives a turn back that has failed. Others come first, so that one which fails again and again does not hold them up.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn put_off(&self, lease: ImportLease) -> Result<(), Error> {
        Ok(self.app.shared.store.release_import(lease, Some(self.app.now() + PAUSE)).await?)
    }

    /// Waits until this process accepts an import, or for `at_most`: those of other replicas come by polling.
    pub async fn wait(&self, at_most: Duration) {
        // Running out of time is as good a reason to look as being woken.
        let _ = tokio::time::timeout(at_most, self.app.shared.import_queued.notified()).await;
    }

    /// Does the next rows of an import, in one transaction.
    ///
    /// # Errors
    /// When the database fails or is busy; nothing is done then.
    pub async fn step(&self, lease: ImportLease) -> Result<Step, Error> {
        self.app.until_alone(|| self.batch(lease)).await
    }

    async fn batch(&self, lease: ImportLease) -> Result<Step, Error> {
        let app = &self.app;
        let now = app.now();
        let mut tx = app.shared.store.begin_write().await?;
        let Some(import) = tx.hold_import(lease, now + LEASE).await? else { return Ok(Step::Lost) };
        let organization = tx.organization(import.organization).await?;
        let (actor, tenant) = match &organization {
            Some(organization) => (
                auth::standing(&mut tx, &import.by, organization, now).await?,
                tx.organization(organization.tenant_id()).await?,
            ),
            None => (None, None),
        };
        let (administrator, organization) = match import::standing(actor, organization, tenant.as_ref()) {
            Ok(standing) => standing,
            Err(reason) => {
                self.commit(tx, &import, &import::plan_stop(&import, reason, now), &[], now).await?;
                return Ok(Step::Ended);
            }
        };
        let inviter = match administrator.actor().user {
            Some(user) => tx.user(user).await?,
            None => None,
        };
        let rows = tx.waiting_import_rows(import.id, BATCH).await?;
        let batch = Batch {
            import: &import,
            administrator: &administrator,
            organization: &organization,
            inviter: inviter.as_ref(),
            now,
        };
        let before = import.tally;
        let (mut tally, mut counts) = (before, Vec::new());
        for row in &rows {
            tally.count(self.row(&mut tx, &batch, row, &mut counts).await?);
        }
        let import = Import { tally, ..import };
        let step = if tally.done() >= import.total {
            self.finish(tx, &import, &organization, counts, now).await?
        } else {
            let plan = Plan { changes: vec![Change::AdvanceImport { id: import.id, tally }], ..Plan::default() };
            self.commit(tx, &import, &plan, &counts, now).await?;
            Step::More
        };
        app.shared.activity.imported(before, tally);
        Ok(step)
    }

    /// One row: an invite by the rules of a single one, and its result.
    async fn row(
        &self,
        tx: &mut Tx,
        batch: &Batch<'_>,
        row: &WaitingRow,
        counts: &mut Vec<Counted>,
    ) -> Result<RowResult, Error> {
        let Batch { import, administrator, organization, inviter, now } = batch;
        let admitted = (self.check)(&row.command)
            .and_then(|()| nexus::admit(administrator, Some((*organization).clone()), &row.command));
        let (mut plan, outcome) = match admitted {
            Err(refusal) => (Plan::default(), import::invalid(refusal)),
            Ok(invite) if tx.import_has_address(import.id, &invite.address).await? => {
                (Plan::default(), import::duplicate())
            }
            Ok(invite) => {
                let address = invite.address.clone();
                let supplies = self.app.supplies(secret_kind(purpose_of(FlowName::Nexus)), *now)?;
                let invitee = invitee_facts(tx, &address, organization.id).await?;
                let planned = nexus::plan(invite, *inviter, invitee, supplies, *now);
                let outcome = import::outcome(&address, &planned);
                let plan = planned.unwrap_or_default();
                match self.app.charge_mails(tx, &plan, *now).await {
                    Ok(mails) => {
                        counts.extend(mails);
                        (plan, outcome)
                    }
                    Err(Error::Limited { retry_after_seconds, .. }) => {
                        (Plan::default(), import::held_back(address, retry_after_seconds))
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let result = outcome.result;
        plan.changes.push(Change::CloseImportRow { import: import.id, number: row.number, outcome });
        self.app.write(import.origin, tx, &plan, *now)?;
        Ok(result)
    }

    async fn finish(
        &self,
        mut tx: Tx,
        import: &Import,
        organization: &Organization,
        mut counts: Vec<Counted>,
        now: DateTime<Utc>,
    ) -> Result<Step, Error> {
        let notified = match import.notified {
            Some(user) => tx.user(user).await?,
            None => None,
        };
        let mail = MailId::new(self.app.shared.entropy.id(now)?);
        let mut plan = import::plan_finish(import, organization, notified.as_ref(), mail, now);
        plan.changes.push(Change::AdvanceImport { id: import.id, tally: import.tally });
        match self.app.charge_mails(&mut tx, &plan, now).await {
            // One recipient of two mails of a batch counts once: a statement cannot count twice under one key.
            Ok(told) => {
                let told: Vec<_> = told.into_iter().filter(|told| !counts.contains(told)).collect();
                counts.extend(told);
            }
            // Their imports can be looked at, and end all the same.
            Err(Error::Limited { .. }) => plan.mails.clear(),
            Err(error) => return Err(error),
        }
        self.commit(tx, import, &plan, &counts, now).await?;
        Ok(Step::Ended)
    }

    async fn commit(
        &self,
        mut tx: Tx,
        import: &Import,
        plan: &Plan,
        counts: &[Counted],
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.app.write(import.origin, &mut tx, plan, now)?;
        // If others have mailed one of the recipients meanwhile, the batch is done again and finds it so.
        tx.count(counts, now);
        tx.commit().await?;
        self.app.shared.mail_queued.notify_one();
        Ok(())
    }
}
