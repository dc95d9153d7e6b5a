//! A mail that is sent is marked before the next one is handed over.

use tokio::sync::Mutex;

use super::*;
use crate::logging::buffer::Buffer;

/// When a test gives up.
const DEADLINE: Duration = Duration::from_secs(30);

/// Looks, whenever it is handed a mail, which of those before it are not marked yet.
struct Witness {
    store: Store,
    organization: OrganizationId,
    turns: Turns,
    seen: Mutex<Vec<u32>>,
    in_doubt: mpsc::UnboundedSender<u32>,
}

#[async_trait]
impl Mailer for Witness {
    async fn deliver(&self, mail: &RenderedMail) -> Result<Turn, DeliveryError> {
        let step = async {
            let mut seen = self.seen.lock().await;
            for earlier in &*seen {
                if delivery(&self.store, self.organization, *earlier).await != DeliveryState::Sent {
                    self.in_doubt.send(*earlier).unwrap();
                }
            }
            seen.push(number(mail));
        };
        Ok(self.turns.take(step).await.1)
    }

    fn longest_delivery(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn describe(&self) -> String {
        "a witness".to_owned()
    }
}

#[tokio::test]
async fn no_mail_is_handed_over_before_the_last_one_is_marked() {
    let mut world = World::new(&[], None).await;
    world.invite(1..=MAX_PARALLEL).await;
    let (in_doubt, mut found) = mpsc::unbounded_channel();
    let (store, organization) = (world.store.clone(), world.organization.id);
    let witness = Witness { store, organization, turns: Turns::default(), seen: Mutex::new(Vec::new()), in_doubt };
    world.parts.mailer = Arc::new(witness);
    world.pass().await;
    assert_eq!(world.delivery(1).await, DeliveryState::Sent);
    assert_eq!(world.delivery(MAX_PARALLEL).await, DeliveryState::Sent);
    assert_eq!(found.try_recv().ok(), None, "handed over while an earlier one was in doubt");
}

/// How many transactions that write have begun.
fn writes(store: &Store) -> u64 {
    store.waits().iter().filter(|waited| waited.mode == "write").map(|waited| waited.ended).sum()
}

#[tokio::test]
async fn while_a_sent_mail_cannot_be_marked_no_other_is_handed_over_and_one_line_says_why() {
    let log = Buffer::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logged = tracing::subscriber::set_default(subscriber);
    let mut world = World::new(&[], None).await;
    world.invite(1..=MAX_PARALLEL).await;
    let (mut deliveries, turn) = (Deliveries::default(), world.turns.take(async {}).await.1);
    take(&world.parts, MAX_PARALLEL, &mut deliveries).await;
    world.store.fail_after("UPDATE", "outbox").await.unwrap();
    let before = writes(&world.store);
    drop(turn);
    // Whoever begins for the fourth time has failed three times before.
    while writes(&world.store) < before + 4 {
        tokio::task::yield_now().await;
    }
    let first = world.taken_now();
    assert_eq!(first.len(), 1, "handed over while an earlier one was in doubt");
    world.store.heal().await.unwrap();
    deliveries.all_end().await;
    assert_eq!(world.taken_now().len() + first.len(), MAX_PARALLEL as usize);
    world.clock.advance(TimeDelta::hours(1));
    world.pass().await;
    assert!(world.taken_now().is_empty(), "sent a second time");
    let said = log.text();
    let lines = said.lines().filter(|line| line.contains("cannot be marked yet") && line.contains("injected"));
    assert_eq!(lines.count(), 1, "{said}");
}

#[tokio::test]
async fn an_invitation_that_somebody_holds_holds_up_no_mail_and_is_told_when_it_is_let_go() {
    let mut world = World::new(&[], None).await;
    // On SQLite nobody holds a single row.
    let TestDatabase::Postgres { .. } = world.database else { return };
    world.invite(1..=3).await;
    let held = "SELECT 1 FROM invitations WHERE address_normalized = 'mail1@example.com' FOR UPDATE";
    let held = world.store.hold(held.into()).await;
    let mut deliveries = Deliveries::default();
    take(&world.parts, MAX_PARALLEL, &mut deliveries).await;
    let marked = async {
        let waiting = async || world.store.begin_read().await?.outbox_entries(MailState::Queued, None, 10).await;
        while !waiting().await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, marked).await.expect("a mail waits for an invitation");
    assert_eq!(world.taken_now(), [1, 2, 3]);
    assert_eq!(world.delivery(1).await, DeliveryState::Queued, "somebody holds it");
    drop(held);
    deliveries.all_end().await;
    assert_eq!(world.delivery(1).await, DeliveryState::Sent);
}
