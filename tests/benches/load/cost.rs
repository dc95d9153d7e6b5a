//! What a server costs that has nothing to do: the time of a start on a database that is there, and its memory afterwards.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use contract_tests::poll;
use contract_tests::server::{Process, Server};

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
    let (mut times, mut memory) = (Vec::new(), 0);
    for _ in 0..STARTS {
        let begin = Instant::now();
        let mut server = serve(folder.path());
        times.push(begin.elapsed().as_secs_f64());
        // Long enough for the sweeper and the relay to have looked around.
        poll::pass(Duration::from_secs(3)).await;
        memory = memory.max(server.memory());
        assert!(server.stop().await.success());
    }
    let worst = times.iter().copied().fold(0.0, f64::max);
    let memory = memory / 1024;
    let median = median(times);
    println!("{}, {STARTS} starts of a server on a database that is there", engine());
    println!("start to ready: {median:.3} s in the median, {worst:.3} s at worst, {LONGEST_START} s demanded");
    println!("memory when idle: {memory} MiB at most, {MOST_MEMORY} MiB demanded");
    median <= LONGEST_START && memory <= MOST_MEMORY
}

/// Starts the program as an operator does, and waits until it says that it is ready.
fn serve(folder: &Path) -> Process {
    // Bound and given back: nobody listens there until the server does.
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let (data, mails) = (folder.join("world"), folder.join("world/mailbox"));
    let (data, mails) = (data.display().to_string(), mails.display().to_string());
    let arguments = ["serve", "--listen", &listen, "--data-dir", &data, "--mail-folder", &mails];
    let process = Process::start(PROGRAM, folder, &arguments);
    while !is_ready(&listen) {
        std::thread::sleep(Duration::from_millis(1));
    }
    process
}

fn is_ready(address: &str) -> bool {
    let Ok(mut connection) = TcpStream::connect(address) else { return false };
    let request = format!("GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    connection.write_all(request.as_bytes()).and_then(|()| connection.read_to_string(&mut answer)).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
