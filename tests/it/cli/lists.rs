//! Lists that come in pages.

use contract_tests::peer::Peer;

use super::{Invite, Run, muninx, world};

#[tokio::test]
async fn every_page_of_a_list_is_a_table_and_says_how_to_get_the_next() {
    let (_server, invite) = world().await;
    for email in ["l1@customer.example", "l2@customer.example", "l3@customer.example"] {
        invite.run(&muninx(email)).succeeded();
    }
    let list =
        |more: &[&str]| -> Run { invite.run(&[&["invitations", "list-invitations"][..], more].concat()).succeeded() };
    let first = list(&["--limit", "2"]);
    let lines: Vec<&str> = first.out.lines().collect();
    assert!(lines.len() == 3 && lines[0].contains("email") && lines[1].contains("@customer.example"), "{}", first.out);
    let more =
        first.err.lines().find_map(|line| line.strip_prefix("more: ")).unwrap_or_else(|| panic!("{}", first.err));
    let last = list(&[&["--limit", "2"][..], &more.split(' ').collect::<Vec<_>>()].concat());
    assert_eq!((last.out.lines().count(), last.err.as_str()), (2, ""), "{}", last.out);

    let page = list(&["--limit", "2", "--output", "json"]);
    assert!(page.json()["items"].as_array().unwrap().len() == 2 && page.json()["next"].is_string(), "{}", page.out);
    assert_eq!(page.err, "");
    let all = list(&["--limit", "2", "--all"]);
    assert_eq!((all.out.lines().count(), all.err.as_str()), (4, ""), "{}", all.out);
    let all = list(&["--limit", "2", "--all", "--output", "json"]).json();
    assert!(all["items"].as_array().unwrap().len() == 3 && all.get("next").is_none(), "{all}");
}

#[tokio::test]
async fn an_import_is_shown_with_its_rows_as_a_table() {
    let (server, invite) = world().await;
    let organization = format!("organizationId={}", server.world.acme.organization());
    let arguments = ["import", "--flow", "nexus", "--file", "-", "--set", &organization, "--job", "spring"];
    let run = invite.run_with(&arguments, "emailAddress\nj1@nexus.example\nj2@nexus.example\n").succeeded();
    let id = run.err.split("--id ").nth(1).unwrap().split('`').next().unwrap();
    let shown = invite.run(&["imports", "get-import", "--id", id, "--limit", "1"]).succeeded();
    assert!(shown.out.lines().any(|line| line.split_whitespace().eq(["total", "2"])), "{}", shown.out);
    assert!(!shown.out.contains('{') && shown.out.contains("j1@nexus.example"), "{}", shown.out);
    assert!(shown.err.starts_with("more: --cursor "), "{}", shown.err);
}

#[tokio::test]
async fn a_list_that_leads_in_a_circle_ends() {
    let peer = Peer::listen().await;
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_SESSION_BEARER", "canary-bearer");
    let running = std::thread::spawn(move || invite.run(&["events", "list-events", "--all"]));
    for _ in 0..2 {
        peer.request().await.answer("200 OK", "application/json", r#"{"items": [], "next": "abc"}"#).await;
    }
    running.join().unwrap().failed(4, &["the pages lead in a circle"]);
}

#[tokio::test]
async fn help_names_the_limits_of_numbers_and_what_holds_without() {
    let invite = Invite::new();
    for (group, command, says) in [
        ("events", "list-events", "50 if it is left out [1 to 100]"),
        ("imports", "get-import", "100 when nothing is said [1 to 1000]"),
    ] {
        let help = invite.run(&[group, command, "-h"]).succeeded().out;
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains(says), "{help}");
    }
}

#[tokio::test]
async fn times_keep_the_milliseconds_that_the_service_writes() {
    let peer = Peer::listen().await;
    let id = "0193a4c1-7c55-7f2e-9c7e-3b1f5d0f8a11";
    let token = |time: &str| {
        format!(r#"{{"id": "{id}", "name": "2026-01-15T08:45:00Z", "created_at": "2026-01-15T08:45:0{time}"}}"#)
    };
    let body = format!("[{}, {}, {}]", token("0.000Z"), token("0.250Z"), token("2Z"));
    let invite = Invite::new().with("INVITE_SERVER", &peer.url()).with("INVITE_MUNINX_BEARER", "canary-bearer");
    let list = ["muninx", "list-tokens", "--output", "json"];
    let (_, run) = invite.told(&peer, &list, &[("200 OK", "application/json", &body)]).await;
    let tokens = run.json();
    let times: Vec<&str> =
        tokens.as_array().unwrap().iter().map(|token| token["created_at"].as_str().unwrap()).collect();
    let expected = ["2026-01-15T08:45:00.000Z", "2026-01-15T08:45:00.250Z", "2026-01-15T08:45:02.000Z"];
    assert_eq!(times, expected);
    assert_eq!(tokens[0]["name"], "2026-01-15T08:45:00Z", "a text is none");
}
