//! The program `invite-server`. Everything is in the library, so that tests can call it.

use std::process::ExitCode;

/// Faster where many threads need little, and it gives back what is free.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    invite_server::cli::main(std::env::args_os())
}
