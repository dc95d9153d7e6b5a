//! The programs' part: a server that logs everything, and the command line.

use contract_tests::mailbox::{self, Mail};
use contract_tests::poll;
use contract_tests::server::{Process, Server};
use contract_tests::world::World;
use serde_json::Value;
use tempfile::TempDir;

use super::{Canaries, stranger};
use crate::cli::{Invite, secrets_in};
use crate::support::{PASSWORD, PROGRAM};

/// A server whose log has every level, in the world of `dev.json`.
pub(super) struct Talkative {
    pub(super) process: Process,
    pub(super) world: World,
    folder: TempDir,
}

impl Talkative {
    pub(super) async fn start() -> Self {
        let first = Server::start(PROGRAM, &[]).await;
        let mut file = first.world.file.clone();
        let (_, folder) = first.stop().await;
        let (process, address) = serve(&folder).await;
        file["base_url"] = format!("http://{address}").into();
        Self { process, world: World::parse(&file.to_string()), folder }
    }

    /// The `count`th mail to `address`, once it is there.
    pub(super) async fn mail(&self, address: &str, count: usize) -> Mail {
        let folder = self.folder.path().join("world/mailbox");
        poll::until(&format!("mail {count} to {address}"), async || {
            mailbox::read(&folder).into_iter().filter(|mail| mail.to == address).nth(count - 1)
        })
        .await
    }
}

/// Serves the world of an earlier `dev` in `folder`, logging everything; the process and its address.
pub(crate) async fn serve(folder: &TempDir) -> (Process, String) {
    serve_at(folder, "http://127.0.0.1").await
}

/// The same for people who reach it at a URL.
pub(crate) async fn serve_at(folder: &TempDir, public_url: &str) -> (Process, String) {
    let world = folder.path().join("world");
    let (data, mails) = (world.display().to_string(), world.join("mailbox").display().to_string());
    let place = ["serve", "--listen", "127.0.0.1:0", "--public-url", public_url, "--data-dir", &data];
    let words = ["--mail-folder", &mails, "--log-level", "trace", "--log-format", "json"];
    let process = Process::start(PROGRAM, folder.path(), &[&place[..], &words].concat());
    let address = poll::until("the address in the log", async || {
        let ready = process
            .output()
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .find(|line| line["message"] == "ready")?;
        ready["listen"].as_str().map(str::to_owned)
    })
    .await;
    (process, address)
}

/// Every operation by the command line, in both forms of output, right and wrong, and what it says of profiles.
pub(super) async fn command_line(canaries: &mut Canaries, server: &Talkative) {
    for output in ["table", "json"] {
        let invite = Invite::new().with("INVITE_OUTPUT", output);
        let file = invite.file("dev.json", &server.world.file.to_string());
        invite.run(&["profile", "set", "dev", "--dev", &file]).succeeded();
        invite.run(&["profile", "show", "dev", "-v"]).succeeded();
        invite.run(&["profile", "list", "-v"]).succeeded();
        let email = format!("cli-{output}@customer.example");
        flow(canaries, server, &invite, &email).await;
        wrong(&invite);
        import(canaries, &invite);
        canaries.print("the command line", invite.all_printed());
    }
}

/// From an invitation to a session, and the operations of Unleash; the secrets of answers go into files.
async fn flow(canaries: &mut Canaries, server: &Talkative, invite: &Invite, email: &str) {
    let name = ["--name", "Jane", "--last-name", "Doe", "--type", "customer"];
    invite.run(&[&["muninx", "invite-user", "-v", "--email", email][..], &name].concat()).succeeded();
    let challenge = server.mail(email, 1).await.secret("challenge");
    canaries.keep("a challenge of the command line", &challenge);
    let challenge = invite.file("challenge", &challenge);
    let password = invite.file("password", PASSWORD);
    let activate = ["activation", "activate", "-v", "--challenge-file", &challenge, "--password-file", &password];
    invite.run(&activate).succeeded();
    invite.run(&activate).failed(1, &[]);
    let sign_in = ["sessions", "create-session", "-v", "--email", email, "--password-file", &password];
    invite.run(&[&sign_in[..], &["--redact-secrets"]].concat()).succeeded();
    for (index, command) in [
        sign_in.to_vec(),
        vec!["muninx", "create-token", "-v", "--name", "nightly"],
        vec!["unleash", "create-signup-token", "-v", "--name", "l", "--expires-at", "2999-01-01T00:00:00Z"],
        vec!["unleash", "list-signup-tokens", "-v"],
    ]
    .into_iter()
    .enumerate()
    {
        let kept = invite.path(&format!("kept-{index}.json"));
        let path = kept.display().to_string();
        invite.run(&[&command[..], &["--secrets-file", &path]].concat()).succeeded();
        let answer = secrets_in(&kept);
        canaries.keep_made(command[1], &answer);
        if let Some(token) = answer["secret"].as_str() {
            let token = invite.file("token", token);
            invite.run(&["unleash", "validate-signup-token", "-v", "--token-file", &token]).succeeded();
            let off = ["unleash", "update-signup-token", "-v", "--token-file", &token, "--enabled=false"];
            invite.run(&off).succeeded();
            let get = ["unleash", "get-signup-token", "-v", "--token-file", &token, "--redact-secrets"];
            invite.run(&get).succeeded();
        }
    }
}

/// Secrets that nobody knows.
fn wrong(invite: &Invite) {
    let secret = invite.file("wrong", "canary-input-password");
    for (scheme, command) in [
        ("muninxBearer", &["muninx", "create-token", "--name", "x", "--redact-secrets"][..]),
        ("unleashApiKey", &["unleash", "create-signup-token", "--name", "x", "--redact-secrets"]),
    ] {
        let known = invite_sdk::Scheme::ALL.iter().find(|known| known.name() == scheme).unwrap();
        let file = invite.file(scheme, &stranger(*known));
        let credential = format!("{scheme}={file}");
        let expires = ["--expires-at", "2999-01-01T00:00:00Z"];
        let more = if scheme == "unleashApiKey" { &expires[..] } else { &[] };
        invite.run(&[command, more, &["-v", "--credential", &credential]].concat()).failed(1, &["401"]);
    }
    let sign_in = ["sessions", "create-session", "-v", "--email", "a@b.example", "--redact-secrets"];
    invite.run(&[&sign_in[..], &["--password-file", &secret]].concat()).failed(1, &["401"]);
    let kare = ["kare", "accept-invitation", "-v", "--phone", "+33 1 23 45 67 89", "--redact-secrets"];
    let names = ["--first-name", "John", "--last-name", "Doe", "--email", "a@b.example"];
    let files = ["--invitation-token-file", &secret, "--password-file", &secret];
    invite.run(&[&kare[..], &names, &files].concat()).failed(1, &["40"]);
}

/// Rows with secrets, tried and refused.
fn import(canaries: &mut Canaries, invite: &Invite) {
    canaries.keep("a password of a row", "canary-row-password");
    let rows = "{\"email\":\"u1@x.example\",\"name\":\"Uma\",\"password\":\"canary-row-password\"}\n{\"email\":7}\n";
    let rows = invite.file("rows.jsonl", rows);
    let token = invite.file("row-token", "canary-input-signup");
    let report = invite.path("report.csv").display().to_string();
    let set = format!("token={token}");
    let import = ["import", "--flow", "unleash", "-v", "--file", &rows, "--set-file", &set];
    invite.run(&[&import[..], &["--dry-run"]].concat());
    invite.run(&[&import[..], &["--report", &report]].concat());
    canaries.print("the report of an import", std::fs::read_to_string(&report).unwrap());
}
