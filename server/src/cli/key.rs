//! `key`: the id and secret pairs of programs.

use clap::Subcommand;
use invite_domain::credential::{ApiKey, StoredKey};
use serde_json::{Value, json};

use super::failure::Failure;
use super::operator::{self, Common, Database, Lifetime, Page, missing, organization_id};
use super::output::{Output, Table};
use crate::app::operator::CredentialFilter;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// List keys
    List {
        /// Those of this organization, by slug or number
        #[arg(long)]
        organization: Option<String>,
        /// Also those that are expired or revoked
        #[arg(long)]
        all: bool,
        /// Those whose id comes after this one
        #[arg(long, value_name = "ID")]
        after: Option<String>,
        #[command(flatten)]
        page: Page,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Make a key of a program that may make and change users, and print its secret, this once
    Add {
        /// Where it acts, by slug or number
        #[arg(long)]
        organization: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        #[command(flatten)]
        lifetime: Lifetime,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// End a key
    Revoke {
        /// Its id, not its secret
        id: String,
        #[command(flatten)]
        common: Box<Common>,
    },
}

/// Runs a subcommand.
///
/// # Errors
///
/// When it cannot be done.
pub(super) fn run(command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::List { organization, all, after, page, common } => {
            operator::run(*common, Database::Existing, async |app| {
                let organization = organization_id(app, organization.as_deref()).await?;
                let filter = CredentialFilter { organization, user: None, with_dead: all, limit: page.limit };
                let found = app.operator_keys(filter, after.as_deref()).await?;
                let next = found.last().map(|last| format!("--after {}", last.key.username));
                Ok(Table::new(COLUMNS, found.iter().map(row)).page(page.limit, || next))
            })
        }
        KeyCommand::Add { organization, description, lifetime, common } => {
            operator::run(*common, Database::Existing, async |app| {
                let organization = app.operator_organization(&organization).await?.id;
                let made = app.operator_add_key(organization, description, lifetime.get()?).await?;
                let end = format!("invite-server key revoke {}", made.key.username);
                let mut row = row(&StoredKey { key: made.key, revoked_at: None });
                row.push(json!(made.secret.expose()));
                Ok(Output::Secret(Table::new(COLUMNS_WITH_SECRET, [row]), end))
            })
        }
        KeyCommand::Revoke { id, common } => operator::run(*common, Database::Existing, async |app| {
            let revoked = app.operator_revoke_key(&id).await?.ok_or_else(|| {
                missing("key", &id).with_hint("a token, also one of kind `unleash-admin`, is ended by `token revoke`")
            })?;
            Ok(Output::One(Table::new(COLUMNS, [row(&revoked)])))
        }),
    }
}

const COLUMNS: &[&str] =
    &["id", "description", "organization", "permissions", "created_at", "expires_at", "revoked_at"];
const COLUMNS_WITH_SECRET: &[&str] =
    &["id", "description", "organization", "permissions", "created_at", "expires_at", "revoked_at", "secret"];

fn row(StoredKey { key, revoked_at }: &StoredKey) -> Vec<Value> {
    let ApiKey { username, organization, permissions, description, created_at, expires_at, .. } = key;
    vec![
        json!(username),
        json!(description),
        json!(organization.get()),
        json!(permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>()),
        json!(created_at),
        json!(expires_at),
        json!(revoked_at),
    ]
}
