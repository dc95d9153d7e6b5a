//! How often an invite or a sign-up waits for PostgreSQL: each time is a message that crosses the network. On SQLite nothing does.

use std::net::IpAddr;

use invite_domain::event::Origin;
use invite_domain::limit::Limit;

use super::*;
use crate::store::testing::proxy::Proxy;

#[tokio::test]
async fn an_invite_asks_once_writes_once_and_counts_once() {
    let mut world = World::new().await;
    let Some(proxy) = Proxy::before(&world.database).await else { return };
    let much = Limit::new(1_000, TimeDelta::hours(1));
    let limits = Limits { changes: much, inviter: much, organization: much, recipient: much, ..Limits::default() };
    world.app = app(&proxy.database, limits, &world.clock).await.0;
    let call = Call::new(Origin { request: None, address: Some(IpAddr::from([192, 0, 2, 1])) });
    let bearer = world.app.seed_personal_token(world.admin_id, world.acme.id).await.expect("a token");
    for (flow, expected) in [("muninx", 5), ("kare", 5), ("nexus", 6)] {
        let mut turns = Vec::new();
        for number in 0..8 {
            let before = proxy.turns();
            world.actor(&[Presented::MuninxBearer(bearer.clone())]).await;
            let address = format!("{flow}-{number}@example.com");
            match flow {
                "muninx" => world.app.muninx_invite_user(&call, &world.admin, muninx_command(&address)).await,
                "kare" => {
                    let command = kare_command(&address);
                    world.app.kare_invite_user_organization(&call, &world.admin, command).await.map(drop)
                }
                _ => {
                    let administrator = world.app.nexus_administrator(world.admin.actor().clone(), world.acme.id.get());
                    let administrator = administrator.await.expect("an admin");
                    world.app.nexus_invite_organization_member(&call, &administrator, nexus_command(&address)).await
                }
            }
            .expect("invited");
            turns.push(proxy.turns() - before);
        }
        // The first ones prepare the statements.
        assert_eq!(turns[2..], [expected; 6], "{flow}: {turns:?}");
    }
}

#[tokio::test]
async fn a_sign_up_asks_three_times_before_the_hash_and_twice_after_it() {
    let mut world = World::new().await;
    let Some(proxy) = Proxy::before(&world.database).await else { return };
    let much = Limit::new(1_000, TimeDelta::hours(1));
    let limits = Limits { changes: much, signup_token: much, recipient: much, ..Limits::default() };
    world.app = app(&proxy.database, limits, &world.clock).await.0;
    let call = Call::new(Origin { request: None, address: Some(IpAddr::from([192, 0, 2, 1])) });
    let link = world.signup_token().await;
    let mut turns = Vec::new();
    for number in 0..8 {
        let before = proxy.turns();
        let signup = signup_command(&format!("signup-{number}@example.com"), &format!("signup-{number}"));
        world.app.unleash_signup(&call, link.expose(), signup).await.expect("signed up");
        turns.push(proxy.turns() - before);
    }
    // Before it: all that does not depend on the link, the limits, the organization; and the end of that transaction. After it: the
    // link is held, all is asked again, written, counted and committed. The first ones prepare the statements.
    assert_eq!(turns[2..], [9; 6], "{turns:?}");
}
