//! Which server a call goes to and with which credentials.
//!
//! Server: `--server`, else that of the profile named by `--profile`, else `INVITE_SERVER`, else that of the profile named by
//! `INVITE_PROFILE` or by the file. Credentials, each scheme by itself: `--credential`, else that of the profile named by
//! `--profile`, else its environment variable, else that of another profile. A profile's are for the profile's server, those
//! of the environment for `INVITE_SERVER` where that is set, and neither are shown to another.

use std::collections::BTreeMap;
use std::env::VarError;

use clap::ArgMatches;
use clap::parser::ValueSource;

use crate::arguments::by_id;
use crate::command::SchemeEntry;
use crate::config::{File, Profile, Stored};
use crate::failure::Failure;
use crate::generated::schemes::SCHEMES;
use crate::globals::Globals;
use crate::origin::{Origin, over_plain_http, refused};
use crate::sdk::clients::VENDORS;
use crate::sdk::{Client, Credential, OperationInfo, Scheme};
use crate::secret::{Known, Reader};

/// The one that this project's server has in development.
const LOCAL: (&str, &str) = ("local", "http://127.0.0.1:8080");

/// The variable that names a server.
const SERVER: &str = "INVITE_SERVER";

/// What TLS says of an answer that is none of TLS.
const NO_TLS: [&str; 2] = ["InvalidContentType", "corrupt message"];

/// A server and credentials.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) server: String,
    named_by: Origin,
    allow_insecure_http: bool,
    /// The server is a vendor's own.
    without_idempotency_keys: bool,
    credentials: Found,
    /// Credentials that are not for this server: whose they are, and for which they are.
    withheld: Vec<String>,
}

/// The address behind a name, or the text itself.
pub(crate) fn address(text: &str) -> String {
    let published = VENDORS.iter().chain([&LOCAL]).find(|(name, _)| name.eq_ignore_ascii_case(text));
    published.map_or_else(|| text.trim_end_matches('/').to_owned(), |(_, url)| (*url).to_owned())
}

/// The environment variable of a scheme: `muninxBearer` has `INVITE_MUNINX_BEARER`.
pub(crate) fn variable(scheme: Scheme) -> String {
    let mut name = "INVITE_".to_owned();
    for character in scheme.name().chars() {
        if character.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' });
    }
    name
}

/// A credential as people write it.
pub(crate) fn parse(entry: &SchemeEntry, text: &str) -> Result<Stored, Failure> {
    let name = entry.scheme.name();
    if text.is_empty() {
        return Err(Failure::usage(format!("the credential `{name}` is empty")));
    }
    if !entry.username {
        return Ok(Stored::Token(text.into()));
    }
    let (username, password) = text.split_once(':').ok_or_else(|| {
        Failure::usage(format!("the credential `{name}` has no colon"))
            .hint("write the user name, a colon and the password")
    })?;
    Ok(Stored::Password { username: username.to_owned(), password: password.into() })
}

/// Whether a flag was written on the command line, and is not from the environment.
pub(crate) fn typed(matches: &ArgMatches, id: &str) -> bool {
    matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// What `--credential` gives, by scheme.
pub(crate) fn given(globals: &Globals, reader: &Reader) -> Result<BTreeMap<Scheme, Stored>, Failure> {
    let mut found = BTreeMap::new();
    for source in &globals.credentials {
        let scheme = source.scheme.ok_or_else(no_scheme)?;
        let what = format!("the credential `{}`", scheme.name());
        let text = match &source.file {
            Some(file) => reader.secret(file, &what)?,
            None => reader.line(&what)?,
        };
        found.insert(scheme, parse(entry(scheme)?, &text)?);
    }
    Ok(found)
}

fn entry(scheme: Scheme) -> Result<&'static SchemeEntry, Failure> {
    let entry = SCHEMES.iter().find(|entry| entry.scheme == scheme);
    entry.ok_or_else(|| Failure::usage(format!("there is no scheme `{}`", scheme.name())))
}

impl Connection {
    /// Finds server and credentials, those `of_flags` among them, and remembers every secret in `known`.
    pub(crate) fn find(
        globals: &Globals,
        matches: &ArgMatches,
        of_flags: impl FnOnce() -> Result<BTreeMap<Scheme, Stored>, Failure>,
        known: &mut Known,
    ) -> Result<Self, Failure> {
        let file = File::read(globals.config.as_deref())?;
        let name = globals.profile.as_ref().or(file.config.default.as_ref());
        let profile = match name {
            Some(name) => Some((name, named(&file, name)?)),
            None => None,
        };
        let own = profile.and_then(|(_, profile)| profile.server.as_deref());
        // A profile that was named by hand is nearer than a variable that was set some time ago.
        let is_nearer = typed(matches, "profile");
        let (server, named_by) = match (&globals.server, own.zip(profile)) {
            (Some(server), _) if typed(matches, "server") => (server.as_str(), Origin::Flag("--server")),
            (Some(_), Some((own, (name, _)))) if is_nearer => (own, Origin::Profile(name.clone())),
            (Some(server), _) => (server.as_str(), Origin::Variable(SERVER.to_owned())),
            (None, Some((own, (name, _)))) => (own, Origin::Profile(name.clone())),
            (None, None) => return Err(no_server()),
        };
        let server = address(server);
        let is_own = own.is_none_or(|own| address(own) == server);
        if let Some((_, profile)) = profile {
            profile.credentials.values().for_each(|stored| known_secret(stored, known));
        }
        let mut withheld = Vec::new();
        let of_profile = match profile {
            Some((name, profile)) if is_own => of_profile(name, profile),
            Some((name, _)) => {
                withheld.push(format!("of the profile `{name}` are for its own server"));
                BTreeMap::new()
            }
            None => BTreeMap::new(),
        };
        let of_variables = match overruled(&server) {
            true if has_variables() => {
                withheld.push(format!("of the environment are for {SERVER}"));
                BTreeMap::new()
            }
            true => BTreeMap::new(),
            false => of_variables()?,
        };
        let (far, near) = if is_nearer { (of_variables, of_profile) } else { (of_profile, of_variables) };
        let of_flags = of_flags()?.into_iter().map(|(scheme, stored)| (scheme, (stored, Origin::Flag("--credential"))));
        let credentials: BTreeMap<_, _> = far.into_iter().chain(near).chain(of_flags).collect();
        credentials.values().for_each(|(stored, _)| known_secret(stored, known));
        let is_set = |flag: bool, of: fn(&Profile) -> bool| flag || profile.is_some_and(|(_, own)| is_own && of(own));
        Ok(Self {
            server,
            named_by,
            allow_insecure_http: is_set(globals.allow_insecure_http, |profile| profile.allow_insecure_http),
            without_idempotency_keys: is_set(globals.without_idempotency_keys, |own| own.without_idempotency_keys),
            credentials,
            withheld,
        })
    }

    /// Refuses a call whose credentials are missing, with what to do about it.
    pub(crate) fn check(&self, operation: &OperationInfo) -> Result<(), Failure> {
        let needed = operation.security;
        if needed.is_empty() || needed.iter().any(|alternative| self.missing(alternative).is_empty()) {
            return Ok(());
        }
        let mut options: Vec<String> = needed.iter().map(|alternative| joined(alternative, " and ")).collect();
        options.dedup();
        let mut failure =
            Failure::usage(format!("nothing was sent: `{}` needs {}", operation.id, options.join(", or ")));
        for whose in &self.withheld {
            failure = failure.detail(format!("the credentials {whose} and are not sent to {}", self.server));
        }
        // What has been begun is what is meant; else the first alternative.
        let nearest = needed.iter().min_by_key(|alternative| match self.missing(alternative).len() {
            all if all == alternative.len() => usize::MAX,
            some => some,
        });
        let Some(nearest) = nearest else { return Err(failure) };
        let missing = self.missing(nearest);
        if missing.len() < nearest.len() {
            failure = failure.detail(format!("{} is missing", joined(&missing, " and ")));
        }
        Err(failure.hint(how_to_give(&missing)))
    }

    /// Those of an alternative that there is no credential for.
    fn missing(&self, alternative: &[Scheme]) -> Vec<Scheme> {
        alternative.iter().filter(|scheme| !self.credentials.contains_key(scheme)).copied().collect()
    }

    /// Says of a failure what only its connection knows: the server, and where address and credentials came from.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        let failure = failure.at(&self.server);
        let hint = match failure.parts().call.as_ref() {
            Some(call) if call.status == Some(401) => self.of_credentials(call.operation),
            Some(_) if NO_TLS.iter().any(|text| failure.parts().message.contains(text)) => {
                over_plain_http(&self.server).map(|url| format!("the server may speak http only: {url}"))
            }
            Some(_) | None => None,
        };
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }

    /// Where the credentials came from that an operation was sent.
    fn of_credentials(&self, operation: &str) -> Option<String> {
        let command = by_id(operation)?;
        // As the client chooses.
        let is_complete = |alternative: &&&[Scheme]| !alternative.is_empty() && self.missing(alternative).is_empty();
        let sent = command.info.security.iter().find(is_complete);
        let origins: Vec<String> = sent
            .into_iter()
            .flat_map(|alternative| alternative.iter())
            .filter_map(|scheme| {
                let (_, origin) = self.credentials.get(scheme)?;
                Some(format!("`{}` came from {origin}", scheme.name()))
            })
            .collect();
        (!origins.is_empty()).then(|| format!("check the credentials: {}", origins.join(", ")))
    }

    /// The client.
    pub(crate) fn client(&self, globals: &Globals) -> Result<Client, Failure> {
        let mut builder =
            Client::builder(&self.server).user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
        for (scheme, (stored, _)) in &self.credentials {
            builder = builder.credential(*scheme, credential(stored.clone()));
        }
        if let Some(timeout) = globals.timeout {
            builder = builder.timeout(timeout);
        }
        if let Some(retries) = globals.retries {
            builder = builder.retries(retries);
        }
        if self.allow_insecure_http {
            builder = builder.allow_insecure_http();
        }
        if self.without_idempotency_keys {
            builder = builder.without_idempotency_keys();
        }
        builder.build().map_err(|error| refused(&error, &self.server, &self.named_by))
    }
}

fn credential(stored: Stored) -> Credential {
    match stored {
        Stored::Token(token) => Credential::Token(token.into()),
        Stored::Password { username, password } => Credential::Password { username, password: password.into() },
    }
}

fn known_secret(stored: &Stored, known: &mut Known) {
    let (Stored::Token(secret) | Stored::Password { password: secret, .. }) = stored;
    known.add_sensitive(secret);
}

/// Credentials with where they came from.
type Found = BTreeMap<Scheme, (Stored, Origin)>;

/// Credentials of a profile.
fn of_profile(name: &str, profile: &Profile) -> Found {
    let known = |(scheme, stored): (&String, &Stored)| {
        Some((crate::globals::scheme(scheme)?, (stored.clone(), Origin::Profile(name.to_owned()))))
    };
    profile.credentials.iter().filter_map(known).collect()
}

/// Credentials from the environment.
fn of_variables() -> Result<Found, Failure> {
    let mut found = BTreeMap::new();
    for entry in SCHEMES {
        let variable = variable(entry.scheme);
        let text = match std::env::var(&variable) {
            Ok(text) => text,
            Err(VarError::NotPresent) => continue,
            Err(VarError::NotUnicode(_)) => return Err(Failure::usage(format!("{variable} is not text in UTF-8"))),
        };
        // An empty variable is one that a script could not fill: not a credential.
        if !text.is_empty() {
            let stored =
                parse(entry, &text).map_err(|failure| failure.details(vec![format!("it is that of {variable}")]))?;
            found.insert(entry.scheme, (stored, Origin::Variable(variable)));
        }
    }
    Ok(found)
}

/// Whether the environment has any credential.
fn has_variables() -> bool {
    SCHEMES.iter().any(|entry| std::env::var_os(variable(entry.scheme)).is_some_and(|text| !text.is_empty()))
}

/// Whether the environment names another server: its credentials are for that one.
fn overruled(server: &str) -> bool {
    std::env::var(SERVER).is_ok_and(|named| !named.is_empty() && address(&named) != server)
}

/// A profile that has to be there.
pub(crate) fn named<'a>(file: &'a File, name: &str) -> Result<&'a Profile, Failure> {
    file.config.profiles.get(name).ok_or_else(|| {
        let known: Vec<&str> = file.config.profiles.keys().map(String::as_str).collect();
        let hint = match known.as_slice() {
            [] => format!("make it with `invite profile set {name}`"),
            known => format!("there are {}", known.join(", ")),
        };
        Failure::usage(format!("there is no profile `{name}` in {}", file.path.display())).hint(hint)
    })
}

fn joined(schemes: &[Scheme], between: &str) -> String {
    schemes.iter().map(|scheme| scheme.name()).collect::<Vec<_>>().join(between)
}

/// The ways to give the credentials of these schemes.
fn how_to_give(schemes: &[Scheme]) -> String {
    let it = if schemes.len() == 1 { "it" } else { "them" };
    let flags = schemes.iter().map(|scheme| format!("--credential {}", scheme.name())).collect::<Vec<_>>().join(" ");
    let variables = schemes.iter().map(|scheme| variable(*scheme)).collect::<Vec<_>>().join(" and ");
    format!("give {it} with `{flags}`, set {variables}, or keep {it} with `invite profile set NAME {flags}`")
}

/// Does not repeat what stands there: it may be a secret.
fn no_scheme() -> Failure {
    let known: Vec<&str> = SCHEMES.iter().map(|entry| entry.scheme.name()).collect();
    Failure::usage("a `--credential` begins with none of the schemes")
        .hint(format!("write SCHEME=FILE, or SCHEME to be asked; there are {}", known.join(", ")))
}

fn no_server() -> Failure {
    Failure::usage("no server is named").hint(
        "give one with `--server`, set INVITE_SERVER, or keep one with `invite profile set NAME --server URL --default`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_have_variables() {
        assert_eq!(variable(Scheme::MuninxBearer), "INVITE_MUNINX_BEARER");
        assert_eq!(variable(Scheme::NexusApplicationToken), "INVITE_NEXUS_APPLICATION_TOKEN");
        let mut names: Vec<String> = Scheme::ALL.iter().map(|scheme| variable(*scheme)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), Scheme::ALL.len());
    }

    #[test]
    fn published_addresses_have_names() {
        assert_eq!(address("MuninX"), "https://api.muninx.com");
        assert_eq!(address("https://a.example/"), "https://a.example");
    }
}
