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
