//! The flags of `serve` and `config check`, one for each setting; and addresses that come with flags of others.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;
use super::traffic_flags::TrafficFlags;
use crate::config::Given;
use crate::store::{self, Address};

/// Settings on the command line; each wins over its environment variable and over the file.
#[derive(Debug, Default, Args)]
pub(crate) struct SettingFlags {
    /// TOML file with settings
    #[arg(long, value_name = "FILE", env = "INVITE_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<String>,
    /// PEM file with the certificate to show, those that lead to its authority behind it [default: off, TLS ends elsewhere]
    #[arg(long, value_name = "FILE")]
    tls_certificate: Option<String>,
    /// PEM file with the key of the certificate
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// What links in mails begin with; must be set beyond loopback
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Where the server keeps its files [default: invite-data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// Database: a file, or the URL of a PostgreSQL database; a password is better kept in INVITE_DATABASE
    /// [default: invite.db in the data folder]
    #[arg(long, value_name = "FILE|URL")]
    database: Option<String>,
    /// File of the server key; made if it is not there [default: server.key in the data folder]
    #[arg(long, value_name = "FILE")]
    server_key: Option<String>,
    /// Who mails are from [default: invitations@ the host of the public URL]
    #[arg(long, value_name = "SENDER")]
    mail_from: Option<String>,
    /// SMTP server; a password is better kept in --mail-smtp-file or INVITE_MAIL_SMTP
    #[arg(long, value_name = "URL")]
    mail_smtp: Option<String>,
    /// File that holds the URL of the SMTP server
    #[arg(long, value_name = "FILE")]
    mail_smtp_file: Option<String>,
    /// Write mails into a folder instead of sending them [default: mailbox in the data folder]
    #[arg(long, value_name = "DIR")]
    mail_folder: Option<String>,
    /// Language of mails to people who have not chosen one: en, fr, de or es [default: en]
    #[arg(long, value_name = "LANGUAGE")]
    mail_language: Option<String>,
    /// Folder with templates of mails, each in the place of a built-in one
    #[arg(long, value_name = "DIR")]
    mail_templates: Option<String>,
    /// How long the link of an invitation works [default: 7d]
    #[arg(long, value_name = "TIME")]
    challenge_ttl: Option<String>,
    #[command(flatten)]
    traffic: TrafficFlags,
    /// error, warn, info, debug, trace, or filter directives [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// auto, text or json [default: auto: text on a terminal]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl SettingFlags {
    /// What was given here and in the environment of this process.
    pub(crate) fn given(self) -> Given {
        // Variables that are no text cannot be one of ours.
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let (file, flags) = self.into_parts();
        Given { flags, environment: environment.collect(), file }
    }

    fn into_parts(self) -> (Option<PathBuf>, BTreeMap<&'static str, String>) {
        let flags = [
            ("listen", self.listen),
            ("tls.certificate", self.tls_certificate),
            ("tls.key", self.tls_key),
            ("public_url", self.public_url),
            ("data_dir", self.data_dir),
            ("database", self.database),
            ("server_key", self.server_key),
            ("mail.from", self.mail_from),
            ("mail.smtp", self.mail_smtp),
            ("mail.smtp_file", self.mail_smtp_file),
            ("mail.folder", self.mail_folder),
            ("mail.language", self.mail_language),
            ("mail.templates", self.mail_templates),
            ("challenge_ttl", self.challenge_ttl),
            ("log.level", self.log_level),
            ("log.format", self.log_format),
        ];
        let flags = flags
            .into_iter()
            .chain(self.traffic.into_values())
            .filter_map(|(key, value)| Some((key, value?)))
            .collect();
        (self.config, flags)
    }
}

/// Reads an address that came with a flag.
pub(super) fn database(flag: &str, text: &str) -> Result<Address, Failure> {
    Address::parse(text).map_err(|error| {
        Failure::mendable(format!("{flag}: {error}"), format!("accepted forms: {}", store::ACCEPTED_FORMS))
    })
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser};

    use super::*;
    use crate::config::keys::KEYS;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        flags: SettingFlags,
    }

    #[test]
    fn every_setting_has_its_flag_and_every_flag_its_setting() {
        let command = Command::command();
        let mut flags: Vec<String> =
            command.get_arguments().filter_map(|argument| Some(format!("--{}", argument.get_long()?))).collect();
        flags.retain(|flag| flag != "--config");
        let mut expected: Vec<String> = KEYS.iter().map(|key| key.flag.to_owned()).collect();
        flags.sort();
        expected.sort();
        assert_eq!(flags, expected);

        let arguments = KEYS.iter().flat_map(|key| [key.flag, key.name]);
        let parsed = Command::parse_from(std::iter::once("invite-server").chain(arguments));
        let (_, values) = parsed.flags.into_parts();
        assert_eq!(values.len(), KEYS.len());
        assert!(values.iter().all(|(key, value)| key == value), "{values:?}");
    }
}
