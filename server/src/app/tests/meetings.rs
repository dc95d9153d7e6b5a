//! Use cases that meet in the database, in one process and in two: each comes to the end that it would have come to alone.

use futures::future::{join, join_all};
use invite_domain::administration;
use invite_domain::event::Origin;
use invite_domain::organization::OrganizationStatus;

use super::*;

/// How many rows of a table have all the texts in them.
async fn rows(world: &World, table: &str, texts: &[&str]) -> usize {
    let dump = world.dump().await;
    let rows = dump.split(&format!("{table}\n  ")).nth(1).expect("a table").lines();
    let rows = rows.take_while(|line| line.contains(" | "));
    rows.filter(|line| texts.iter().all(|text| line.contains(text))).count()
}

#[tokio::test]
async fn of_those_who_invite_one_new_address_at_once_one_makes_the_account() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    for round in 0..5 {
        let address = format!("jane{round}@example.com");
        let invites = (0..12).map(async |number| {
            let app = if number % 2 == 0 { &world.app } else { &other };
            match number % 3 {
                0 => app.muninx_invite_user(&CALL, &world.admin, muninx_command(&address)).await,
                1 => app.kare_invite_user_organization(&CALL, &world.admin, kare_command(&address)).await.map(drop),
                _ => {
                    let administrator =
                        app.nexus_administrator(world.admin.actor().clone(), 1).await.expect("an admin");
                    app.nexus_invite_organization_member(&CALL, &administrator, nexus_command(&address)).await
                }
            }
        });
        let outcomes = join_all(invites).await;
        let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        for outcome in outcomes.into_iter().filter(Result::is_err) {
            let code = refused(outcome);
            assert!(matches!(code, RefusalCode::AlreadyMember | RefusalCode::EmailTaken), "{code:?}");
        }
        assert!((1..=2).contains(&done), "one into each organization at most: {done}");
        let literal = format!("'{address}'");
        assert_eq!(rows(&world, "users", &[&literal]).await, 1);
        assert_eq!(rows(&world, "invitations", &[&literal, "'pending'"]).await, done);
    }
}

#[tokio::test]
async fn of_two_who_demote_each_other_one_stays_an_administrator() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    for round in 0..8 {
        let (first, second) = (format!("a{round}"), format!("b{round}"));
        let tenant = world.app.seed_organization(&format!("tenant-{round}"), "Tenant", None).await.expect("a tenant");
        let mut people = Vec::new();
        for name in [&first, &second] {
            let address = format!("{name}@example.com");
            let id = world.app.seed_admin(&tenant, &address, "Ann", "Admin", PASSWORD).await.expect("an admin");
            let bearer = world.app.seed_personal_token(id, tenant.id).await.expect("a token");
            let actor = world.actor(&[Presented::MuninxBearer(bearer)]).await;
            people
                .push((id.to_string(), world.app.nexus_administrator(actor, tenant.id.get()).await.expect("an admin")));
        }
        let [(first, by_first), (second, by_second)] = people.try_into().expect("two");
        let (one, two) = join(
            world.app.nexus_remove_member_role(&CALL, &by_first, &second),
            other.nexus_remove_member_role(&CALL, &by_second, &first),
        )
        .await;
        assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
        let lost = if one.is_err() { one } else { two };
        assert_eq!(refused(lost), RefusalCode::LastAdministrator);
    }
}

#[tokio::test]
async fn of_those_who_answer_one_secret_at_once_one_is_heard() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    for round in 0..4 {
        let address = format!("jane{round}@example.com");
        world.invite(&address).await.expect("invited");
        let secret = world.secret_for(&address).await;
        let accept = |app: App| {
            let secret = secret.expose().to_owned();
            async move { app.activate(&CALL, &secret, PASSWORD).await.map(drop) }
        };
        let decline = |app: App| {
            let secret = PlainSecret::from_caller(secret.expose());
            async move { app.decline_invitation(&CALL, &secret).await }
        };
        let (one, two) =
            join(join_all((0..3).map(|_| accept(world.app.clone()))), join_all((0..3).map(|_| decline(other.clone()))))
                .await;
        let outcomes: Vec<_> = one.into_iter().chain(two).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        for outcome in outcomes.into_iter().filter(Result::is_err) {
            let code = refused(outcome);
            assert!(matches!(code, RefusalCode::SecretUsed | RefusalCode::SecretDeclined), "{code:?}");
        }
    }
}

#[tokio::test]
async fn of_those_who_send_again_at_once_the_last_secret_lives() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    world.invite("jane@example.com").await.expect("invited");
    let resends = (0..8).map(async |number| {
        let app = if number % 2 == 0 { &world.app } else { &other };
        app.muninx_resend_activation_email(&CALL, &world.admin, "jane@example.com").await
    });
    for outcome in join_all(resends).await {
        outcome.expect("sent again");
    }
    let mails = world.app.outbox().lease_due_mails(10_000, TimeDelta::zero()).await.expect("leased");
    let secrets = mails.into_iter().filter_map(|mail| match mail.mail {
        Mail::Activation { challenge, .. } => Some(challenge),
        Mail::KareInvitation { .. } | Mail::AddedNotice { .. } | Mail::ImportFinished { .. } => None,
    });
    let mut alive = 0;
    for secret in secrets {
        alive += usize::from(world.app.activate(&CALL, secret.expose(), PASSWORD).await.is_ok());
    }
    assert_eq!(alive, 1);
}

#[tokio::test]
async fn of_those_who_renew_one_sign_in_at_once_one_goes_on_and_then_it_ends() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    let tokens = world.app.create_session(&CALL, "admin@acme.example", PASSWORD, None).await.expect("signed in");
    let refreshes = (0..6).map(async |number| {
        let app = if number % 2 == 0 { &world.app } else { &other };
        app.refresh_session(&CALL, &tokens.refresh).await
    });
    let (done, failed): (Vec<_>, Vec<_>) = join_all(refreshes).await.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    assert!(failed.into_iter().all(|outcome| refused(outcome) == RefusalCode::NotAuthenticated));
    let renewed = done.into_iter().next().expect("one").expect("renewed");
    let again = world.app.refresh_session(&CALL, &renewed.refresh).await;
    assert_eq!(refused(again), RefusalCode::NotAuthenticated, "a token that came again ends the sign-in");
}

#[tokio::test]
async fn relays_side_by_side_lease_each_mail_once() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    for number in 0..40 {
        world.invite(&format!("jane{number}@example.com")).await.expect("invited");
    }
    let lease = async |app: &App| {
        let mut ids = Vec::new();
        loop {
            let mails = app.outbox().lease_due_mails(3, TimeDelta::minutes(1)).await.expect("leased");
            if mails.is_empty() {
                return ids;
            }
            ids.extend(mails.into_iter().map(|mail| mail.id.get()));
        }
    };
    let (mut one, two) = join(lease(&world.app), lease(&other)).await;
    one.extend(two);
    one.sort();
    one.dedup();
    // A relay that finds nothing free goes away, also when another one is about to give something back.
    assert_eq!(one.len(), 40);
}

#[tokio::test]
async fn of_many_who_change_one_thing_at_once_nobody_is_sent_away() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    world.invite("jane@example.com").await.expect("invited");
    let resends = (0..48).map(async |number| {
        let app = if number % 2 == 0 { &world.app } else { &other };
        app.muninx_resend_activation_email(&CALL, &world.admin, "jane@example.com").await
    });
    for outcome in join_all(resends).await {
        outcome.expect("sent again");
    }
}

#[tokio::test]
async fn whoever_changes_names_does_not_wait_for_those_who_count_administrators() {
    let world = World::new().await;
    if !world.database.takes_postgres("on SQLite all who write wait for each other") {
        return;
    }
    let member = world.app.muninx_member(world.admin.actor().clone()).await.expect("a person");
    let mut counting = world.store.begin_write().await.expect("begun");
    counting.count_other_administrators(world.acme.id, world.admin_id).await.expect("counted");
    let command = muninx::users::UpdateUser { name: Some("Adele".into()), ..muninx::users::UpdateUser::default() };
    world.app.muninx_update_user(&CALL, &member, "me", &command).await.expect("changed");
    counting.commit().await.expect("nobody else has written the organization");
    let renamed = rows(&world, "users", &["'admin@acme.example'", "'Adele'"]).await;
    assert_eq!(renamed, 1);
}

#[tokio::test]
async fn of_two_operators_who_try_all_mails_again_at_once_neither_is_sent_away() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    for round in 0..4 {
        for number in 0..5 {
            world.invite(&format!("jane{round}-{number}@example.com")).await.expect("invited");
        }
        let outbox = world.app.outbox();
        for mail in outbox.lease_due_mails(10_000, TimeDelta::minutes(1)).await.expect("leased") {
            outbox.mark_dead(mail.id, mail.attempts, "refused", "refused").await.expect("given up");
        }
        let (one, two) = join(world.app.operator_retry_dead_mails(), other.operator_retry_dead_mails()).await;
        let (one, two) = (one.expect("tried again"), two.expect("tried again"));
        assert_eq!(one.retried + two.retried, 5 * (round + 1), "each once: {one:?} {two:?}");
    }
}

#[tokio::test]
async fn of_two_operators_who_lock_an_organization_at_once_one_does() {
    let world = World::new().await;
    let (other, _) = app(&world.database, world.limits, &world.clock).await;
    let id = world.globex.id;
    for round in 1..=4 {
        let status = OrganizationStatus::Suspended;
        let (one, two) = join(
            world.app.operator_set_organization_status(id, status),
            other.operator_set_organization_status(id, status),
        )
        .await;
        assert_eq!((one.expect("locked").status, two.expect("locked").status), (status, status));
        assert_eq!(rows(&world, "events", &["'organization.suspended'"]).await, round);
        world.app.operator_set_organization_status(id, OrganizationStatus::Active).await.expect("unlocked");
    }
    let nobody = world.app.operator_set_organization_status(OrganizationId::new(777), OrganizationStatus::Active).await;
    assert_eq!(refused(nobody), RefusalCode::OrganizationNotFound);
}

#[tokio::test]
async fn no_sign_out_overlooks_who_accepts_at_the_same_time() {
    let world = World::new().await;
    if !world.database.takes_postgres("on SQLite all who write wait for each other") {
        return;
    }
    let jane = "jane@example.com";
    world.app.kare_invite_user_organization(&CALL, &world.admin, kare_command(jane)).await.expect("invited");
    let token = world.secret_for(jane).await;
    let customer = world.customer.id.get();
    // Mails of one instant have no order.
    world.clock.advance(TimeDelta::milliseconds(1));
    world.nexus_invite(customer, nexus_command(jane)).await.expect("invited");
    let challenge = world.secret_for(jane).await;
    world.app.activate(&CALL, challenge.expose(), PASSWORD).await.expect("an account that keeps its password");

    let mut leaving = world.store.begin_write().await.expect("begun");
    let address = EmailAddress::parse(jane).expect("an address");
    let user = leaving.user_by_email(&address).await.expect("read").expect("a user");
    world.app.kare_accept_invitation(&CALL, kare_acceptance(token, jane)).await.expect("accepted and signed in");
    let plan = administration::plan_sign_out(&user, &[world.acme.id], world.now());
    world.app.write(Origin::default(), &mut leaving, &plan, world.now()).expect("planned");
    leaving.commit().await.expect_err("it does not see her new tokens, and begins anew");
}

#[tokio::test]
async fn no_suspension_overlooks_who_joins_elsewhere_at_the_same_time() {
    let world = World::new().await;
    if !world.database.takes_postgres("on SQLite all who write wait for each other") {
        return;
    }
    let jane = "jane@example.com";
    world.invite(jane).await.expect("invited");
    let first = world.secret_for(jane).await;
    world.clock.advance(TimeDelta::milliseconds(1));
    world.nexus_invite(world.acme.id.get(), nexus_command(jane)).await.expect("invited");
    let challenge = world.secret_for(jane).await;
    world.app.activate(&CALL, first.expose(), PASSWORD).await.expect("activated");

    let mut locking = world.store.begin_write().await.expect("begun");
    let address = EmailAddress::parse(jane).expect("an address");
    let user = locking.user_by_email(&address).await.expect("read").expect("a user");
    world.app.activate(&CALL, challenge.expose(), "whatever she likes").await.expect("joined, her password kept");
    let plan = administration::plan_suspension(&user, &[world.customer.id], world.now());
    world.app.write(Origin::default(), &mut locking, &plan, world.now()).expect("planned");
    locking.commit().await.expect_err("it does not see where else she belongs now, and begins anew");
}
