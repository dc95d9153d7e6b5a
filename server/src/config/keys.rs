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
    PUBLIC_URL = "public_url", "INVITE_PUBLIC_URL", "--public-url", "the URL that people reach this server at, such as https://invite.example.com";
    DATA_DIR = "data_dir", "INVITE_DATA_DIR", "--data-dir", "a folder";
    DATABASE = "database", "INVITE_DATABASE", "--database", "a file";
    SERVER_KEY = "server_key", "INVITE_SERVER_KEY", "--server-key", "a file";
    MAIL_FROM = "mail.from", "INVITE_MAIL_FROM", "--mail-from", "a sender, such as `Acme <invitations@example.com>`";
    MAIL_SMTP = "mail.smtp", "INVITE_MAIL_SMTP", "--mail-smtp", "an SMTP URL";
    MAIL_SMTP_FILE = "mail.smtp_file", "INVITE_MAIL_SMTP_FILE", "--mail-smtp-file", "a file that holds an SMTP URL";
    MAIL_FOLDER = "mail.folder", "INVITE_MAIL_FOLDER", "--mail-folder", "a folder for .eml files";
    MAIL_LANGUAGE = "mail.language", "INVITE_MAIL_LANGUAGE", "--mail-language", "en, fr, de or es";
    MAIL_TEMPLATES = "mail.templates", "INVITE_MAIL_TEMPLATES", "--mail-templates", "a folder with templates";
    CHALLENGE_TTL = "challenge_ttl", "INVITE_CHALLENGE_TTL", "--challenge-ttl", "a time such as 7d, 12h or 30m";
    LOG_LEVEL = "log.level", "INVITE_LOG_LEVEL", "--log-level", "error, warn, info, debug, trace or filter directives";
    LOG_FORMAT = "log.format", "INVITE_LOG_FORMAT", "--log-format", "auto, text or json";
}

/// The variable that names the configuration file; it is no setting itself.
pub const FILE_VARIABLE: &str = "INVITE_CONFIG";
