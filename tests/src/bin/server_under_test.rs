//! `invite-server` under another name: cargo builds the programs of a test's own package and tells it where they are.
//! `INVITE_TEST_CLOCK_AHEAD` has its machine's clock be wrong by that many seconds.
#![expect(clippy::expect_used, reason = "a test that says no number is to be mended")]

use std::process::ExitCode;

/// Faster where many threads need little, and it gives back what is free.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Ok(seconds) = std::env::var("INVITE_TEST_CLOCK_AHEAD") {
        let seconds = seconds.parse().expect("INVITE_TEST_CLOCK_AHEAD is a number of seconds");
        invite_server::clock::pretend_to_be_ahead(chrono::TimeDelta::seconds(seconds));
    }
    invite_server::cli::main(std::env::args_os())
}
