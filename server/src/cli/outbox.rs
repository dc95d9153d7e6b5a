//! `outbox`: the mails that wait, that were sent, and that were given up. Nothing of what they say is ever shown.

use clap::{ArgGroup, Subcommand};
use invite_domain::ids::{InvitationId, MailId};
use invite_domain::mail::{MailState, OutboxEntry};
use serde_json::{Value, json};
use uuid::Uuid;

use super::failure::Failure;
use super::operator::{self, Common, Database, Page};
use super::output::{Output, Table};

#[derive(Subcommand)]
pub(super) enum OutboxCommand {
    /// List the mails that were given up, with the reason
    List {
        /// Those that stand otherwise: queued, sent, dead or withdrawn
        #[arg(long, default_value = "dead", value_parser = state)]
        state: MailState,
        /// Those that were queued after this one
        #[arg(long, value_name = "ID")]
        after: Option<Uuid>,
        #[command(flatten)]
        page: Page,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Show what became of a mail
    Show {
        /// Its id, which is also in its Message-ID
        #[arg(value_parser = operator::id)]
        id: Uuid,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Try a mail again at once that waits or was given up
    #[command(group(ArgGroup::new("which").required(true).args(["id", "all"])))]
    Retry {
        /// Its id
        #[arg(value_parser = operator::id)]
        id: Option<Uuid>,
        /// All that were given up and whose links still work
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Take a mail out that waits or was given up: it is never sent
    Discard {
        /// Its id
        #[arg(value_parser = operator::id)]
        id: Uuid,
        #[command(flatten)]
        common: Box<Common>,
    },
}

/// Runs a subcommand.
///
/// # Errors
///
/// When it cannot be done.
pub(super) fn run(command: OutboxCommand) -> Result<(), Failure> {
    match command {
        OutboxCommand::List { state, after, page, common } => operator::run(*common, Database::Existing, async |app| {
            let found = app.operator_mails(state, after.map(MailId::new), page.limit).await?;
            let next = found.last().map(|last| format!("--after {}", last.id));
            Ok(Table::new(COLUMNS, found.iter().map(row)).page(page.limit, || next))
        }),
        OutboxCommand::Show { id, common } => {
            operator::run(*common, Database::Existing, async |app| one(id, app.operator_mail(MailId::new(id)).await?))
        }
        OutboxCommand::Retry { id: Some(id), common, .. } => operator::run(*common, Database::Existing, async |app| {
            one(id, app.operator_retry_mail(MailId::new(id)).await?)
        }),
        OutboxCommand::Retry { id: None, common, .. } => operator::run(*common, Database::Existing, async |app| {
            let done = app.operator_retry_dead_mails().await?;
            Ok(Output::One(Table::new(&["retried", "left"], [vec![json!(done.retried), json!(done.left)]])))
        }),
        OutboxCommand::Discard { id, common } => operator::run(*common, Database::Existing, async |app| {
            one(id, app.operator_discard_mail(MailId::new(id)).await?)
        }),
    }
}

fn one(id: Uuid, entry: Option<OutboxEntry>) -> Result<Output, Failure> {
    let entry = entry.ok_or_else(|| {
        let hint = "`invite-server outbox list` shows the mails that were given up; see its --state for others";
        Failure::mendable(format!("there is no mail {id}"), hint)
    })?;
    Ok(Output::One(Table::new(COLUMNS, [row(&entry)])))
}

const COLUMNS: &[&str] =
    &["id", "kind", "recipient", "state", "attempts", "queued_at", "next_at", "closed_at", "invitation", "reason"];

fn row(entry: &OutboxEntry) -> Vec<Value> {
    let waits = entry.state == MailState::Queued;
    vec![
        json!(entry.id.get()),
        json!(entry.kind.as_str()),
        json!(entry.recipient),
        json!(entry.state.as_str()),
        json!(entry.attempts),
        json!(entry.queued_at),
        json!(waits.then_some(entry.next_at)),
        json!(entry.closed_at),
        json!(entry.invitation.map(InvitationId::get)),
        json!(entry.last_error),
    ]
}

fn state(name: &str) -> Result<MailState, String> {
    MailState::from_stored(name).ok_or_else(|| format!("one of {}", MailState::ALL.map(MailState::as_str).join(", ")))
}
