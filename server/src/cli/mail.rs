//! `mail preview`: what a mail looks like, with the templates that are in force.

use clap::{Subcommand, ValueEnum};
use invite_domain::mail::{Locale, MailKind};

use super::failure::Failure;
use super::flags::SettingFlags;
use crate::config;
use crate::mail::{Part, Preview, Renderer};

#[derive(Subcommand)]
pub(super) enum MailCommand {
    /// Print a mail with sample data, which goes to nobody
    Preview {
        /// Kind of mail: activation, added_notice, kare_invitation or import_finished
        #[arg(long, value_name = "KIND", value_parser = kind)]
        kind: MailKind,
        /// Language: en, fr, de or es [default: the configured one]
        #[arg(long, value_name = "LANGUAGE", value_parser = language)]
        language: Option<Locale>,
        /// What to print
        #[arg(long, value_name = "PART", default_value = "text")]
        part: Shown,
        #[command(flatten)]
        settings: Box<SettingFlags>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Shown {
    /// The plain text part
    Text,
    /// The HTML part
    Html,
    /// The whole message as it travels
    Message,
}

impl From<Shown> for Preview {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Text => Self::Part(Part::Text),
            Shown::Html => Self::Part(Part::Html),
            Shown::Message => Self::Message,
        }
    }
}

/// Runs a subcommand.
///
/// # Errors
///
/// When the configuration has problems, templates included.
pub(super) fn run(command: MailCommand) -> Result<(), Failure> {
    let MailCommand::Preview { kind, language, part, settings } = command;
    let config = config::load(&settings.given()).map_err(Failure::configuration)?.config;
    let renderer = Renderer::new(&config.public_url, config.sender, config.templates);
    let mail = renderer
        .preview(kind, language.unwrap_or(config.language), part.into())
        .map_err(|error| Failure::unexpected("cannot write the sample", &error))?;
    super::print(&mail)
}

fn kind(name: &str) -> Result<MailKind, String> {
    MailKind::from_stored(name).ok_or_else(|| format!("one of {}", MailKind::ALL.map(MailKind::as_str).join(", ")))
}

fn language(tag: &str) -> Result<Locale, String> {
    Locale::from_tag(tag).ok_or_else(|| format!("one of {}", Locale::ALL.map(Locale::as_str).join(", ")))
}
