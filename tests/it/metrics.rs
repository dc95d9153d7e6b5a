//! Metrics: each that is documented is served, says what happened, and says nothing about anybody.

use std::collections::{BTreeMap, BTreeSet};

use contract_tests::http::{Answer, Payload};
use contract_tests::poll;
use contract_tests::server::Server;
use invite_api::security::Operation;
use invite_server::store::schema_version;
use serde_json::{Value, json};

use crate::headers::DATA;
use crate::support::{
    PASSWORD, PROGRAM, activate, imported, kare_invite, muninx_customer, nexus_import, sign_in, strings, unleash_signup,
};

/// Where the metrics are described for operators.
const GUIDE: &str = include_str!("../../server/README.md");
const DASHBOARD: &str = include_str!("../../server/grafana.json");

/// A sample's name and labels, as they are written.
type Series = String;

/// Where a server says that its metrics are.
fn listener(server: &Server) -> String {
    let output = server.output();
    output.lines().find_map(|line| line.trim().strip_prefix("metrics")).unwrap().trim().to_owned()
}

/// What a scrape said.
pub(crate) struct Scrape {
    text: String,
    kinds: BTreeMap<String, String>,
    samples: BTreeMap<Series, f64>,
}

impl Scrape {
    pub(crate) async fn of(server: &Server) -> Self {
        let answer = reqwest::get(listener(server)).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        for (name, value) in DATA {
            assert_eq!(answer.headers()[name], value);
        }
        Self::parse(answer.text().await.unwrap())
    }

    /// The format by its rules: each family has its help and its type before its samples, and no series comes twice.
    fn parse(text: String) -> Self {
        let (mut kinds, mut helped, mut samples) = (BTreeMap::new(), BTreeSet::new(), BTreeMap::new());
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap();
                assert!(help.ends_with('.') || help.len() > 10, "{line}");
                assert!(helped.insert(name.to_owned()), "{line} comes twice");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(helped.contains(name), "{name} has no help");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                kinds.insert(name.to_owned(), kind.to_owned());
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let known = kinds.contains_key(&family(series));
                assert!(known, "{line} has no type");
                let value = value.parse().unwrap();
                assert!(samples.insert(series.to_owned(), value).is_none(), "{series} comes twice");
            }
        }
        Self { text, kinds, samples }
    }

    pub(crate) fn get(&self, series: &str) -> Option<f64> {
        self.samples.get(series).copied()
    }

    /// What was served, line by line.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.text.lines().map(str::to_owned).collect()
    }

    /// All series of a name, by their labels.
    fn all(&self, name: &str) -> BTreeMap<String, f64> {
        let of = |(series, value): (&'_ String, &f64)| {
            let labels = series.strip_prefix(name).filter(|labels| labels.starts_with('{'))?;
            Some((labels.to_owned(), *value))
        };
        self.samples.iter().filter_map(of).collect()
    }
}

/// The family of a series: what a histogram adds to its name is taken away.
fn family(series: &str) -> String {
    let name = series.split('{').next().unwrap_or_default();
    let suffix = ["_bucket", "_sum", "_count"].into_iter().find(|suffix| name.ends_with(suffix));
    let without = suffix.and_then(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    if without.ends_with("_seconds") { without.to_owned() } else { name.to_owned() }
}

/// The names in the guide's table, with their kind and labels.
fn documented() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let told: &[&str] = if cfg!(target_os = "linux") { &["| `invite_", "| `process_"] } else { &["| `invite_"] };
    let rows = GUIDE.lines().filter(|line| told.iter().any(|start| line.starts_with(start)));
    let cells = rows.map(|row| row.split('|').map(str::trim).map(str::to_owned).collect::<Vec<_>>());
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    cells.map(|cells| (quoted(&cells[1]).pop_first().unwrap(), (cells[2].clone(), quoted(&cells[3])))).collect()
}

/// A server, and what its answers were.
struct Watched {
    server: Server,
    answers: BTreeMap<(&'static str, u16), u32>,
}

impl Watched {
    async fn call(&mut self, operation: Operation, parameters: &[&str], body: &Value) -> Answer {
        let credentials = self.server.world.acme.credentials(operation);
        let payload = (!body.is_null()).then(|| Payload::json(body));
        let answer = self.server.call(operation, parameters, &credentials, payload.as_ref()).await;
        self.saw(operation, &answer);
        answer
    }

    fn saw(&mut self, operation: Operation, answer: &Answer) {
        *self.answers.entry((operation.id(), answer.status)).or_default() += 1;
    }
}

async fn watched(more: &[&str]) -> Watched {
    let server = Server::start(PROGRAM, &[&["--metrics-listen", "127.0.0.1:0"], more].concat()).await;
    Watched { server, answers: BTreeMap::new() }
}

#[tokio::test]
async fn each_documented_metric_is_served_and_counts_what_was_done() {
    let mut watched = watched(&["--limit-inviter", "5/1h", "--limit-imports", "1/1h"]).await;
    let people = work(&mut watched).await;
    let scrape = poll::until("an empty outbox and a done import", async || {
        let scrape = Scrape::of(&watched.server).await;
        let done = scrape.get("invite_outbox_mails{state=\"queued\"}") == Some(0.0)
            && scrape.get("invite_imports_running") == Some(0.0)
            && scrape.get("invite_import_rows_total{result=\"invited\"}") == Some(1.0);
        done.then_some(scrape)
    })
    .await;

    what_is_served_is_documented(&scrape);
    let seen = watched.answers.iter().map(|((operation, status), count)| {
        (format!("{{operation=\"{operation}\",status=\"{status}\"}}"), f64::from(*count))
    });
    // What somebody is woken up by is counted from the start, so that the first one is a rise.
    let at_first = Operation::ALL.iter().flat_map(|operation| {
        ["500", "503"].map(|status| (format!("{{operation=\"{}\",status=\"{status}\"}}", operation.id()), 0.0))
    });
    assert_eq!(scrape.all("invite_requests_total"), at_first.chain(seen).collect());
    for operation in Operation::ALL {
        check_histogram(&scrape, operation.id(), &watched.answers);
    }
    let mails = u32::try_from(watched.server.mails().len()).unwrap();
    for (series, value) in [
        ("invite_limit_refusals_total{limit=\"inviter\"}", 1.0),
        ("invite_limit_refusals_total{limit=\"imports\"}", 1.0),
        ("invite_limit_refusals_total{limit=\"client\"}", 0.0),
        ("invite_mail_deliveries_total{outcome=\"sent\"}", f64::from(mails)),
        ("invite_mail_deliveries_total{outcome=\"given_up\"}", 0.0),
        ("invite_outbox_mails{state=\"dead\"}", 0.0),
        ("invite_outbox_oldest_age_seconds", 0.0),
        ("invite_import_rows_total{result=\"duplicate\"}", 1.0),
        ("invite_import_rows_total{result=\"invalid\"}", 1.0),
        ("invite_gate_places", 4096.0),
        ("invite_gate_at_work", 0.0),
        ("invite_gate_refused_total", 0.0),
        ("invite_hashing_busy", 0.0),
        ("invite_database_up", 1.0),
        ("invite_worker_up{worker=\"relay\"}", 1.0),
        ("invite_worker_up{worker=\"importer\"}", 1.0),
        ("invite_worker_up{worker=\"sweeper\"}", 1.0),
        (
            &format!("invite_build_info{{version=\"{}\",schema=\"{}\"}}", env!("CARGO_PKG_VERSION"), schema_version()),
            1.0,
        ),
    ] {
        assert_eq!(scrape.get(series), Some(value), "{series}");
    }
    assert!(mails > 3, "{mails} mails are too few");
    what_the_system_knows(&scrape);
    let answered: u32 = watched.answers.values().sum();
    assert!(scrape.get("invite_database_waits_total{mode=\"write\"}") > Some(f64::from(answered) / 2.0));
    assert!(scrape.get("invite_database_wait_seconds_total{mode=\"read\"}") > Some(0.0));
    nobody_is_named(&scrape, &watched.server, &people).await;
}

/// Of the process, by values that a server of a test can have.
#[cfg(target_os = "linux")]
fn what_the_system_knows(scrape: &Scrape) {
    let get = |name: &str| scrape.get(&format!("process_{name}")).unwrap();
    let mebibyte = f64::from(1 << 20);
    assert!((mebibyte..1024.0 * mebibyte).contains(&get("resident_memory_bytes")), "{}", get("resident_memory_bytes"));
    assert!((5.0..get("max_fds")).contains(&get("open_fds")), "{}", get("open_fds"));
    assert!(get("threads") > 1.0 && get("cpu_seconds_total") > 0.0);
    let age = chrono::Utc::now().timestamp() as f64 - get("start_time_seconds");
    assert!((0.0..3600.0).contains(&(age + 1.0)), "began {age} s ago");
}

#[cfg(not(target_os = "linux"))]
fn what_the_system_knows(_: &Scrape) {}

/// Names, kinds and labels are those of the table in `server/README.md`.
fn what_is_served_is_documented(scrape: &Scrape) {
    let described: BTreeMap<String, String> = documented().into_iter().map(|(name, (kind, _))| (name, kind)).collect();
    assert_eq!(scrape.kinds, described, "server/README.md has another table");
    for (name, (_, labels)) in documented() {
        let has = |series: &&String| family(series) == name;
        let series = scrape.samples.keys().find(has).unwrap();
        let names = series.split(['{', ',']).skip(1).filter_map(|label| label.split('=').next());
        let names: BTreeSet<String> = names.filter(|name| *name != "le").map(str::to_owned).collect();
        assert_eq!(names, labels, "{series}");
    }
}

/// Something of everything; returns what must not be seen.
async fn work(watched: &mut Watched) -> Vec<String> {
    for (address, status) in [("jane@customer.example", 200), ("john@customer.example", 200), ("no address", 400)] {
        let answer = watched.call(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await;
        assert_eq!(answer.status / 100, status / 100, "{}", answer.text());
    }
    let answer = watched.call(Operation::KareInviteUserOrganization, &[], &kare_invite("kim@mail.example")).await;
    assert!(answer.status < 300, "{}", answer.text());
    let rows = ["ina@nexus.example", "INA@nexus.example", "nothing"];
    let body = nexus_import("first", &rows);
    imported(&watched.server, &body).await;
    *watched.answers.entry((Operation::NexusImportOrganizationMembers.id(), 202)).or_default() += 1;
    let second = nexus_import("second", &rows);
    let answer = watched.call(Operation::NexusImportOrganizationMembers, &["1"], &second).await;
    assert_eq!(answer.status, 429, "{}", answer.text());
    let token = watched.server.world.acme.signup_token().to_owned();
    let answer = watched.call(Operation::UnleashSignup, &[&token], &unleash_signup("sam@example.com")).await;
    assert!(answer.status < 300, "{}", answer.text());
    let challenge = watched.server.mail("jane@customer.example", 1).await.secret("challenge");
    for status in [200, 409] {
        let answer = activate(&watched.server, &challenge).await;
        assert_eq!(answer.status, status);
        watched.saw(Operation::Activate, &answer);
    }
    sign_in(&watched.server, "jane@customer.example", PASSWORD).await;
    *watched.answers.entry((Operation::CreateSession.id(), 201)).or_default() += 1;
    let wrong = json!({ "email": "jane@customer.example", "password": "a wrong password" });
    let answer = watched.call(Operation::CreateSession, &[], &wrong).await;
    assert_eq!(answer.status, 401);
    limited(watched).await;
    let body = muninx_customer("a@b.example");
    let answer = watched.server.post_as(&vec![], Operation::MuninxInviteUser, &[], &body).await;
    watched.saw(Operation::MuninxInviteUser, &answer);
    assert_eq!(answer.status, 401);
    vec![challenge, token, "customer.example".into(), "nexus.example".into(), "sam@".into(), PASSWORD.into()]
}

/// Invites until the limit of the inviter is reached.
async fn limited(watched: &mut Watched) {
    for number in 0..6 {
        let body = muninx_customer(&format!("many{number}@customer.example"));
        if watched.call(Operation::MuninxInviteUser, &[], &body).await.status == 429 {
            return;
        }
    }
    panic!("the limit is not reached");
}

fn check_histogram(scrape: &Scrape, operation: &str, answers: &BTreeMap<(&str, u16), u32>) {
    let name = "invite_request_duration_seconds";
    let answered: u32 = answers.iter().filter(|((id, _), _)| *id == operation).map(|(_, count)| count).sum();
    let count = scrape.get(&format!("{name}_count{{operation=\"{operation}\"}}"));
    assert_eq!(count, Some(f64::from(answered)), "{operation}");
    let mut buckets: Vec<(f64, f64)> = scrape
        .all(&format!("{name}_bucket"))
        .into_iter()
        .filter(|(labels, _)| labels.contains(&format!("operation=\"{operation}\"")))
        .map(|(labels, count)| {
            let bound = labels.split("le=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            (bound.parse().unwrap(), count)
        })
        .collect();
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert!(buckets.len() > 10 && buckets.is_sorted_by_key(|(_, count)| *count), "{operation}: {buckets:?}");
    assert_eq!(buckets.last(), Some(&(f64::INFINITY, f64::from(answered))), "{operation}");
}

/// Neither of the world, nor of what was sent, nor of what was made, is anything in the text.
async fn nobody_is_named(scrape: &Scrape, server: &Server, people: &[String]) {
    let mut names = people.to_vec();
    names.extend(strings(&server.world.file));
    let mails = server.mails();
    names.extend(mails.iter().map(|mail| mail.to.clone()));
    assert!(names.len() > 20, "{names:?}");
    let told: Vec<&String> =
        names.iter().filter(|name| name.len() > 5 && scrape.text.contains(name.as_str())).collect();
    assert!(told.is_empty(), "{told:?}");
    for address in ["127.0.0.1", "::1"] {
        assert!(!scrape.text.contains(address), "{address}");
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_told_and_what_it_would_say_is_left_out() {
    let watched = watched(&[]).await;
    let queued = "invite_outbox_mails{state=\"queued\"}";
    watched.server.execute("ALTER TABLE outbox RENAME TO elsewhere").await;
    let scrape = Scrape::of(&watched.server).await;
    assert_eq!((scrape.get("invite_database_up"), scrape.get(queued)), (Some(0.0), None));
    assert!(scrape.get("invite_gate_places").is_some(), "all else is served");
    watched.server.execute("ALTER TABLE elsewhere RENAME TO outbox").await;
    poll::until("the database again", async || {
        let scrape = Scrape::of(&watched.server).await;
        (scrape.get("invite_database_up") == Some(1.0) && scrape.get(queued) == Some(0.0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn metrics_are_on_their_own_listener_and_off_by_default() {
    let watched = watched(&[]).await;
    assert_eq!(watched.server.send("GET", "/metrics", &[], None).await.status, 404);
    let own = listener(&watched.server);
    for (method, path, status) in [(reqwest::Method::GET, "/", 404), (reqwest::Method::POST, "/metrics", 405)] {
        let answer = reqwest::Client::new().request(method, own.replace("/metrics", path)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        for (name, value) in DATA {
            assert_eq!(answer.headers()[name], value, "{path}");
        }
    }
    let silent = crate::support::server().await;
    assert!(silent.output().lines().any(|line| line.trim().strip_prefix("metrics").map(str::trim) == Some("off")));
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    assert_eq!(dashboard["title"], "Invite");
    let mut shown = BTreeSet::new();
    let mut titles = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(titles.insert(title) && !title.is_empty(), "{title} comes twice");
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let names = names_in(expression);
            assert!(!names.is_empty(), "{title}: {expression}");
            shown.extend(names);
        }
    }
    let documented: BTreeSet<String> = documented().into_keys().collect();
    assert_eq!(shown, documented);
}

#[test]
fn every_metric_that_an_alert_or_the_runbook_names_exists() {
    let documented: BTreeSet<String> = documented().into_keys().collect();
    let named: BTreeSet<String> = names_in(GUIDE).into_iter().collect();
    assert_eq!(named, documented);
}

fn names_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    words.filter(|word| word.starts_with("invite_") || word.starts_with("process_")).map(family).collect()
}
