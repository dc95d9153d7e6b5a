//! Addresses that look like others, or are others in disguise: by every flow one mailbox is one account.

use contract_tests::database::Database;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::imports;
use crate::support::{
    PASSWORD, activate, count, imported, kare_invite, muninx_customer, nexus_import, rows, server, try_sign_in,
    unleash_signup,
};

/// What must never become an account by any flow.
const DISGUISED: [&str; 22] = [
    // A domain of which only IDNA sees the real end.
    "a@example.com\u{ff0e}evil.com/x",
    "a@example\u{3002}com",
    "a@exa\u{200b}mple.com",
    "a@exam\u{ad}ple.com",
    "a@ex\u{202e}ample.com",
    // Two at-signs, one of them in disguise.
    "a@b@customer.example",
    "a@b.com\u{ff20}evil.com",
    "a\u{ff20}b@customer.example",
    // More than one recipient, or a header.
    "a@b.com,c@d.com",
    "a@b.com;c@d.com",
    "a@b.com c@d.com",
    "a@b.com\r\nBcc: c@d.com",
    "a@b.com\u{2028}Bcc: c@d.com",
    "a@b.com\0",
    "Jane <a@b.com>",
    "<a@b.com>",
    "\"a@b\"@customer.example",
    // Places that are no domains.
    "a@[127.0.0.1]",
    "a@.customer.example",
    "a@customer..example",
    ".a@customer.example",
    "a..b@customer.example",
];

const FLOWS: [&str; 4] = ["muninx", "kare", "nexus", "unleash"];

async fn invite(server: &Server, flow: &str, address: &str) -> u16 {
    let (operation, path, body) = match flow {
        "muninx" => (Operation::MuninxInviteUser, vec![], muninx_customer(address)),
        "kare" => (Operation::KareInviteUserOrganization, vec![], kare_invite(address)),
        "nexus" => (Operation::NexusInviteOrganizationMember, vec!["1"], json!({ "emailAddress": address })),
        _ => (Operation::UnleashSignup, vec![server.world.acme.signup_token()], unleash_signup(address)),
    };
    server.post(operation, &path, &body).await.status
}

async fn users(database: &Database) -> Vec<String> {
    rows(database, "email_normalized", "TRUE").await
}

#[tokio::test]
async fn an_address_in_disguise_is_refused_by_every_flow() {
    let server = server().await;
    let database = server.database().await;
    let before = users(&database).await;
    for address in DISGUISED {
        for flow in FLOWS {
            assert_eq!(invite(&server, flow, address).await, 400, "{flow}: {address:?}");
        }
    }
    let id = imported(&server, &nexus_import("disguised", &DISGUISED)).await;
    let import = imports::ended(&server, &id).await;
    assert_eq!(import["results"]["invalid"], DISGUISED.len(), "{import}");
    assert_eq!(users(&database).await, before, "an account was made");
    database.close().await;
}

#[tokio::test]
async fn every_spelling_of_an_address_signs_in_to_the_one_account() {
    let server = server().await;
    let invite = json!({ "emailAddress": "Jane.Doe@Bücher.example", "displayName": "Jane" });
    assert_eq!(server.post(Operation::NexusInviteOrganizationMember, &["1"], &invite).await.status, 204);
    let mail = server.mail("Jane.Doe@xn--bcher-kva.example", 1).await;
    assert_eq!(activate(&server, &mail.secret("challenge")).await.status, 200);
    for spelling in ["jane.doe@bücher.example", "JANE.DOE@XN--BCHER-KVA.EXAMPLE", "Jane.Doe@BÜCHER.EXAMPLE"] {
        let answer = try_sign_in(&server, spelling, PASSWORD).await;
        assert_eq!(answer.status, 201, "{spelling}: {}", answer.text());
    }
    // The key of MuninX's paths, as the list shows it and as mail writes it.
    let headers = server.world.acme.credentials(Operation::MuninxGetUser);
    let list = server.call(Operation::MuninxListUsers, &[], &headers, None).await.json();
    let shown: Vec<&str> = list["users"].as_array().unwrap().iter().filter_map(|user| user["email"].as_str()).collect();
    let shown = shown.into_iter().find(|email| email.starts_with("Jane.Doe@")).unwrap().to_owned();
    for spelling in [shown.as_str(), "jane.doe@bücher.example", "jane.doe@xn--bcher-kva.example"] {
        let answer = server.call(Operation::MuninxGetUser, &[spelling], &headers, None).await;
        assert_eq!((answer.status, &answer.json()["email"]), (200, &json!(shown)), "{spelling}");
    }
    let invite = json!({ "emailAddress": "jürgen@customer.example" });
    assert_eq!(server.post(Operation::NexusInviteOrganizationMember, &["1"], &invite).await.status, 204);
    let answer = server.call(Operation::MuninxGetUser, &["jürgen@customer.example"], &headers, None).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let made = "SELECT count(*) FROM users WHERE email_normalized LIKE '%xn--bcher-kva.example'";
    assert_eq!(count(&server, made).await, 1);
}

#[tokio::test]
async fn what_only_looks_like_an_address_is_another_account() {
    let server = server().await;
    // Dots and tags are the mailbox's own business, and a Cyrillic letter is another letter.
    let others = [
        "jane.doe@people.example",
        "janedoe@people.example",
        "jane.doe+x@people.example",
        "j\u{430}ne.doe@people.example",
    ];
    let mut ids = Vec::new();
    for address in others {
        let answer =
            server.post(Operation::UnleashSignup, &[server.world.acme.signup_token()], &unleash_signup(address)).await;
        assert_eq!(answer.status, 200, "{address}: {}", answer.text());
        ids.push(answer.json()["id"].clone());
    }
    let different: std::collections::BTreeSet<String> = ids.iter().map(Value::to_string).collect();
    assert_eq!(different.len(), others.len(), "{ids:?}");
    for end in ["evil-people.example", "people.example.evil.com", "sub.people.example"] {
        let answer = server
            .post(
                Operation::UnleashSignup,
                &[server.world.acme.signup_token()],
                &unleash_signup(&format!("janedoe@{end}")),
            )
            .await;
        assert_eq!(answer.status, 200, "a domain is compared as a whole, not by its end");
    }
}
