//! The program: the address on standard output, one line a request on standard error.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_invite-mock"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn it_says_where_it_listens_and_what_it_was_asked() {
    let mut child = program(&[]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let url = out.next_line().await.unwrap().unwrap();
    let answer = reqwest::get(format!("{url}/invite/canary/validate")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        log.next_line().await.unwrap().unwrap(),
        "GET /invite/[redacted]/validate (unleash_validate_signup_token): 200, documented example"
    );
}

#[tokio::test]
async fn a_port_that_is_taken_or_none_is_an_error_with_a_next_step() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, text) in [
        (&["--port", &port][..], "choose another with --port"),
        (&["--port", "many"][..], "\"many\""),
        (&["--prot"][..], "--prot"),
    ] {
        let output = program(arguments).output().await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && error.contains(text), "{error}");
    }
}
