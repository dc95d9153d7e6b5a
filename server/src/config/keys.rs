//! The table of settings: every key once, with its environment variable and what it means.

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// The name in the file, dotted below its section.
    pub name: &'static str,
    /// The environment variable.
    pub variable: &'static str,
    /// The flag of `serve` and `config check`.
    pub flag: &'static str,
    /// What to write there, for messages.
    pub form: &'static str,
}

macro_rules! keys {
    ($($constant:ident = $name:literal, $variable:literal, $flag:literal, $form:literal;)*) => {
        $(pub(super) const $constant: &Key = &Key { name: $name, variable: $variable, flag: $flag, form: $form };)*
        /// Every setting, in the order in which they are shown.
        pub const KEYS: &[&Key] = &[$($constant),*];
    };
}

keys! {
    LISTEN = "listen", "INVITE_LISTEN", "--listen", "an address and a port, such as 127.0.0.1:8080";
    TLS_CERTIFICATE = "tls.certificate", "INVITE_TLS_CERTIFICATE", "--tls-certificate", "a PEM file with the certificate and those that lead to its authority, or off";
    TLS_KEY = "tls.key", "INVITE_TLS_KEY", "--tls-key", "a PEM file with the key of the certificate, or off";
    PUBLIC_URL = "public_url", "INVITE_PUBLIC_URL", "--public-url", "the URL that people reach this server at, such as https://invite.example.com";
    DATA_DIR = "data_dir", "INVITE_DATA_DIR", "--data-dir", "a folder";
    DATABASE = "database", "INVITE_DATABASE", "--database", "a file, or postgres://user:password@host:5432/database";
    SERVER_KEY = "server_key", "INVITE_SERVER_KEY", "--server-key", "a file";
    MAIL_FROM = "mail.from", "INVITE_MAIL_FROM", "--mail-from", "a sender, such as `Acme <invitations@example.com>`";
    MAIL_SMTP = "mail.smtp", "INVITE_MAIL_SMTP", "--mail-smtp", "an SMTP URL";
    MAIL_SMTP_FILE = "mail.smtp_file", "INVITE_MAIL_SMTP_FILE", "--mail-smtp-file", "a file that holds an SMTP URL";
    MAIL_FOLDER = "mail.folder", "INVITE_MAIL_FOLDER", "--mail-folder", "a folder for .eml files";
    MAIL_LANGUAGE = "mail.language", "INVITE_MAIL_LANGUAGE", "--mail-language", "en, fr, de or es";
    MAIL_TEMPLATES = "mail.templates", "INVITE_MAIL_TEMPLATES", "--mail-templates", "a folder with templates";
    CHALLENGE_TTL = "challenge_ttl", "INVITE_CHALLENGE_TTL", "--challenge-ttl", "a time such as 7d, 12h or 30m";
    LIMITS_AT_ONCE = "limits.at_once", "INVITE_LIMITS_AT_ONCE", "--limit-at-once", "a number from 1 to 100000";
    LIMITS_WAIT = "limits.wait", "INVITE_LIMITS_WAIT", "--limit-wait", "a time from 0s to 1m";
    LIMITS_ARRIVAL = "limits.arrival", "INVITE_LIMITS_ARRIVAL", "--limit-arrival", "a time from 1s to 10m";
    LIMITS_CLIENT = "limits.client", "INVITE_LIMITS_CLIENT", "--limit-client", "a number in a time, such as 1200/1m, or off";
    LIMITS_CONNECTIONS = "limits.connections", "INVITE_LIMITS_CONNECTIONS", "--limit-connections", "a number from 1 to 100000, or off";
    LIMITS_CLIENT_CONNECTIONS = "limits.client_connections", "INVITE_LIMITS_CLIENT_CONNECTIONS", "--limit-client-connections", "a number from 1 to 100000";
    LIMITS_IDLE = "limits.idle", "INVITE_LIMITS_IDLE", "--limit-idle", "a time from 1s to 10m";
    LIMITS_CHANGES = "limits.changes", "INVITE_LIMITS_CHANGES", "--limit-changes", "a number in a time, such as 600/1m, or off";
    LIMITS_INVITER = "limits.inviter", "INVITE_LIMITS_INVITER", "--limit-inviter", "a number in a time, such as 500/1h, or off";
    LIMITS_ORGANIZATION = "limits.organization", "INVITE_LIMITS_ORGANIZATION", "--limit-organization", "a number in a time, such as 1000/1h, or off";
    LIMITS_RECIPIENT = "limits.recipient", "INVITE_LIMITS_RECIPIENT", "--limit-recipient", "a number in a time, such as 20/1d, or off";
    LIMITS_SIGNUP_TOKEN = "limits.signup_token", "INVITE_LIMITS_SIGNUP_TOKEN", "--limit-signup-token", "a number in a time, such as 500/1h, or off";
    LIMITS_IMPORTS = "limits.imports", "INVITE_LIMITS_IMPORTS", "--limit-imports", "a number in a time, such as 20/1h, or off";
    LIMITS_GUESSES = "limits.guesses", "INVITE_LIMITS_GUESSES", "--limit-guesses", "a number in a time, such as 100/10m, or off";
    LIMITS_ACCOUNT_GUESSES = "limits.account_guesses", "INVITE_LIMITS_ACCOUNT_GUESSES", "--limit-account-guesses", "a number in a time, such as 20/1h, or off";
    LIMITS_ACCOUNT = "limits.account", "INVITE_LIMITS_ACCOUNT", "--limit-account", "a number in a time, such as 200/1h, or off";
    PROXIES_TRUSTED = "proxies.trusted", "INVITE_PROXIES_TRUSTED", "--proxies-trusted", "addresses and networks with commas between them, such as `10.0.0.0/8, ::1`, or none";
    PROXIES_HEADER = "proxies.header", "INVITE_PROXIES_HEADER", "--proxies-header", "x-forwarded-for or forwarded";
    SHUTDOWN_NOTICE = "shutdown.notice", "INVITE_SHUTDOWN_NOTICE", "--shutdown-notice", "a time from 0s to 5m";
    SHUTDOWN_DEADLINE = "shutdown.deadline", "INVITE_SHUTDOWN_DEADLINE", "--shutdown-deadline", "a time from 1s to 10m";
    METRICS_LISTEN = "metrics.listen", "INVITE_METRICS_LISTEN", "--metrics-listen", "an address and a port, such as 127.0.0.1:9464, or off";
    TRACES_ENDPOINT = "traces.endpoint", "INVITE_TRACES_ENDPOINT", "--traces-endpoint", "the URL of a collector, such as http://127.0.0.1:4318, or off";
    TRACES_SHARE = "traces.share", "INVITE_TRACES_SHARE", "--traces-share", "a number from 0 to 1";
    LOG_LEVEL = "log.level", "INVITE_LOG_LEVEL", "--log-level", "error, warn, info, debug, trace or filter directives";
    LOG_FORMAT = "log.format", "INVITE_LOG_FORMAT", "--log-format", "auto, text or json";
}

/// Letters that are put in, left out, changed or swapped in a mistyped name.
const TYPOS: usize = 2;

/// The setting that a variable is meant to be which is none; none: it is of another program, such as the client.
#[must_use]
pub fn meant(variable: &str) -> Option<&'static Key> {
    let distance = |key: &&Key| strsim::damerau_levenshtein(variable, key.variable);
    let nearest = KEYS.iter().copied().min_by_key(distance)?;
    (distance(&nearest) <= TYPOS).then_some(nearest)
}

/// The variable that names the configuration file; it is no setting itself.
pub const FILE_VARIABLE: &str = "INVITE_CONFIG";
/// The variables that name the two sides of `copy`; they are no settings either.
pub const COPY_FROM_VARIABLE: &str = "INVITE_COPY_FROM";
/// The other side.
pub const COPY_TO_VARIABLE: &str = "INVITE_COPY_TO";
/// All variables that are no settings and are known all the same.
pub(super) const BESIDE: [&str; 3] = [FILE_VARIABLE, COPY_FROM_VARIABLE, COPY_TO_VARIABLE];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_variable_is_told_from_those_of_other_programs() {
        for (variable, setting) in [
            ("INVITE_DATADIR", Some("data_dir")),
            ("INVITE_DATABSE", Some("database")),
            ("INVITE_SERVER", None),
            ("INVITE_MUNINX_BEARER", None),
            ("INVITE_TEST_ENGINE", None),
        ] {
            assert_eq!(meant(variable).map(|key| key.name), setting, "{variable}");
        }
    }
}
