//! Sign-ins over time.

use super::*;

#[tokio::test]
async fn no_refresh_moves_the_end_of_a_sign_in() {
    let world = World::new().await;
    let begun = world.now();
    let mut tokens = world.app.create_session(&CALL, "admin@acme.example", PASSWORD, None).await.expect("signed in");
    for _ in 0..29 {
        world.clock.advance(TimeDelta::days(1));
        tokens = world.app.refresh_session(&CALL, &tokens.refresh).await.expect("renewed");
        assert_eq!(tokens.expires_at, world.now() + TimeDelta::hours(1));
    }
    world.clock.advance(TimeDelta::minutes(23 * 60 + 30));
    tokens = world.app.refresh_session(&CALL, &tokens.refresh).await.expect("renewed in the last hour");
    assert_eq!(tokens.expires_at, begun + TimeDelta::days(30), "an access token does not outlive its sign-in");
    world.clock.advance(TimeDelta::minutes(30));
    let outcome = world.app.refresh_session(&CALL, &tokens.refresh).await;
    assert_eq!(refused(outcome), RefusalCode::NotAuthenticated);
    let bearer = [Presented::SessionBearer(tokens.access)];
    assert!(world.app.authenticate(&bearer).await.expect("looked up").is_none());
}

#[tokio::test]
async fn no_credential_is_made_by_one_that_has_ended_while_the_body_was_on_its_way() {
    let world = World::new().await;
    let link = world.app.seed_signup_token(world.admin_id, &world.acme).await.expect("a link");
    let squatter = signup_command("jane@example.com", "jane");
    world.app.unleash_signup(&CALL, link.expose(), squatter).await.expect("signed up with somebody else's address");
    let tokens = world.app.create_session(&CALL, "jane@example.com", PASSWORD, None).await.expect("signed in");
    let actor = world.actor(&[Presented::SessionBearer(tokens.access)]).await;
    let owner = invite_domain::flow::muninx::owner(&actor).expect("a person");
    let created = world.app.muninx_create_token(&CALL, &owner, "first".into()).await.expect("made");

    let customer = world.customer.id.get();
    world.nexus_invite(customer, nexus_command("jane@example.com")).await.expect("invited");
    let challenge = world.secret_for("jane@example.com").await;
    world.app.activate(&CALL, challenge.expose(), "the owner's own words").await.expect("it is her account");
    let refusal = world.app.muninx_create_token(&CALL, &owner, "second".into()).await;
    assert_eq!(refused(refusal), RefusalCode::NotAuthenticated);
    let earlier = world.app.authenticate(&[Presented::MuninxBearer(created.token)]).await.expect("looked up");
    assert!(earlier.is_none(), "what was made before has ended, too");
}

#[tokio::test]
async fn a_used_token_ends_its_sign_in_hours_later() {
    let world = World::new().await;
    let first = world.app.create_session(&CALL, "admin@acme.example", PASSWORD, None).await.expect("signed in");
    let second = world.app.refresh_session(&CALL, &first.refresh).await.expect("renewed");
    world.clock.advance(TimeDelta::hours(2));
    assert_eq!(refused(world.app.refresh_session(&CALL, &first.refresh).await), RefusalCode::NotAuthenticated);
    assert_eq!(refused(world.app.refresh_session(&CALL, &second.refresh).await), RefusalCode::NotAuthenticated);
    let before = world.dump().await;
    assert_eq!(refused(world.app.refresh_session(&CALL, &first.refresh).await), RefusalCode::NotAuthenticated);
    assert_eq!(world.dump().await, before, "what has ended leaves no further trace");
}

#[tokio::test]
async fn what_a_sign_in_leaves_is_swept_once_it_can_tell_nothing_any_more() {
    let world = World::new().await;
    let first = world.app.create_session(&CALL, "admin@acme.example", PASSWORD, None).await.expect("signed in");
    let second = world.app.refresh_session(&CALL, &first.refresh).await.expect("renewed");
    let rows = async || world.dump().await.matches("'sign-in'").count();
    assert_eq!(rows().await, 6);
    assert!(!world.app.sweep_session_tokens().await.expect("looked"), "nothing has ended");
    world.clock.advance(TimeDelta::hours(1));
    assert!(world.app.sweep_session_tokens().await.expect("swept"));
    assert_eq!(rows().await, 2, "the refresh tokens stay, the used one too: it ends the sign-in if it comes again");
    world.clock.advance(TimeDelta::days(30));
    assert!(world.app.sweep_session_tokens().await.expect("swept"));
    assert_eq!(rows().await, 0);
    for refresh in [&first.refresh, &second.refresh] {
        assert_eq!(refused(world.app.refresh_session(&CALL, refresh).await), RefusalCode::NotAuthenticated);
    }
}
