//! The program `invite`. Everything is in the library, so that tests can call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    invite_cli::main(std::env::args_os())
}
