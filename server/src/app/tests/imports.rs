//! Imports on a real database: what becomes of rows, and that each is done once.

use std::time::Duration;

use invite_domain::flow::nexus::import::ImportMembers;
use invite_domain::import::{ImportState, RowResult, StopReason, Tally};
use invite_domain::limit::Limit;
use uuid::Uuid;

use super::*;
use crate::app::imports::{ImportPage, Imports, Step};
use crate::imports::Importer;

/// Accepts an import into acme.
pub(super) async fn accept(world: &World, reference: &str, rows: Vec<nexus::InviteMember>) -> Uuid {
    let administrator = world.app.nexus_administrator(world.admin.actor().clone(), 1).await.expect("an admin");
    accept_as(world, &administrator, reference, rows).await
}

async fn accept_as(
    world: &World,
    administrator: &Administrator,
    reference: &str,
    rows: Vec<nexus::InviteMember>,
) -> Uuid {
    let organization = administrator.organization().get().unsigned_abs();
    let (reference, filename, importing_user) = (reference.into(), "people.csv".into(), "1".into());
    let command = ImportMembers { reference, filename, organization, importing_user, rows };
    world.app.nexus_import_organization_members(&CALL, administrator, command).await.expect("accepted")
}

fn rows(addresses: &[&str]) -> Vec<nexus::InviteMember> {
    addresses.iter().map(|address| nexus_command(address)).collect()
}

fn many(count: usize) -> Vec<nexus::InviteMember> {
    (0..count).map(|number| nexus_command(&format!("p{number}@example.com"))).collect()
}

/// An import of these, done.
pub(super) async fn accept_and_do(world: &World, addresses: &[&str]) {
    accept(world, "r-1", rows(addresses)).await;
    drain(&world.app.imports(|_| Ok(()))).await.expect("done");
}

/// Works until there is nothing to do.
async fn drain(imports: &Imports) -> Result<(), Error> {
    while let Some(lease) = imports.lease().await? {
        while imports.step(lease).await? == Step::More {}
    }
    Ok(())
}

async fn page(world: &World, id: Uuid) -> ImportPage {
    let administrator = world.app.import_administrator(world.admin.actor().clone(), id).await.expect("an admin");
    world.app.import(&administrator, id, None, 1000).await.expect("found")
}

#[tokio::test]
async fn a_recipient_gets_so_many_mails_whoever_imports_them_and_into_which_organizations() {
    let recipient = Limit::new(2, TimeDelta::hours(1));
    let world = World::limited(Limits { recipient, ..Limits::default() }).await;
    let mut results = Vec::new();
    for number in 2..6 {
        let name = format!("acme-customer-{number}");
        let organization = world.app.seed_organization(&name, "One", Some(world.acme.id)).await.expect("a customer");
        let actor = world.admin.actor().clone();
        let administrator = world.app.nexus_administrator(actor, organization.id.get()).await.expect("an admin");
        let id = accept_as(&world, &administrator, &name, rows(&["jane@example.com", "no address"])).await;
        drain(&world.app.imports(|_| Ok(()))).await.expect("done");
        let page = world.app.import(&administrator, id, None, 1000).await.expect("found");
        results.push(page.rows[0].clone());
    }
    let reasons: Vec<_> = results.iter().map(|row| row.fault.as_ref().map(|fault| fault.reason.as_str())).collect();
    assert_eq!(reasons, [None, None, Some("too_many_requests"), Some("too_many_requests")]);
    assert!(results[2].fault.as_ref().is_some_and(|fault| fault.detail.ends_with("in 1800 s")), "{:?}", results[2]);
    let outcome = world.nexus_invite(1, nexus_command("jane@example.com")).await;
    outcome.expect("a call without a client, as the operator's are");
}

#[tokio::test]
async fn the_end_of_imports_is_a_mail_like_others_and_for_nobody_whose_mailbox_is_not_proven() {
    let recipient = Limit::new(1, TimeDelta::days(1));
    let world = World::limited(Limits { recipient, ..Limits::default() }).await;
    let told = async || {
        let mails = world.app.outbox().lease_due_mails(10_000, TimeDelta::zero()).await.expect("leased");
        mails.iter().filter(|mail| matches!(mail.mail, Mail::ImportFinished { .. })).count()
    };
    let import = async |name: &str| {
        let id = accept(&world, name, rows(&[&format!("{name}@example.com")])).await;
        drain(&world.app.imports(|_| Ok(()))).await.expect("done");
        assert_eq!(page(&world, id).await.import.state, ImportState::Finished, "{name}");
    };
    let unproven = "UPDATE users SET address_proven_at = NULL WHERE id = 1";
    world.store.run_sql(unproven.into()).await.expect("as who signed up by a link");
    import("first").await;
    assert_eq!(told().await, 0);
    world.store.run_sql("UPDATE users SET address_proven_at = 1 WHERE id = 1".into()).await.expect("proven");
    for name in ["second", "third"] {
        import(name).await;
        assert_eq!(told().await, 1, "{name}");
    }
}

/// How often each address was invited; every count must be one.
async fn assert_each_once(world: &World, count: usize) {
    let dump = world.dump().await;
    let lines = |table: &str| {
        let rows = dump.split(&format!("{table}\n  ")).nth(1).expect("a table");
        rows.lines().take_while(|line| line.contains(" | ")).filter(|line| line.contains("@example.com'")).count()
    };
    assert_eq!((lines("invitations"), lines("outbox"), lines("users")), (count, count, count));
}

#[tokio::test]
async fn each_row_has_a_result_by_the_rules_of_a_single_invite() {
    let world = World::new().await;
    world.nexus_invite(1, nexus_command("member@example.com")).await.expect("invited");
    world.active("known@example.com").await;

    let mut asked = rows(&[
        "new@example.com",
        "Member@Example.com",
        "known@example.com",
        "NEW@example.com",
        "no address",
        "member@example.com",
        "late@example.com",
    ]);
    let bait = nexus::InviteMember { display_name: Some("see evil.com".into()), ..nexus_command("late@example.com") };
    asked.insert(4, bait);
    let id = accept(&world, "spring", asked).await;
    assert!(page(&world, id).await.rows.iter().all(|row| row.result.is_none()), "accepted, and nothing else");
    drain(&world.app.imports(|_| Ok(()))).await.expect("done");

    let ImportPage { import, rows, next } = page(&world, id).await;
    let results: Vec<RowResult> = rows.iter().filter_map(|row| row.result).collect();
    use RowResult::{Added, AlreadyMember, Duplicate, Invalid, Invited};
    assert_eq!(results, [Invited, AlreadyMember, Added, Duplicate, Invalid, Invalid, Duplicate, Invited]);
    assert_eq!(rows[4].fault.as_ref().and_then(|fault| fault.field.as_deref()), Some("displayName"));
    assert_eq!(rows[5].fault.as_ref().map(|fault| fault.reason.as_str()), Some("invalid_value"));
    assert_eq!((import.state, next), (ImportState::Finished, None));
    let tally = Tally { invited: 2, added: 1, already_member: 1, duplicate: 2, invalid: 2 };
    assert_eq!(import.tally, tally);
    let mail = world.mail_for("admin@acme.example").await;
    assert!(
        matches!(mail, Mail::ImportFinished { tally: told, import: Some(which), .. } if told == tally && which.get() == id),
        "{mail:?}"
    );
    assert!(!world.dump().await.contains("evil.com"), "what a row asked for is forgotten");
}

#[tokio::test]
async fn pages_follow_each_other_to_the_end() {
    let world = World::new().await;
    let id = accept(&world, "pages", many(5)).await;
    let administrator = world.app.import_administrator(world.admin.actor().clone(), id).await.expect("an admin");
    let (mut cursor, mut numbers) = (None, Vec::new());
    loop {
        let page = world.app.import(&administrator, id, cursor.as_deref(), 2).await.expect("a page");
        numbers.extend(page.rows.iter().map(|row| row.number));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(numbers, [0, 1, 2, 3, 4]);
    let other = accept(&world, "other", many(5)).await;
    let foreign = world.app.import(&administrator, id, None, 2).await.expect("a page").next;
    let refusal = world.app.import(&administrator, other, foreign.as_deref(), 2).await;
    assert_eq!(refused(refusal.map(drop)), RefusalCode::InvalidValue);
}

#[tokio::test]
async fn a_turn_that_was_taken_over_does_nothing_any_more() {
    let world = World::new().await;
    let id = accept(&world, "slow", many(120)).await;
    let imports = world.app.imports(|_| Ok(()));
    let slow = imports.lease().await.expect("looked").expect("a turn");
    assert_eq!(imports.step(slow).await.expect("done"), Step::More);
    assert!(imports.lease().await.expect("looked").is_none(), "somebody works on it");
    world.clock.advance(TimeDelta::seconds(15));
    let next = imports.lease().await.expect("looked").expect("the turn of a worker that is silent");
    let before = world.dump().await;
    assert_eq!(imports.step(slow).await.expect("done"), Step::Lost);
    assert_eq!(world.dump().await, before);
    while imports.step(next).await.expect("done") == Step::More {}
    assert_eq!(page(&world, id).await.import.state, ImportState::Finished);
    assert_each_once(&world, 120).await;
}

#[tokio::test]
async fn an_import_that_fails_again_and_again_holds_up_no_other() {
    let world = World::new().await;
    for name in ["fails", "waits"] {
        accept(&world, name, many(2)).await;
    }
    let imports = world.app.imports(|_| Ok(()));
    let first = imports.lease().await.expect("looked").expect("a turn");
    imports.put_off(first).await.expect("put off");
    let second = imports.lease().await.expect("looked").expect("the turn of the other one");
    assert_ne!(first.import, second.import);
    imports.release(second).await.expect("given back");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(imports.lease().await.expect("looked").expect("a turn").import, first.import, "it is tried again");
}

#[tokio::test]
async fn an_import_whose_batch_panics_ends_no_importer_and_holds_up_no_other() {
    let world = World::new().await;
    let panics = accept(&world, "panics", rows(&["panic@example.com"])).await;
    // The older one comes first.
    world.clock.advance(TimeDelta::milliseconds(1));
    let waits = accept(&world, "waits", many(2)).await;
    let importer = Importer::start(world.app.imports(|row| match row.email_address.as_str() {
        "panic@example.com" => panic!("as a test does"),
        _ => Ok(()),
    }));
    while page(&world, waits).await.import.state == ImportState::Running && !importer.worker().is_finished() {
        tokio::task::yield_now().await;
    }
    assert_eq!(page(&world, waits).await.import.state, ImportState::Finished);
    importer.stop(Duration::from_secs(10)).await.expect("given back");
    assert_eq!(page(&world, panics).await.import.state, ImportState::Running);
    let imports = world.app.imports(|_| Ok(()));
    assert!(imports.lease().await.expect("looked").is_none(), "it waits, as others that fail");
    world.clock.advance(TimeDelta::minutes(1));
    drain(&imports).await.expect("done");
    assert_eq!(page(&world, panics).await.import.state, ImportState::Finished, "nothing of it was half done");
}

#[tokio::test]
async fn two_processes_on_one_database_do_each_row_once() {
    let world = World::new().await;
    let (other, _store) = app(&world.database, world.limits, &world.clock).await;
    for part in 0..3 {
        let rows = many(180).into_iter().skip(part * 60).take(60).collect();
        accept(&world, &format!("part {part}"), rows).await;
    }
    let (one, two) = (world.app.imports(|_| Ok(())), other.imports(|_| Ok(())));
    let (one, two) = futures::future::join(drain(&one), drain(&two)).await;
    one.and(two).expect("both are done");
    assert_each_once(&world, 180).await;
}

#[tokio::test]
async fn an_import_whose_batch_does_not_end_in_time_is_given_back() {
    let world = World::new().await;
    let id = accept(&world, "many", many(500)).await;
    let importer = Importer::start(world.app.imports(|_| Ok(())));
    while page(&world, id).await.rows.iter().all(|row| row.result.is_none()) {
        tokio::task::yield_now().await;
    }
    importer.stop(Duration::ZERO).await.expect("given back");
    let imports = world.app.imports(|_| Ok(()));
    // The clock stands still: a lease that was kept would never end.
    let lease = imports.lease().await.expect("looked").expect("it is there to be taken up");
    while imports.step(lease).await.expect("done") == Step::More {}
    assert_each_once(&world, 500).await;
}

#[tokio::test]
async fn an_import_stops_when_its_maker_or_its_organization_is_locked() {
    let world = World::new().await;
    let key = world.app.seed_basic_pair(world.acme.id).await.expect("a key");
    let program = [Presented::NexusBasic { username: key.username, password: key.password }];
    let program = world.app.nexus_administrator(world.actor(&program).await, 1).await.expect("user.write");
    let person = world.app.nexus_administrator(world.admin.actor().clone(), 1).await.expect("an admin");
    let customer = world.customer.id.get();
    let into_customer = world.app.nexus_administrator(world.admin.actor().clone(), customer).await.expect("an admin");
    let cases = [
        (
            &person,
            "users SET status = 'suspended' WHERE id = 1",
            "users SET status = 'active' WHERE id = 1",
            StopReason::NotAllowed,
        ),
        (
            &person,
            "memberships SET is_admin = FALSE WHERE user_id = 1",
            "memberships SET is_admin = TRUE WHERE user_id = 1",
            StopReason::NotAllowed,
        ),
        (&program, "api_keys SET revoked_at = 1", "api_keys SET revoked_at = NULL", StopReason::NotAllowed),
        (
            &into_customer,
            "organizations SET status = 'suspended' WHERE id = 1",
            "organizations SET status = 'active'",
            StopReason::OrganizationNotFound,
        ),
    ];
    let imports = world.app.imports(|_| Ok(()));
    for (index, (maker, lock, unlock, reason)) in cases.into_iter().enumerate() {
        let asked: Vec<_> = (0..120).map(|row| nexus_command(&format!("c{index}r{row}@example.com"))).collect();
        let id = accept_as(&world, maker, &format!("case {index}"), asked).await;
        let lease = imports.lease().await.expect("looked").expect("a turn");
        assert_eq!(imports.step(lease).await.expect("done"), Step::More, "{lock}");
        world.store.run_sql(format!("UPDATE {lock}")).await.expect("locked");
        assert_eq!(imports.step(lease).await.expect("done"), Step::Ended, "{lock}");
        world.store.run_sql(format!("UPDATE {unlock}")).await.expect("unlocked");
        let ImportPage { import, rows, .. } = page(&world, id).await;
        assert_eq!((import.state, import.reason), (ImportState::Stopped, Some(reason)), "{lock}");
        assert_eq!(rows.iter().filter(|row| row.result.is_some()).count(), 50, "one batch before: {lock}");
    }
    let mails = world.app.outbox().lease_due_mails(10_000, TimeDelta::zero()).await.expect("leased");
    assert!(!mails.iter().any(|mail| matches!(mail.mail, Mail::ImportFinished { .. })), "nobody is told");
}
