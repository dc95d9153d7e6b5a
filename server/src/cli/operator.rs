//! What operators' commands have in common: the configured database, how they print, and how they fail.
//!
//! They work on the database itself, also while a server runs on it: what they change holds from its next request on.

use std::path::Path;

use chrono::TimeDelta;
use clap::Args;
use invite_domain::ids::OrganizationId;
use invite_domain::refusal::RefusalCode;
use uuid::Uuid;

use super::failure::Failure;
use super::flags::SettingFlags;
use super::output::Output;
use super::run::{KeyDemand, open_app};
use crate::app::{self, App, Why};
use crate::config::keys::meant;
use crate::config::{self, Loaded};
use crate::store::Address;

/// The flags of every operator's command.
#[derive(Args)]
pub(super) struct Common {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten, next_help_heading = "Settings, as of `serve`")]
    settings: SettingFlags,
}

/// The flags of lists.
#[derive(Args)]
pub(super) struct Page {
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) limit: u32,
}

/// How long a credential lives.
#[derive(Args)]
pub(super) struct Lifetime {
    /// How long it works, such as 90d or 12h; none: until it is revoked
    #[arg(long, value_name = "TIME")]
    lifetime: Option<String>,
}

impl Lifetime {
    pub(super) fn get(&self) -> Result<Option<TimeDelta>, Failure> {
        let Some(text) = &self.lifetime else { return Ok(None) };
        let lifetime = config::duration(text).and_then(|lifetime| TimeDelta::from_std(lifetime).ok());
        let in_range = lifetime.filter(|lifetime| *lifetime > TimeDelta::zero() && *lifetime <= LONGEST_LIFETIME);
        let wrong =
            || Failure::mendable(format!("--lifetime: not a time: `{text}`"), "write 30m, 12h or 90d, up to 3650d");
        in_range.ok_or_else(wrong).map(Some)
    }
}

/// Ten years: whoever wants more wants a credential that does not end.
const LONGEST_LIFETIME: TimeDelta = TimeDelta::days(3650);

/// Whether a command may make the database that it works on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Database {
    /// It must be there: an empty one in its place would only hide a wrong path.
    Existing,
    /// It is made.
    New,
}

/// Does the work of a command on the configured database, and prints what comes of it.
///
/// # Errors
///
/// When the configuration has problems, the database cannot be used, or the work fails.
pub(super) fn run(
    common: Common,
    database: Database,
    work: impl AsyncFnOnce(&App) -> Result<Output, Failure>,
) -> Result<(), Failure> {
    run_with(KeyDemand::TheSame, common, database, work)
}

/// The same with a server key that will do.
///
/// # Errors
///
/// As there.
pub(super) fn run_with(
    key: KeyDemand,
    common: Common,
    database: Database,
    work: impl AsyncFnOnce(&App) -> Result<Output, Failure>,
) -> Result<(), Failure> {
    let Common { json, settings } = common;
    let Loaded { config, strangers, .. } = config::load(&settings.given()).map_err(Failure::configuration)?;
    // Whoever calls the server from the same shell has variables of the client.
    for (variable, key) in strangers.iter().filter_map(|variable| Some((variable, meant(variable)?))) {
        super::remark(&format!("warning: {}: {} is", stranger(variable), key.variable));
    }
    let new = new_file(&config.database)?;
    if let Some(file) = new.filter(|_| database == Database::Existing) {
        return Err(Failure::mendable(
            format!("there is no database {}", file.display()),
            "name it with --database, --data-dir or --config; `serve` and `organization add` make one",
        ));
    }
    if let Some(file) = new {
        super::remark(&format!("note: there was no database {}, a new one is made", file.display()));
    }
    super::block_on(async {
        let (app, store, _) = open_app(&config, key).await?;
        let done = work(&app).await;
        store.close().await;
        let output = done?;
        output.print(json)?;
        if let Some(remark) = output.remark() {
            super::remark(&remark);
        }
        Ok(())
    })
}

/// What is said of an environment variable that is written as a setting is and is none.
pub(super) fn stranger(variable: &str) -> String {
    format!("environment variable {variable} is no setting of this server")
}

/// The file of a database that is not there yet.
fn new_file(database: &Address) -> Result<Option<&Path>, Failure> {
    let Address::Sqlite(file) = database else { return Ok(None) };
    match file.try_exists() {
        Ok(there) => Ok((!there).then_some(file)),
        Err(error) => Err(Failure::mendable(
            format!("cannot look for the database {}: {error}", file.display()),
            "run this as the user that the server runs as, who may look there",
        )),
    }
}

impl From<app::Error> for Failure {
    fn from(error: app::Error) -> Self {
        match error {
            app::Error::Refused(refusal) => {
                let hint = match refusal.code {
                    RefusalCode::OrganizationNotFound => "`invite-server organization list` shows what there is",
                    RefusalCode::UserNotFound => "`invite-server user list` shows who there is",
                    _ => "nothing was changed; `--help` says what the command wants",
                };
                Self::mendable(refusal.detail.into_owned(), hint)
            }
            app::Error::Busy { why: Why::NoRoom, .. } => Self::mendable(
                "there is no room on the disk of the database",
                "nothing was changed; make room and do it again",
            ),
            app::Error::Busy { why: why @ (Why::Crowded | Why::Unready | Why::Met | Why::Database(_)), .. } => {
                Self::mendable(why.to_string(), "try again in a moment")
            }
            app::Error::Unknown => Self::unexpected_text("the database did not say whether this was done".to_owned())
                .with_hint("look whether it was, before you do it again"),
            // Operators are not limited: their calls have no client.
            error @ (app::Error::Limited { .. } | app::Error::Internal(_)) => {
                Self::unexpected("the command failed", &error)
            }
        }
    }
}

/// The organization that a flag names.
pub(super) async fn organization_id(app: &App, name: Option<&str>) -> Result<Option<OrganizationId>, Failure> {
    match name {
        Some(name) => Ok(Some(app.operator_organization(name).await?.id)),
        None => Ok(None),
    }
}

/// There is no such thing.
/// Reads an id as lists show it.
pub(super) fn id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "not an id as the list shows it, such as 0190f5c8-7a2e-7cc1-9d3f-2b1a4c5d6e7f".to_owned())
}

pub(super) fn missing(noun: &str, id: impl std::fmt::Display) -> Failure {
    Failure::mendable(format!("there is no {noun} {id}"), format!("`invite-server {noun} list` shows what there is"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store;

    #[test]
    fn a_full_disk_is_not_told_as_a_crowd() {
        let said = |error: store::Error| Failure::from(app::Error::from(error)).to_string();
        assert!(said(store::Error::NoRoom).starts_with("error: there is no room on the disk of the database\nhint: "));
        let refused = store::Error::Busy { reason: "refused".to_owned() };
        assert!(said(refused).starts_with("error: the database does not do what it is asked: refused\nhint: "));
        assert!(said(store::Error::Unknown("cut".into())).contains("did not say whether this was done"));
    }
}
