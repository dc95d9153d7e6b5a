//! Whether the server can do its work, asked by many at once.

use std::time::Instant;

use futures::FutureExt as _;

use super::*;

#[tokio::test]
async fn an_answer_is_that_of_those_who_came_before_it_and_of_nobody_who_came_later() {
    let world = World::new().await;
    let mut asking = world.app.shared.readiness.lock().await;
    let mut early = Box::pin(world.app.ready());
    assert!((&mut early).now_or_never().is_none(), "somebody asks already");
    *asking = Some((Instant::now(), false));
    let mut late = Box::pin(world.app.ready());
    assert!((&mut late).now_or_never().is_none(), "somebody is before it");
    drop(asking);
    assert!(matches!(early.await, Err(Error::Busy { .. })), "it has the answer of whoever asked");
    late.await.expect("it asks by itself, and the database is well");
}
