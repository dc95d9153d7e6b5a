//! Histories: clients work on the same few things at the same time, through two servers on one database (one on SQLite), and
//! what they were answered is held against the rules of each thing by [`contract_tests::linear`].
//!
//! What clients do is drawn from a seed, when they do it is up to the machine. Last of all, everything is looked at once more,
//! and every secret that was mailed is tried: what was answered for has to be there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use contract_tests::database::{self, Database};
use contract_tests::http::{self, Answer, Payload};
use contract_tests::linear::{self, History};
use contract_tests::random::Random;
use contract_tests::server::{Server, path};
use contract_tests::world::{Headers, Tenant};
use contract_tests::{contract, document, mailbox};
use futures::future::join_all;
use invite_api::security::Operation;
use invite_server::app::LimitKind;
use serde_json::{Value, json};

use crate::replicas;
use crate::support::{PASSWORD, PROGRAM, kare_acceptance, kare_invite, limits, unleash_signup};

mod invitations;
mod profile;
mod signups;

use invitations::Invitations;
use profile::Profile;
use signups::{Outcome, Token};

const SEEDS: [u64; 3] = [1, 2, 3];
/// Clients of each server.
const CLIENTS: usize = 4;
/// Calls of each client.
const CALLS: usize = 30;
/// How many may sign up.
const ALLOWED: usize = 9;
/// Whose names are changed: the administrator of acme.
const PERSON: &str = "me";

#[tokio::test]
async fn what_two_servers_answer_at_once_has_an_order_that_explains_it() {
    for seed in SEEDS {
        let limits = limits(&[(LimitKind::SignupToken, &format!("{ALLOWED}/1d"))]);
        let limits: Vec<&str> = limits.iter().map(String::as_str).collect();
        let server = Server::start(PROGRAM, &limits).await;
        let replica = match database::is_postgres() {
            true => Some(replicas::beside(&server, &limits).await),
            false => None,
        };
        let mut doors = vec![server.world.base_url.clone()];
        doors.extend(replica.as_ref().map(|replica| replica.base_url.clone()));
        let play = Play::on(&server, doors).await;
        let clients = play.doors.iter().flat_map(|door| (0..CLIENTS).map(move |number| (door, number)));
        let clients = clients.enumerate().map(|(index, (door, number))| {
            let random = Random::new(seed << 8 | u64::try_from(index).unwrap());
            Client { play: &play, door, random, name: format!("{index}-{number}") }
        });
        join_all(clients.map(Client::work)).await;
        play.look_back().await;
        println!("seed {seed}: {}", play.check(seed).await);
    }
}

/// The things that clients work on, and what becomes of them.
struct Play {
    client: reqwest::Client,
    doors: Vec<String>,
    acme: Tenant,
    database: Database,
    mails: PathBuf,
    invited: Vec<(String, History<invitations::Call>)>,
    first_names: Profile,
    profile: History<profile::Call>,
    token: History<signups::Call>,
}

impl Play {
    async fn on(server: &Server, doors: Vec<String>) -> Self {
        let mut play = Self {
            client: http::client(),
            doors,
            acme: server.world.acme.clone(),
            database: server.database().await,
            mails: server.folder().join("mailbox"),
            invited: (0..3).map(|number| (format!("jane{number}@history.example"), History::default())).collect(),
            first_names: Profile { name: String::new(), last_name: String::new() },
            profile: History::default(),
            token: History::default(),
        };
        let answer = play.as_admin(&play.doors[0], Operation::MuninxGetUser, &[PERSON], None).await.json();
        play.first_names = Profile { name: text(&answer["name"]), last_name: text(&answer["last-name"]) };
        play
    }

    /// Calls an operation through a server; the answer has been held against the document.
    async fn call(
        &self,
        door: &str,
        operation: Operation,
        parameters: &[&str],
        headers: &Headers,
        body: Option<Value>,
    ) -> Answer {
        let (url, payload) = (format!("{door}{}", path(operation, parameters)), body.as_ref().map(Payload::json));
        let answer = http::send(&self.client, operation.method(), &url, headers, payload.as_ref()).await.unwrap();
        contract::check(document::operation(operation.id()), &answer);
        answer
    }

    async fn as_admin(&self, door: &str, operation: Operation, parameters: &[&str], body: Option<Value>) -> Answer {
        self.call(door, operation, parameters, &self.acme.credentials(operation), body).await
    }

    /// Whether an answer is a success; if not it has one of some statuses.
    fn is_done(answer: &Answer, refusals: &[u16]) -> bool {
        let status = answer.status;
        assert!(status < 300 || refusals.contains(&status), "{status}: {}", answer.text());
        status < 300
    }

    async fn list(&self, door: &str, address: &str) -> Vec<(String, String)> {
        let url = format!("{door}/invitations?email={address}");
        let headers = self.acme.credentials(Operation::ListInvitations);
        let page = http::send(&self.client, "GET", &url, &headers, None).await.unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        let page = page.json();
        page["items"].as_array().unwrap().iter().map(|item| (text(&item["id"]), text(&item["state"]))).collect()
    }

    /// The secrets in the mails to an address, with what they are called, the newest last.
    fn secrets(&self, address: &str) -> Vec<(&'static str, String)> {
        let mails = mailbox::read(&self.mails).into_iter().filter(|mail| mail.to == address);
        let secret = |mail: mailbox::Mail| match mail.link().contains("#invitation=") {
            true => ("invitation", mail.secret("invitation")),
            false => ("challenge", mail.secret("challenge")),
        };
        mails.map(secret).collect()
    }

    async fn present(&self, door: &str, address: &str, (kind, secret): (&str, String)) -> invitations::Call {
        let (operation, body) = match kind {
            "invitation" => (Operation::KareAcceptInvitation, kare_acceptance(&secret, address)),
            _ => (Operation::Activate, json!({ "challenge": secret, "password": PASSWORD })),
        };
        let answer = self.call(door, operation, &[], &vec![], Some(body)).await;
        invitations::Call::Accept(secret, Self::is_done(&answer, &[400, 401, 409, 410]))
    }

    async fn look_at_token(&self, door: &str) -> signups::Call {
        let token = self.acme.signup_token();
        let shown = self.as_admin(door, Operation::UnleashGetSignupToken, &[token], None).await.json();
        let people = shown["users"].as_array().into_iter().flatten().map(|user| text(&user["username"]));
        signups::Call::Look(shown["enabled"].as_bool().unwrap(), people.collect())
    }

    async fn look_at_profile(&self, door: &str) -> profile::Call {
        let person = self.as_admin(door, Operation::MuninxGetUser, &[PERSON], None).await.json();
        profile::Call::Look(text(&person["name"]), text(&person["last-name"]))
    }

    /// Looks at everything once more, through each server.
    async fn look_back(&self) {
        self.database.settled().await;
        for door in &self.doors {
            self.profile.record(self.look_at_profile(door)).await;
            self.token.record(self.look_at_token(door)).await;
            for (address, history) in &self.invited {
                history.record(async { invitations::Call::List(self.list(door, address).await) }).await;
            }
        }
        for (address, history) in &self.invited {
            for secret in self.secrets(address) {
                history.record(self.present(&self.doors[0], address, secret)).await;
            }
            history.record(async { invitations::Call::List(self.list(&self.doors[0], address).await) }).await;
        }
    }

    /// Holds everything against its rules.
    async fn check(self, seed: u64) -> String {
        let twice = "SELECT count(*) FROM (SELECT 1 FROM invitations WHERE state = 'pending' \
                     GROUP BY organization_id, address_normalized HAVING count(*) > 1) AS twice";
        assert_eq!(self.database.number(twice).await, 0, "seed {seed}: two are pending");
        let alive = "SELECT count(*) FROM (SELECT 1 FROM challenges WHERE used_at IS NULL AND revoked_at IS NULL \
                     GROUP BY invitation_id HAVING count(*) > 1) AS twice";
        assert_eq!(self.database.number(alive).await, 0, "seed {seed}: an invitation has two secrets");
        self.database.close().await;
        let mut summary = Vec::new();
        for (address, history) in self.invited {
            let history = history.into_records();
            summary.push(format!("{} calls to {address}", history.len()));
            explained(seed, &address, &Invitations::default(), &history);
        }
        let profile = self.profile.into_records();
        summary.push(format!("{} to a profile", profile.len()));
        explained(seed, "the profile", &self.first_names, &profile);
        let token = self.token.into_records();
        summary.push(format!("{} to a token", token.len()));
        explained(seed, "the token", &Token { is_on: true, people: BTreeSet::new() }, &token);
        signups::check_limit(&token, ALLOWED);
        summary.join(", ")
    }
}

fn explained<S: linear::Object>(seed: u64, what: &str, start: &S, history: &[linear::Record<S::Call>]) {
    if let Err(history) = linear::explain(start, history) {
        panic!("seed {seed}: no order explains what became of {what} (+: those that one explains):\n{history}");
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Somebody who makes one call after another through one server.
struct Client<'a> {
    play: &'a Play,
    door: &'a str,
    random: Random,
    name: String,
}

impl Client<'_> {
    async fn work(mut self) {
        for number in 0..CALLS {
            match self.random.below(10) {
                0..=5 => self.about_an_invitation().await,
                6..=7 => self.about_the_profile(number).await,
                _ => self.about_the_token(number).await,
            }
        }
    }

    async fn about_the_profile(&mut self, number: usize) {
        let Self { play, door, random, name } = self;
        let value = format!("{name}-{number}");
        let update = async |body| {
            let answer = play.as_admin(door, Operation::MuninxUpdateUser, &[PERSON], Some(body)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
        };
        let call = async {
            match random.below(3) {
                0 => {
                    update(json!({ "name": value })).await;
                    profile::Call::Name(value)
                }
                1 => {
                    update(json!({ "last-name": value })).await;
                    profile::Call::LastName(value)
                }
                _ => play.look_at_profile(door).await,
            }
        };
        play.profile.record(call).await;
    }

    async fn about_the_token(&mut self, number: usize) {
        let Self { play, door, random, name } = self;
        let token = play.acme.signup_token();
        let call = async {
            match random.below(6) {
                0..=1 => {
                    let is_on = random.below(3) > 0;
                    let body = Some(json!({ "enabled": is_on }));
                    let answer = play.as_admin(door, Operation::UnleashUpdateSignupToken, &[token], body).await;
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    signups::Call::Switch(is_on)
                }
                2..=3 => play.look_at_token(door).await,
                _ => {
                    let address = format!("hunter{name}-{number}@history.example");
                    let mut body = unleash_signup(&address);
                    body["username"] = json!(address);
                    let answer = play.call(door, Operation::UnleashSignup, &[token], &vec![], Some(body)).await;
                    let outcome = match answer.status {
                        200 => Outcome::Done,
                        400 => Outcome::Off,
                        429 => Outcome::Limited,
                        other => panic!("{other}: {}", answer.text()),
                    };
                    signups::Call::SignUp(address, outcome)
                }
            }
        };
        play.token.record(call).await;
    }

    async fn about_an_invitation(&mut self) {
        let Self { play, door, random, .. } = self;
        let (address, history) = random.one_of(&play.invited);
        let what = random.below(20);
        if what < 4 {
            history.record(async { invitations::Call::List(play.list(door, address).await) }).await;
        } else if what < 8 {
            history.record(Self::invite(play, door, random.below(2) == 0, address)).await;
        } else if what < 14 {
            let mut list = Vec::new();
            let listed = async {
                list = play.list(door, address).await;
                invitations::Call::List(list.clone())
            };
            history.record(listed).await;
            if !list.is_empty() {
                // Mostly the newest, which may be pending.
                let (id, _) = if random.below(4) == 0 { random.one_of(&list) } else { &list[0] };
                history.record(Self::about_its_id(play, door, what < 12, id)).await;
            }
        } else if what == 14 {
            history.record(Self::age(play, address)).await;
        } else {
            let secrets = play.secrets(address);
            let Some(newest) = secrets.last() else { return };
            let secret = if random.below(3) == 0 { random.one_of(&secrets) } else { newest }.clone();
            match what {
                15 if random.below(3) == 0 => history.record(play.present(door, address, secret)).await,
                15..=17 => history.record(Self::renew(play, door, secret.1)).await,
                _ => history.record(Self::decline(play, door, secret.1)).await,
            };
        }
    }

    async fn invite(play: &Play, door: &str, by_kare: bool, address: &str) -> invitations::Call {
        let answer = if by_kare {
            play.as_admin(door, Operation::KareInviteUserOrganization, &[], Some(kare_invite(address))).await
        } else {
            let body = json!({ "emailAddress": address });
            play.as_admin(door, Operation::NexusInviteOrganizationMember, &["1"], Some(body)).await
        };
        invitations::Call::Invite(Play::is_done(&answer, &[409]))
    }

    async fn about_its_id(play: &Play, door: &str, again: bool, id: &str) -> invitations::Call {
        let operation = if again { Operation::ResendInvitation } else { Operation::RevokeInvitation };
        let answer = play.as_admin(door, operation, &[id], None).await;
        let is_done = Play::is_done(&answer, &[409]);
        if again {
            invitations::Call::Resend(id.to_owned(), is_done)
        } else {
            invitations::Call::Revoke(id.to_owned(), is_done)
        }
    }

    async fn age(play: &Play, address: &str) -> invitations::Call {
        let sql = format!(
            "BEGIN; \
             UPDATE invitations SET expires_at = 2 WHERE state = 'pending' AND address_normalized = '{address}'; \
             UPDATE challenges SET created_at = 1, expires_at = 2 WHERE used_at IS NULL AND revoked_at IS NULL \
             AND invitation_id IN (SELECT id FROM invitations WHERE address_normalized = '{address}'); \
             COMMIT"
        );
        play.database.execute(&sql).await;
        invitations::Call::Age
    }

    async fn renew(play: &Play, door: &str, secret: String) -> invitations::Call {
        let body = Some(json!({ "challenge": secret }));
        let answer = play.call(door, Operation::RenewChallenge, &[], &vec![], body).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        invitations::Call::Renew(secret)
    }

    async fn decline(play: &Play, door: &str, secret: String) -> invitations::Call {
        let body = Some(json!({ "challenge": secret }));
        let answer = play.call(door, Operation::DeclineInvitation, &[], &vec![], body).await;
        invitations::Call::Decline(secret, Play::is_done(&answer, &[400, 409, 410]))
    }
}
