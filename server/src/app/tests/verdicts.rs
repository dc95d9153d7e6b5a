//! Commits of which PostgreSQL's answer is lost: nobody is told that nothing was done. On SQLite none is.

use invite_domain::event::Origin;

use super::*;
use crate::app::KeyedRequest;
use crate::store::testing::proxy::Proxy;

/// A world whose application speaks to PostgreSQL through a proxy.
async fn world() -> Option<(World, Proxy)> {
    let mut world = World::new().await;
    let proxy = Proxy::before(&world.database).await?;
    world.app = app(&proxy.database, world.limits, &world.clock).await.0;
    Some((world, proxy))
}

/// The same request with the same key each time.
fn keyed(world: &World) -> Call {
    let request =
        KeyedRequest { key: "k", operation: "muninx_invite_user", principal: "ada", content: "jane@example.com" };
    world.app.keyed_call(Origin::default(), &request).expect("a call")
}

async fn invite(world: &World, call: &Call, before: impl FnOnce()) -> Result<(), Error> {
    let work = async {
        before();
        world.app.muninx_invite_user(call, &world.admin, muninx_command("jane@example.com")).await
    };
    world.app.once(call, work).await
}

async fn mails(world: &World) -> usize {
    world.app.outbox().lease_due_mails(10, TimeDelta::zero()).await.expect("leased").len()
}

#[tokio::test]
async fn an_invitation_whose_commit_was_not_answered_is_not_called_undone_and_its_key_finds_it() {
    let Some((world, proxy)) = world().await else { return };
    let lost = invite(&world, &keyed(&world), || proxy.lose_a_commit()).await;
    assert!(matches!(lost, Err(Error::Unknown)), "{lost:?}");
    let before = world.dump().await;
    invite(&world, &keyed(&world), || panic!("it is done already")).await.expect("answered as before");
    assert_eq!(world.dump().await, before);
    assert_eq!(mails(&world).await, 1);
}

#[tokio::test]
async fn a_key_whose_claim_was_not_answered_is_free_and_nothing_is_done() {
    let Some((world, proxy)) = world().await else { return };
    let before = world.dump().await;
    proxy.lose_a_commit();
    let lost = invite(&world, &keyed(&world), || panic!("it must not begin")).await;
    assert!(matches!(lost, Err(Error::Busy { .. })), "{lost:?}");
    assert_eq!(world.dump().await, before);
    invite(&world, &keyed(&world), || {}).await.expect("invited");
}
