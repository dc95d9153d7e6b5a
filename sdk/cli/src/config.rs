//! The file of profiles: where it is, that only its owner can read it, and how it is written.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::sdk::Sensitive;

/// What begins a setting of `invite-server`.
const SERVER: [&str; 14] = [
    "challenge_ttl",
    "data_dir",
    "database",
    "limits",
    "listen",
    "log",
    "mail",
    "metrics",
    "proxies",
    "public_url",
    "server_key",
    "shutdown",
    "tls",
    "traces",
];

/// All profiles.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The profile that is used if none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// A server and what to show it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// A URL or one of the published names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) allow_insecure_http: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) without_idempotency_keys: bool,
    /// By the name of the scheme in the document.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) credentials: BTreeMap<String, Stored>,
}

/// A credential.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Stored {
    Token(Sensitive),
    Password { username: String, password: Sensitive },
}

/// The file and what it says.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) config: Config,
}

impl File {
    /// Reads the file. One that nobody named need not be there.
    pub(crate) fn read(named: Option<&Path>) -> Result<Self, Failure> {
        let path = named.map_or_else(usual, |path| Ok(path.to_owned()))?;
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { path, config: Config::default() });
            }
            Err(error) => return Err(Failure::usage(format!("{} cannot be read: {error}", path.display()))),
        };
        // Before advice on a file of profiles is given, by which a server could no longer read its own.
        if is_of_a_server(&text) {
            return Err(Failure::usage(format!("{} is the configuration of `invite-server`", path.display()))
                .hint("profiles are in a file of their own: name it with `--config` or INVITE_CLI_CONFIG"));
        }
        private(&path)?;
        // The message of the parser shows the line, which may hold a secret.
        let config = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].lines().count().max(1));
            Failure::usage(format!("{}:{line} cannot be understood: {}", path.display(), error.message()))
                .hint("`invite profile set` writes the file")
        })?;
        Ok(Self { path, config })
    }

    /// Writes the file whole or not at all, readable by nobody else.
    pub(crate) fn write(&self) -> Result<(), Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("{} cannot be written: {error}", self.path.display()))
        };
        let text = toml::to_string_pretty(&self.config).map_err(|error| failed(&error))?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(|error| failed(&error))?;
        // A temporary file has mode 0600 from its beginning.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
        file.write_all(text.as_bytes()).map_err(|error| failed(&error))?;
        file.persist(&self.path).map_err(|error| failed(&error.error))?;
        Ok(())
    }
}

/// Whether settings stand there, and no profiles, that only the server has.
fn is_of_a_server(text: &str) -> bool {
    let Ok(table) = text.parse::<toml::Table>() else { return false };
    let has = |names: &[&str]| names.iter().any(|name| table.contains_key(*name));
    has(&SERVER) && !has(&["default", "profiles"])
}

fn usual() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        Failure::usage("there is no home folder to keep configuration in").hint("name a file with `--config`")
    })?;
    Ok(strategy.config_dir().join("invite").join("config.toml"))
}

/// A file that holds secrets and that others can read is refused, as `ssh` refuses a key.
#[cfg(unix)]
fn private(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map(|metadata| metadata.permissions().mode() & 0o777).unwrap_or_default();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Failure::usage(format!("{} can be read by others (mode {mode:04o})", path.display())).hint(format!(
        "run `chmod 600 {}`, and renew the credentials in it if others may have seen them",
        path.display()
    )))
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), Failure> {
    Ok(())
}
