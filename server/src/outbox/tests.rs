//! The relay on a real outbox, with a mailer that does as it is told.

use std::collections::BTreeMap;
use std::future::pending;

use async_trait::async_trait;
use chrono::DateTime;
use invite_domain::email_address::EmailAddress;
use invite_domain::flow::muninx::{self, InviteUser};
use invite_domain::ids::OrganizationId;
use invite_domain::invitation::DeliveryState;
use invite_domain::mail::MailState;
use invite_domain::membership::UserType;
use invite_domain::organization::Organization;
use tokio::sync::mpsc;
use url::Url;

use super::*;
use crate::app::outbox::NOT_TOLD;
use crate::app::{App, AppConfig, Call};
use crate::auth::Presented;
use crate::clock::FixedClock;
use crate::mail::turns::Turns;
use crate::mail::{RenderedMail, Sender, Templates};
use crate::passwords::Passwords;
use crate::seal::Sealer;
use crate::store::Store;
use crate::store::testing::TestDatabase;

mod marks;

/// Fails for the numbers it is told to, and reports each message it took.
#[derive(Clone)]
struct Scripted {
    failures: BTreeMap<u32, DeliveryError>,
    stalls: Option<u32>,
    turns: Turns,
    taken: mpsc::UnboundedSender<u32>,
}

/// The mails of these tests go to `mail<number>@example.com`.
fn number(mail: &RenderedMail) -> u32 {
    let message = String::from_utf8_lossy(mail.bytes());
    let after = message.split("To: mail").nth(1).unwrap();
    after.split('@').next().unwrap().parse().unwrap()
}

#[async_trait]
impl Mailer for Scripted {
    async fn deliver(&self, mail: &RenderedMail) -> Result<Turn, DeliveryError> {
        let number = number(mail);
        if self.stalls == Some(number) {
            pending::<()>().await;
        }
        match self.failures.get(&number) {
            Some(error) => Err(error.clone()),
            None => {
                let ((), turn) = self.turns.take(async { self.taken.send(number).unwrap() }).await;
                Ok(turn)
            }
        }
    }

    fn longest_delivery(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn describe(&self) -> String {
        "a script".to_owned()
    }
}

struct World {
    database: TestDatabase,
    app: App,
    store: Store,
    clock: FixedClock,
    organization: Organization,
    parts: RelayParts,
    turns: Turns,
    taken: mpsc::UnboundedReceiver<u32>,
}

impl World {
    async fn new(failures: &[(u32, DeliveryError)], stalls: Option<u32>) -> Self {
        let database = TestDatabase::new().await;
        let store = database.open().await;
        let clock = FixedClock::at(DateTime::UNIX_EPOCH);
        let app = App::new(
            AppConfig::new("http://localhost"),
            store.clone(),
            Arc::new(clock.clone()),
            Entropy,
            Passwords::new(Entropy).unwrap(),
            Sealer::new(&[7; 32], Entropy),
        );
        let organization = app.seed_organization("acme", "Acme", None).await.unwrap();
        let (sender, taken) = mpsc::unbounded_channel();
        let turns = Turns::default();
        let mailer =
            Scripted { failures: failures.iter().cloned().collect(), stalls, turns: turns.clone(), taken: sender };
        let parts = RelayParts {
            outbox: app.outbox(),
            renderer: Renderer::new(
                &Url::parse("http://localhost").unwrap(),
                Sender::for_host("localhost"),
                Templates::load(None).unwrap(),
            ),
            mailer: Arc::new(mailer),
            entropy: Entropy,
        };
        Self { database, app, store, clock, organization, parts, turns, taken }
    }

    async fn invite(&self, numbers: impl IntoIterator<Item = u32>) {
        let id = self.organization.id;
        let admin =
            self.app.seed_admin(&self.organization, "admin@example.com", "Ann", "Admin", "plum harbor ninety kites");
        let token = self.app.seed_personal_token(admin.await.unwrap(), id).await.unwrap();
        let actor = self.app.authenticate(&[Presented::MuninxBearer(token)]).await.unwrap().unwrap();
        let administrator = muninx::administrator(actor).unwrap();
        for number in numbers {
            let command = InviteUser {
                email: format!("mail{number}@example.com"),
                name: "Jane".to_owned(),
                last_name: "Doe".to_owned(),
                user_type: UserType::Customer,
                agent_type: None,
                organization: None,
                challenge: None,
            };
            self.app.muninx_invite_user(&Call::internal(), &administrator, command).await.unwrap();
        }
    }

    /// Leases and handles what is due now.
    async fn pass(&self) {
        let mut deliveries = Deliveries::default();
        take(&self.parts, MAX_PARALLEL, &mut deliveries).await;
        deliveries.all_end().await;
    }

    async fn delivery(&self, number: u32) -> DeliveryState {
        delivery(&self.store, self.organization.id, number).await
    }

    fn taken_now(&mut self) -> Vec<u32> {
        let mut numbers: Vec<u32> = std::iter::from_fn(|| self.taken.try_recv().ok()).collect();
        numbers.sort_unstable();
        numbers
    }
}

async fn delivery(store: &Store, organization: OrganizationId, number: u32) -> DeliveryState {
    let address = EmailAddress::parse(&format!("mail{number}@example.com")).unwrap();
    let mut tx = store.begin_read().await.unwrap();
    tx.pending_invitation(organization, &address).await.unwrap().unwrap().delivery
}

#[tokio::test]
async fn each_mail_meets_its_own_fate() {
    let failures = [(2, DeliveryError::transient("451 later")), (3, DeliveryError::permanent("550 nobody here"))];
    let mut world = World::new(&failures, None).await;
    world.invite(1..=4).await;
    world.pass().await;
    assert_eq!(world.taken_now(), [1, 4]);
    assert_eq!(world.delivery(1).await, DeliveryState::Sent);
    assert_eq!(world.delivery(2).await, DeliveryState::Queued);
    assert_eq!(world.delivery(3).await, DeliveryState::Failed { reason: "550 nobody here".to_owned() });
    assert_eq!(world.delivery(4).await, DeliveryState::Sent);
}

#[tokio::test]
async fn a_mail_waits_for_its_time_and_is_then_sent_once() {
    let mut world = World::new(&[(1, DeliveryError::transient("451 later"))], None).await;
    world.invite([1]).await;
    world.pass().await;
    let (sender, taken) = mpsc::unbounded_channel();
    let healed = Scripted { failures: BTreeMap::new(), stalls: None, turns: Turns::default(), taken: sender };
    world.parts.mailer = Arc::new(healed);
    world.taken = taken;
    world.clock.advance(TimeDelta::seconds(4));
    world.pass().await;
    assert!(world.taken_now().is_empty(), "too early: the first pause is 5 to 10 s");
    world.clock.advance(TimeDelta::seconds(6));
    for _ in 0..3 {
        world.pass().await;
        world.clock.advance(TimeDelta::days(1));
    }
    assert_eq!(world.taken_now(), [1]);
}

#[tokio::test]
async fn a_mail_that_fails_to_the_end_is_given_up_with_its_last_reason() {
    let world = World::new(&[(1, DeliveryError::transient("451 later").of(Cause::Mail))], None).await;
    world.invite([1]).await;
    for _ in 1..backoff::MAX_ATTEMPTS {
        world.pass().await;
        world.clock.advance(TimeDelta::hours(1));
    }
    assert_eq!(world.delivery(1).await, DeliveryState::Queued);
    world.pass().await;
    let reason = "given up after 48 attempts: 451 later".to_owned();
    assert_eq!(world.delivery(1).await, DeliveryState::Failed { reason });
}

#[tokio::test]
async fn an_invitation_says_no_more_than_is_its_administrators_business_and_operators_read_all() {
    let failures = [
        (1, DeliveryError::permanent("550 nobody here")),
        (2, DeliveryError::permanent("no template in /etc/invite").of(Cause::Operation)),
        (3, DeliveryError::transient("535 wrong password of relay.internal")),
    ];
    let world = World::new(&failures, None).await;
    world.invite(1..=3).await;
    for _ in 1..=backoff::MAX_ATTEMPTS {
        world.pass().await;
        world.clock.advance(TimeDelta::hours(1));
    }
    for (number, told) in [(1, "550 nobody here"), (2, NOT_TOLD), (3, NOT_TOLD)] {
        assert_eq!(world.delivery(number).await, DeliveryState::Failed { reason: told.to_owned() }, "{number}");
    }
    let mut tx = world.store.begin_read().await.unwrap();
    let dead = tx.outbox_entries(MailState::Dead, None, 10).await.unwrap();
    for (number, error) in &failures {
        let recipient = format!("mail{number}@example.com");
        let entry = dead.iter().find(|entry| entry.recipient == recipient).unwrap();
        assert!(entry.last_error.as_ref().is_some_and(|kept| kept.ends_with(&error.reason)), "{entry:?}");
    }
}

/// Panics whatever it is handed.
struct Panicking;

#[async_trait]
impl Mailer for Panicking {
    async fn deliver(&self, _: &RenderedMail) -> Result<Turn, DeliveryError> {
        panic!("a mailer that panics");
    }

    fn longest_delivery(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn describe(&self) -> String {
        "one that panics".to_owned()
    }
}

#[tokio::test]
async fn a_delivery_that_panics_waits_as_others_that_fail_and_is_given_up_in_the_end() {
    let mut world = World::new(&[], None).await;
    world.invite([1]).await;
    world.parts.mailer = Arc::new(Panicking);
    world.pass().await;
    world.clock.advance(TimeDelta::seconds(10));
    let again = world.parts.outbox.lease_due_mails(8, TimeDelta::minutes(1)).await.unwrap();
    assert_eq!(again.iter().map(|mail| mail.attempts).collect::<Vec<_>>(), [2], "due after the first pause");
    for _ in 2..=backoff::MAX_ATTEMPTS {
        world.clock.advance(TimeDelta::hours(1));
        world.pass().await;
    }
    assert_eq!(world.delivery(1).await, DeliveryState::Failed { reason: NOT_TOLD.to_owned() });
}

#[tokio::test]
async fn a_mail_whose_link_has_died_is_not_sent_any_more() {
    let mut world = World::new(&[], None).await;
    world.invite([1]).await;
    world.clock.advance(TimeDelta::days(7));
    world.pass().await;
    assert!(world.taken_now().is_empty());
    let reason = "the link expired before the mail could be sent".to_owned();
    assert_eq!(world.delivery(1).await, DeliveryState::Failed { reason });
}

#[tokio::test]
async fn a_stalled_mail_holds_up_no_other_and_no_stop_and_is_taken_up_again() {
    let mut world = World::new(&[], Some(1)).await;
    world.invite(1..=20).await;
    let relay = Relay::start(world.parts.clone());
    let mut taken = Vec::new();
    for _ in 2..=20 {
        taken.push(world.taken.recv().await.unwrap());
    }
    taken.sort_unstable();
    assert_eq!(taken, (2..=20).collect::<Vec<_>>());
    // A mail is taken before it is marked, and the database keeps real time.
    for number in 2..=20 {
        while world.delivery(number).await != DeliveryState::Sent {
            tokio::task::yield_now().await;
        }
    }
    relay.stop(Duration::from_millis(1)).await.expect("given back");
    assert_eq!(world.delivery(1).await, DeliveryState::Queued);
    // At the same instant: its lease has been given back.
    let again = world.parts.outbox.lease_due_mails(8, TimeDelta::minutes(1)).await.unwrap();
    assert_eq!(again.iter().map(|mail| mail.attempts).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn a_mail_whose_turn_comes_after_its_lease_is_left_to_others() {
    let mut world = World::new(&[], None).await;
    world.invite([1]).await;
    let turn = world.turns.take(async {}).await.1;
    let mail = world.parts.outbox.lease_due_mails(1, TimeDelta::minutes(1)).await.unwrap().remove(0);
    handle(world.parts.clone(), mail, Instant::now() + TOO_LATE).await;
    drop(turn);
    tokio::task::yield_now().await;
    assert!(world.taken_now().is_empty());
    assert_eq!(world.delivery(1).await, DeliveryState::Queued);
    world.clock.advance(TimeDelta::minutes(1));
    world.pass().await;
    assert_eq!(world.taken_now(), [1]);
}

#[tokio::test]
async fn a_running_relay_sends_what_is_committed_and_stops_after_it() {
    let mut world = World::new(&[], None).await;
    let relay = Relay::start(world.parts.clone());
    world.invite([7]).await;
    assert_eq!(world.taken.recv().await, Some(7));
    relay.stop(Duration::from_secs(10)).await.expect("given back");
    assert_eq!(world.delivery(7).await, DeliveryState::Sent, "a stop lets a delivery end");
    world.invite([8]).await;
    assert!(world.taken_now().is_empty());
}
