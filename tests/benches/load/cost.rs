//! What a server costs that has nothing to do: the time of a start on a database that is there, and its memory afterwards.

use std::time::Duration;

use contract_tests::poll;
use contract_tests::server::{Served, Server};

use crate::{PROGRAM, engine, median};

const STARTS: usize = 11;
/// Seconds from the start of the process to the answer that it is ready.
const LONGEST_START: f64 = 0.3;
/// MiB of a server that idles.
const MOST_MEMORY: u64 = 30;

/// Whether both demands are met.
pub(crate) async fn bench() -> bool {
    let (status, folder) = Server::start(PROGRAM, &[]).await.stop().await;
    assert!(status.success());
    let data = folder.path().join("world");
    let (mut times, mut memory) = (Vec::new(), 0);
    for _ in 0..STARTS {
        let mut server = Served::start(&[PROGRAM], folder.path(), &data, &data.join("mailbox"), &[]).await;
        times.push(server.took.as_secs_f64());
        // Long enough for the sweeper and the relay to have looked around.
        poll::pass(Duration::from_secs(3)).await;
        memory = memory.max(server.process.memory());
        assert!(server.process.stop().await.success());
    }
    let worst = times.iter().copied().fold(0.0, f64::max);
    let memory = memory / 1024;
    let median = median(times);
    println!("{}, {STARTS} starts of a server on a database that is there", engine());
    println!("start to ready: {median:.3} s in the median, {worst:.3} s at worst, {LONGEST_START} s demanded");
    println!("memory when idle: {memory} MiB at most, {MOST_MEMORY} MiB demanded");
    median <= LONGEST_START && memory <= MOST_MEMORY
}
