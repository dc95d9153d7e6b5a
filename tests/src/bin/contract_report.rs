//! What `cargo xtask contract` runs: a server that is not ours, held against the document. `tests/README.md` describes it.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use contract_tests::report::cases::FLOWS;
use contract_tests::report::world::{Secrets, World};
use contract_tests::report::{print, run};

/// Holds a server against openapi/invite.yaml and says where it departs. Exit code 0: it keeps the document in all that
/// could be tried; 1: it departs; 2: nothing could be tried.
#[derive(Parser)]
#[command(name = "cargo xtask contract")]
struct Arguments {
    /// Where the server is
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// Whose API it speaks
    #[arg(long, value_parser = PossibleValuesParser::new(FLOWS))]
    flow: String,
    /// Make requests that change something, too: they invite, create and delete
    #[arg(long)]
    write: bool,
    /// What exists over there, as JSON; examples are in tests/worlds
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// A folder into which the server writes its mails, in place of the world's
    #[arg(long, value_name = "FOLDER")]
    mailbox: Option<PathBuf>,
    /// Credentials by scheme, as a JSON object; or in the environment, such as INVITE_CONTRACT_UNLEASH_API_KEY
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Print the whole report as JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match report(Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn report(arguments: Arguments) -> Result<ExitCode, String> {
    let mut world = arguments.world.as_deref().map(World::read).transpose()?.unwrap_or_default();
    world.mailbox = arguments.mailbox.or(world.mailbox);
    let secrets = Secrets::read(arguments.credentials.as_deref(), |name| std::env::var(name).ok())?;
    let Arguments { base_url, flow, write, json, .. } = arguments;
    if !base_url.starts_with("http://") && !base_url.starts_with("https://") {
        return Err("--base-url begins with http:// or https://".to_owned());
    }
    let report = run::run(&run::Options { base_url, flow, write, world, secrets }).await?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?);
    } else {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        print!("{}", print::text(&report, colours));
    }
    Ok(ExitCode::from(report.exit_code()))
}
