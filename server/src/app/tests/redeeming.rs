//! Redeeming secrets: once, in time, for the right purpose.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_challenge_redeemed_by_32_parallel_requests_works_once() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let challenge = world.secret_for("jane@example.com").await;
    let requests = (0..32).map(|_| {
        let (app, challenge) = (world.app.clone(), challenge.clone());
        tokio::spawn(async move { app.activate(&CALL, challenge.expose(), PASSWORD).await })
    });
    let outcomes = futures::future::join_all(requests).await;
    let mut done = 0;
    for outcome in outcomes {
        match outcome.expect("no panic") {
            Ok(_) => done += 1,
            Err(Error::Refused(refusal)) => assert_eq!(refusal.code, RefusalCode::SecretUsed),
            Err(other) => panic!("neither done nor refused: {other:?}"),
        }
    }
    assert_eq!(done, 1);
}

#[tokio::test]
async fn a_challenge_dies_at_its_instant() {
    let world = World::new().await;
    for (address, before_end, works) in
        [("a@example.com", 1, true), ("b@example.com", 0, false), ("c@example.com", -1, false)]
    {
        world.invite(address).await.expect("invited");
        let challenge = world.secret_for(address).await;
        let wait = TimeDelta::days(7) - TimeDelta::milliseconds(before_end);
        world.clock.advance(wait);
        let outcome = world.app.activate(&CALL, challenge.expose(), PASSWORD).await;
        if works {
            outcome.expect("activated in the last millisecond");
        } else {
            assert_eq!(refused(outcome), RefusalCode::SecretExpired, "{address}");
        }
    }
}

#[tokio::test]
async fn an_activated_user_signs_in_and_the_challenge_is_used() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let challenge = world.secret_for("jane@example.com").await;
    assert_eq!(
        refused(world.app.activate(&CALL, challenge.expose(), "jane@example.com").await),
        RefusalCode::PasswordRejected
    );
    let user = world.app.activate(&CALL, challenge.expose(), PASSWORD).await.expect("activated");
    assert_eq!((user.email.as_str(), user.organization.as_str()), ("jane@example.com", "acme-customer-1"));
    assert_eq!(refused(world.app.activate(&CALL, challenge.expose(), PASSWORD).await), RefusalCode::SecretUsed);
    let waiting = world.app.outbox().lease_due_mails(10, TimeDelta::zero()).await.expect("leased");
    assert!(waiting.is_empty(), "a mail that waits would bring a used link");
    let tokens = world.app.create_session(&CALL, "JANE@example.com", PASSWORD, None).await.expect("signed in");
    assert_eq!(tokens.expires_at, world.now() + TimeDelta::hours(1));
    for token in ["", "act_unknown", tokens.access.expose()] {
        assert_eq!(refused(world.app.activate(&CALL, token, PASSWORD).await), RefusalCode::SecretUnknown);
    }
}

#[tokio::test]
async fn signing_in_is_refused_alike() {
    let world = World::new().await;
    world.invite("pending@example.com").await.expect("invited");
    let attempts = [
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("admin@acme.example", "another password"),
        ("pending@example.com", PASSWORD),
    ];
    for (email, password) in attempts {
        let Err(Error::Refused(refusal)) = world.app.create_session(&CALL, email, password, None).await else {
            panic!("{email}")
        };
        assert_eq!(refusal, invite_domain::refusal::Refusal::wrong_credentials(), "{email}");
    }
}

#[tokio::test]
async fn a_kare_token_is_bound_to_its_address_and_its_door() {
    let world = World::new().await;
    world
        .app
        .kare_invite_user_organization(&CALL, &world.admin, kare_command("jane@example.com"))
        .await
        .expect("invited");
    world.invite("john@example.com").await.expect("invited");
    let token = world.secret_for("jane@example.com").await;
    let challenge = world.secret_for("john@example.com").await;
    let accept =
        |token: &PlainSecret, address| world.app.kare_accept_invitation(&CALL, kare_acceptance(token.clone(), address));
    assert_eq!(refused(accept(&token, "john@example.com").await), RefusalCode::SecretUnknown);
    assert_eq!(refused(accept(&challenge, "john@example.com").await), RefusalCode::SecretUnknown);
    assert_eq!(refused(world.app.activate(&CALL, token.expose(), PASSWORD).await), RefusalCode::SecretUnknown);
    let tokens = accept(&token, "Jane@example.com").await.expect("accepted");
    let halves = [Presented::KareBearer(tokens.access), Presented::KareSession(tokens.session)];
    let actor = world.actor(&halves).await;
    assert_eq!(actor.organization, world.acme.id);
    let inviting = kare::administrator(actor).map_err(Error::from);
    assert_eq!(refused(inviting), RefusalCode::NotAllowed);
    assert_eq!(refused(accept(&token, "jane@example.com").await), RefusalCode::SecretUsed);
}

#[tokio::test]
async fn redeeming_a_second_invitation_changes_nothing_of_the_account() {
    let world = World::new().await;
    world
        .app
        .kare_invite_user_organization(&CALL, &world.admin, kare_command("jane@example.com"))
        .await
        .expect("invited");
    let token = world.secret_for("jane@example.com").await;
    world.clock.advance(TimeDelta::milliseconds(1));
    let customer = world.customer.id.get();
    world.nexus_invite(customer, nexus_command("jane@example.com")).await.expect("invited");
    let challenge = world.secret_for("jane@example.com").await;
    world.app.kare_accept_invitation(&CALL, kare_acceptance(token, "jane@example.com")).await.expect("accepted");
    let before = world.dump().await;
    let users = |dump: &str| dump.split("\nusers\n").nth(1).map(str::to_owned).expect("users");
    let user =
        world.app.activate(&CALL, challenge.expose(), "some other password of a stranger").await.expect("accepted");
    assert_eq!(user.display_name, "Janet Roe");
    assert_eq!(users(&world.dump().await), users(&before));
    world.app.create_session(&CALL, "jane@example.com", PASSWORD, None).await.expect("the password is the first one");
}

#[tokio::test]
async fn an_active_account_accepts_a_kare_invitation_with_its_own_password_only() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let challenge = world.secret_for("jane@example.com").await;
    world.clock.advance(TimeDelta::milliseconds(1));
    world
        .app
        .kare_invite_user_organization(&CALL, &world.admin, kare_command("jane@example.com"))
        .await
        .expect("invited");
    let token = world.secret_for("jane@example.com").await;
    world.app.activate(&CALL, challenge.expose(), "another fine password").await.expect("activated");
    let wrong = world.app.kare_accept_invitation(&CALL, kare_acceptance(token.clone(), "jane@example.com")).await;
    assert_eq!(refused(wrong), RefusalCode::WrongCredentials);
    let password = PlainSecret::from_caller("another fine password");
    let right = kare::AcceptInvitation { password, ..kare_acceptance(token, "jane@example.com") };
    world.app.kare_accept_invitation(&CALL, right).await.expect("accepted");
}

#[tokio::test]
async fn an_invitation_that_waits_makes_nobody_an_administrator() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited into the customer organization");
    let first = world.secret_for("jane@example.com").await;
    world.clock.advance(TimeDelta::seconds(1));
    let command = nexus::InviteMember { make_admin: Some(true), ..nexus_command("jane@example.com") };
    world.nexus_invite(1, command).await.expect("invited into the tenant");
    let second = world.secret_for("jane@example.com").await;
    world.app.activate(&CALL, first.expose(), PASSWORD).await.expect("activated");

    let tokens = world.app.create_session(&CALL, "jane@example.com", PASSWORD, None).await.expect("signed in");
    let session = [Presented::SessionBearer(tokens.access)];
    let jane = world.actor(&session).await;
    assert_eq!((jane.organization, jane.admin_of.len()), (world.customer.id, 0));
    let admin = world.admin_id.to_string();
    let demote = || world.app.nexus_remove_member_role(&CALL, &world.admin, &admin);
    assert_eq!(refused(demote().await), RefusalCode::LastAdministrator);

    world.app.activate(&CALL, second.expose(), PASSWORD).await.expect("accepted");
    assert!(world.actor(&session).await.admin_of.contains(&world.acme.id));
    demote().await.expect("another one is left");
}
