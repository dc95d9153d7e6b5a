//! A crowd that invites, signs up, redeems, revokes and says things twice, and remembers what it was answered; and what has become of
//! all that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use contract_tests::bodies::{PASSWORD, kare_invite, muninx_customer, nexus_invite, unleash_signup};
use contract_tests::http::{self, Answer, Payload};
use contract_tests::mailbox::Mail;
use contract_tests::server::{Server, path};
use contract_tests::world::{Headers, Tenant};
use contract_tests::{contract, document};
use invite_api::security::Operation;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How many ask at once.
const CROWD: usize = 8;
/// How many different stories there are. Two of them have a password, which costs more than all else.
const STORIES: usize = 8;
/// Those that go on once somebody is invited.
const REDEEMED: usize = 1;
const REVOKED: usize = 2;
const KEYED: usize = 3;

/// How long to wait for successes; longer than a server that says nothing is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has to be seen of an invitation if a request was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// That it is there.
    There,
    Accepted,
    Revoked,
}

/// Whom the list of invitations shows, and in which states.
pub(crate) type Listed = BTreeMap<String, Vec<String>>;

/// What somebody asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    address: String,
    operation: Operation,
    /// Whether it can be sent again under the same key.
    is_keyed: bool,
    /// The status; none: no answer came.
    pub(crate) status: Option<u16>,
    /// How long the answer took.
    pub(crate) took: Duration,
}

impl Asked {
    fn is_done(&self) -> bool {
        self.status.is_some_and(|status| status < 300)
    }

    /// Whether it was answered for and is not to be seen.
    pub(crate) fn is_lost(&self, listed: &Listed) -> bool {
        let is_seen = |states: &Vec<String>| match self.seen() {
            Seen::There => true,
            Seen::Accepted => states.iter().any(|state| state == "accepted"),
            Seen::Revoked => states.iter().any(|state| state == "revoked"),
        };
        self.is_done() && !listed.get(&self.address).is_some_and(is_seen)
    }

    fn seen(&self) -> Seen {
        match self.operation {
            Operation::Activate => Seen::Accepted,
            Operation::RevokeInvitation => Seen::Revoked,
            _ => Seen::There,
        }
    }

    /// Whether a mail comes of it.
    fn is_mailed(&self) -> bool {
        self.seen() == Seen::There && self.operation != Operation::UnleashSignup
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
        let mut all: Vec<Asked> = Vec::new();
        while !self.stop.load(Ordering::Relaxed) && all.last().is_none_or(|asked| asked.status.is_some()) {
            all.extend(self.story().await);
        }
        all
    }

    /// Invites somebody, and goes on if that is done and there is more to the story.
    async fn story(&self) -> Vec<Asked> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (story, address) = (number % STORIES, format!("p{number}@{}.example", self.round));
        let first = self.begin(story, &address).await;
        let second = match story {
            _ if !first.is_done() => None,
            REDEEMED => {
                let body = json!({ "challenge": challenge(&address), "password": PASSWORD });
                Some(self.ask(&address, Operation::Activate, &[], Some(body)).await)
            }
            REVOKED => match self.invitation(&address).await {
                Some(id) => Some(self.ask(&address, Operation::RevokeInvitation, &[&id], None).await),
                None => None,
            },
            KEYED => Some(self.begin(story, &address).await),
            _ => None,
        };
        [Some(first), second].into_iter().flatten().collect()
    }

    async fn begin(&self, story: usize, address: &str) -> Asked {
        let mut muninx = muninx_customer(address);
        match story {
            0 => {
                let (token, body) = (self.acme.signup_token(), unleash_signup(address));
                self.ask(address, Operation::UnleashSignup, &[token], Some(body)).await
            }
            REDEEMED => {
                muninx["challenge"] = challenge(address).into();
                self.ask(address, Operation::MuninxInviteUser, &[], Some(muninx)).await
            }
            KEYED => {
                Asked { is_keyed: true, ..self.ask(address, Operation::MuninxInviteUser, &[], Some(muninx)).await }
            }
            REVOKED | 4 => {
                self.ask(address, Operation::KareInviteUserOrganization, &[], Some(kare_invite(address))).await
            }
            5 => self.ask(address, Operation::MuninxInviteUser, &[], Some(muninx)).await,
            _ => self.ask(address, Operation::NexusInviteOrganizationMember, &["1"], Some(nexus_invite(address))).await,
        }
    }

    async fn ask(&self, address: &str, operation: Operation, parameters: &[&str], body: Option<Value>) -> Asked {
        let start = Instant::now();
        let answer = self.send(address, operation, &path(operation, parameters), body).await;
        let status = answer.map(|answer| {
            contract::check(document::operation(operation.id()), &answer);
            let is_expected = answer.status < 300 || answer.status >= 500;
            assert!(is_expected, "{}: {} {}", operation.id(), answer.status, answer.text());
            if answer.status == 503 {
                assert!(answer.header("retry-after").is_some(), "{}: 503 without Retry-After", operation.id());
            }
            answer.status
        });
        let asked = Asked { address: address.to_owned(), operation, is_keyed: false, status, took: start.elapsed() };
        if asked.is_done() {
            self.done.send_modify(|done| *done += 1);
        }
        asked
    }

    /// None: no answer came.
    async fn send(&self, address: &str, operation: Operation, path: &str, body: Option<Value>) -> Option<Answer> {
        let (url, payload) = (format!("{}{path}", self.base_url), body.as_ref().map(Payload::json));
        let headers = headers(&self.acme, operation, address);
        http::send(&self.client, operation.method(), &url, &headers, payload.as_ref()).await.ok()
    }

    /// The invitation of an address, if there is an answer to that.
    async fn invitation(&self, address: &str) -> Option<String> {
        let path = format!("/invitations?email={address}");
        let answer = self.send(address, Operation::ListInvitations, &path, None).await?;
        Some(answer.json()["items"][0]["id"].as_str()?.to_owned())
    }
}

/// The challenge that an inviter chooses who does not want to wait for the mail.
fn challenge(address: &str) -> String {
    format!("challenge-of-{address}")
}

/// What goes with a request for an address: where there can be a key, it is the address.
fn headers(acme: &Tenant, operation: Operation, address: &str) -> Headers {
    let mut headers = acme.credentials(operation);
    if operation == Operation::MuninxInviteUser {
        headers.push(("idempotency-key", address.to_owned()));
    }
    headers
}

/// Sends what has a key again, after a kill: what was done is answered as before. What was not answered is done now if it was not
/// before, or its key is still in the hands of the server that is gone. Returns what was answered with a success.
pub(crate) async fn send_again(server: &Server, asked: &[Asked]) -> Vec<Asked> {
    let mut again = Vec::new();
    for one in asked.iter().filter(|one| one.is_keyed) {
        let (start, headers) = (Instant::now(), headers(&server.world.acme, one.operation, &one.address));
        let payload = Payload::json(&muninx_customer(&one.address));
        let answer = server.call(one.operation, &[], &headers, Some(&payload)).await;
        let is_held = answer.status == 409 && answer.text().contains("idempotency_key_in_use");
        assert!(answer.status == 200 || is_held && !one.is_done(), "{one:?}: {} {}", answer.status, answer.text());
        if answer.status == 200 {
            again.push(Asked { status: Some(200), took: start.elapsed(), ..one.clone() });
        }
    }
    again
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
        self.lost += asked.iter().filter(|one| one.is_lost(&found)).count();
        self.doubled += found.values().filter(|states| states.len() > 1).count();
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
        let those = |is_of: fn(&Asked) -> bool| -> BTreeSet<&str> {
            let those = asked.iter().filter(|one| is_of(one) && there.contains(&one.address));
            those.map(|one| one.address.as_str()).collect()
        };
        let (mailed, ended) = (those(Asked::is_mailed), those(|one| one.seen() != Seen::There));
        let found: BTreeSet<&str> = ids.keys().copied().collect();
        assert!(found.is_subset(&mailed), "mails for nobody: {:?}", &found - &mailed);
        // Mails that wait are withdrawn when their invitation ends.
        let missing = &(&mailed - &ended) - &found;
        assert!(missing.is_empty(), "no mail for {missing:?}");
        assert!(ids.values().all(|ids| ids.len() == 1), "two mails for one invitation: {ids:?}");
        let extra = mails.len() - ids.len();
        self.extra_mails += extra;
        self.most_extra_mails = self.most_extra_mails.max(extra);
    }
}

/// Whom of a round the list of invitations shows; of all rounds if none is named.
pub(crate) async fn listed(server: &Server, round: &str) -> Listed {
    let headers = server.world.acme.credentials(Operation::ListInvitations);
    let is_of_round = |email: &str| round.is_empty() || email.ends_with(&format!("@{round}.example"));
    let mut found = Listed::new();
    let mut cursor = String::new();
    loop {
        let page = server.send("GET", &format!("/invitations?limit=100{cursor}"), &headers, None).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        let text = |item: &Value, member: &str| item[member].as_str().unwrap_or_default().to_owned();
        let items = page["items"].as_array().into_iter().flatten();
        let items: Vec<_> = items.map(|item| (text(item, "email"), text(item, "state"))).collect();
        for (email, state) in items.iter().filter(|(email, _)| is_of_round(email)) {
            found.entry(email.clone()).or_default().push(state.clone());
        }
        // The newest come first, and those of a round are the newest.
        match page["next"].as_str() {
            Some(next) if items.last().is_some_and(|(email, _)| is_of_round(email)) => {
                cursor = format!("&cursor={next}")
            }
            _ => return found,
        }
    }
}
