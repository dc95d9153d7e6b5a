//! `mail preview`: what a mail looks like, with the templates that are in force; `mail test`: whether one arrives, with the settings
//! that are.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::MailId;
use invite_domain::mail::{Locale, MailEnvelope, MailKind};

use super::failure::Failure;
use super::flags::SettingFlags;
use super::run::mail_failure;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{self, Config};
use crate::entropy::Entropy;
use crate::mail::{self, Cause, DeliveryError, Destination, Part, Preview, RenderError, Renderer, Retry};

/// How long a person waits for the mail server.
const PATIENCE: Duration = Duration::from_secs(60);

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
    /// Send a mail with sample data, whose links open nothing, and say what the mail server answers
    #[command(
        after_help = "It goes out as the server's mails do, by the same settings, but at once, beside the outbox and without a database."
    )]
    Test {
        /// Who gets it
        #[arg(long, value_name = "ADDRESS", value_parser = address)]
        to: EmailAddress,
        /// Kind of mail: activation, added_notice, kare_invitation or import_finished
        #[arg(long, value_name = "KIND", value_parser = kind, default_value = "activation")]
        kind: MailKind,
        /// Language: en, fr, de or es [default: the configured one]
        #[arg(long, value_name = "LANGUAGE", value_parser = language)]
        language: Option<Locale>,
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
/// When the configuration has problems, templates included, or a mail was not taken.
pub(super) async fn run(command: MailCommand) -> Result<(), Failure> {
    match command {
        MailCommand::Preview { kind, language, part, settings } => preview(kind, language, part, &load(*settings)?),
        MailCommand::Test { to, kind, language, settings } => {
            let config = load(*settings)?;
            let envelope = MailEnvelope { to, locale: language.unwrap_or(config.language) };
            test(kind, &envelope, &config).await
        }
    }
}

fn load(settings: SettingFlags) -> Result<Config, Failure> {
    Ok(config::load(&settings.given()).map_err(Failure::configuration)?.config)
}

fn renderer(config: &Config) -> Renderer {
    Renderer::new(&config.public_url, config.sender.clone(), config.templates.clone())
}

fn preview(kind: MailKind, language: Option<Locale>, part: Shown, config: &Config) -> Result<(), Failure> {
    let mail = renderer(config)
        .preview(kind, language.unwrap_or(config.language), part.into())
        .map_err(|error| Failure::unexpected("cannot write the sample", &error))?;
    super::print(&mail)
}

async fn test(kind: MailKind, envelope: &MailEnvelope, config: &Config) -> Result<(), Failure> {
    let now = SystemClock.now();
    let id = Entropy.id(now).map_err(|error| Failure::unexpected("cannot number the sample", &error))?;
    let mail = renderer(config).specimen(MailId::new(id), kind, envelope, now).map_err(|error| unwritten(&error))?;
    let mailer = mail::open(&config.destination, &config.sender).map_err(|error| mail_failure(&error))?;
    let sent = tokio::time::timeout(PATIENCE, mailer.deliver(&mail)).await;
    mailer.close().await;
    match sent {
        Ok(Ok(_)) => super::print(&format!("{}: {}\n", mailer.describe(), taken(&config.destination))),
        Ok(Err(error)) => Err(untaken(&mailer.describe(), &error)),
        Err(_) => Err(Failure::unexpected_text(format!(
            "{}: no answer for {} seconds; the mail may arrive all the same",
            mailer.describe(),
            PATIENCE.as_secs()
        ))),
    }
}

fn unwritten(error: &RenderError) -> Failure {
    match error.cause() {
        Cause::Mail => Failure::mendable(error.to_string(), "name another address with --to"),
        Cause::Operation => Failure::unexpected("cannot write the sample", error),
    }
}

fn taken(destination: &Destination) -> &'static str {
    match destination {
        Destination::Smtp(_) => "taken; look for it in the mailbox, and among the spam",
        Destination::Folder(_) => "written there, and sent to nobody: mail.smtp names a mail server",
    }
}

/// What would go away by itself is not the exit code of mistakes.
fn untaken(destination: &str, error: &DeliveryError) -> Failure {
    let message = format!("{destination}: {error}");
    let hint = "the server's own mails meet the same; `config check` shows the settings, --to names another address";
    match error.retry {
        Retry::Later => Failure::unexpected_text(message).with_hint(hint),
        Retry::Never => Failure::mendable(message, hint),
    }
}

fn address(text: &str) -> Result<EmailAddress, String> {
    EmailAddress::parse(text).map_err(|problem| problem.to_string())
}

fn kind(name: &str) -> Result<MailKind, String> {
    MailKind::from_stored(name).ok_or_else(|| format!("one of {}", MailKind::ALL.map(MailKind::as_str).join(", ")))
}

fn language(tag: &str) -> Result<Locale, String> {
    Locale::from_tag(tag).ok_or_else(|| format!("one of {}", Locale::ALL.map(Locale::as_str).join(", ")))
}
