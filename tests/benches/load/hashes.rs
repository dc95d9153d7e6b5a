//! The bound of every sign-up: how many passwords the machine's cores hash when they do nothing else, with the server's
//! parameters (OWASP: argon2id, 19 MiB, two passes), each core in memory of its own that it uses again and again.
//!
//! A process of its own.

use std::process::Command;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::SECONDS;

/// Hashes a second.
pub(crate) fn rate() -> f64 {
    let said = Command::new(std::env::current_exe().unwrap()).arg("hashes").output().unwrap();
    assert!(said.status.success(), "the process that hashes failed");
    String::from_utf8(said.stdout).unwrap().trim().parse().unwrap()
}

/// The process: says the rate.
pub(crate) fn main() {
    let begin = Instant::now();
    let end = begin + Duration::from_secs_f64(SECONDS);
    let cores = std::thread::available_parallelism().unwrap().get();
    let threads: Vec<_> = (0..cores).map(|_| std::thread::spawn(move || hash_until(end))).collect();
    let count: u32 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    println!("{}", f64::from(count) / begin.elapsed().as_secs_f64());
}

fn hash_until(end: Instant) -> u32 {
    let params = Params::new(19_456, 2, 1, None).unwrap();
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut count = 0;
    while Instant::now() < end {
        let mut hash = [0; 32];
        argon2.hash_password_into_with_memory(b"correct horse battery", &[7; 16], &mut hash, &mut memory).unwrap();
        count += 1;
    }
    count
}
