//! `user`: the people of all tenants.

use clap::Subcommand;
use invite_domain::ids::UserId;
use invite_domain::user::{User, UserStatus};
use serde_json::{Value, json};

use super::failure::Failure;
use super::operator::{self, Common, Database, Page, organization_id};
use super::output::{Output, Table};
use crate::app::operator::UserDetails;

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// List people
    List {
        /// Members of this organization, by slug or number
        #[arg(long)]
        organization: Option<String>,
        /// Those who are pending, active or suspended
        #[arg(long, value_parser = status)]
        status: Option<UserStatus>,
        /// Those whose number is higher
        #[arg(long, value_name = "NUMBER")]
        after: Option<i64>,
        #[command(flatten)]
        page: Page,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Show somebody with what they belong to
    Show {
        /// E-mail address or number
        user: String,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Lock somebody out: they cannot sign in, and their credentials are dead
    Suspend {
        /// E-mail address or number
        user: String,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// End all sign-ins and personal tokens of somebody, who may sign in again
    SignOut {
        /// E-mail address or number
        user: String,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Let somebody in again
    Resume {
        /// E-mail address or number
        user: String,
        #[command(flatten)]
        common: Box<Common>,
    },
}

/// Runs a subcommand.
///
/// # Errors
///
/// When it cannot be done.
pub(super) fn run(command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::List { organization, status, after, page, common } => {
            operator::run(*common, Database::Existing, async |app| {
                let organization = organization_id(app, organization.as_deref()).await?;
                let found = app.operator_users(organization, status, after.map(UserId::new), page.limit).await?;
                let next = found.last().map(|last| format!("--after {}", last.id));
                Ok(Table::new(&COLUMNS[..5], found.iter().map(row)).page(page.limit, || next))
            })
        }
        UserCommand::Show { user, common } => {
            operator::run(*common, Database::Existing, async |app| Ok(details(&app.operator_user(&user).await?)))
        }
        UserCommand::Suspend { user, common } => operator::run(*common, Database::Existing, async |app| {
            Ok(details(&app.operator_suspend_user(&user).await?))
        }),
        UserCommand::SignOut { user, common } => operator::run(*common, Database::Existing, async |app| {
            Ok(details(&app.operator_sign_user_out(&user).await?))
        }),
        UserCommand::Resume { user, common } => {
            operator::run(*common, Database::Existing, async |app| Ok(details(&app.operator_resume_user(&user).await?)))
        }
    }
}

const COLUMNS: &[&str] = &[
    "id",
    "email",
    "name",
    "status",
    "created_at",
    "username",
    "language",
    "activated_at",
    "address_proven_at",
    "organizations",
    "admin_of",
];

fn row(user: &User) -> Vec<Value> {
    vec![
        json!(user.id.get()),
        json!(user.email.original()),
        json!(user.profile.display_name),
        json!(user.status.as_str()),
        json!(user.created_at),
    ]
}

fn details(UserDetails { user, memberships }: &UserDetails) -> Output {
    let mut row = row(user);
    let numbers = |admin: bool| {
        let some = memberships.iter().filter(|membership| !admin || membership.grant.is_admin);
        some.map(|membership| membership.organization.get()).collect::<Vec<_>>()
    };
    row.extend([
        json!(user.username),
        json!(user.profile.locale.as_str()),
        json!(user.activated_at),
        json!(user.address_proven_at),
        json!(numbers(false)),
        json!(numbers(true)),
    ]);
    Output::One(Table::new(COLUMNS, [row]))
}

fn status(name: &str) -> Result<UserStatus, String> {
    UserStatus::from_stored(name).ok_or_else(|| "one of pending, active, suspended".to_owned())
}
