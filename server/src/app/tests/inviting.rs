//! Inviting, on a real database: what is written, what is not, and in which order.

use invite_domain::email_address::EmailAddress;
use invite_domain::invitation::{DeliveryState, InvitationState};
use invite_domain::user::UserStatus;

use super::*;

async fn user(world: &World, address: &str) -> invite_domain::user::User {
    let address = EmailAddress::parse(address).expect("well formed");
    let mut tx = world.store.begin_read().await.expect("a reader");
    tx.user_by_email(&address).await.expect("read").expect("a user")
}

#[tokio::test]
async fn of_two_parallel_invites_of_one_address_one_succeeds() {
    let world = World::new().await;
    let spellings = ["jane@example.com", "JANE@Example.COM"];
    let outcomes = futures::future::join_all((0..8).map(|index| world.invite(spellings[index % 2]))).await;
    let (done, refusals): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), refusals.len()), (1, 7));
    assert!(refusals.into_iter().all(|outcome| refused(outcome) == RefusalCode::EmailTaken));

    let nexus = (0..8).map(|_| world.nexus_invite(1, nexus_command("b@example.com")));
    let outcomes = futures::future::join_all(nexus).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_muninx_invite_makes_a_pending_user_in_the_named_organization() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let jane = user(&world, "jane@example.com").await;
    assert_eq!(jane.status, UserStatus::Pending);
    let mut tx = world.store.begin_read().await.expect("a reader");
    assert!(tx.membership(jane.id, world.customer.id).await.expect("read").is_some());
    let invitation = tx.pending_invitation_of_user(jane.id, world.acme.id).await.expect("read").expect("an invitation");
    assert_eq!((invitation.state, invitation.delivery), (InvitationState::Pending, DeliveryState::Queued));
    assert_eq!(invitation.inviter, Some(world.admin_id));
}

#[tokio::test]
async fn organizations_of_another_tenant_are_unknown() {
    let world = World::new().await;
    for slug in ["globex", "nowhere"] {
        let command = muninx::InviteUser { organization: Some(slug.into()), ..muninx_command("jane@example.com") };
        let outcome = world.app.muninx_invite_user(&CALL, &world.admin, command).await;
        assert_eq!(refused(outcome), RefusalCode::UnknownOrganization);
    }
    for id in [world.globex.id.get(), 99] {
        let outcome = world.nexus_invite(id, nexus_command("jane@example.com")).await;
        assert_eq!(refused(outcome), RefusalCode::OrganizationNotFound);
    }
    let customer = world.customer.id.get();
    world
        .nexus_invite(customer, nexus_command("jane@example.com"))
        .await
        .expect("a tenant's admin names its customer organization");
}

#[tokio::test]
async fn inviting_an_account_changes_nothing_of_it_and_tells_its_owner() {
    let world = World::new().await;
    let globex_admin =
        world.app.seed_admin(&world.globex, "Boss@globex.example", "Bo", "Boss", PASSWORD).await.expect("an admin");
    let before = user(&world, "boss@globex.example").await;
    let membership = world
        .app
        .kare_invite_user_organization(&CALL, &world.admin, kare_command("BOSS@GLOBEX.example"))
        .await
        .expect("invited");
    assert_eq!((membership.user_id, membership.scope, membership.deleted_at), (globex_admin.get(), 1, None));
    assert_eq!(membership.read, vec![1, -2]);
    assert_eq!(user(&world, "boss@globex.example").await, before);
    assert!(matches!(world.mail_for("boss@globex.example").await, Mail::AddedNotice { .. }));
    for make_admin in [None, Some(true)] {
        let command = nexus::InviteMember { make_admin, ..nexus_command("boss@globex.example") };
        let outcome = world.nexus_invite(1, command).await;
        assert_eq!(refused(outcome), RefusalCode::AlreadyMember);
    }
    let again = world.app.kare_invite_user_organization(&CALL, &world.admin, kare_command("boss@globex.example")).await;
    assert_eq!(refused(again), RefusalCode::AlreadyMember);
}

#[tokio::test]
async fn a_removed_member_is_revived_with_an_invitation_of_its_own() {
    let world = World::new().await;
    let first = world
        .app
        .kare_invite_user_organization(&CALL, &world.admin, kare_command("jane@example.com"))
        .await
        .expect("invited");
    let old = world.secret_for("jane@example.com").await;
    world
        .store
        .run_sql(format!("UPDATE memberships SET deleted_at = 1 WHERE user_id = {}", first.user_id))
        .await
        .expect("removed");
    world.clock.advance(TimeDelta::hours(1));
    let second = world
        .app
        .kare_invite_user_organization(&CALL, &world.admin, kare_command("jane@example.com"))
        .await
        .expect("revived");
    assert_eq!((second.user_id, second.created_at), (first.user_id, first.created_at));
    assert_eq!((second.updated_at, second.deleted_at), (world.now(), None));
    let outcome = world.app.kare_accept_invitation(&CALL, kare_acceptance(old, "jane@example.com")).await;
    assert_eq!(refused(outcome), RefusalCode::SecretRevoked);
    let fresh = world.secret_for("jane@example.com").await;
    world.app.kare_accept_invitation(&CALL, kare_acceptance(fresh, "jane@example.com")).await.expect("accepted");
}

#[tokio::test]
async fn sending_again_kills_the_old_challenge_and_lives_on() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let old = world.secret_for("jane@example.com").await;
    world.clock.advance(TimeDelta::days(8));
    world.app.muninx_resend_activation_email(&CALL, &world.admin, "Jane@Example.com").await.expect("sent again");
    let outcome = world.app.activate(&CALL, old.expose(), PASSWORD).await;
    assert_eq!(refused(outcome), RefusalCode::SecretRevoked);
    let fresh = world.secret_for("jane@example.com").await;
    world.app.activate(&CALL, fresh.expose(), PASSWORD).await.expect("activated");
    let resend = |email| world.app.muninx_resend_activation_email(&CALL, &world.admin, email);
    assert_eq!(refused(resend("jane@example.com").await), RefusalCode::UserNotPending);
    assert_eq!(refused(resend("me").await), RefusalCode::UserNotPending);
    assert_eq!(refused(resend("nobody@example.com").await), RefusalCode::UserNotFound);
    assert_eq!(refused(resend("no address").await), RefusalCode::UserNotFound);
    world.app.seed_admin(&world.globex, "boss@globex.example", "Bo", "Boss", PASSWORD).await.expect("an admin");
    assert_eq!(refused(resend("boss@globex.example").await), RefusalCode::UserNotFound);
}

#[tokio::test]
async fn a_challenge_of_the_caller_works_once_and_only_once_in_the_system() {
    let world = World::new().await;
    let command = |address| muninx::InviteUser {
        challenge: Some(PlainSecret::from_caller("a challenge of my own")),
        ..muninx_command(address)
    };
    world.app.muninx_invite_user(&CALL, &world.admin, command("jane@example.com")).await.expect("invited");
    let again = world.app.muninx_invite_user(&CALL, &world.admin, command("john@example.com")).await;
    assert_eq!(refused(again), RefusalCode::InvalidValue);
    assert!(!world.dump().await.contains("a challenge of my own"), "stored in the clear");
    world.app.activate(&CALL, "a challenge of my own", PASSWORD).await.expect("activated");
}
