//! `secret`: what somebody has found in a log, a repository or a chat.

use std::io::Read as _;

use clap::Subcommand;
use invite_domain::credential::{StoredKey, StoredToken};
use invite_domain::ids::UserId;
use invite_domain::secret::PlainSecret;
use serde_json::{Value, json};

use super::failure::Failure;
use super::operator::{self, Common, Database};
use super::output::{Output, Table};
use crate::app::operator::{FoundSecret, Secret};

/// Longer than any secret of this server.
const MOST_BYTES: u64 = 4096;

#[derive(Subcommand)]
pub(super) enum SecretCommand {
    /// Say what the secret on standard input is and whose
    Find {
        #[command(flatten)]
        common: Box<Common>,
    },
    /// End the secret on standard input: a token or key, a token of a sign-in with its sign-in, a signup link
    End {
        #[command(flatten)]
        common: Box<Common>,
    },
}

/// Runs a subcommand.
///
/// # Errors
///
/// When it cannot be done.
pub(super) fn run(command: SecretCommand) -> Result<(), Failure> {
    let secret = read()?;
    match command {
        SecretCommand::Find { common } => operator::run(*common, Database::Existing, async |app| {
            let found = app.operator_find_secret(&secret).await?.ok_or_else(unknown)?;
            Ok(Output::One(Table::new(COLUMNS, [row(&found)])))
        }),
        SecretCommand::End { common } => operator::run(*common, Database::Existing, async |app| {
            let ended = app.operator_end_secret(&secret).await?.ok_or_else(unknown)?;
            if let Secret::Challenge(_, invitation) = &ended.secret {
                return Err(Failure::mendable(
                    format!("this is in the link of invitation {}, and was left as it is", invitation.id),
                    "let an administrator send the invitation again, which ends this link, or revoke it",
                ));
            }
            Ok(Output::One(Table::new(COLUMNS, [row(&ended)])))
        }),
    }
}

/// From standard input: on a command line others would see it, and the shell would keep it.
fn read() -> Result<PlainSecret, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MOST_BYTES).read_to_string(&mut text);
    read.map_err(|error| Failure::mendable(format!("the secret cannot be read: {error}"), HINT))?;
    match text.trim() {
        "" => Err(Failure::mendable("there is no secret on standard input", HINT)),
        secret => Ok(PlainSecret::from_caller(secret)),
    }
}

const HINT: &str = "`invite-server secret find < FILE`; without a file type it, then Enter and Ctrl-D";

fn unknown() -> Failure {
    Failure::mendable(
        "this is no secret of this server, or one that is long forgotten",
        "give it whole and alone: of a link what is behind `#challenge=` or `/invite/`, of a key what is behind its id and the colon",
    )
}

const COLUMNS: &[&str] = &["kind", "id", "name", "user", "organization", "created_at", "expires_at", "state"];

fn row(FoundSecret { secret, state }: &FoundSecret) -> Vec<Value> {
    let mut row = match secret {
        Secret::Token(StoredToken { token, .. }) => vec![
            json!(token.kind.as_str()),
            json!(token.id.get()),
            json!(token.name),
            json!(token.user.map(UserId::get)),
            json!(token.organization.get()),
            json!(token.created_at),
            json!(token.expires_at),
        ],
        Secret::Key(StoredKey { key, .. }) => vec![
            json!("key"),
            json!(key.username),
            json!(key.description),
            json!(key.maker.map(UserId::get)),
            json!(key.organization.get()),
            json!(key.created_at),
            json!(key.expires_at),
        ],
        Secret::SignupToken(token) => vec![
            json!("signup_token"),
            json!(token.id.get()),
            json!(token.name),
            json!(token.created_by.map(UserId::get)),
            json!(token.organization.get()),
            json!(token.created_at),
            json!(token.expires_at),
        ],
        Secret::Challenge(challenge, invitation) => vec![
            json!("invitation"),
            json!(invitation.id.get()),
            Value::Null,
            json!(challenge.user.get()),
            json!(invitation.organization.get()),
            json!(challenge.created_at),
            json!(challenge.expires_at),
        ],
    };
    row.push(json!(state));
    row
}
