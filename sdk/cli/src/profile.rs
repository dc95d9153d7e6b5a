//! `invite profile`: servers and credentials under names.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Map, Value, json};

use crate::config::{File, Profile, Stored};
use crate::connection::{address, given, named, typed};
use crate::failure::Failure;
use crate::globals::scheme;
use crate::origin::{Origin, refused};
use crate::program::Session;
use crate::sdk::Scheme;
use crate::sdk::reqwest::Url;
use crate::secret::REDACTED;

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// List all profiles
    List,
    /// Show a profile without its secrets
    Show {
        /// Its name [default: the profile that is used if none is named]
        name: Option<String>,
    },
    /// Make a profile, or change what the flags name
    ///
    /// `--server` and `--credential` say what it holds; credentials are read from files, asked for, or read from standard
    /// input, one a line in the order of the flags. What no flag names stays as it is, except that credentials do not come
    /// along to another server.
    Set {
        /// Its name
        name: String,
        /// Use it if none is named
        #[arg(long)]
        default: bool,
        /// Forget the credential of a scheme
        #[arg(long, value_name = "SCHEME", value_parser = |text: &str| scheme(text).ok_or("there is no such scheme"))]
        forget: Vec<Scheme>,
        /// Take server and credentials from the `dev.json` that `invite-server dev` writes
        #[arg(long, value_name = "FILE")]
        dev: Option<PathBuf>,
    },
    /// Remove a profile
    Remove {
        /// Its name
        name: String,
    },
}

/// Where `dev.json` keeps the credential of each scheme.
const DEV: [(&str, &str); 7] = [
    // A personal token does for this server's own operations, and `delete_session` cannot end it.
    ("sessionBearer", "/credentials/muninx/bearer"),
    ("muninxBearer", "/credentials/muninx/bearer"),
    ("kareBearer", "/credentials/kare/bearer"),
    ("kareSession", "/credentials/kare/session_token"),
    ("nexusBearer", "/credentials/nexus/bearer"),
    ("nexusApplicationToken", "/credentials/nexus/application_token"),
    ("unleashApiKey", "/credentials/unleash/admin_api_key"),
];
const DEV_BASIC: (&str, &str) = ("nexusBasic", "/credentials/nexus/basic");

/// Does it.
pub(crate) fn run(session: &Session<'_>, action: Action) -> Result<(), Failure> {
    let mut file = File::read(session.globals.config.as_deref())?;
    match action {
        Action::List => session.printer.value(&list(&file)),
        Action::Show { name } => {
            let name = name.as_ref().or(session.globals.profile.as_ref()).or(file.config.default.as_ref());
            let name = name.ok_or_else(|| Failure::usage("no profile is named, and none is used by default"))?;
            session.printer.value(&shown(name, named(&file, name)?))
        }
        Action::Set { name, default, forget, dev } => {
            let before = file.config.profiles.remove(&name).unwrap_or_default();
            let profile = changed(session, &name, &before, &forget, dev.as_deref())?;
            let forgotten = forgotten(&before, &profile, &forget);
            if default || file.config.profiles.is_empty() {
                file.config.default = Some(name.clone());
            }
            file.config.profiles.insert(name.clone(), profile);
            file.write()?;
            session.printer.note(&format!("the profile `{name}` is in {}", file.path.display()));
            forgotten.iter().for_each(|text| session.printer.note(text));
            Ok(())
        }
        Action::Remove { name } => {
            named(&file, &name)?;
            file.config.profiles.remove(&name);
            file.config.default = file.config.default.take().filter(|default| *default != name);
            file.write()?;
            session.printer.note(&format!("the profile `{name}` is gone"));
            Ok(())
        }
    }
}

/// The profile with what the flags say of it.
fn changed(
    session: &Session<'_>,
    name: &str,
    before: &Profile,
    forget: &[Scheme],
    dev: Option<&Path>,
) -> Result<Profile, Failure> {
    let mut profile = before.clone();
    let dev = dev.map(development).transpose()?.unwrap_or_default();
    // A variable that was set for something else is not what a profile holds.
    let typed = session.globals.server.clone().filter(|_| typed(session.matches, "server"));
    let named_by = if typed.is_some() { Origin::Flag("--server") } else { Origin::Profile(name.to_owned()) };
    profile.server = typed.or(dev.server).or(profile.server);
    if is_elsewhere(before, &profile) {
        // Another server has no business with these secrets, and nobody has allowed it plain http. That the server is a
        // vendor's stays: the worst that comes of it is a call that is not repeated.
        profile.credentials.clear();
        profile.allow_insecure_http = false;
    }
    profile.credentials.extend(dev.credentials);
    profile.allow_insecure_http |= session.globals.allow_insecure_http;
    profile.without_idempotency_keys |= session.globals.without_idempotency_keys;
    for scheme in forget {
        profile.credentials.remove(scheme.name());
    }
    for (scheme, stored) in given(&session.globals, &session.reader)? {
        profile.credentials.insert(scheme.name().to_owned(), stored);
    }
    check(&profile, &named_by)?;
    Ok(profile)
}

/// Whether the server is another one than before: another scheme, host or port.
fn is_elsewhere(before: &Profile, now: &Profile) -> bool {
    let origin = |server: &str| Url::parse(&address(server)).ok().map(|url| url.origin());
    match (&before.server, &now.server) {
        (Some(before), Some(now)) => origin(before) != origin(now),
        (None, _) | (_, None) => false,
    }
}

/// What to say of credentials that did not come along to another server and were not given anew.
fn forgotten(before: &Profile, now: &Profile, forget: &[Scheme]) -> Option<String> {
    let (Some(old), Some(new)) = (&before.server, &now.server) else { return None };
    let is_named = |name: &&String| forget.iter().any(|scheme| scheme.name() == name.as_str());
    let lost = before.credentials.keys().filter(|name| !now.credentials.contains_key(*name) && !is_named(name));
    let lost: Vec<String> = lost.map(|name| format!("`{name}`")).collect();
    (!lost.is_empty()).then(|| {
        format!("forgotten, because they were for {} and not for {}: {}", address(old), address(new), lost.join(", "))
    })
}

/// A profile that no call could use is better refused now.
fn check(profile: &Profile, named_by: &Origin) -> Result<(), Failure> {
    let Some(server) = profile.server.as_deref().map(address) else { return Ok(()) };
    let builder = crate::sdk::Client::builder(&server);
    let builder = if profile.allow_insecure_http { builder.allow_insecure_http() } else { builder };
    builder.build().map(drop).map_err(|error| refused(&error, &server, named_by))
}

fn list(file: &File) -> Value {
    let profiles = file.config.profiles.iter().map(|(name, profile)| {
        json!({
            "name": name,
            "default": file.config.default.as_ref() == Some(name),
            "server": profile.server.as_deref().map(address),
            "credentials": profile.credentials.keys().collect::<Vec<_>>(),
        })
    });
    json!({ "profiles": profiles.collect::<Vec<_>>() })
}

fn shown(name: &str, profile: &Profile) -> Value {
    let credentials: Map<String, Value> = profile
        .credentials
        .iter()
        .map(|(scheme, stored)| {
            let value = match stored {
                Stored::Token(_) => json!(REDACTED),
                Stored::Password { username, .. } => json!({ "username": username, "password": REDACTED }),
            };
            (scheme.clone(), value)
        })
        .collect();
    json!({
        "name": name,
        "server": profile.server.as_deref().map(address),
        "allow_insecure_http": profile.allow_insecure_http,
        "without_idempotency_keys": profile.without_idempotency_keys,
        "credentials": credentials,
    })
}

/// What a development server says of itself.
fn development(path: &Path) -> Result<Profile, Failure> {
    let mut profile = Profile::default();
    let unreadable = |what: String| Failure::usage(format!("{} {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(format!("cannot be read: {error}")))?;
    let world: Value = serde_json::from_str(&text).map_err(|_| unreadable("is not JSON".to_owned()))?;
    let text = |pointer: &str| world.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    profile.server = Some(text("/base_url").ok_or_else(|| unreadable("names no `base_url`".to_owned()))?);
    for (scheme, pointer) in DEV {
        if let Some(token) = text(pointer) {
            profile.credentials.insert(scheme.to_owned(), Stored::Token(token.into()));
        }
    }
    let (scheme, pointer) = DEV_BASIC;
    if let (Some(username), Some(password)) =
        (text(&format!("{pointer}/username")), text(&format!("{pointer}/password")))
    {
        profile.credentials.insert(scheme.to_owned(), Stored::Password { username, password: password.into() });
    }
    Ok(profile)
}
