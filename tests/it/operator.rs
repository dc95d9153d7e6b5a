//! What an operator does at the command line: with the built program, on the database of a server that runs meanwhile.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use contract_tests::database;
use contract_tests::server::Server;
use contract_tests::world::{Headers, basic};
use invite_api::security::Operation;
use invite_server::store::schema_version;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{PASSWORD, PROGRAM, activate, bearer, muninx_customer, plain_user, server, sign_in, try_sign_in};

mod language;
mod locks;
mod outbox;
mod secrets;

/// The commands, on one data folder.
struct Operator {
    data_dir: PathBuf,
}

impl Operator {
    fn of(server: &Server) -> Self {
        Self { data_dir: server.folder().to_owned() }
    }

    fn at(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned() }
    }

    fn run(&self, command: &str, json: bool) -> Output {
        self.program(command, json).output().unwrap()
    }

    fn program(&self, command: &str, json: bool) -> Command {
        let mut program = Command::new(PROGRAM);
        program.env_clear().args(command.split(' ')).arg("--data-dir").arg(&self.data_dir);
        let database = self.data_dir.parent().and_then(database::url);
        program.envs(database.map(|url| ("INVITE_DATABASE", url)));
        if json {
            program.arg("--json");
        }
        program
    }

    /// What it says when nobody can read what it prints.
    fn unheard(&self, command: &str, out: Stdio) -> (Option<i32>, String) {
        let output = self.program(command, false).stdout(out).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// What it prints for people.
    fn text(&self, command: &str) -> String {
        let output = self.run(command, false);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it prints for programs.
    fn json(&self, command: &str) -> Value {
        let output = self.run(command, true);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What it says when the caller has to mend something.
    fn refused(&self, command: &str) -> String {
        let output = self.run(command, false);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {said}");
        assert!(said.starts_with("error: ") && output.stdout.is_empty(), "{command}: {said}");
        said
    }

    /// The kinds and performers of the newest events, the newest first.
    fn events(&self, count: usize) -> Vec<(String, String)> {
        let events = self.json(&format!("events list --limit {count}"));
        let text = |event: &Value, member: &str| event[member].as_str().unwrap().to_owned();
        events.as_array().unwrap().iter().map(|event| (text(event, "kind"), text(event, "performer"))).collect()
    }
}

/// The status that a person's script gets who makes a token: anybody may who is known.
async fn token_status(server: &Server, headers: &Headers) -> u16 {
    server.post_as(headers, Operation::MuninxCreateToken, &[], &json!({ "name": "script" })).await.status
}

#[tokio::test]
async fn a_server_is_set_up_before_it_runs_for_the_first_time() {
    let folder = TempDir::new().unwrap();
    let operator = Operator::at(&folder.path().join("world"));
    // A database of a server is there before anybody looks into it.
    if !database::is_postgres() {
        let said = operator.refused("organization list");
        assert!(said.contains("there is no database") && said.contains("hint: name it with --database"), "{said}");
        assert!(!operator.data_dir.exists(), "a look makes nothing");
    }

    let tenant = operator.json("organization add initech --name Initech");
    assert_eq!(
        (&tenant["slug"], &tenant["status"], &tenant["tenant"]),
        (&json!("initech"), &json!("active"), &Value::Null)
    );
    let customer = operator.json("organization add chotchkies --name Chotchkies --tenant initech");
    assert_eq!(customer["tenant"], tenant["id"]);
    let made = || ("organization.created".to_owned(), "operator".to_owned());
    assert_eq!(operator.events(3), [made(), made()]);
    for (command, expected) in [
        ("organization add initech --name Again", "has the slug `initech`"),
        ("organization add In_itech --name X", "lower-case letters"),
        ("organization add evil --name evil.com", "web address"),
        ("organization add deeper --name Deeper --tenant chotchkies", "cannot have customer organizations"),
        ("organization add lost --name Lost --tenant nobody", "there is no organization `nobody`"),
        ("token add --kind personal --organization initech --name x --user a@b.example", "there is no user"),
        ("key add --organization initech --lifetime soon", "--lifetime: not a time: `soon`"),
    ] {
        let said = operator.refused(command);
        assert!(said.contains(expected) && said.contains("hint: "), "{command}: {said}");
    }
    assert_eq!(operator.json("organization list").as_array().unwrap().len(), 2, "nothing refused left anything");
    let table = operator.text("organization list");
    assert!(
        table.starts_with("ID  SLUG        NAME        TENANT  STATUS\n1   initech     Initech     -       active\n"),
        "{table}"
    );

    let key = operator.json("key add --organization initech --lifetime 1d --description importer");
    assert_eq!(operator.json("key list")[0]["description"], json!("importer"));
    let server = Server::start_in(&[PROGRAM], folder, &[]).await;
    let (name, password) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let body = json!({ "emailAddress": "peter@initech.example", "makeAdmin": true });
    let initech = tenant["id"].to_string();
    let credentials = vec![basic(name, password)];
    let invited = server.post_as(&credentials, Operation::NexusInviteOrganizationMember, &[&initech], &body).await;
    assert_eq!(invited.status, 204, "{}", invited.text());
    let challenge = server.mail("peter@initech.example", 1).await.secret("challenge");
    assert_eq!(activate(&server, &challenge).await.status, 200);
    sign_in(&server, "peter@initech.example", PASSWORD).await;
    let shown = Operator::of(&server).json("user show PETER@initech.example");
    assert_eq!((&shown["status"], &shown["admin_of"]), (&json!("active"), &json!([tenant["id"]])));
}

#[test]
fn the_program_says_its_version_and_that_of_the_schema() {
    let output = Command::new(PROGRAM).arg("--version").output().unwrap();
    let expected = format!("invite-server {} (schema {})\n", env!("CARGO_PKG_VERSION"), schema_version());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[tokio::test]
async fn a_secret_is_printed_where_it_is_made_and_nowhere_else() {
    let server = server().await;
    let operator = Operator::of(&server);
    let acme = server.world.acme.organization();
    let mut secrets = Vec::new();
    for command in [
        format!("token add --kind personal --organization {acme} --user admin@acme.example --name script"),
        format!("token add --kind application --organization {acme} --name app --lifetime 90d"),
        format!("token add --kind unleash-admin --organization {acme} --name admin"),
        format!("key add --organization {acme}"),
    ] {
        let made = operator.json(&command);
        secrets.push((made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned()));
    }
    let personal = vec![("authorization", format!("Bearer {}", secrets[0].1))];
    assert_eq!(token_status(&server, &personal).await, 200);
    let mut seen = String::new();
    for command in
        ["token list --all", "key list --all", "events list", "outbox list", "user list", "organization list"]
    {
        seen.push_str(&operator.text(command));
        seen.push_str(&operator.json(command).to_string());
    }
    seen.push_str(&server.output());
    for (id, secret) in &secrets {
        assert!(seen.contains(id.as_str()), "{id} is listed");
        assert!(!seen.contains(secret.as_str()), "the secret of {id} is shown again");
    }
    let performed = operator.events(5);
    let made: Vec<_> =
        performed.iter().filter(|(_, performer)| performer == "operator").map(|(kind, _)| kind).collect();
    assert_eq!(made, ["key.created", "token.created", "token.created", "token.created"]);
    for (command, expected) in [
        (
            format!("token add --kind application --organization {acme} --name x --user admin@acme.example"),
            "--user does not go",
        ),
        (
            format!("token add --kind personal --organization {acme} --name x --user admin@globex.example"),
            "no member of this organization",
        ),
    ] {
        assert!(operator.refused(&command).contains(expected), "{command}");
    }
}

#[tokio::test]
async fn a_secret_that_could_not_be_printed_is_told_with_what_ends_it() {
    let server = server().await;
    let operator = Operator::of(&server);
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let closed = || std::io::pipe().unwrap().1;
    for (out, what) in [(Stdio::from(full()), "No space left"), (Stdio::from(closed()), "Broken pipe")] {
        let (code, said) = operator.unheard("token add --kind application --organization acme --name lost", out);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("its secret could not be printed") && said.contains(what), "{said}");
        let tokens = operator.json("token list");
        let lost = tokens.as_array().unwrap().iter().find(|token| token["name"] == "lost").unwrap();
        let id = lost["id"].as_str().unwrap();
        assert!(said.contains(&format!("hint: `invite-server token revoke {id}` ends it")), "{said}");
        operator.text(&format!("token revoke {id}"));
    }
    let (code, said) = operator.unheard("key add --organization acme", full().into());
    assert!(code == Some(1) && said.contains("`invite-server key revoke "), "{said}");
    for command in ["user list", "config check --public-url http://localhost:1"] {
        let (code, said) = operator.unheard(command, full().into());
        assert!(code == Some(1) && said.starts_with("error: cannot write to standard output"), "{command}: {said}");
        let (code, said) = operator.unheard(command, closed().into());
        assert_eq!((code, said.as_str()), (Some(0), ""), "{command}: its reader has seen enough");
    }
}

#[tokio::test]
async fn the_slug_of_one_organization_does_not_hide_the_number_of_another() {
    let server = server().await;
    let operator = Operator::of(&server);
    let acme = server.world.acme.organization();
    // Whoever may make customer organizations chooses their slugs.
    let other = operator.json(&format!("organization add {acme} --name Other --tenant globex"))["id"].clone();
    for command in ["organization suspend", "key add --organization"] {
        let said = operator.refused(&format!("{command} {acme}"));
        for part in
            [format!("number {acme} has the slug `acme`"), format!("of number {other}; write +{acme} or +{other}")]
        {
            assert!(said.contains(&part), "{said}");
        }
    }
    assert_eq!(operator.json(&format!("organization suspend +{acme}"))["slug"], json!("acme"));
    assert_eq!(operator.json("organization resume acme")["id"], json!(acme));
    assert_eq!(operator.json(&format!("organization suspend {other}"))["id"], other);
    let far = operator.json("organization add 777777 --name Far")["id"].clone();
    assert_eq!(operator.json("organization suspend 777777")["id"], far, "no other has this number");
}

#[tokio::test]
async fn a_revoked_credential_is_dead_from_the_next_request_on() {
    let server = server().await;
    let operator = Operator::of(&server);
    let acme = server.world.acme.organization();
    let token =
        operator.json(&format!("token add --kind personal --organization {acme} --user admin@acme.example --name x"));
    let headers = vec![("authorization", format!("Bearer {}", token["secret"].as_str().unwrap()))];
    assert_eq!(token_status(&server, &headers).await, 200);
    let id = token["id"].as_str().unwrap();
    let revoked = operator.json(&format!("token revoke {id}"));
    assert!(revoked["revoked_at"].is_string() && revoked.get("secret").is_none(), "{revoked}");
    assert_eq!(token_status(&server, &headers).await, 401);
    assert_eq!(operator.json(&format!("token revoke {id}")), revoked, "once is enough");
    assert!(!operator.text("token list").contains(id) && operator.text("token list --all").contains(id));

    let key = operator.json(&format!("key add --organization {acme}"));
    let (name, secret) = (key["id"].as_str().unwrap(), key["secret"].as_str().unwrap());
    let invite = async |address: &str| {
        let body = json!({ "emailAddress": address });
        let headers = vec![basic(name, secret)];
        let organization = acme.to_string();
        server.post_as(&headers, Operation::NexusInviteOrganizationMember, &[&organization], &body).await.status
    };
    assert_eq!(invite("one@acme.example").await, 204);
    operator.text(&format!("key revoke {name}"));
    assert_eq!(invite("two@acme.example").await, 401);
    assert_eq!(operator.json("key list").as_array().unwrap().iter().filter(|key| key["id"] == name).count(), 0);
    assert_eq!(operator.events(2)[..1], [("key.revoked".to_owned(), "operator".to_owned())]);
    let nobody = "00000000-0000-7000-8000-000000000000";
    for (command, noun) in [("token revoke", "token"), ("key revoke", "key")] {
        let said = operator.refused(&format!("{command} {nobody}"));
        assert!(
            said.contains(&format!("there is no {noun} {nobody}")) && said.contains(&format!("{noun} list")),
            "{said}"
        );
    }
}

/// What somebody is signed in with, what a sign-in answered, and a personal token of theirs for a script.
async fn session_and_script(server: &Server, email: &str) -> (Value, [Headers; 2]) {
    let session = plain_user(server, email).await;
    let headers = bearer(&session, "accessToken");
    let token = server.post_as(&headers, Operation::MuninxCreateToken, &[], &json!({ "name": "script" })).await.json();
    let script = vec![("authorization", format!("Bearer {}", token["token"].as_str().unwrap()))];
    (session, [headers, script])
}

#[tokio::test]
async fn a_suspended_user_is_locked_out_with_every_credential_until_resumed() {
    let server = server().await;
    let operator = Operator::of(&server);
    let email = "jane@customer.example";
    let (_, credentials) = session_and_script(&server, email).await;
    let shown = operator.json(&format!("user suspend {email}"));
    assert_eq!((&shown["status"], &shown["email"]), (&json!("suspended"), &json!(email)));
    assert_eq!(operator.events(1), [("user.suspended".to_owned(), "operator".to_owned())]);
    for headers in &credentials {
        assert_eq!(token_status(&server, headers).await, 401);
    }
    assert_eq!(try_sign_in(&server, email, PASSWORD).await.status, 401);
    let listed = operator.json("user list --status suspended");
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    operator.text(&format!("user suspend {}", shown["id"]));
    let suspensions = operator.json("events list --kind user.suspended");
    assert_eq!(suspensions.as_array().unwrap().len(), 1, "what changes nothing is not on record: {suspensions}");

    assert_eq!(operator.json(&format!("user resume {email}"))["status"], json!("active"));
    for headers in &credentials {
        assert_eq!(token_status(&server, headers).await, 200);
    }
    assert_eq!(try_sign_in(&server, email, PASSWORD).await.status, 201);
}

#[tokio::test]
async fn whoever_is_signed_out_is_so_for_good_and_may_sign_in_again() {
    let server = server().await;
    let operator = Operator::of(&server);
    let email = "jane@customer.example";
    let (session, credentials) = session_and_script(&server, email).await;
    assert_eq!(operator.json(&format!("user sign-out {email}"))["status"], json!("active"));
    assert_eq!(operator.events(1), [("user.signed_out".to_owned(), "operator".to_owned())]);
    for headers in &credentials {
        assert_eq!(token_status(&server, headers).await, 401);
    }
    let refresh = json!({ "refreshToken": session["refreshToken"] });
    assert_eq!(server.post(Operation::RefreshSession, &[], &refresh).await.status, 401);
    assert_eq!(try_sign_in(&server, email, PASSWORD).await.status, 201);
    assert!(operator.refused("user sign-out nobody@customer.example").contains("there is no user"));
}

#[tokio::test]
async fn a_link_opens_nothing_while_its_user_or_organization_is_locked_and_works_afterwards() {
    let server = server().await;
    let operator = Operator::of(&server);
    let customer = format!("organization NAME {}", server.world.acme.customer_slug());
    for (index, command) in ["user NAME jane0@customer.example", &customer, "organization NAME acme"].iter().enumerate()
    {
        let email = format!("jane{index}@customer.example");
        assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(&email)).await.status, 200);
        let challenge = server.mail(&email, 1).await.secret("challenge");
        operator.text(&command.replace("NAME", "suspend"));
        assert_eq!(activate(&server, &challenge).await.status, 410, "{command}");
        operator.text(&command.replace("NAME", "resume"));
        assert_eq!(operator.json(&format!("user show {email}"))["status"], json!("pending"), "{command}");
        assert_eq!(activate(&server, &challenge).await.status, 200, "{command}");
    }
    let link = server.world.acme.signup_token();
    for (command, status) in [("suspend", 400), ("resume", 200)] {
        operator.text(&format!("organization {command} acme"));
        let answer = server.call(Operation::UnleashValidateSignupToken, &[link], &[], None).await;
        assert_eq!(answer.status, status, "{command}");
    }
}

#[tokio::test]
async fn a_suspended_organization_is_locked_with_every_credential_and_no_other_is() {
    let server = server().await;
    let operator = Operator::of(&server);
    let invites = async |address: &str| {
        let acme = server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status;
        let globex = server.world.globex.credentials(Operation::MuninxCreateToken);
        (acme, token_status(&server, &globex).await)
    };
    assert_eq!(invites("one@customer.example").await, (200, 200));
    let suspended = operator.json("organization suspend acme");
    assert_eq!(suspended["status"], json!("suspended"));
    assert_eq!(invites("two@customer.example").await, (401, 200));
    assert_eq!(try_sign_in(&server, "admin@acme.example", server.world.acme.text("/admin/password")).await.status, 401);
    operator.text(&format!("organization resume {}", suspended["id"]));
    assert_eq!(invites("three@customer.example").await, (200, 200));
    let on_record: Vec<String> = operator
        .events(20)
        .into_iter()
        .map(|(kind, _)| kind)
        .filter(|kind| kind.starts_with("organization."))
        .collect();
    assert_eq!(on_record[..2], ["organization.resumed", "organization.suspended"]);
}

#[tokio::test]
async fn the_log_says_who_did_what_from_where_and_comes_in_pages() {
    let server = server().await;
    let operator = Operator::of(&server);
    assert_eq!(
        server.post(Operation::MuninxInviteUser, &[], &muninx_customer("jane@customer.example")).await.status,
        200
    );
    let events = operator.json("events list --kind invitation.created --organization acme-customer-1");
    let [event] = events.as_array().unwrap().as_slice() else { panic!("{events}") };
    let jane = operator.json("user show jane@customer.example");
    assert!(event["performer"].as_str().unwrap().starts_with("user "), "{event}");
    assert!(event["subject"].as_str().unwrap().starts_with("invitation "), "{event}");
    assert_eq!((&event["user"], &event["address"]), (&jane["id"], &json!("127.0.0.1")));
    assert!(event["request"].is_string(), "{event}");

    let all = operator.json("events list");
    let first = operator.run("events list --limit 2", true);
    let remark = String::from_utf8(first.stderr).unwrap();
    let next = remark.trim().strip_prefix("there may be more: ").unwrap_or_else(|| panic!("{remark}"));
    let mut pages: Vec<Value> = serde_json::from_slice(&first.stdout).unwrap();
    let rest = operator.json(&format!("events list {next}"));
    pages.extend(rest.as_array().unwrap().iter().cloned());
    assert_eq!(Value::Array(pages), all);
    let said = String::from_utf8(operator.run("events list --kind nothing.done", false).stderr).unwrap();
    assert!(said.contains("one of invitation.created"), "{said}");
}

#[tokio::test]
async fn a_mistyped_setting_and_a_database_that_was_not_there_are_told() {
    let home = TempDir::new().unwrap();
    let operator = Operator::at(&home.path().join("data"));
    let add = |slug: &str| {
        let mut program = operator.program(&format!("organization add {slug} --name Acme"), false);
        let output = program.env_remove("INVITE_DATABASE").env("INVITE_DATADIR", "elsewhere").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let (first, second) = (add("acme"), add("globex"));
    let made =
        format!("note: there was no database {}, a new one is made", operator.data_dir.join("invite.db").display());
    assert!(first.contains(&made) && !second.contains("note: "), "{first}{second}");
    for said in [first, second] {
        let warning = "warning: environment variable INVITE_DATADIR is no setting of this server: INVITE_DATA_DIR is\n";
        assert!(said.contains(warning), "{said}");
    }
}

#[tokio::test]
async fn nobody_gets_a_token_that_does_not_work_and_no_id_is_of_no_form() {
    let server = server().await;
    let invited = server.post(Operation::MuninxInviteUser, &[], &muninx_customer("jane@customer.example")).await;
    assert_eq!(invited.status, 200, "{}", invited.text());
    let operator = Operator::of(&server);
    let add = "token add --kind personal --organization acme-customer-1 --name x --user jane@customer.example";
    assert!(operator.refused(add).contains("is not active"));
    assert!(operator.refused("key revoke nobody").contains("`token revoke`"));
    for command in ["token revoke nobody", "outbox retry nobody", "outbox show nobody", "outbox discard nobody"] {
        assert!(operator.refused(command).contains("not an id as the list shows it"), "{command}");
    }
}
