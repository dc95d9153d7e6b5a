//! What becomes of a mail between commit and delivery.

use invite_domain::invitation::{DeliveryState, Invitation};

use super::super::outbox::{OutboxMail, Told};
use super::*;

async fn leased(world: &World) -> Vec<OutboxMail> {
    world.app.outbox().lease_due_mails(10, TimeDelta::minutes(1)).await.expect("leased")
}

async fn invitation(world: &World, mail: &OutboxMail) -> Invitation {
    let mut tx = world.store.begin_read().await.expect("a reader");
    tx.invitation(mail.invitation.expect("an invitation")).await.expect("read").expect("an invitation")
}

#[tokio::test]
async fn a_leased_mail_is_nobody_elses_until_the_lease_ends() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    assert_eq!(leased(&world).await.len(), 1);
    assert_eq!(leased(&world).await.len(), 0);
    world.clock.advance(TimeDelta::minutes(1));
    let again = leased(&world).await;
    assert_eq!(again.iter().map(|mail| mail.attempts).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn what_a_killed_process_had_in_hand_is_the_next_ones_at_once_where_there_is_no_other() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    assert_eq!(leased(&world).await.len(), 1);
    world.store.take_over().await.expect("taken over");
    let is_alone = matches!(world.database, TestDatabase::Sqlite(_));
    assert_eq!(leased(&world).await.len(), usize::from(is_alone));
}

#[tokio::test]
async fn a_sent_mail_is_wiped_and_the_invitation_says_so() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let mail = leased(&world).await.remove(0);
    world.app.outbox().mark_sent(mail.id).await.expect("marked");
    assert_eq!(invitation(&world, &mail).await.delivery, DeliveryState::Sent);
    world.clock.advance(TimeDelta::days(1));
    assert!(leased(&world).await.is_empty());
    world.store.run_sql("DELETE FROM outbox WHERE payload IS NULL AND state = 'sent'".into()).await.expect("run");
    assert!(world.dump().await.contains("outbox\n  \n"), "the payload was kept");
}

#[tokio::test]
async fn a_mail_is_tried_again_later_and_given_up_with_its_reason() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let mail = leased(&world).await.remove(0);
    let outbox = world.app.outbox();
    outbox
        .mark_retry(mail.id, mail.attempts, world.now() + TimeDelta::seconds(30), "421 try later")
        .await
        .expect("marked");
    assert!(leased(&world).await.is_empty());
    world.clock.advance(TimeDelta::seconds(30));
    let mail = leased(&world).await.remove(0);
    outbox.mark_dead(mail.id, mail.attempts, "550 no such mailbox", "550 no such mailbox").await.expect("marked");
    let failed = DeliveryState::Failed { reason: "550 no such mailbox".into() };
    assert_eq!(invitation(&world, &mail).await.delivery, failed);
    world.app.muninx_resend_activation_email(&CALL, &world.admin, "jane@example.com").await.expect("sent again");
    assert_eq!(invitation(&world, &mail).await.delivery, DeliveryState::Queued);
}

#[tokio::test]
async fn a_lease_that_ended_says_nothing_of_a_mail_that_somebody_else_has() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let late = leased(&world).await.remove(0);
    world.clock.advance(TimeDelta::days(1));
    let theirs = leased(&world).await.remove(0);
    let (outbox, soon) = (world.app.outbox(), world.now() + TimeDelta::seconds(1));
    outbox.mark_retry(late.id, late.attempts, soon, "421 try later").await.expect("marked");
    outbox.mark_dead(late.id, late.attempts, "550 no such mailbox", "550 no such mailbox").await.expect("marked");
    world.clock.advance(TimeDelta::seconds(1));
    assert!(leased(&world).await.is_empty(), "the lease of the other one has ended before its time");
    assert_eq!(invitation(&world, &theirs).await.delivery, DeliveryState::Queued);
    outbox.mark_dead(theirs.id, theirs.attempts, "550 no such mailbox", "550 no such mailbox").await.expect("marked");
    let failed = DeliveryState::Failed { reason: "550 no such mailbox".into() };
    assert_eq!(invitation(&world, &theirs).await.delivery, failed);
}

#[tokio::test]
async fn a_mail_that_was_replaced_while_it_went_out_says_nothing() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let old = leased(&world).await.remove(0);
    world.app.muninx_resend_activation_email(&CALL, &world.admin, "jane@example.com").await.expect("sent again");
    world.app.outbox().mark_sent(old.id).await.expect("marked");
    assert_eq!(invitation(&world, &old).await.delivery, DeliveryState::Queued);
    assert_eq!(leased(&world).await.len(), 1);
}

#[tokio::test]
async fn an_invitation_that_was_held_when_its_mail_was_marked_is_told_afterwards_unless_another_mail_waits() {
    let world = World::new().await;
    // On SQLite nobody holds a single row.
    let TestDatabase::Postgres { .. } = world.database else { return };
    let outbox = world.app.outbox();
    for (address, is_sent_again) in [("jane@example.com", false), ("john@example.com", true)] {
        world.invite(address).await.expect("invited");
        let mail = leased(&world).await.remove(0);
        let held = world.store.hold("SELECT 1 FROM invitations FOR UPDATE".into()).await;
        assert_eq!(outbox.mark_sent(mail.id).await.expect("marked"), Told::NotYet);
        assert_eq!(outbox.tell_sent(mail.id).await.expect("asked"), Told::NotYet);
        drop(held);
        if is_sent_again {
            world.app.muninx_resend_activation_email(&CALL, &world.admin, address).await.expect("sent again");
        }
        while outbox.tell_sent(mail.id).await.expect("asked") == Told::NotYet {
            tokio::task::yield_now().await;
        }
        let expected = if is_sent_again { DeliveryState::Queued } else { DeliveryState::Sent };
        assert_eq!(invitation(&world, &mail).await.delivery, expected, "{address}");
    }
}

#[tokio::test]
async fn a_mark_that_a_busy_database_does_not_take_is_made_again() {
    let world = World::new().await;
    let TestDatabase::Postgres { .. } = world.database else { return };
    world.invite("jane@example.com").await.expect("invited");
    let mail = leased(&world).await.remove(0);
    let busy = "CREATE FUNCTION busy() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF nextval(''tries'') % 3 > 0 THEN \
                RAISE EXCEPTION ''busy'' USING ERRCODE = ''lock_not_available''; END IF; RETURN NEW; END'";
    let trigger = "CREATE TRIGGER busy BEFORE UPDATE ON outbox FOR EACH ROW EXECUTE FUNCTION busy()";
    for statement in ["CREATE SEQUENCE tries", busy, trigger] {
        world.store.run_sql(statement.into()).await.expect("done");
    }
    let outbox = world.app.outbox();
    outbox.mark_retry(mail.id, mail.attempts, world.now(), "421 try later").await.expect("at the third attempt");
    outbox.mark_dead(mail.id, mail.attempts, "550 nobody", "550 nobody").await.expect("at the third attempt");
    let failed = DeliveryState::Failed { reason: "550 nobody".into() };
    assert_eq!(invitation(&world, &mail).await.delivery, failed);
}

/// A mail that a statement has changed is not leased, and one after it is.
async fn jane_waits_and_john_goes_on(world: &World, change: &str) {
    world.invite("jane@example.com").await.expect("invited");
    world.store.run_sql(change.into()).await.expect("changed");
    world.invite("john@example.com").await.expect("invited");
    let mails = leased(world).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].envelope.to.normalized(), "john@example.com");
}

#[tokio::test]
async fn a_mail_sealed_under_another_key_is_left_to_others_and_given_up_in_the_end() {
    let world = World::new().await;
    jane_waits_and_john_goes_on(&world, "UPDATE outbox SET payload = substr(payload, 2)").await;
    assert!(!world.dump().await.contains("'dead'"), "whoever has the key finds it");
    for _ in 0..4 {
        world.clock.advance(TimeDelta::days(1));
        assert!(leased(&world).await.iter().all(|mail| mail.envelope.to.normalized() != "jane@example.com"));
    }
    assert!(world.dump().await.contains("'dead'"), "nobody has it");
}

#[tokio::test]
async fn a_process_that_cannot_read_a_mail_uses_up_none_of_its_attempts() {
    let world = World::new().await;
    let strangers = Sealer::new(&[8; 32], Entropy);
    let passwords = Passwords::new(Entropy).expect("a pool");
    let config = AppConfig::new("https://invite.example");
    let stranger = App::new(config, world.store.clone(), Arc::new(world.clock.clone()), Entropy, passwords, strangers);
    world.invite("jane@example.com").await.expect("invited");
    for attempt in 1..=30 {
        // The mail server is down meanwhile.
        let mail = leased(&world).await.remove(0);
        assert_eq!(mail.attempts, attempt);
        world.app.outbox().mark_retry(mail.id, attempt, world.now(), "connection refused").await.expect("marked");
        assert!(stranger.outbox().lease_due_mails(10, TimeDelta::minutes(1)).await.expect("leased").is_empty());
        assert!(leased(&world).await.is_empty(), "left to others for a while");
        world.clock.advance(TimeDelta::hours(1));
    }
}

#[tokio::test]
async fn mails_of_a_kind_that_only_a_newer_version_knows_are_left_to_it() {
    let world = World::new().await;
    jane_waits_and_john_goes_on(&world, "UPDATE outbox SET kind = 'of_tomorrow'").await;
}

#[tokio::test]
async fn only_who_has_a_mail_gives_it_back() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let outbox = world.app.outbox();
    let first = leased(&world).await.remove(0);
    world.clock.advance(TimeDelta::hours(1));
    let second = leased(&world).await.remove(0);
    outbox.release(&[(first.id, first.attempts)]).await.expect("nothing to give back");
    assert!(leased(&world).await.is_empty(), "somebody else has it by now");
    outbox.release(&[(second.id, second.attempts)]).await.expect("given back");
    assert_eq!(leased(&world).await.len(), 1);
}

#[tokio::test]
async fn no_secret_of_a_queued_mail_is_readable_in_the_database() {
    let world = World::new().await;
    world.invite("jane@example.com").await.expect("invited");
    let secret = world.secret_for("jane@example.com").await;
    assert!(!world.dump().await.contains(secret.expose()));
}
