//! Idempotency keys, on a real database: what is done once, and what becomes of a key whose request died.

use invite_domain::event::Origin;

use super::*;
use crate::app::KeyedRequest;

/// A request of `principal` with a key.
fn keyed(world: &World, key: &str, principal: &str, content: &str) -> Call {
    let request = KeyedRequest { key, operation: "muninx_create_token", principal, content };
    world.app.keyed_call(Origin::default(), &request).expect("a call")
}

/// Makes a personal token of the admin under a key; the secret tells one from another.
async fn create(world: &World, call: &Call, name: &str) -> Result<String, Error> {
    let owner = muninx::owner(world.admin.actor()).expect("a person");
    let created = world.app.once(call, world.app.muninx_create_token(call, &owner, name.into())).await?;
    Ok(created.token.expose().to_owned())
}

async fn tokens(world: &World) -> usize {
    world.dump().await.lines().filter(|line| line.contains("'personal'")).count()
}

#[tokio::test]
async fn a_repetition_gets_the_first_answer_and_changes_nothing() {
    let world = World::new().await;
    let first = create(&world, &keyed(&world, "k", "ada", "body"), "one").await.expect("made");
    let before = world.dump().await;
    let again = create(&world, &keyed(&world, "k", "ada", "body"), "one").await.expect("answered");
    assert_eq!(again, first);
    assert_eq!(world.dump().await, before);
    assert!(!before.contains(&first), "what is kept for a repetition is sealed");
}

#[tokio::test]
async fn another_request_with_the_same_key_is_refused() {
    let world = World::new().await;
    create(&world, &keyed(&world, "k", "ada", "body"), "one").await.expect("made");
    let other = create(&world, &keyed(&world, "k", "ada", "other body"), "two").await;
    assert_eq!(refused(other), RefusalCode::IdempotencyKeyReused);
}

#[tokio::test]
async fn a_key_counts_for_one_principal() {
    let world = World::new().await;
    let one = create(&world, &keyed(&world, "k", "ada", "body"), "one").await.expect("made");
    let other = create(&world, &keyed(&world, "k", "bob", "body"), "one").await.expect("made");
    assert_ne!(one, other);
}

#[tokio::test]
async fn of_many_at_once_one_runs() {
    let world = World::new().await;
    let before = tokens(&world).await;
    let calls: Vec<Call> = (0..16).map(|_| keyed(&world, "k", "ada", "body")).collect();
    let outcomes = futures::future::join_all(calls.iter().map(|call| create(&world, call, "one"))).await;
    let (done, refusals): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    let mut secrets: Vec<String> = done.into_iter().map(|outcome| outcome.expect("made")).collect();
    secrets.dedup();
    assert_eq!(secrets.len(), 1, "everybody who is answered gets the same answer");
    assert!(refusals.into_iter().all(|outcome| refused(outcome) == RefusalCode::IdempotencyKeyInUse));
    assert_eq!(tokens(&world).await, before + 1);
}

#[tokio::test]
async fn a_refused_request_gives_its_key_back() {
    let world = World::new().await;
    let refusal = create(&world, &keyed(&world, "k", "ada", "body"), "a\u{202e}b").await;
    assert_eq!(refused(refusal), RefusalCode::InvalidValue);
    create(&world, &keyed(&world, "k", "ada", "better body"), "one").await.expect("the key is free");
}

#[tokio::test]
async fn a_request_that_died_holds_its_key_for_a_while() {
    let world = World::new().await;
    let died = keyed(&world, "k", "ada", "body");
    let (started, running) = tokio::sync::oneshot::channel();
    let work = async {
        started.send(()).expect("somebody waits");
        std::future::pending::<Result<(), Error>>().await
    };
    // Dropped in the middle, as if the process had been killed.
    tokio::select! {
        _ = world.app.once(&died, work) => panic!("it never ends"),
        _ = running => {}
    }
    let too_early = create(&world, &keyed(&world, "k", "ada", "body"), "one").await;
    assert_eq!(refused(too_early), RefusalCode::IdempotencyKeyInUse);
    world.clock.advance(TimeDelta::seconds(60));
    create(&world, &keyed(&world, "k", "ada", "body"), "one").await.expect("another one takes its place");
}

#[tokio::test]
async fn a_change_whose_key_was_taken_over_is_not_made() {
    let world = World::new().await;
    let slow = keyed(&world, "k", "ada", "body");
    let owner = muninx::owner(world.admin.actor()).expect("a person");
    let work = async {
        world.clock.advance(TimeDelta::seconds(61));
        create(&world, &keyed(&world, "k", "ada", "body"), "one").await.expect("takes its place");
        world.app.muninx_create_token(&slow, &owner, "one".into()).await
    };
    let before = tokens(&world).await;
    assert_eq!(refused(world.app.once(&slow, work).await), RefusalCode::IdempotencyKeyInUse);
    assert_eq!(tokens(&world).await, before + 1);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let world = World::new().await;
    let first = create(&world, &keyed(&world, "k", "ada", "body"), "one").await.expect("made");
    world.clock.advance(TimeDelta::hours(24));
    let later = create(&world, &keyed(&world, "k", "ada", "other body"), "one").await.expect("made");
    assert_ne!(first, later);
}

#[tokio::test]
async fn a_change_that_fails_keeps_no_answer() {
    let world = World::new().await;
    let before = world.dump().await;
    for (verb, table) in [("INSERT", "api_tokens"), ("INSERT", "events"), ("UPDATE", "idempotency_keys")] {
        world.store.fail_after(verb, table).await.expect("injected");
        let failed = create(&world, &keyed(&world, "k", "ada", "body"), "one").await;
        assert!(matches!(failed, Err(Error::Internal(_))), "{verb} {table}");
        world.store.heal().await.expect("healed");
        assert_eq!(world.dump().await, before, "left behind after {verb} {table}");
    }
    create(&world, &keyed(&world, "k", "ada", "body"), "one").await.expect("made at last");
}
