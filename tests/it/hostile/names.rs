//! Names that would break a header, reorder the text around them, or say something else under the sender's name.

use contract_tests::http::Payload;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::quiet;
use crate::access::body;
use crate::imports::{self, ended};
use crate::support::{count, imported, muninx_customer, nexus_import, rows, server};

/// Every member in which a caller names something, by the operation and its JSON pointer.
const NAMED: [(Operation, &[&str]); 11] = [
    (Operation::MuninxInviteUser, &["/name", "/last-name", "/email"]),
    (Operation::MuninxUpdateUser, &["/name", "/last-name"]),
    (Operation::MuninxCreateToken, &["/name"]),
    (Operation::MuninxCreateCustomerOrganization, &["/display-name", "/id"]),
    (Operation::KareInviteUserOrganization, &["/firstName", "/lastName", "/email"]),
    (Operation::KareAcceptInvitation, &["/firstName", "/lastName", "/phone", "/email"]),
    (Operation::NexusInviteOrganizationMember, &["/displayName", "/givenName", "/familyName", "/emailAddress"]),
    (Operation::NexusImportOrganizationMembers, &["/id", "/importFilename"]),
    (Operation::NexusCreateApiKey, &["/id", "/description"]),
    (Operation::UnleashSignup, &["/name", "/username", "/email"]),
    (Operation::UnleashCreateSignupToken, &["/name"]),
];

const LINKS: [&str; 6] = [
    "http://evil.example",
    "Visit www.evil",
    "evil.com",
    "Evil.Example/login",
    "ｅvil．com",
    "ev\u{200b}il.c\u{200b}om",
];

/// Controls of both sets, separators of lines, marks and overrides of direction, and the mark of byte order.
fn forbidden() -> Vec<char> {
    let ranges = ['\0'..='\u{1f}', '\u{7f}'..='\u{9f}', '\u{2028}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    let singles = ['\u{61c}', '\u{200e}', '\u{200f}', '\u{feff}'];
    ranges.into_iter().flatten().chain(singles).collect()
}

fn path(server: &Server, operation: Operation) -> Vec<&str> {
    match operation {
        Operation::MuninxUpdateUser => vec!["me"],
        _ => crate::coverage::parameters(server, operation),
    }
}

#[tokio::test]
async fn no_control_and_no_change_of_direction_gets_into_any_name() {
    let server = server().await;
    let database = server.database().await;
    let before = rows(&database, "", "TRUE").await;
    for (operation, pointers) in NAMED {
        let valid = body(&server, operation).await.unwrap();
        let headers = server.world.acme.credentials(operation);
        for pointer in pointers {
            for c in forbidden() {
                let mut changed = valid.clone();
                changed[&pointer[1..]] = json!(format!("Ja{c}ne"));
                let payload = Payload::json(&changed);
                let answer = server.call(operation, &path(&server, operation), &headers, Some(&payload)).await;
                let place = format!("{} with {c:?} in {pointer}", operation.id());
                assert_eq!(answer.status, 400, "{place}: {}", answer.text());
                assert!(c.is_ascii() || !answer.text().contains(c), "{place}: it is sent back");
            }
        }
    }
    assert_eq!(rows(&database, "", "TRUE").await, before, "something is left of a refused name");
    database.close().await;
    assert!(server.mails().is_empty());
}

/// Rows of an import of which one name each is changed, and its member.
fn named_rows(names: &[String]) -> Vec<(&'static str, Value)> {
    let changed = |name: &String, member: &'static str| {
        let mut row = json!({ "givenName": "Jane", "familyName": "Doe", "displayName": "Jane Doe" });
        row[member] = json!(name);
        (member, row)
    };
    let members = ["displayName", "givenName", "familyName"];
    let mut rows: Vec<_> = names.iter().flat_map(|name| members.map(|member| changed(name, member))).collect();
    for (number, (_, row)) in rows.iter_mut().enumerate() {
        row["emailAddress"] = json!(format!("row{number}@nexus.example"));
    }
    rows
}

#[tokio::test]
async fn a_row_of_an_import_with_such_a_name_invites_nobody() {
    let server = server().await;
    let controls = forbidden().into_iter().map(|c| format!("Ja{c}ne"));
    let sent = named_rows(&controls.chain(LINKS.map(str::to_owned)).collect::<Vec<_>>());
    let mut body = nexus_import("names", &[]);
    body["newMembers"] = sent.iter().map(|(_, row)| row.clone()).collect();
    let id = imported(&server, &body).await;
    ended(&server, &id).await;
    let results = imports::rows(&server, &id).await;
    assert_eq!(results.len(), sent.len());
    for ((member, row), result) in sent.iter().zip(results) {
        assert_eq!((&result["result"], &result["field"]), (&json!("invalid"), &json!(member)), "{row}: {result}");
    }
    assert_eq!(count(&server, "SELECT count(*) FROM users WHERE email LIKE 'row%'").await, 0);
    quiet(&server).await;
    assert!(server.mails().iter().all(|mail| mail.to == "admin@acme.example"), "only who imports is told");
}

#[tokio::test]
async fn half_a_character_is_no_name() {
    let server = server().await;
    let operation = Operation::MuninxInviteUser;
    let text = muninx_customer("half@customer.example").to_string();
    let written = |bytes: &[u8]| {
        let (start, end) = text.split_once("Jane").unwrap();
        [start.as_bytes(), bytes, end.as_bytes()].concat()
    };
    for bytes in
        [&b"\\ud800"[..], b"\\udc00\\ud800", b"\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"\xff", b"a\nb", b"\\u000a"]
    {
        let payload = Payload::raw("application/json", written(bytes));
        let answer = server.call(operation, &[], &server.world.acme.credentials(operation), Some(&payload)).await;
        assert_eq!(answer.status, 400, "{bytes:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn names_that_a_mail_program_makes_a_link_of_are_refused() {
    let server = server().await;
    for (operation, pointers) in NAMED.into_iter().filter(|(operation, _)| *operation != Operation::MuninxCreateToken) {
        let shown = pointers.iter().filter(|pointer| pointer.to_lowercase().ends_with("name"));
        // What no mail shows may be called anything.
        for pointer in shown.filter(|pointer| !["/importFilename", "/username"].contains(pointer)) {
            if operation == Operation::UnleashCreateSignupToken {
                continue;
            }
            for link in LINKS {
                let mut changed = body(&server, operation).await.unwrap();
                changed[&pointer[1..]] = json!(link);
                let answer = server.post(operation, &path(&server, operation), &changed).await;
                assert_eq!(answer.status, 400, "{} with {link:?} in {pointer}: {}", operation.id(), answer.text());
            }
        }
    }
}

#[tokio::test]
async fn a_telephone_number_is_in_no_mail_however_it_is_written() {
    let server = server().await;
    let inviter = json!({ "name": "Call 0800\u{2013}123\u{2013}4567", "last-name": "now" });
    assert_eq!(server.post(Operation::MuninxUpdateUser, &["me"], &inviter).await.status, 200);
    for (number, mark) in ["-", "\u{2010}", "\u{2011}", "_", ",", "\u{b7}"].into_iter().enumerate() {
        let slug = format!("bait{number}");
        let name = format!("Call 0800{mark}123{mark}4567");
        let made = json!({ "id": slug, "display-name": name, "domains": [] });
        assert_eq!(server.post(Operation::MuninxCreateCustomerOrganization, &[], &made).await.status, 200);
        let mut invite = muninx_customer(&format!("{slug}@customer.example"));
        invite["organization"] = json!(slug);
        invite["name"] = json!(name);
        assert_eq!(server.post(Operation::MuninxInviteUser, &[], &invite).await.status, 200);
        let mail = server.mail(&format!("{slug}@customer.example"), 1).await;
        for part in [&mail.subject, &mail.text, &mail.html] {
            assert!(!part.contains("0800") && !part.contains("4567"), "{mark:?}: {part}");
        }
    }
}

#[tokio::test]
async fn names_are_text_in_a_mail_and_nothing_else() {
    let server = server().await;
    let inviter = "Ann <img src=x onerror=y> {{ link }} =?utf-8?q?evil?= & O'Brien";
    let organization = "Cust\"omer</title><script>x</script>";
    let renamed = json!({ "name": inviter, "last-name": "Doe" });
    assert_eq!(server.post(Operation::MuninxUpdateUser, &["me"], &renamed).await.status, 200);
    let made = json!({ "id": "odd", "display-name": organization, "domains": [] });
    assert_eq!(server.post(Operation::MuninxCreateCustomerOrganization, &[], &made).await.status, 200);
    let mut invite = muninx_customer("reader@customer.example");
    for (member, value) in
        [("organization", "odd"), ("name", "<b>Jane</b>"), ("last-name", "${1234*5678} {{1234*5678}}")]
    {
        invite[member] = json!(value);
    }
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &invite).await.status, 200);
    let mail = server.mail("reader@customer.example", 1).await;
    for markup in ["<img", "<script", "er</title>", "<b>Jane"] {
        assert!(!mail.html.contains(markup), "{markup} in {}", mail.html);
    }
    assert!(mail.text.contains("O'Brien") && mail.text.contains("<img src=x"), "as it was given: {}", mail.text);
    assert!(mail.html.contains("&lt;img src=x"), "{}", mail.html);
    for all in [&mail.text, &mail.html] {
        assert!(!all.contains("7006652"), "nothing is worked out: {all}");
    }
    assert!(!mail.subject.contains("evil") && !mail.subject.contains("script"), "{}", mail.subject);
    assert!(mail.link().starts_with(&server.world.base_url));
    quiet(&server).await;
    assert_eq!(server.mails().len(), 1);
}
