//! `invite` under another name: cargo builds the programs of a test's own package and tells it where they are.

use std::process::ExitCode;

fn main() -> ExitCode {
    invite_cli::main(std::env::args_os())
}
