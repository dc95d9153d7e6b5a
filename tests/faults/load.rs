//! A crowd that invites and signs up, and remembers what it was answered; and what has become of all that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use contract_tests::bodies::{kare_invite, muninx_customer, nexus_invite, unleash_signup};
use contract_tests::http::{self, Payload};
use contract_tests::mailbox::Mail;
use contract_tests::server::{Server, path};
use contract_tests::world::Tenant;
use contract_tests::{contract, document};
use invite_api::security::Operation;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many ask at once.
const CROWD: usize = 8;
/// Of so many requests one is a signup: its password costs more than all else.
const SIGNUP_OF: usize = 8;

/// How long to wait for successes; longer than a server that says nothing is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What somebody asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) address: String,
    /// Whether a mail comes of it.
    pub(crate) is_mailed: bool,
    /// The status; none: no answer came.
    pub(crate) status: Option<u16>,
    /// How long the answer took.
    pub(crate) took: Duration,
}

impl Asked {
    pub(crate) fn is_done(&self) -> bool {
        self.status.is_some_and(|status| status < 300)
    }
}

/// A crowd at work.
pub(crate) struct Crowd {
    workers: JoinSet<Vec<Asked>>,
    stop: Arc<AtomicBool>,
    /// How many have been answered with a success.
    done: watch::Receiver<usize>,
}

/// What each of a crowd works with.
struct Worker {
    client: reqwest::Client,
    base_url: String,
    acme: Tenant,
    round: String,
    next: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    done: Arc<watch::Sender<usize>>,
}

impl Crowd {
    /// Begins; addresses are of the round.
    pub(crate) fn start(server: &Server, round: &str) -> Self {
        let (done, seen) = watch::channel(0);
        let (done, stop, next) = (Arc::new(done), Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let client = http::client();
        let mut workers = JoinSet::new();
        for _ in 0..CROWD {
            let worker = Worker {
                client: client.clone(),
                base_url: server.world.base_url.clone(),
                acme: server.world.acme.clone(),
                round: round.to_owned(),
                next: next.clone(),
                stop: stop.clone(),
                done: done.clone(),
            };
            workers.spawn(worker.work());
        }
        Self { workers, stop, done: seen }
    }

    /// Waits until so many more have been answered with a success; returns how long that took.
    pub(crate) async fn after(&mut self, more: usize) -> Duration {
        let (start, wanted) = (Instant::now(), *self.done.borrow() + more);
        let done = tokio::time::timeout(PATIENCE, self.done.wait_for(|done| *done >= wanted)).await;
        // An error: the last of the crowd has gone, and nothing more will come.
        assert!(done.is_ok(), "not {more} more successes within {PATIENCE:?}: the server does not come back by itself");
        start.elapsed()
    }

    /// Asks for nothing more and waits for the answers.
    pub(crate) async fn stop(self) -> Vec<Asked> {
        self.stop.store(true, Ordering::Relaxed);
        self.gone().await
    }

    /// Waits until each has met a server that is gone.
    pub(crate) async fn gone(self) -> Vec<Asked> {
        self.workers.join_all().await.into_iter().flatten().collect()
    }
}

impl Worker {
    async fn work(self) -> Vec<Asked> {
        let mut all = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let asked = self.ask().await;
            let is_gone = asked.status.is_none();
            if asked.is_done() {
                self.done.send_modify(|done| *done += 1);
            }
            all.push(asked);
            if is_gone {
                break;
            }
        }
        all
    }

    async fn ask(&self) -> Asked {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let address = format!("p{number}@{}.example", self.round);
        let token = self.acme.signup_token();
        let (operation, parameters, body): (Operation, Vec<&str>, Value) = match number % SIGNUP_OF {
            0 => (Operation::UnleashSignup, vec![token], unleash_signup(&address)),
            other if other % 3 == 0 => (Operation::MuninxInviteUser, vec![], muninx_customer(&address)),
            other if other % 3 == 1 => (Operation::KareInviteUserOrganization, vec![], kare_invite(&address)),
            _ => (Operation::NexusInviteOrganizationMember, vec!["1"], nexus_invite(&address)),
        };
        let headers = self.acme.credentials(operation);
        let (url, payload) = (format!("{}{}", self.base_url, path(operation, &parameters)), Payload::json(&body));
        let start = Instant::now();
        let answer = http::send(&self.client, operation.method(), &url, &headers, Some(&payload)).await;
        let status = answer.ok().map(|answer| {
            contract::check(document::operation(operation.id()), &answer);
            assert!(
                answer.status < 300 || answer.status >= 500,
                "{}: {} {}",
                operation.id(),
                answer.status,
                answer.text()
            );
            if answer.status == 503 {
                assert!(answer.header("retry-after").is_some(), "{}: 503 without Retry-After", operation.id());
            }
            answer.status
        });
        Asked { address, is_mailed: operation != Operation::UnleashSignup, status, took: start.elapsed() }
    }
}

/// How things stand after a fault, in numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) times: usize,
    pub(crate) done: usize,
    pub(crate) turned_away: usize,
    pub(crate) failed: usize,
    pub(crate) unanswered: usize,
    /// Done, and not there.
    pub(crate) lost: usize,
    /// There more than once.
    pub(crate) doubled: usize,
    /// Copies of mails beyond the first.
    pub(crate) extra_mails: usize,
    /// The most of them after one fault.
    pub(crate) most_extra_mails: usize,
    /// The longest that anybody waited for an answer.
    pub(crate) longest_answer: Duration,
    /// The longest until all was well again.
    pub(crate) longest_recovery: Duration,
}

impl Tally {
    /// Counts what was asked for and looks, through the API, whether it is there.
    pub(crate) async fn add(&mut self, server: &Server, round: &str, asked: &[Asked]) -> BTreeSet<String> {
        for one in asked {
            self.longest_answer = self.longest_answer.max(one.took);
            match one.status {
                None => self.unanswered += 1,
                Some(503) => self.turned_away += 1,
                Some(500..) => self.failed += 1,
                Some(_) => self.done += 1,
            }
        }
        let found = listed(server, round).await;
        self.lost += asked.iter().filter(|one| one.is_done() && !found.contains_key(&one.address)).count();
        self.doubled += found.values().filter(|times| **times > 1).count();
        let known: BTreeSet<&str> = asked.iter().map(|one| one.address.as_str()).collect();
        let strange: Vec<_> = found.keys().filter(|address| !known.contains(address.as_str())).collect();
        assert!(strange.is_empty(), "nobody asked for {strange:?}");
        found.into_keys().collect()
    }

    /// Counts the mails of a round: one for each invitation that is there, and copies of them.
    pub(crate) fn add_mails(&mut self, asked: &[Asked], there: &BTreeSet<String>, mails: &[Mail]) {
        let mut ids: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for mail in mails {
            ids.entry(&mail.to).or_default().insert(&mail.message_id);
        }
        let wanted: BTreeSet<&str> = asked
            .iter()
            .filter(|one| one.is_mailed && there.contains(&one.address))
            .map(|one| one.address.as_str())
            .collect();
        assert_eq!(ids.keys().copied().collect::<BTreeSet<_>>(), wanted, "a mail for each invitation and no other");
        assert!(ids.values().all(|ids| ids.len() == 1), "two mails for one invitation: {ids:?}");
        let extra = mails.len() - ids.len();
        self.extra_mails += extra;
        self.most_extra_mails = self.most_extra_mails.max(extra);
    }
}

/// The addresses of a round that the list of invitations shows, and how often; of all rounds if none is named.
pub(crate) async fn listed(server: &Server, round: &str) -> BTreeMap<String, usize> {
    let headers = server.world.acme.credentials(Operation::ListInvitations);
    let is_of_round = |email: &str| round.is_empty() || email.ends_with(&format!("@{round}.example"));
    let mut found = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = server.send("GET", &format!("/invitations?limit=100{cursor}"), &headers, None).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let emails: Vec<&str> =
            page["items"].as_array().into_iter().flatten().filter_map(|item| item["email"].as_str()).collect();
        for email in emails.iter().filter(|email| is_of_round(email)) {
            *found.entry((*email).to_owned()).or_default() += 1;
        }
        // The newest come first, and those of a round are the newest.
        match page["next"].as_str() {
            Some(next) if emails.last().is_some_and(|email| is_of_round(email)) => cursor = format!("&cursor={next}"),
            _ => return found,
        }
    }
}
