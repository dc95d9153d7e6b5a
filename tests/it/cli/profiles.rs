//! Servers and credentials under names.

use std::os::unix::fs::PermissionsExt as _;

use contract_tests::peer::Peer;

use super::{Invite, muninx, world};

#[tokio::test]
async fn a_profile_is_made_shown_and_removed() {
    let invite = Invite::new();
    let set =
        ["profile", "set", "work", "--server", "muninx", "--credential", "muninxBearer", "--credential", "nexusBasic"];
    invite.run_with(&set, "canary-bearer\nkey-7:canary-password\n").succeeded();
    let mode = std::fs::metadata(invite.path("config.toml")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let shown = invite.run(&["profile", "show", "--output", "json"]).succeeded().json();
    assert_eq!(shown["server"], "https://api.muninx.com");
    assert_eq!(shown["credentials"]["muninxBearer"], "[redacted]");
    assert_eq!(shown["credentials"]["nexusBasic"]["username"], "key-7");
    invite.run(&["profile", "set", "other", "--server", "https://b.example/"]).succeeded();
    let listed = invite.run(&["profile", "list", "--output", "json"]).succeeded().json();
    let names: Vec<&str> =
        listed["profiles"].as_array().unwrap().iter().map(|profile| profile["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["other", "work"]);
    invite.run(&["profile", "set", "work", "--forget", "nexusBasic"]).succeeded();
    let table = invite.run(&["profile", "show", "work"]).succeeded().out;
    assert!(table.contains("muninxBearer") && !table.contains("nexusBasic"), "{table}");
    invite.run(&["profile", "remove", "work"]).succeeded();
    invite.run(&["profile", "show", "work"]).failed(2, &["no profile `work`", "there are other"]);
    invite.never_printed(&["canary-bearer", "canary-password"]);
}

#[tokio::test]
async fn a_variable_does_not_change_what_a_profile_holds() {
    let invite = Invite::new().with("INVITE_SERVER", "https://elsewhere.example");
    invite.run(&["profile", "set", "work", "--server", "https://a.example"]).succeeded();
    invite.run_with(&["profile", "set", "work", "--credential", "kareBearer"], "canary-bearer\n").succeeded();
    invite.run(&["profile", "set", "bare"]).succeeded();
    let server =
        |name: &str| invite.run(&["profile", "show", name, "--output", "json"]).succeeded().json()["server"].take();
    assert_eq!(server("work"), "https://a.example");
    assert!(server("bare").is_null());
}

#[tokio::test]
async fn a_credential_is_asked_for_without_echo() {
    let invite = Invite::new();
    let set = ["profile", "set", "work", "--server", "local", "--credential", "kareBearer"];
    let shown = invite.ask(&set, &[("the credential `kareBearer`", "canary-bearer")]).await;
    assert!(shown.contains("the profile `work` is in"), "{shown}");
    assert!(std::fs::read_to_string(invite.path("config.toml")).unwrap().contains("canary-bearer"));
}

#[tokio::test]
async fn a_file_that_others_can_read_is_refused() {
    let (_server, invite) = world().await;
    let path = invite.path("config.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let says = ["can be read by others (mode 0640)", "chmod 600"];
    invite.run(&muninx("a@customer.example")).failed(2, &says);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    invite.run(&muninx("a@customer.example")).succeeded();
}

#[tokio::test]
async fn a_file_that_cannot_be_understood_is_not_repeated() {
    let invite = Invite::new();
    let file = invite.file("config.toml", "[profiles.a.credentials]\nmuninxBearer = \"canary-bearer\" oops\n");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    invite.run(&["profile", "list"]).failed(2, &["config.toml:2 cannot be understood"]);
    invite.never_printed(&["canary-bearer"]);
}

#[tokio::test]
async fn credentials_of_a_profile_are_for_its_own_server() {
    let (server, invite) = world().await;
    let peer = Peer::listen().await;
    let url = peer.url();
    let elsewhere = [&muninx("a@customer.example")[..], &["--server", &url]].concat();
    invite.run(&elsewhere).failed(2, &["the profile `dev` are for its own server", "muninxBearer"]);
    // Named by hand, the profile goes before a variable.
    let invite = invite.with("INVITE_SERVER", &url);
    let arguments = [&muninx("a@customer.example")[..], &["--profile", "dev", "--verbose"]].concat();
    let run = invite.run(&arguments).succeeded();
    assert!(run.err.contains(&format!("POST /users at {}", server.world.base_url)), "{}", run.err);
    // So do its credentials, and those of the environment are for the server there.
    let invite = invite.with("INVITE_MUNINX_BEARER", "canary-of-the-environment");
    invite.run(&[&muninx("b@customer.example")[..], &["--profile", "dev"]].concat()).succeeded();
    let base = server.world.base_url.as_str();
    invite.run(&["profile", "set", "bare", "--server", base]).succeeded();
    let says = [&format!("of the environment are for INVITE_SERVER and are not sent to {base}")[..], "muninxBearer"];
    for more in [&["--profile", "bare"][..], &["--profile", "bare", "--server", base]] {
        let invited = [&muninx("c@customer.example")[..], more].concat();
        invite.run(&invited).failed(2, &says);
    }
}

#[tokio::test]
async fn variables_fill_what_a_profile_named_by_hand_lacks() {
    let (server, invite) = world().await;
    let base = server.world.base_url.as_str();
    let bearer = server.world.acme.text("/credentials/muninx/bearer");
    invite.run(&["profile", "set", "bare", "--server", base]).succeeded();
    let set = ["profile", "set", "stranger", "--server", base, "--credential", "muninxBearer"];
    invite.run_with(&set, "canary-stranger\n").succeeded();
    let get =
        |invite: &Invite, profile: &str| invite.run(&["muninx", "get-user", "--email", "me", "--profile", profile]);
    let invite = invite.with("INVITE_MUNINX_BEARER", bearer);
    get(&invite, "bare").succeeded();
    get(&invite, "stranger").failed(1, &["401", "`muninxBearer` came from the profile `stranger`"]);
    // The environment means the same server.
    let invite = invite.with("INVITE_SERVER", &format!("{base}/"));
    get(&invite, "bare").succeeded();
    // A profile that the environment names is no nearer than its credentials.
    let invite = invite.with("INVITE_PROFILE", "stranger");
    invite.run(&["muninx", "get-user", "--email", "me"]).succeeded();
    invite.never_printed(&["canary-stranger", bearer]);
}

#[tokio::test]
async fn a_variable_that_is_not_text_is_no_variable_that_is_not_there() {
    use std::os::unix::ffi::OsStrExt as _;

    let invite = Invite::new();
    let output = std::process::Command::new(super::INVITE)
        .args(["muninx", "list-tokens", "--server", "http://127.0.0.1:1"])
        .env_clear()
        .env("INVITE_CLI_CONFIG", invite.path("config.toml"))
        .env("INVITE_MUNINX_BEARER", std::ffi::OsStr::from_bytes(b"canary-\xff-bearer"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("INVITE_MUNINX_BEARER is not text in UTF-8") && !said.contains("canary"), "{said}");
}

#[tokio::test]
async fn credentials_do_not_follow_a_profile_to_another_server() {
    let invite = Invite::new();
    let set = |arguments: &[&str], input: &str| {
        invite.run_with(&[&["profile", "set", "work"][..], arguments].concat(), input).succeeded().err
    };
    let held = || {
        let shown = invite.run(&["profile", "show", "work", "--output", "json"]).succeeded().json();
        shown["credentials"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    let both = ["--server", "https://a.example", "--credential", "muninxBearer", "--credential", "kareBearer"];
    set(&both, "canary-muninx\ncanary-kare\n");
    let said = set(&["--server", "https://A.example:443/api"], "");
    assert!(!said.contains("forgotten"), "{said}");
    assert_eq!(held(), ["kareBearer", "muninxBearer"], "the same server, written otherwise");
    let said = set(&["--server", "https://b.example", "--credential", "muninxBearer"], "canary-new\n");
    for says in ["`kareBearer`", "were for https://A.example:443/api", "forgotten"] {
        assert!(said.contains(says), "{says}: {said}");
    }
    assert_eq!(held(), ["muninxBearer"]);
    let file = std::fs::read_to_string(invite.path("config.toml")).unwrap();
    assert!(file.contains("canary-new") && !file.contains("canary-muninx") && !file.contains("canary-kare"));
    invite.never_printed(&["canary-muninx", "canary-kare", "canary-new"]);

    set(&["--server", "http://c.example", "--allow-insecure-http"], "");
    assert!(held().is_empty());
    let insecure = ["profile", "set", "work", "--server", "http://d.example"];
    invite.run(&insecure).failed(2, &["--allow-insecure-http"]);
}

#[tokio::test]
async fn a_profile_of_the_development_server_holds_nothing_of_the_server_before() {
    let (server, _) = world().await;
    let invite = Invite::new();
    let set = ["profile", "set", "dev", "--server", "https://a.example", "--credential", "unleashBearer"];
    invite.run_with(&set, "canary-bearer\n").succeeded();
    let world = server.folder().join("dev.json").display().to_string();
    let said = invite.run(&["profile", "set", "dev", "--dev", &world]).succeeded().err;
    assert!(said.contains("`unleashBearer`") && said.contains("forgotten"), "{said}");
    assert!(!std::fs::read_to_string(invite.path("config.toml")).unwrap().contains("canary-bearer"));
}

#[tokio::test]
async fn the_configuration_of_the_server_is_not_taken_for_profiles() {
    use invite_server::config::keys::{FILE_VARIABLE, KEYS};

    let invite = Invite::new();
    let mut sections: Vec<&str> = KEYS.iter().map(|key| key.name.split('.').next().unwrap()).collect();
    sections.dedup();
    for section in sections {
        let text = if KEYS.iter().any(|key| key.name == section) { "= 1" } else { ".any = 1" };
        let file = invite.file("server.toml", &format!("{section} {text}\n"));
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let run = invite.run(&["profile", "list", "--config", &file]);
        let run = run.failed(2, &["server.toml is the configuration of `invite-server`", "INVITE_CLI_CONFIG"]);
        assert!(!run.err.contains("chmod"), "{}", run.err);
    }
    let file = invite.path("server.toml").display().to_string();
    let invite = invite.with(FILE_VARIABLE, &file);
    invite.run(&["profile", "list"]).succeeded();
}

#[tokio::test]
async fn a_profile_of_the_development_server_does_for_every_group() {
    let (_server, invite) = world().await;
    for command in [["invitations", "list-invitations"], ["events", "list-events"]] {
        invite.run(&command).succeeded();
    }
    let shown = invite.run(&["profile", "show", "--output", "json"]).succeeded().json();
    assert_eq!(shown["credentials"]["sessionBearer"], "[redacted]");
}
