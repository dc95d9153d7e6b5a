//! `token`: the bearer-like credentials of scripts, applications and programs.

use clap::{Subcommand, ValueEnum};
use invite_domain::credential::{ApiToken, StoredToken};
use invite_domain::ids::{ApiTokenId, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::failure::Failure;
use super::operator::{self, Common, Database, Lifetime, Page, missing, organization_id};
use super::output::{Output, Table};
use crate::app::App;
use crate::app::operator::{CredentialFilter, TokenOwner};

#[derive(Subcommand)]
pub(super) enum TokenCommand {
    /// List tokens; sign-ins are none
    List {
        /// Those of this organization, by slug or number
        #[arg(long)]
        organization: Option<String>,
        /// Those of this person, by e-mail address or number
        #[arg(long)]
        user: Option<String>,
        /// Also those that are expired or revoked
        #[arg(long)]
        all: bool,
        /// Those that were made after this one
        #[arg(long, value_name = "ID")]
        after: Option<Uuid>,
        #[command(flatten)]
        page: Page,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Make a token and print its secret, this once
    Add {
        /// What it is for
        #[arg(long)]
        kind: Kind,
        /// Where it acts, by slug or number
        #[arg(long)]
        organization: String,
        /// As whom a personal token acts, by e-mail address or number
        #[arg(long, required_if_eq("kind", "personal"))]
        user: Option<String>,
        /// What to call it
        #[arg(long)]
        name: String,
        #[command(flatten)]
        lifetime: Lifetime,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// End a token
    Revoke {
        /// Its id, not its secret
        #[arg(value_parser = operator::id)]
        id: Uuid,
        #[command(flatten)]
        common: Box<Common>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Kind {
    /// A script of a person
    Personal,
    /// An application of a tenant, the half beside a bearer
    Application,
    /// A program that administers Unleash signup links
    UnleashAdmin,
}

/// Runs a subcommand.
///
/// # Errors
///
/// When it cannot be done.
pub(super) fn run(command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::List { organization, user, all, after, page, common } => {
            operator::run(*common, Database::Existing, async |app| {
                let filter = CredentialFilter {
                    organization: organization_id(app, organization.as_deref()).await?,
                    user: user_id(app, user.as_deref()).await?,
                    with_dead: all,
                    limit: page.limit,
                };
                let found = app.operator_tokens(filter, after.map(ApiTokenId::new)).await?;
                let next = found.last().map(|last| format!("--after {}", last.token.id));
                Ok(Table::new(COLUMNS, found.iter().map(row)).page(page.limit, || next))
            })
        }
        TokenCommand::Add { kind, organization, user, name, lifetime, common } => {
            operator::run(*common, Database::Existing, async |app| {
                let organization = app.operator_organization(&organization).await?.id;
                let owner = match (kind, user_id(app, user.as_deref()).await?) {
                    (Kind::Personal, Some(user)) => TokenOwner::Person(user),
                    (Kind::Application, None) => TokenOwner::Application,
                    (Kind::UnleashAdmin, None) => TokenOwner::UnleashAdmin,
                    (Kind::Personal, None) | (Kind::Application | Kind::UnleashAdmin, Some(_)) => {
                        let hint = "a personal token has a --user, the others have none";
                        return Err(Failure::mendable("--user does not go with this --kind", hint));
                    }
                };
                let made = app.operator_add_token(owner, organization, &name, lifetime.get()?).await?;
                let end = format!("invite-server token revoke {}", made.token.id);
                let mut row = row(&StoredToken { token: made.token, revoked_at: None });
                row.push(json!(made.secret.expose()));
                Ok(Output::Secret(Table::new(COLUMNS_WITH_SECRET, [row]), end))
            })
        }
        TokenCommand::Revoke { id, common } => operator::run(*common, Database::Existing, async |app| {
            let revoked = app.operator_revoke_token(ApiTokenId::new(id)).await?;
            let revoked = revoked.ok_or_else(|| missing("token", id))?;
            Ok(Output::One(Table::new(COLUMNS, [row(&revoked)])))
        }),
    }
}

async fn user_id(app: &App, name: Option<&str>) -> Result<Option<UserId>, Failure> {
    match name {
        Some(name) => Ok(Some(app.operator_user(name).await?.user.id)),
        None => Ok(None),
    }
}

const COLUMNS: &[&str] =
    &["id", "kind", "name", "user", "organization", "permissions", "created_at", "expires_at", "revoked_at"];
const COLUMNS_WITH_SECRET: &[&str] =
    &["id", "kind", "name", "user", "organization", "permissions", "created_at", "expires_at", "revoked_at", "secret"];

fn row(StoredToken { token, revoked_at }: &StoredToken) -> Vec<Value> {
    let ApiToken { id, kind, name, user, organization, permissions, created_at, expires_at, .. } = token;
    vec![
        json!(id.get()),
        json!(kind.as_str()),
        json!(name),
        json!(user.map(UserId::get)),
        json!(organization.get()),
        json!(permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>()),
        json!(created_at),
        json!(expires_at),
        json!(revoked_at),
    ]
}
