//! `server-key`: what is to be done when one server key follows another.

use clap::Subcommand;
use serde_json::json;

use super::failure::Failure;
use super::operator::{self, Common, Database};
use super::output::Table;
use super::run::KeyDemand;

#[derive(Subcommand)]
pub(super) enum ServerKeyCommand {
    /// Seal everything under the first key of the file, also while servers run
    #[command(after_help = "The file of the server key has a key a line: the first one seals, all of them open.\n\
        server/README.md says in which order a new key comes and the old one goes.")]
    Reseal {
        /// The key that the database was used with is gone, and with it what is sealed under it
        #[arg(long)]
        old_key_lost: bool,
        #[command(flatten)]
        common: Box<Common>,
    },
}

/// Runs a subcommand.
///
/// # Errors
///
/// When it cannot be done, or something opens under no key.
pub(super) fn run(command: ServerKeyCommand) -> Result<(), Failure> {
    let ServerKeyCommand::Reseal { old_key_lost, common } = command;
    let demand = if old_key_lost { KeyDemand::Any } else { KeyDemand::TheSame };
    operator::run_with(demand, *common, Database::Existing, async |app| {
        let done = app.operator_reseal().await?;
        let lost: u64 = done.iter().map(|(_, counts)| counts.unreadable).sum();
        if lost > 0 && !old_key_lost {
            return Err(Failure::mendable(
                format!(
                    "{lost} sealed values open under no key of the file; everything else is under the first one now"
                ),
                "add the key that they are sealed under as a further line, or live without them",
            ));
        }
        let rows = done.into_iter().map(|(what, counts)| {
            vec![json!(what), json!(counts.found), json!(counts.resealed), json!(counts.unreadable)]
        });
        Ok(Table::new(&["what", "found", "resealed", "unreadable"], rows).page(u32::MAX, || None))
    })
}
