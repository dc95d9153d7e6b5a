//! The program `invite-server`. Everything is in the library, so that tests can call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    invite_server::cli::main(std::env::args_os())
}
