//! Secrets are taken in without being shown, and never come out where they are not wanted.

use contract_tests::http::Recorded;
use contract_tests::peer::Peer;
use contract_tests::terminal::Terminal;

use super::{INVITE, Invite, world};

const CANARY: &str = "canary-in-a-coal-mine";

#[tokio::test]
async fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let (_server, invite) = world().await;
    for (group, command, flag) in [
        ("sessions", "create-session", "--password"),
        ("unleash", "signup", "--token"),
        ("muninx", "invite-user", "--challenge"),
    ] {
        for arguments in [vec![flag.to_owned(), CANARY.to_owned()], vec![format!("{flag}={CANARY}")]] {
            let mut all = vec![group, command];
            all.extend(arguments.iter().map(String::as_str));
            all.extend(match group {
                "sessions" => vec!["--email", "a@b.example", "--redact-secrets"],
                "muninx" => vec!["--email", "a@b.example", "--name", "A", "--last-name", "B", "--type", "customer"],
                _ => vec!["--email", "a@b.example", "--name", "A"],
            });
            invite.run(&all).failed(2, &["is not taken", &format!("{flag}-file FILE")]);
        }
    }
    // A file's name that is the secret itself, by mistake.
    let file = ["sessions", "create-session", "--email", "a@b.example", "--redact-secrets", "--password-file", CANARY];
    invite.run(&file).failed(2, &["never the secret itself"]);
    let credential = format!("muninxBearer={CANARY}");
    invite
        .run(&["muninx", "create-token", "--name", "x", "--redact-secrets", "--credential", &credential])
        .failed(2, &[]);
    // A scheme that is misspelt, or forgotten.
    for credential in [CANARY.to_owned(), format!("bearer={CANARY}"), format!("{CANARY}=")] {
        for output in ["table", "json"] {
            let liveness = ["health", "liveness", "--credential", &credential, "--output", output];
            invite.run(&liveness).failed(2, &["none of the schemes", "muninxBearer"]);
            invite.run(&["profile", "set", "dev", "--credential", &credential]).failed(2, &["none of the schemes"]);
        }
    }
    let set = format!("password={CANARY}");
    let import = ["import", "--flow", "unleash", "--file", "-", "--set", &set];
    invite.run(&import).failed(2, &["`password` is a secret"]);
    invite.never_printed(&[CANARY]);
}

#[tokio::test]
async fn what_a_server_repeats_is_taken_out() {
    let peer = Peer::listen().await;
    let echo =
        format!(r#"{{"title":"no","detail":"{CANARY} is bad","errors":[{{"pointer":"/x","detail":"{CANARY}"}}]}}"#);
    for output in ["table", "json"] {
        let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_OUTPUT", output);
        let running = std::thread::spawn(move || {
            let arguments =
                ["sessions", "create-session", "--email", "a@b.example", "--redact-secrets", "--password-file", "-"];
            invite.run_with(&arguments, &format!("{CANARY}\n")).failed(1, &["[redacted] is bad"]);
            invite
        });
        let waiting = peer.request().await;
        assert_eq!(waiting.request.json().unwrap()["password"], CANARY);
        waiting.answer("400 Bad Request", "application/problem+json", &echo).await;
        running.join().unwrap().never_printed(&[CANARY]);
    }
}

#[tokio::test]
async fn verbose_runs_say_everything_but_secrets() {
    let peer = Peer::listen().await;
    let invite = Invite::new().with("INVITE_SERVER", &peer.url());
    let running = std::thread::spawn(move || {
        let run = invite.run_with(&["unleash", "validate-signup-token", "--token-file", "-", "-v"], CANARY).succeeded();
        assert!(run.err.contains("GET /invite/{token}/validate at http://127.0.0.1:"), "{}", run.err);
        assert!(run.err.contains("answered 200 in "), "{}", run.err);
        invite
    });
    let waiting = peer.request().await;
    let Recorded { method, target, .. } = &waiting.request;
    assert_eq!((method.as_str(), target), ("GET", &format!("/invite/{CANARY}/validate")));
    waiting.answer("200 OK", "text/plain", "").await;
    running.join().unwrap().never_printed(&[CANARY]);
}

#[tokio::test]
async fn a_place_for_secrets_is_made_before_they_are() {
    let (_server, invite) = world().await;
    let taken = invite.file("taken", "something else");
    let create = ["muninx", "create-token", "--name", "x", "--secrets-file"];
    invite.run(&[&create[..], &[&taken]].concat()).failed(2, &["cannot be made", "does not exist yet"]);
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "something else");
    // A call that fails leaves no empty file.
    let fresh = invite.path("fresh").display().to_string();
    let unreachable = ["--server", "http://127.0.0.1:1", "--credential", "muninxBearer=-", "--retries", "0"];
    let run = invite.run_with(&[&create[..], &[&fresh], &unreachable].concat(), CANARY);
    run.failed(3, &["no connection"]);
    assert!(!invite.path("fresh").exists());
}

#[tokio::test]
async fn ctrl_c_at_a_question_gives_the_terminal_back() {
    let invite = Invite::new().with("INVITE_SERVER", "http://127.0.0.1:1").with("PATH", "/usr/bin:/bin");
    // A shell stays on the terminal after the program, so that its state can be seen.
    let question = format!("{INVITE} unleash validate-signup-token; echo \"code $?\"; stty -a");
    let mut terminal = Terminal::start("/bin/sh", &["-c", &question], &invite.environment);
    terminal.expect("token: ").await;
    terminal.press("canary\u{7f}\u{3}");
    let (_, shown) = invite.ended(terminal).await;
    assert!(shown.contains("interrupted; nothing was sent") && shown.contains("code 130"), "{shown}");
    for mode in ["isig", "icanon", "echo"] {
        assert!(shown.split_whitespace().any(|word| word == mode), "{mode} is off:\n{shown}");
    }
    assert!(!shown.contains("canar"), "{shown}");
}

/// What a server that is a little different says of a new token: the client does not know such an id.
const UNREADABLE: &str =
    r#"{"id":"7","name":"x","token":"canary-in-a-coal-mine","created_at":"2026-01-15T08:45:00.000Z"}"#;
const OK: &str = "200 OK";
const JSON: &str = "application/json";

#[tokio::test]
async fn a_success_that_cannot_be_read_keeps_its_secret() {
    let peer = Peer::listen().await;
    let stranger = || Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
    let create = ["muninx", "create-token", "--name", "x"];
    let cut = UNREADABLE.strip_suffix('}').unwrap();
    // A body that is not even an object may be the secret itself.
    for body in [UNREADABLE, cut, "\"canary-in-a-coal-mine\"", "[\"canary-in-a-coal-mine\"]", CANARY] {
        for output in ["table", "json"] {
            let arguments = [&create[..], &["--redact-secrets", "--output", output]].concat();
            let (invite, run) = stranger().told(&peer, &arguments, &[(OK, JSON, body)]).await;
            run.failed(4, &["the service answered what its document does not know", "200 OK"]);
            invite.never_printed(&[CANARY]);
        }
    }
    let arguments = [&create[..], &["--redact-secrets", "--output", "json"]].concat();
    let (_, run) = stranger().told(&peer, &arguments, &[(OK, JSON, UNREADABLE)]).await;
    assert_eq!((&run.error()["body"]["token"], &run.error()["body"]["id"]), (&"[redacted]".into(), &"7".into()));
    for (body, output) in [(UNREADABLE, "json"), (cut, "table")] {
        let arguments = [&create[..], &["--show-secrets", "--output", output]].concat();
        let (_, run) = stranger().told(&peer, &arguments, &[(OK, JSON, body)]).await;
        run.failed(4, &[CANARY]);
    }
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_in_the_file_for_secrets_as_it_came() {
    let peer = Peer::listen().await;
    for body in [UNREADABLE, "{\"token\": \"canary-in-a-coal-mine"] {
        let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
        let kept = invite.path("kept");
        let path = kept.display().to_string();
        let arguments = ["muninx", "create-token", "--name", "x", "--secrets-file", &path, "--output", "json"];
        let (invite, run) = invite.told(&peer, &arguments, &[(OK, JSON, body)]).await;
        run.failed(4, &[&format!("the answer, as it came, is in {path}")]);
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), body);
        invite.never_printed(&[CANARY]);
    }
    // A refusal holds no secret that comes only once.
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
    let path = invite.path("kept").display().to_string();
    let arguments = ["muninx", "create-token", "--name", "x", "--secrets-file", &path, "--output", "json"];
    let problem = r#"{"title":"no","token":"canary-in-a-coal-mine"}"#;
    let answers = [("400 Bad Request", "application/problem+json", problem)];
    let (invite, run) = invite.told(&peer, &arguments, &answers).await;
    assert_eq!((run.code, &run.error()["body"]["token"]), (1, &"[redacted]".into()), "{}", run.err);
    assert!(!invite.path("kept").exists());
}

#[tokio::test]
async fn ctrl_c_during_a_call_leaves_no_file_and_says_what_is_not_known() {
    let peer = Peer::listen().await;
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
    let path = invite.path("kept").display().to_string();
    let create = ["muninx", "create-token", "--name", "x", "--secrets-file", &path];
    for (arguments, is_in_doubt) in [(&create[..], true), (&["muninx", "list-tokens"], false)] {
        let mut terminal = invite.start(arguments);
        let waiting = peer.request().await;
        terminal.press("\u{3}");
        let (code, shown) = invite.ended(terminal).await;
        assert!(code == 130 && shown.contains("interrupted"), "exit code {code}:\n{shown}");
        assert_eq!(shown.contains("whether the service acted is not known"), is_in_doubt, "{shown}");
        assert!(!invite.path("kept").exists());
        drop(waiting);
    }
}

#[tokio::test]
async fn a_secret_that_is_a_number_is_not_repeated() {
    let invite = Invite::new().with("INVITE_SERVER", "http://127.0.0.1:1");
    let token = format!("token={}", invite.file("token", "canary-signup-token"));
    for (password, label) in [("1357", "u1@x.example"), ("13579135791357", "13579135791357")] {
        let rows = format!("{{\"email\":\"{label}\",\"name\":\"Uma\",\"password\":{password}}}\n");
        let file = invite.file("rows.jsonl", &rows);
        let report = invite.path(&format!("report-{password}"));
        let path = report.display().to_string();
        let import = ["import", "--flow", "unleash", "--file", &file, "--set-file", &token, "--report", &path];
        invite.run(&[&import[..], &["--dry-run"]].concat()).failed(5, &["invalid"]);
        let report = std::fs::read_to_string(report).unwrap();
        assert!(report.contains("`password` is not valid: it is not text") || label == password, "{report}");
        assert!(!report.contains(password) && !invite.all_printed().contains(password), "{report}");
    }
    // Cells that are missing make others stand where an address should.
    let rows = "name,email,password\nu1@x.example,canary-in-a-coal-mine\n";
    let import = ["import", "--flow", "unleash", "--file", "-", "--set-file", &token, "--dry-run"];
    invite.run_with(&import, rows).failed(5, &["the row has 2 cells"]);
    let body = invite.file("body.json", r#"{"email": "a@b.example", "password": 1357}"#);
    let run = invite.run(&["sessions", "create-session", "--redact-secrets", "--file", &body]);
    assert!(!run.failed(2, &["`password` is not valid: it is not text"]).err.contains("1357"));
    invite.never_printed(&[CANARY]);
}

#[tokio::test]
async fn a_credential_before_the_rows_is_not_taken_for_one() {
    let (_server, invite) = world().await;
    let input = format!("{CANARY}\nEmail,name,last-name,type\na@customer.example,A,B,customer\n");
    let import = ["import", "--flow", "muninx", "--file", "-", "--credential", "muninxBearer"];
    invite.run_with(&import, &input).failed(1, &["401 Unauthorized", "`muninxBearer` came from `--credential`"]);
    invite.run_with(&[&import[..], &["--dry-run"]].concat(), &input).succeeded();
    invite.never_printed(&[CANARY]);
}
