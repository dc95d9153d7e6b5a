//! Where a server or a credential came from, and what to write instead of a server's address that cannot be used.

use std::fmt;

use crate::failure::Failure;
use crate::sdk::{Client, ConfigurationError};

/// What said it.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// This flag.
    Flag(&'static str),
    /// This environment variable.
    Variable(String),
    /// The profile of this name.
    Profile(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "`{flag}`"),
            Self::Variable(name) => f.write_str(name),
            Self::Profile(name) => write!(f, "the profile `{name}`"),
        }
    }
}

/// Why no client can be made for a server, with the address and where it came from.
pub(crate) fn refused(error: &ConfigurationError, server: &str, origin: &Origin) -> Failure {
    // The library speaks to programmers.
    let ours = |text: &str| {
        let text = text.replace("allow_insecure_http()", "`--allow-insecure-http`");
        text.replace("; give credentials to the builder instead", "; keep credentials in a profile")
    };
    let ConfigurationError::BaseUrl { reason, .. } = error else { return Failure::usage(ours(&error.to_string())) };
    // A user name, a password or a token may stand in what is no address.
    let shown = if server.contains(['@', '?', '#']) { String::new() } else { format!(" `{server}`") };
    let origin = match origin {
        Origin::Flag(_) | Origin::Variable(_) => format!(", given with {origin},"),
        Origin::Profile(_) => format!(" of {origin}"),
    };
    let failure = Failure::usage(format!("the server{shown}{origin} cannot be used: {}", ours(reason)));
    match with_scheme(server).filter(|_| !shown.is_empty()) {
        Some(url) => failure.hint(format!("write {url}")),
        None => failure,
    }
}

/// The address of whoever wrote none of `https://` and `http://`: `http` is for this machine.
fn with_scheme(server: &str) -> Option<String> {
    let urls = ["http", "https"].map(|scheme| format!("{scheme}://{server}"));
    urls.into_iter().find(|url| !server.contains("://") && Client::builder(url).build().is_ok())
}

/// The address over plain http, with what else that takes, of a server that answered no TLS.
pub(crate) fn over_plain_http(server: &str) -> Option<String> {
    let url = format!("http://{}", server.strip_prefix("https://")?);
    let is_allowed = Client::builder(&url).build().is_ok();
    Some(if is_allowed { url } else { format!("{url} with `--allow-insecure-http`, in a network that you trust") })
}
