//! `events`: the audit log of all tenants.

use clap::Subcommand;
use invite_domain::event::{EventKind, StoredEvent};
use invite_domain::ids::{OrganizationId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::failure::Failure;
use super::operator::{self, Common, Database, Page, organization_id};
use super::output::Table;
use crate::app::operator::EventFilter;

#[derive(Subcommand)]
pub(super) enum EventsCommand {
    /// List who did what, when, from where, on what; the newest first
    List {
        /// In the log of this organization, by slug or number
        #[arg(long)]
        organization: Option<String>,
        /// What happened, such as invitation.created
        #[arg(long, value_parser = kind)]
        kind: Option<EventKind>,
        /// Those before this one
        #[arg(long, value_name = "ID")]
        before: Option<Uuid>,
        #[command(flatten)]
        page: Page,
        #[command(flatten)]
        common: Box<Common>,
    },
}

/// Runs a subcommand.
///
/// # Errors
///
/// When it cannot be done.
pub(super) fn run(command: EventsCommand) -> Result<(), Failure> {
    let EventsCommand::List { organization, kind, before, page, common } = command;
    operator::run(*common, Database::Existing, async |app| {
        let organization = organization_id(app, organization.as_deref()).await?;
        let filter = EventFilter { organization, kind, before, limit: page.limit };
        let found = app.operator_events(filter).await?;
        let next = found.last().map(|last| format!("--before {}", last.id));
        Ok(Table::new(COLUMNS, found.iter().map(row)).page(page.limit, || next))
    })
}

const COLUMNS: &[&str] = &["id", "at", "organization", "kind", "performer", "subject", "user", "address", "request"];

fn row(event: &StoredEvent) -> Vec<Value> {
    let performer = event.performer_id.as_ref().map(|id| format!("{} {id}", event.performer_kind));
    vec![
        json!(event.id),
        json!(event.at),
        json!(OrganizationId::get(event.organization)),
        json!(event.kind),
        json!(performer.as_ref().unwrap_or(&event.performer_kind)),
        json!(format!("{} {}", event.subject_kind, event.subject_id)),
        json!(event.user.map(UserId::get)),
        json!(event.origin.address),
        json!(event.origin.request),
    ]
}

fn kind(name: &str) -> Result<EventKind, String> {
    let known = || EventKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    EventKind::from_stored(name).ok_or_else(|| format!("one of {}", known()))
}
