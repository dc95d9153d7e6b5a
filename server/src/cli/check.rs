//! `config check`: what is in force and where each value comes from, and whether a server would start with it.
//!
//! Everything is looked at that a start looks at, and nothing is made or changed: not the data folder, the key or the schema.

use std::fmt::Write as _;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use crate::config::{self, Config, Given, Loaded, server_key};
use crate::entropy::Entropy;
use crate::mail::{self, Destination};
use crate::private_files;
use crate::server::StartError;
use crate::store::{Address, Outlook};

use super::failure::Failure;
use super::operator::stranger;
use super::run::{database_failure, folder_failure, key_failure, listen_failure, mail_failure, other_key_failure};

const AT_THE_START: &str = "is made at the first start";

/// Prints what is in force and what a start would find.
///
/// # Errors
///
/// When the configuration has problems, or a server would not start; all of them.
pub(super) async fn check(given: &Given) -> Result<(), Failure> {
    let loaded = config::load(given).map_err(Failure::configuration)?;
    super::print(&table(&loaded))?;
    let mut failures = Vec::new();
    for (what, found) in findings(&loaded.config).await {
        match found {
            Ok(found) => super::print(&format!("{what}: {found}\n"))?,
            Err(failure) => failures.push(failure),
        }
    }
    Failure::all(failures).map_or(Ok(()), Err)
}

/// What a start would find, in its order.
async fn findings(config: &Config) -> Vec<(&'static str, Result<String, Failure>)> {
    let outlook = look(&config.database).await;
    let mark = outlook.as_ref().ok().and_then(|outlook| outlook.found.key_mark.as_deref());
    let key = keys(&config.server_key, mark);
    let mut findings = vec![
        ("data folder", writable(&config.data_dir)),
        ("server key", key),
        ("database", outlook.map(|outlook| schema(&outlook))),
        ("mail", destination(config)),
        ("listener", free(config.listen)),
    ];
    if let Some(address) = config.traffic.metrics {
        findings.push(("metrics", free(address)));
    }
    findings
}

/// A folder that is not there yet is made in the nearest one that is.
fn writable(path: &Path) -> Result<String, Failure> {
    if path.exists() {
        let tried = private_files::check_writable(path).map_err(|error| folder_failure(path, &error));
        return tried.map(|()| "can be written".to_owned());
    }
    let above = path.ancestors().skip(1).find(|above| above.exists()).unwrap_or(Path::new("."));
    let tried = private_files::check_writable(above).map_err(|error| folder_failure(path, &error));
    tried.map(|()| AT_THE_START.to_owned())
}

/// The keys, of which one has to be that of the database.
fn keys(path: &Path, mark: Option<&str>) -> Result<String, Failure> {
    let found = server_key::load(path).map_err(|error| key_failure(&error))?;
    match (found, mark) {
        (None, None) => writable(path.parent().unwrap_or(Path::new("."))).map(|_| AT_THE_START.to_owned()),
        (None, Some(_)) => Err(other_key_failure(path, "is missing")),
        (Some(keys), Some(mark)) if !keys.sealer(Entropy).has_marked(mark) => {
            Err(other_key_failure(path, "holds another key"))
        }
        (Some(keys), _) => {
            let found = match keys.others.len() {
                0 => "one".to_owned(),
                others => format!("the first one seals, {others} more open"),
            };
            Ok(match server_key::doubt(path) {
                Some(doubt) => format!("{found}; warning: {doubt}"),
                None => found,
            })
        }
    }
}

async fn look(address: &Address) -> Result<Outlook, Failure> {
    if let Address::Sqlite(file) = address
        && !file.exists()
    {
        writable(file.parent().unwrap_or(Path::new(".")))?;
    }
    address.look().await.map_err(|error| database_failure(&error))
}

/// A file that is served is no mistake, as with an address in use; no other server starts on it meanwhile.
fn schema(Outlook { found, known, holder }: &Outlook) -> String {
    let schema = match found.version {
        0 => AT_THE_START.to_owned(),
        version if version == *known => format!("schema version {version}, which is the newest"),
        version => format!("schema version {version}, which a start brings up to {known}"),
    };
    match holder {
        Some(Some(process)) => {
            format!("{schema}; the server with process {process} serves it, and no other can meanwhile")
        }
        Some(None) => format!("{schema}; a server serves it, and no other can meanwhile"),
        None => schema,
    }
}

fn destination(config: &Config) -> Result<String, Failure> {
    match &config.destination {
        Destination::Folder(path) => {
            // One that is made in the data folder has no troubles of its own.
            if path.starts_with(&config.data_dir) && !path.exists() {
                writable(&config.data_dir)?;
            }
            writable(path)
        }
        Destination::Smtp(_) => {
            mail::open(&config.destination, &config.sender).map_err(|error| mail_failure(&error))?;
            Ok("the settings go together; the mail server was not asked".to_owned())
        }
    }
}

/// An address in use is no mistake: most of all it is a running server that is looked at.
fn free(address: SocketAddr) -> Result<String, Failure> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Ok(format!("{address} is in use, by a running server or by another program"))
        }
        Err(source) => Err(listen_failure(&StartError::Listen { address, source })),
    }
}

fn table(loaded: &Loaded) -> String {
    let width = |column: fn(&config::Setting) -> usize| loaded.settings.iter().map(column).max().unwrap_or(0);
    let keys = width(|setting| setting.key.len());
    let values = width(|setting| setting.value.chars().count());
    let mut table = String::new();
    for setting in &loaded.settings {
        // Writing into a string does not fail.
        let _ = writeln!(table, "{:keys$}  {:values$}  {}", setting.key, setting.value, setting.source);
    }
    for warning in &loaded.warnings {
        let _ = writeln!(table, "warning: {warning}");
    }
    for variable in &loaded.strangers {
        let _ = writeln!(table, "warning: {}", stranger(variable));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_value_and_source_and_hides_passwords() {
        let given = Given {
            environment: vec![("INVITE_MAIL_SMTP".to_owned(), "smtps://ann:s3cret@mail.example.com".to_owned())],
            ..Given::default()
        };
        let report = table(&config::load(&given).unwrap());
        let line = report.lines().find(|line| line.starts_with("mail.smtp")).unwrap();
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>(),
            ["mail.smtp", "smtps://ann:***@mail.example.com:465", "environment", "INVITE_MAIL_SMTP"]
        );
        assert!(!report.contains("s3cret"));
    }
}
