//! PostgreSQL finds what the use cases ask for by its indexes, on a new database too (`Store::assert_plans`).

use std::net::IpAddr;

use invite_domain::event::Origin;
use invite_domain::limit::Limit;

use super::super::{EventQuery, InvitationQuery, KeyedRequest};
use super::*;

#[tokio::test]
async fn what_use_cases_ask_of_a_new_database_is_found_by_its_own_index() {
    let much = Limit::new(1_000, TimeDelta::hours(1));
    let limits = Limits { changes: much, inviter: much, organization: much, recipient: much, ..Limits::default() };
    let world = World::limited(limits).await;
    let keyed = KeyedRequest { key: "k", operation: "muninx_invite_user", principal: "ada", content: "body" };
    let origin = Origin { request: None, address: Some(IpAddr::from([192, 0, 2, 1])) };
    let once = world.app.keyed_call(origin, &keyed).expect("a call");
    let invited = world.app.muninx_invite_user(&once, &world.admin, muninx_command("jane@example.com"));
    world.app.once(&once, invited).await.expect("invited");
    let call = Call::new(origin);
    // An import asks what an invite of Nexus asks.
    super::imports::accept_and_do(&world, &["eve@example.com"]).await;
    world
        .app
        .kare_invite_user_organization(&call, &world.admin, kare_command("john@example.com"))
        .await
        .expect("invited");
    come_in(&world, &call).await;
    look(&world).await;
    send(&world).await;
    world.clock.advance(TimeDelta::days(40));
    world.app.sweep_expired_invitations().await.expect("swept");
    world.app.sweep_counts().await.expect("swept");
    world.app.sweep_session_tokens().await.expect("swept");
    world.store.assert_plans().await;
}

/// Everything that somebody does who has a secret.
async fn come_in(world: &World, call: &Call) {
    let challenge = world.secret_for("eve@example.com").await;
    world.app.renew_challenge(call, &challenge).await.expect("renewed");
    world.clock.advance(TimeDelta::milliseconds(1));
    world.app.muninx_resend_activation_email(call, &world.admin, "eve@example.com").await.expect("sent again");
    let challenge = world.secret_for("eve@example.com").await;
    world.app.decline_invitation(call, &challenge).await.expect("declined");
    let challenge = world.secret_for("jane@example.com").await;
    world.app.activate(call, challenge.expose(), PASSWORD).await.expect("activated");
    let token = world.secret_for("john@example.com").await;
    world.app.kare_accept_invitation(call, kare_acceptance(token, "john@example.com")).await.expect("accepted");
    let token = world.app.seed_signup_token(world.admin_id, &world.acme).await.expect("a token");
    world.app.unleash_validate_signup_token(token.expose()).await.expect("valid");
    world.app.unleash_signup(call, token.expose(), signup_command("ann@example.com", "ann")).await.expect("signed up");
    let session = world.app.create_session(call, "jane@example.com", PASSWORD, None).await.expect("signed in");
    world.app.refresh_session(call, &session.refresh).await.expect("renewed");
}

/// Everything that administrators and operators look at.
async fn look(world: &World) {
    let (app, admin) = (&world.app, &world.admin);
    world.clock.advance(TimeDelta::milliseconds(1));
    world.invite("joan@example.com").await.expect("invited");
    let page = app.list_invitations(admin, InvitationQuery::default()).await.expect("listed");
    app.resend_invitation(&CALL, admin, page.items[0].id).await.expect("sent again");
    app.revoke_invitation(&CALL, admin, page.items[0].id).await.expect("revoked");
    app.list_events(admin, EventQuery::default()).await.expect("listed");
    app.workload().await.expect("counted");
    app.operator_sign_user_out("jane@example.com").await.expect("signed out");
    let secret = PlainSecret::from_caller("act_CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC");
    app.operator_find_secret(&secret).await.expect("looked for");
}

/// Everything that a relay does.
async fn send(world: &World) {
    for name in ["one", "two", "three", "four"] {
        world.invite(&format!("{name}@example.com")).await.expect("invited");
    }
    let outbox = world.app.outbox();
    let mails = outbox.lease_due_mails(100, TimeDelta::hours(1)).await.expect("leased");
    let [sent, later, dead, rest @ ..] = mails.as_slice() else { panic!("{} mails", mails.len()) };
    outbox.mark_sent(sent.id).await.expect("marked");
    outbox.tell_sent(sent.id).await.expect("told");
    outbox.mark_retry(later.id, later.attempts, world.now(), "451").await.expect("marked");
    outbox.mark_dead(dead.id, dead.attempts, "550", "550").await.expect("marked");
    let leases: Vec<_> = rest.iter().map(|mail| (mail.id, mail.attempts)).collect();
    outbox.release(&leases).await.expect("given back");
}
