//! What goes wrong, and the exit code that a script can trust.

use contract_tests::peer::Peer;
use serde_json::{Value, json};

use super::{Invite, muninx, world};

#[tokio::test]
async fn refusals_exit_with_1_and_say_what_where_and_whom_to_ask() {
    let (server, invite) = world().await;
    invite.run(&muninx("jane@customer.example")).succeeded();
    let where_ = format!("`muninx_invite_user` at {}", server.world.base_url);
    invite.run(&muninx("jane@customer.example")).failed(1, &["409 Conflict", &where_, "request: "]);
    let files = ["--password-file", "-", "--redact-secrets"];
    let sign_in = [&["sessions", "create-session", "--email", "jane@customer.example"][..], &files].concat();
    invite.run_with(&sign_in, "not-the-password").failed(1, &["401 Unauthorized", "password is wrong"]);
    let unknown =
        ["nexus", "invite-organization-member", "--organization-id", "999999", "--email-address", "a@b.example"];
    invite.run(&unknown).failed(1, &["404 Not Found"]);

    let stranger = Invite::new().with("INVITE_SERVER", &server.world.base_url).with("INVITE_MUNINX_BEARER", "stranger");
    stranger.run(&muninx("a@customer.example")).failed(1, &["401 Unauthorized", "hint: check the credentials"]);
}

#[tokio::test]
async fn on_a_terminal_errors_are_told_in_colour_and_questions_are_asked_first() {
    let (server, invite) = world().await;
    invite.ask(&muninx("jane@customer.example"), &[]).await;
    let (code, shown) = invite.ended(invite.start(&muninx("jane@customer.example"))).await;
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("\u{1b}[1;31merror:\u{1b}[0m the service refused: 409 Conflict"), "{shown}");
    assert!(shown.contains("request: ") && shown.contains(&server.world.base_url), "{shown}");
    let mut terminal = invite.start(&["activation", "activate"]);
    for (question, answer) in [("challenge", "canary-challenge"), ("password", "canary-password")] {
        terminal.expect(&format!("{question}: ")).await;
        terminal.type_line(answer);
    }
    let (code, shown) = invite.ended(terminal).await;
    assert_eq!(code, 1, "{shown}");
    assert!(shown.contains("400 Bad Request"), "{shown}");
    invite.never_printed(&["canary-challenge", "canary-password"]);
}

#[tokio::test]
async fn errors_are_json_where_answers_are() {
    let (_server, invite) = world().await;
    let arguments = [&muninx("jane@customer.example")[..], &["--output", "json"]].concat();
    let first = invite.run(&arguments).succeeded();
    assert_eq!(first.json(), "A confirmation email has been sent to the new user's email");
    assert_eq!(first.err, "", "nothing but the answer");
    let error = |run: super::Run, code: i32| -> Value {
        assert_eq!((run.code, run.out.as_str()), (code, ""));
        serde_json::from_str::<Value>(&run.err).unwrap()["error"].take()
    };
    let refused = error(invite.run(&arguments), 1);
    assert_eq!(
        (&refused["code"], &refused["status"], &refused["exit_code"]),
        (&json!("refused"), &json!(409), &json!(1))
    );
    assert_eq!(refused["body"]["field"], "email");
    assert_eq!(refused["body"]["instance"], format!("urn:uuid:{}", refused["request_id"].as_str().unwrap()));
    let misuse = error(invite.run(&["--output=json", "muninx", "invite-user", "--type", "boss"]), 2);
    assert_eq!(misuse["code"], "usage");
    let empty =
        invite.run(&["muninx", "resend-activation-email", "--email", "nobody@customer.example", "--output", "json"]);
    assert_eq!(error(empty, 1)["status"], 404);
}

#[tokio::test]
async fn json_steers_no_terminal_and_says_the_same() {
    let peer = Peer::listen().await;
    let said = "a\u{9b}2Jb\u{202e}c\u{7f}d\u{2066}e\u{1b}\nf é";
    let json = |code: i32, status: &'static str, body: String| {
        let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
        let file = invite.file("people.csv", "Email,name,last-name,type\na@b.example,A,B,customer\n");
        let peer = &peer;
        async move {
            let media_type = "application/json";
            let call = [&muninx("a@b.example")[..], &["--output", "json"]].concat();
            let (invite, run) = invite.told(peer, &call, &[(status, media_type, &body)]).await;
            assert_eq!(run.code, code, "{}{}", run.out, run.err);
            let import = ["import", "--flow", "muninx", "--file", &file, "--output", "json"];
            let (invite, rows) = invite.told(peer, &import, &[(status, media_type, &body)]).await;
            let printed = invite.all_printed();
            let steers = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{2066}');
            assert!(!printed.contains(steers), "{printed:?}");
            (run, rows)
        }
    };
    let (run, _) = json(0, "200 OK", json!(said).to_string()).await;
    assert_eq!(run.json(), said);
    assert!(run.out.contains("\\u009b") && run.out.contains('é'), "{}", run.out);
    let (run, rows) = json(1, "409 Conflict", json!({ "title": "no", "detail": said }).to_string()).await;
    assert_eq!(run.error()["body"]["detail"], said);
    assert!(rows.lines().0[0]["message"].as_str().unwrap().ends_with(said), "{}", rows.out);
}

#[tokio::test]
async fn misuse_exits_with_2_and_sends_nothing() {
    let peer = Peer::listen().await;
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-token");
    let incomplete = ["muninx", "invite-user", "--email", "a@b.example"];
    invite.run(&incomplete).failed(2, &["--last-name", "--type"]);
    invite.run(&["muninx", "invite-someone"]).failed(2, &["unrecognized subcommand"]);
    invite
        .run(&muninx("a@b.example")[..9].iter().chain(&["boss"]).copied().collect::<Vec<_>>())
        .failed(2, &["possible values"]);
    let long = "x".repeat(300);
    let arguments = ["muninx", "create-token", "--redact-secrets", "--name", &long];
    invite.run(&arguments).failed(2, &["`name`", "longer than 250 characters"]);
    let file = invite.file("body.json", r#"{"nam": "x"}"#);
    let arguments = ["muninx", "create-token", "--redact-secrets", "--file", &file];
    invite.run(&arguments).failed(2, &["no member `nam`", "it takes `name`"]);
    invite.run(&[&arguments[..4], &["-"]].concat()).failed(2, &["not JSON, at line 1"]);
    let kare = ["kare", "invite-user-organization", "--file", &file];
    invite.run(&kare).failed(2, &["needs kareBearer and kareSession", "INVITE_KARE_BEARER"]);
    Invite::new().run(&["health", "liveness"]).failed(2, &["no server is named", "INVITE_SERVER"]);
    Invite::new().run(&["health", "liveness", "--server", "http://a.example"]).failed(2, &["--allow-insecure-http"]);
}

#[tokio::test]
async fn what_is_for_this_machine_goes_through_no_proxy() {
    let (peer, proxy) = (Peer::listen().await, Peer::listen().await);
    let mut invite = Invite::new().with("INVITE_SERVER", &peer.url());
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        invite = invite.with(name, &proxy.url());
    }
    let running = std::thread::spawn(move || invite.run(&["health", "liveness", "--retries", "0"]));
    tokio::select! {
        waiting = peer.request() => waiting.answer("500 Internal Server Error", "text/plain", "").await,
        waiting = proxy.request() => panic!("a proxy gets to see {:?}", waiting.request),
    }
    running.join().unwrap().failed(4, &["500"]);
}

#[tokio::test]
async fn servers_that_cannot_be_reached_exit_with_3() {
    let peer = Peer::listen().await;
    let url = peer.url();
    let quiet = Invite::new().with("INVITE_SERVER", &url);
    // It listens, but nobody answers.
    quiet.run(&["health", "liveness", "--timeout", "0.3"]).failed(3, &["no answer in time", "--timeout"]);
    drop(peer);
    quiet
        .run(&["health", "liveness", "--retries", "0"])
        .failed(3, &["no connection to the server", "nothing was sent"]);
    let error = quiet.run(&["health", "liveness", "--retries", "0", "--output", "json"]);
    let error: Value = serde_json::from_str(&error.err).unwrap();
    assert_eq!((&error["error"]["code"], &error["error"]["attempts"]), (&json!("unreachable"), &json!(1)));
}

#[tokio::test]
async fn an_answer_that_cannot_be_written_is_no_call_that_was_not_made() {
    let (server, invite) = world().await;
    let run = invite.unheard(&muninx("jane@customer.example"), "");
    let where_ = format!("`muninx_invite_user` at {}", server.world.base_url);
    run.failed(4, &["standard output cannot be written", &where_, "request: ", "would make the call again"]);
    invite.run(&muninx("jane@customer.example")).failed(1, &["409 Conflict"]);
    let rows = "Email,name,last-name,type\nsam@customer.example,Sam,Reed,customer\n";
    let import = ["import", "--flow", "muninx", "--file", "-", "--output", "json"];
    invite.unheard(&import, rows).failed(4, &["standard output cannot be written", "row 1 is done, request "]);
    invite.unheard(&[&import[..], &["--dry-run"]].concat(), rows).failed(2, &["row 1 is valid"]);
    invite.unheard(&["profile", "list"], "").failed(2, &["standard output cannot be written"]);
}

#[tokio::test]
async fn faults_of_the_server_exit_with_4() {
    for (status, media_type, body, says) in [
        (
            "500 Internal Server Error",
            "application/problem+json",
            r#"{"title":"Boom","detail":"broke"}"#,
            "500 Internal",
        ),
        ("200 OK", "text/html", "<html>\u{1b}[2Jhello</html>", "what its document does not know: 200 OK"),
        ("302 Found", "text/plain", "", "what its document does not know: 302 Found"),
    ] {
        let peer = Peer::listen().await;
        let invite = Invite::new().with("INVITE_SERVER", &peer.url());
        let running = std::thread::spawn(move || invite.run(&["health", "liveness", "--retries", "0"]));
        peer.request().await.answer(status, media_type, body).await;
        let run = running.join().unwrap().failed(4, &[says]);
        assert!(!run.err.contains('\u{1b}'), "{}", run.err);
    }
}

#[tokio::test]
async fn help_completions_and_manual_know_every_operation() {
    let invite = Invite::new();
    let help = invite.run(&["--help"]).succeeded().out;
    for code in [
        "0  done",
        "1  the service refused",
        "2  the command line",
        "3  no connection",
        "4  the service failed",
        "5  an import",
    ] {
        assert!(help.contains(code), "{code}");
    }
    // The program encodes by itself.
    let help = invite.run(&["muninx", "get-user", "--help"]).succeeded().out;
    assert!(help.contains("The e-mail address of the user") && !help.contains("percent-encoded"), "{help}");
    let folder = invite.path("man").display().to_string();
    invite.run(&["man", "--folder", &folder]).succeeded();
    let page = invite.run(&["man"]).succeeded().out;
    assert!(page.starts_with(".") || page.starts_with("'"), "{page}");
    for (group, command) in
        [("muninx", "invite-user"), ("kare", "accept-invitation"), ("unleash", "update-signup-token")]
    {
        let page = std::fs::read_to_string(invite.path("man").join(format!("invite-{group}-{command}.1"))).unwrap();
        assert!(page.contains("Who may call"), "{page}");
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = invite.run(&["completions", shell]).succeeded().out;
        for word in ["update-signup-token", "agent-type", "ai-assisted"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
    }
}

#[tokio::test]
async fn hints_name_the_credential_that_is_missing() {
    let invite = Invite::new().with("INVITE_SERVER", "http://127.0.0.1:1");
    let member = ["nexus", "invite-organization-member", "--organization-id", "1", "--email-address", "a@b.example"];
    let none = invite.run(&member).failed(2, &["--credential nexusBearer --credential nexusApplicationToken"]);
    assert!(none.err.contains("set INVITE_NEXUS_BEARER and INVITE_NEXUS_APPLICATION_TOKEN"), "{}", none.err);
    let invite = invite.with("INVITE_NEXUS_BEARER", "canary-bearer");
    let half =
        invite.run(&member).failed(2, &["nexusApplicationToken is missing", "--credential nexusApplicationToken"]);
    assert!(!half.err.contains("--credential nexusBearer"), "{}", half.err);
}

#[tokio::test]
async fn a_401_names_where_the_credential_came_from() {
    let (server, invite) = world().await;
    let at = ["muninx", "get-user", "--email", "me"];
    let file = invite.file("stranger", "canary-stranger");
    let credential = format!("muninxBearer={file}");
    let by_flag = invite.run(&[&at[..], &["--credential", &credential]].concat());
    by_flag.failed(1, &["401", "`muninxBearer` came from `--credential`"]);
    let set = ["profile", "set", "other", "--server", &server.world.base_url, "--credential", &credential];
    invite.run(&set).succeeded();
    let says = "`muninxBearer` came from the profile `other`";
    invite.run(&[&at[..], &["--profile", "other"]].concat()).failed(1, &["401", says]);
    let rows = "Email,name,last-name,type\na@b.example,A,B,customer\n";
    let import = ["import", "--flow", "muninx", "--file", "-", "--profile", "other"];
    invite.run_with(&import, rows).failed(1, &["401", says]);
    let invite = invite.with("INVITE_MUNINX_BEARER", "canary-stranger");
    invite.run(&at).failed(1, &["401", "`muninxBearer` came from INVITE_MUNINX_BEARER"]);
    invite.never_printed(&["canary-stranger"]);
}

#[tokio::test]
async fn an_address_that_cannot_be_used_is_shown_with_where_it_came_from() {
    let invite = Invite::new();
    let liveness = |server: &str| invite.run(&["health", "liveness", "--server", server]);
    let says = ["`127.0.0.1:18080`, given with `--server`, cannot be used", "hint: write http://127.0.0.1:18080"];
    liveness("127.0.0.1:18080").failed(2, &says);
    liveness("localhost:18080").failed(2, &["`localhost:18080`", "hint: write http://localhost:18080"]);
    liveness("[::1]:8080").failed(2, &["hint: write http://[::1]:8080"]);
    liveness("invite.example/api").failed(2, &["`invite.example/api`", "hint: write https://invite.example/api"]);
    liveness("ftp://invite.example").failed(2, &["`ftp://invite.example`", "neither https nor http"]);
    liveness("http://invite.example").failed(2, &["`http://invite.example`", "`--allow-insecure-http`"]);
    for secret in ["https://ann:canary-password@a.example", "ann:canary-password@a.example"] {
        liveness(secret).failed(2, &["given with `--server`, cannot be used"]);
    }
    let set = ["profile", "set", "work", "--server", "localhost:18080"];
    invite.run(&set).failed(2, &["`localhost:18080`, given with `--server`,", "hint: write http://localhost:18080"]);
    let variable = Invite::new().with("INVITE_SERVER", "localhost:18080");
    variable.run(&["health", "liveness"]).failed(2, &["given with INVITE_SERVER"]);
    let file = invite.file("config.toml", "default = \"w\"\n[profiles.w]\nserver = \"localhost:18080\"\n");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    invite.run(&["health", "liveness"]).failed(2, &["of the profile `w`"]);
    invite.never_printed(&["canary-password"]);
}

#[tokio::test]
async fn an_address_of_something_else_is_doubted() {
    let (server, invite) = world().await;
    let doubt = "is the address of the server right";
    let base = format!("{}/api", server.world.base_url);
    invite.run(&["health", "liveness", "--server", &base]).failed(1, &["404 Not Found", doubt]);
    // What the document knows is no reason for doubt.
    let nobody = invite.run(&["muninx", "get-user", "--email", "nobody@customer.example"]);
    assert!(!nobody.failed(1, &["404"]).err.contains(doubt));
    for (status, command) in [
        ("405 Method Not Allowed", &["health", "liveness"][..]),
        ("404 Not Found", &["muninx", "get-user", "--email", "me"]),
    ] {
        let peer = Peer::listen().await;
        let foreign = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
        let running = std::thread::spawn(move || foreign.run(command));
        peer.request().await.answer(status, "text/html", "<html>").await;
        running.join().unwrap().failed(1, &[status, doubt]);
    }
    let secure = server.world.base_url.replace("http://", "https://");
    let says = ["no connection", &format!("the server may speak http only: {}", server.world.base_url)];
    invite.run(&["health", "liveness", "--server", &secure, "--retries", "0"]).failed(3, &says);
}
