//! The headers that protect answers and pages in a browser, and what SECURITY.md says of the rest. The answers of the operations
//! are held against them where all of them are brought about (`coverage`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use contract_tests::document::root;
use contract_tests::http::{self, Answer};
use invite_api::security::Operation;
use tempfile::TempDir;

use crate::canaries::programs::serve_at;
use crate::support::server;

/// What every answer that is data says, whatever it is.
pub(crate) const DATA: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("cache-control", "no-store"),
];

/// Holds an answer against them.
pub(crate) fn protected(answer: &Answer, what: &str) {
    for (name, value) in DATA {
        assert_eq!(answer.header(name), Some(value), "{what}: {name} of {}", answer.status);
    }
    assert!(answer.header("strict-transport-security").is_none(), "{what}: no TLS is demanded of {}", answer.status);
}

#[tokio::test]
async fn what_is_no_operation_and_no_page_is_refused_with_these_headers_too() {
    let server = server().await;
    for (method, path, status) in [
        ("GET", "/", 404),
        ("GET", "/nowhere", 404),
        ("POST", "/users/none/of/these", 404),
        ("GET", "/assets/none", 404),
        ("GET", "/%ff", 404),
        ("GET", "/users/%ff", 404),
        ("DELETE", "/users", 405),
        ("POST", "/activate", 405),
        ("OPTIONS", "/users", 405),
        ("HEAD", "/users", 405),
        ("BREW", "/users", 405),
    ] {
        let answer = server.send(method, path, &[], None).await;
        assert_eq!(answer.status, status, "{method} {path}");
        protected(&answer, &format!("{method} {path}"));
        assert_eq!(answer.headers.contains_key("allow"), status == 405, "{method} {path}");
    }
}

#[tokio::test]
async fn monitors_may_ask_for_health_without_a_body() {
    let server = server().await;
    for path in ["/health/live", "/health/ready"] {
        let answer = server.send("HEAD", path, &[], None).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{path}");
        protected(&answer, path);
    }
}

#[tokio::test]
async fn pages_have_the_headers_that_protect_them() {
    let server = server().await;
    for (path, cache) in [
        ("/activate", "no-store"),
        ("/new-user", "no-store"),
        ("/assets/activate.js", "no-cache"),
        ("/openapi.yaml", "no-cache"),
        ("/docs/problems/not_allowed", "no-cache"),
        ("/docs/", "no-cache"),
        ("/docs/assets/console.js", "no-cache"),
    ] {
        let answer = server.send("GET", path, &[], None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("cache-control"), Some(cache), "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        for demand in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"] {
            assert!(policy.contains(demand), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        for (name, value) in &DATA[..2] {
            assert_eq!(answer.header(name), Some(*value), "{path}: {name}");
        }
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
    }
}

#[tokio::test]
async fn a_server_that_people_reach_by_tls_demands_it() {
    let folder = TempDir::new().unwrap();
    let (_process, address) = serve_at(&folder, "https://invite.example.com").await;
    let client = http::client();
    for path in ["/health/live", "/users", "/activate", "/docs"] {
        let answer = http::send(&client, "GET", &format!("http://{address}{path}"), &[], None).await.unwrap();
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
    }
}

#[test]
fn each_test_that_the_threat_model_names_exists() {
    let model = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let rows = model.lines().filter(|line| line.starts_with('|')).map(|line| line.split('|').collect::<Vec<_>>());
    let rows: Vec<_> = rows.filter(|cells| cells.len() == 6 && !is_head(cells[4])).collect();
    let mut functions = BTreeSet::new();
    for folder in ["tests/it", "server"] {
        collect(&root().join(folder), &mut functions);
    }
    assert!(rows.len() > 20 && functions.len() > 300, "{} rows, {} functions", rows.len(), functions.len());
    for cells in rows {
        for path in quoted(cells[3]).iter().filter(|path| path.contains('/')) {
            assert!(root().join(path).exists(), "{path}");
        }
        let tests = quoted(cells[4]);
        assert!(!tests.is_empty(), "{} is shown by nothing", cells[1]);
        for test in tests.iter().filter(|test| !test.starts_with("cargo ")) {
            assert!(functions.contains(test), "there is no test `{test}`");
        }
    }
}

/// Whether the last cell of a row is of the head of its table.
fn is_head(cell: &str) -> bool {
    ["shown by", "tests"].contains(&cell.trim()) || cell.starts_with("---")
}

/// The texts between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn each_hostile_group_is_in_the_threat_model_with_all_its_tests() {
    let model = std::fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, section) = model.split_once("## Hostile cases").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let rows = section.lines().map(|line| line.split('|').collect::<Vec<_>>()).filter(|cells| cells.len() == 6);
    let told = rows.filter_map(|cells| Some((quoted(cells[1]).pop()?, quoted(cells[4]).into_iter().collect())));
    let told: BTreeMap<String, BTreeSet<String>> = told.collect();
    let there = std::fs::read_dir(root().join("tests/it/hostile")).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), tests_in(&std::fs::read_to_string(&path).unwrap()))
    });
    assert_eq!(told, there.collect());
    assert_eq!(told.len(), 12);
}

/// The functions behind an attribute that makes them tests.
fn tests_in(text: &str) -> BTreeSet<String> {
    let pairs = text.lines().zip(text.lines().skip(1));
    let tests = pairs.filter(|(attribute, _)| ["#[test]", "#[tokio::test]"].contains(attribute));
    let names = tests.filter_map(|(_, line)| line.trim_start_matches("async ").strip_prefix("fn ")?.split('(').next());
    names.map(str::to_owned).collect()
}

/// The names of all functions below a folder.
fn collect(folder: &Path, functions: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, functions);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.lines().filter_map(|line| line.trim().trim_start_matches("async ").strip_prefix("fn "));
            functions.extend(names.filter_map(|rest| rest.split(['(', '<']).next()).map(str::to_owned));
        }
    }
}

/// Proxies tell where a request comes from, in whatever letters; such a header is no parameter of any operation.
#[tokio::test]
async fn a_header_that_is_no_parameter_may_hold_any_bytes() {
    let server = server().await;
    let mut headers = server.world.acme.credentials(Operation::MuninxInviteUser);
    headers.push(("idempotency-key", "proxied".to_owned()));
    headers.push(("cf-ipcity", "São Paulo".to_owned()));
    let invite = crate::support::muninx_customer("proxied@customer.example");
    let answer = server.post_as(&headers, Operation::MuninxInviteUser, &[], &invite).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
