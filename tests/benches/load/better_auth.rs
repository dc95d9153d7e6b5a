//! Next to another server that invites people: Better Auth with its plugin of organizations. They take turns, each on its own
//! database; that of Better Auth is PostgreSQL in any case.
//!
//! `cargo xtask bench server better-auth` installs it, and says where it and its database are.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use contract_tests::server::Server;
use serde::Deserialize;

use crate::compare::{all_sent, demand, run};
use crate::generator::Load;
use crate::subjects::subjects;
use crate::{PROGRAM, SECONDS, TURNS, connections, engine, insist_on_durable_commits, median};

/// Where its program is. The address of its database is in `BETTER_AUTH_DATABASE`, which it reads itself.
const PROGRAM_VARIABLE: &str = "BETTER_AUTH";
/// How many times its rate.
const DEMAND: f64 = 10.0;

/// What it says when it answers.
#[derive(Deserialize)]
struct Said {
    address: SocketAddr,
    cookie: String,
    organization: String,
}

struct BetterAuth(Child);

impl Drop for BetterAuth {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl BetterAuth {
    /// Starts it; and what invites somebody.
    fn start() -> (Self, Load) {
        let Some(program) = std::env::var_os(PROGRAM_VARIABLE) else {
            panic!("run this with `cargo xtask bench server better-auth`")
        };
        let mut node = Command::new("node");
        let mut child = node.arg(program).env("NODE_ENV", "production").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let server = Self(child);
        let said: Said = serde_json::from_str(&line).unwrap();
        (server, invite(&said))
    }
}

fn invite(Said { address, cookie, organization }: &Said) -> Load {
    let headers = [("content-type", "application/json"), ("origin", &format!("http://{address}")), ("cookie", cookie)];
    Load {
        address: *address,
        method: "POST".to_owned(),
        target: "/api/auth/organization/invite-member".to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: Some(format!(
            r#"{{"email":"m-{{n}}@customer.example","role":"member","organizationId":"{organization}"}}"#
        )),
        expected: 200,
        first: 0,
        connections: connections(),
        seconds: SECONDS,
        rate: None,
    }
}

/// Whether this server takes so many times as many invitations.
pub(crate) async fn bench() -> bool {
    let (_other, mut theirs) = BetterAuth::start();
    let server = Server::start(PROGRAM, &[]).await;
    let database = server.database().await;
    insist_on_durable_commits(&database).await;
    let ours = subjects(&server, theirs.address).into_iter().find(|subject| subject.name == "muninx");
    let mut ours = ours.unwrap().server;
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        own.push(run(&mut ours, None).rate());
        all_sent(&database).await;
        other.push(run(&mut theirs, None).rate());
    }
    let (own, other) = (median(own), median(other));
    let ratio = own / other;
    println!("\n{} connections, {TURNS} turns of {SECONDS} s\n", connections());
    println!("| this server, on | invitations/s | Better Auth, on PostgreSQL | ratio | demanded |");
    println!("|-----------------|--------------:|---------------------------:|------:|---------:|");
    let demanded = demand(DEMAND, ratio >= DEMAND);
    println!("| {:<15} | {own:>13.0} | {other:>26.0} | {ratio:>5.1} | {demanded:>8} |", engine());
    ratio >= DEMAND
}
