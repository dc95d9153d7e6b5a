//! Stopping: what is at work ends, nobody new is let in, and what could not be done is given back.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use contract_tests::database::{self, Database};
use contract_tests::poll;
use contract_tests::server::{Process, Server};
use invite_api::security::Operation;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::coverage::crowds::Held;
use crate::support::{PROGRAM, count, imported, muninx_customer, nexus_import, server};

/// Requests may take so long to arrive that only the stop ends them.
const PATIENT: [&str; 2] = ["--limit-arrival", "10m"];

async fn started(more: &[&str]) -> Server {
    Server::start(PROGRAM, &[&PATIENT, more].concat()).await
}

async fn said(server: &Server, text: &str) {
    poll::until(text, async || server.output().contains(text).then_some(())).await;
}

#[tokio::test]
async fn a_request_at_work_gets_its_answer_while_no_other_is_let_in() {
    let mut server = started(&[]).await;
    let held = Held::start(&server).await;
    server.ask_to_stop();
    let token = server.world.acme.signup_token();
    let late = async || server.call(Operation::UnleashValidateSignupToken, &[token], &[], None).await;
    let late = poll::until("a closed door", async || Some(late().await).filter(|answer| answer.status == 503)).await;
    assert_eq!(late.header("retry-after"), Some("1"));
    assert_eq!(server.call(Operation::Readiness, &[], &[], None).await.status, 503);
    assert_eq!(server.call(Operation::Liveness, &[], &[], None).await.status, 200);
    assert_eq!(held.finish().await, "HTTP/1.1 400 Bad Request", "its own answer");
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.output());
    said(&server, "stopped").await;
}

#[tokio::test]
async fn a_stop_waits_until_its_deadline_and_says_that_it_did_not_end_well() {
    let mut server = started(&["--shutdown-deadline", "1s"]).await;
    let _held = Held::start(&server).await;
    server.ask_to_stop();
    assert_eq!(server.ended().await.code(), Some(1));
    said(&server, "requests were still at work after 1 s").await;
}

#[tokio::test]
async fn whoever_has_not_finished_asking_keeps_no_server_from_stopping() {
    for door in [&[][..], &["--limit-connections", "64", "--limit-idle", "10m"]] {
        let mut server = started(&[&["--shutdown-deadline", "10m"], door].concat()).await;
        let mut held = Vec::new();
        for words in [&b"GET / HTT"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PRI * HTTP/2.0\r\n"] {
            let mut stream = TcpStream::connect(server.world.base_url.trim_start_matches("http://")).await.unwrap();
            stream.write_all(words).await.unwrap();
            held.push(stream);
        }
        server.ask_to_stop();
        assert_eq!(server.ended().await.code(), Some(0), "{}", server.output());
        said(&server, "stopped").await;
    }
}

/// The first process of a container gets no signal that it does not watch.
#[tokio::test]
async fn a_server_that_waits_for_its_database_stops_at_the_first_signal() {
    if !database::takes_postgres("on SQLite nobody is waited for") {
        return;
    }
    let temporary = TempDir::new().unwrap();
    let url = database::url(temporary.path()).unwrap();
    let database = Database::open(temporary.path()).await;
    database.execute("SELECT pg_advisory_lock(7596832461)").await;
    let name = format!("starting-{}", temporary.path().file_name().unwrap().display());
    let (data, url) = (temporary.path().display().to_string(), format!("{url}&application_name={name}"));
    let place = ["serve", "--listen", "127.0.0.1:0", "--public-url", "http://localhost", "--data-dir", &data];
    let mut process = Process::start(PROGRAM, temporary.path(), &[&place[..], &["--database", &url]].concat());
    let waits =
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND application_name";
    let waits = format!("{waits} = '{name}'");
    poll::until("the wait", async || (database.number(&waits).await == 1).then_some(())).await;
    process.ask_to_stop();
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.output());
    assert!(process.output().contains("stopped before it was ready"), "{}", process.output());
    database.execute("SELECT pg_advisory_unlock(7596832461)").await;
}

#[tokio::test]
async fn a_supervisor_that_wants_to_know_is_told_of_readiness_and_of_the_stop() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notify").display().to_string();
    let by_name = format!("invite-{}", folder.path().file_name().unwrap().display());
    let of_name = SocketAddr::from_abstract_name(&by_name).unwrap();
    for (place, address) in
        [(path.clone(), SocketAddr::from_pathname(&path).unwrap()), (format!("@{by_name}"), of_name)]
    {
        let supervisor = UnixDatagram::bind_addr(&address).unwrap();
        supervisor.set_read_timeout(Some(poll::DEADLINE)).unwrap();
        let told = || {
            let mut bytes = [0; 64];
            let length = supervisor.recv(&mut bytes).unwrap();
            String::from_utf8_lossy(&bytes[..length]).into_owned()
        };
        let data = folder.path().join("data").display().to_string();
        let own = ["serve", "--listen", "127.0.0.1:0", "--public-url", "http://localhost", "--data-dir", &data];
        let mut process = Process::start_with(PROGRAM, folder.path(), &own, &[("NOTIFY_SOCKET", &place)]);
        assert_eq!(told(), "READY=1");
        assert!(process.output().contains("\"ready\""), "it answers: {}", process.output());
        process.ask_to_stop();
        assert_eq!(told(), "STOPPING=1");
        assert_eq!(process.ended().await.code(), Some(0), "{}", process.output());
    }
}

#[tokio::test]
async fn a_second_signal_ends_a_stop_at_once() {
    let mut server = started(&["--shutdown-deadline", "10m"]).await;
    let _held = Held::start(&server).await;
    server.ask_to_stop();
    said(&server, "stopping").await;
    server.ask_to_stop();
    assert_eq!(server.ended().await.code(), Some(1));
    said(&server, "stopped at once by a second signal").await;
}

#[tokio::test]
async fn a_server_that_is_to_stop_is_not_ready_and_still_answers_those_who_have_not_noticed() {
    let mut server = started(&["--shutdown-notice", "5m"]).await;
    let ready = async || server.call(Operation::Readiness, &[], &[], None).await.status;
    assert_eq!(ready().await, 200);
    server.ask_to_stop();
    poll::until("not ready", async || (ready().await == 503).then_some(())).await;
    assert_eq!(server.call(Operation::Liveness, &[], &[], None).await.status, 200);
    let invited = server.post(Operation::MuninxInviteUser, &[], &muninx_customer("late@customer.example")).await;
    assert_eq!(invited.status, 200, "{}", invited.text());
    server.ask_to_stop();
    assert_eq!(server.ended().await.code(), Some(1));
}

#[tokio::test]
async fn mails_and_imports_under_way_are_given_back() {
    // It takes connections and never says a word.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", mute.local_addr().unwrap());
    // A batch of rows may take a second where many tests run at once; beyond the deadline it is given up.
    let mut server = started(&["--shutdown-deadline", "10s", "--smtp", &url]).await;
    let invited = server.post(Operation::MuninxInviteUser, &[], &muninx_customer("jane@customer.example")).await;
    assert_eq!(invited.status, 200, "{}", invited.text());
    let addresses: Vec<String> = (0..2000).map(|number| format!("p{number}@nexus.example")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    imported(&server, &nexus_import("many", &addresses)).await;
    let leased = "SELECT (SELECT count(*) FROM outbox WHERE lease_until IS NOT NULL) \
        + (SELECT count(*) FROM imports WHERE lease_until IS NOT NULL)";
    poll::until("a delivery and an import under way", async || (count(&server, leased).await >= 2).then_some(())).await;
    server.ask_to_stop();
    assert_eq!(server.ended().await.code(), Some(0), "{}", server.output());
    assert_eq!(count(&server, leased).await, 0);
    let left = "SELECT count(*) FROM outbox WHERE state = 'queued'";
    assert!(count(&server, left).await > 0, "nothing is lost");
}

#[tokio::test]
async fn a_stop_that_cannot_give_back_what_is_under_way_did_not_end_well() {
    // It takes connections and never says a word.
    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", mute.local_addr().unwrap());
    let mut server = started(&["--shutdown-deadline", "1s", "--smtp", &url]).await;
    let invited = server.post(Operation::MuninxInviteUser, &[], &muninx_customer("jane@customer.example")).await;
    assert_eq!(invited.status, 200, "{}", invited.text());
    let leased = "SELECT count(*) FROM outbox WHERE lease_until IS NOT NULL";
    poll::until("a delivery under way", async || (count(&server, leased).await == 1).then_some(())).await;
    let database = server.database().await;
    database.lock().await;
    server.ask_to_stop();
    assert_eq!(server.ended().await.code(), Some(1), "{}", server.output());
    assert!(server.output().contains("mails under way were not given back"), "{}", server.output());
    assert!(!server.output().contains("\"stopped\""), "{}", server.output());
    database.unlock().await;
    assert_eq!(database.number(leased).await, 1, "somebody else does it once the lease has ended");
    database.close().await;
}

#[tokio::test]
async fn one_line_a_request_says_what_came_of_it() {
    let server = server().await;
    let answer = server.call(Operation::MuninxInviteUser, &[], &[], None).await;
    let id = answer.header("x-request-id").unwrap().to_owned();
    let lines = poll::until("the line", async || {
        let output = server.output();
        let lines = output.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let lines: Vec<_> = lines.filter(|line| line["request_id"] == id.as_str()).collect();
        (!lines.is_empty()).then_some(lines)
    })
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!((&line["operation_id"], &line["status"]), (&"muninx_invite_user".into(), &401.into()));
    assert!(line["latency_us"].is_u64() && line["timestamp"].is_string(), "{line}");
}
