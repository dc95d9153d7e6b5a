//! `invite-mock`: the documented examples on a loopback port, to try requests by hand.

use std::io::{self, Write as _};
use std::process::ExitCode;

use invite_mock::{Mock, MockServer};

const HELP: &str = "\
Serves the documented examples of the invitation APIs, and the documented errors to requests that break the document.

usage: invite-mock [--port PORT]

  -p, --port PORT  listen on 127.0.0.1:PORT [default: any free port]
  -h, --help       print this
  -V, --version    print the version

The first line on standard output is the base URL. Each request is a line on standard error, without secrets.
Ctrl-C ends it.
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut port = 0;
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Short('p') | lexopt::Arg::Long("port") => {
                port = lexopt::ValueExt::parse(&arguments.value()?)?;
            }
            lexopt::Arg::Short('h') | lexopt::Arg::Long("help") => return Ok(print(HELP)?),
            lexopt::Arg::Short('V') | lexopt::Arg::Long("version") => {
                return Ok(print(concat!("invite-mock ", env!("CARGO_PKG_VERSION"), "\n"))?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let mock = Mock::observed(|request| eprintln!("{request}"));
    let server = MockServer::builder().port(port).mock(mock).start().await.map_err(|error| {
        format!("cannot listen on port {port}: {error}; choose another with --port, or leave it out for any free one")
    })?;
    print(&format!("{}\n", server.base_url()))?;
    Ok(tokio::signal::ctrl_c().await?)
}

fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
