//! Limits that replicas share, over time.

use std::net::IpAddr;

use futures::future::join_all;
use invite_domain::event::Origin;
use invite_domain::limit::Limit;

use super::*;
use crate::app::LimitKind;

/// A request from an address.
fn from(address: &str) -> Call {
    let address: IpAddr = address.parse().expect("an address");
    Call::new(Origin { request: None, address: Some(address) })
}

fn hourly(count: u32) -> Option<Limit> {
    Limit::new(count, TimeDelta::hours(1))
}

/// Which limit is reached, and for how many seconds.
fn limited<T: std::fmt::Debug>(outcome: Result<T, Error>) -> (LimitKind, u32) {
    match outcome {
        Err(Error::Limited { kind, retry_after_seconds }) => (kind, retry_after_seconds),
        other => panic!("not limited: {other:?}"),
    }
}

#[tokio::test]
async fn a_limit_is_shared_by_two_replicas_on_one_database() {
    let world = World::limited(Limits { inviter: hourly(3), ..Limits::default() }).await;
    let (other, _store) = app(&world.database, world.limits, &world.clock).await;
    let call = from("192.0.2.1");
    let invite = async |app: &App, name: &str| {
        app.muninx_invite_user(&call, &world.admin, muninx_command(&format!("{name}@example.com"))).await
    };
    invite(&world.app, "one").await.expect("the first");
    invite(&other, "two").await.expect("the second");
    invite(&world.app, "three").await.expect("the third");
    for app in [&world.app, &other] {
        assert_eq!(limited(invite(app, "four").await), (LimitKind::Inviter, 20 * 60));
    }
    world.clock.advance(TimeDelta::minutes(20));
    invite(&other, "four").await.expect("as long after as was said");
    assert_eq!(limited(invite(&world.app, "five").await), (LimitKind::Inviter, 20 * 60));
}

#[tokio::test]
async fn what_is_refused_leaves_nothing_behind_and_costs_nothing() {
    let limits = Limits { inviter: hourly(5), recipient: hourly(1), organization: hourly(5), ..Limits::default() };
    let world = World::limited(limits).await;
    let call = from("192.0.2.1");
    let kare = kare::administrator(world.admin.actor().clone()).expect("an admin");
    world.app.muninx_invite_user(&call, &world.admin, muninx_command("jane@example.com")).await.expect("invited");
    let before = world.dump().await;
    for _ in 0..10 {
        // The inviter and the organization have room left, the recipient has none: nothing of it counts.
        let outcome = world.app.kare_invite_user_organization(&call, &kare, kare_command("jane@example.com")).await;
        assert_eq!(limited(outcome), (LimitKind::Recipient, 3600));
        let again = world.app.muninx_invite_user(&call, &world.admin, muninx_command("jane@example.com")).await;
        assert_eq!(refused(again), RefusalCode::EmailTaken);
    }
    assert_eq!(world.dump().await, before);
    for name in ["b", "c", "d", "e"] {
        let command = muninx_command(&format!("{name}@example.com"));
        world.app.muninx_invite_user(&call, &world.admin, command).await.expect("the inviter has room for four more");
    }
}

#[tokio::test]
async fn who_has_to_begin_anew_does_not_count_twice() {
    let world = World::limited(Limits { inviter: hourly(12), ..Limits::default() }).await;
    let (other, _store) = app(&world.database, world.limits, &world.clock).await;
    let call = from("192.0.2.1");
    let invite = async |app: &App, name: String| {
        app.muninx_invite_user(&call, &world.admin, muninx_command(&format!("{name}@example.com"))).await
    };
    // Of those who invite one person at one moment all but one find out while they write.
    let apps = [&world.app, &other].into_iter().cycle();
    let outcomes = join_all(apps.take(8).map(|app| invite(app, "jane".to_owned()))).await;
    let (invited, others): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(invited.len(), 1, "{others:?}");
    for outcome in others {
        assert_eq!(refused(outcome), RefusalCode::EmailTaken);
    }
    for number in 0..11 {
        invite(&world.app, format!("{number}")).await.expect("one counts");
    }
    assert_eq!(limited(invite(&other, "late".to_owned()).await).0, LimitKind::Inviter);
}

#[tokio::test]
async fn of_attempts_at_one_moment_no_more_are_judged_than_the_limit_has_room_for() {
    let world = World::limited(Limits { account_guesses: hourly(3), ..Limits::default() }).await;
    let (other, _store) = app(&world.database, world.limits, &world.clock).await;
    let call = from("192.0.2.1");
    let attempt = |app| App::create_session(app, &call, "Admin@Acme.example", "wrong password", None);
    let outcomes = join_all([&world.app, &other].into_iter().cycle().take(12).map(attempt)).await;
    let judged = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Refused(_)))).count();
    let held_back = outcomes.iter().filter(|outcome| matches!(outcome, Err(Error::Limited { .. }))).count();
    assert_eq!((judged, held_back), (3, 9), "{outcomes:?}");
}

#[tokio::test]
async fn an_account_is_held_back_alike_whether_it_exists_and_never_for_good() {
    let world = World::limited(Limits { account: hourly(2), ..Limits::default() }).await;
    for email in ["admin@acme.example", "nobody@acme.example"] {
        let sign_in = async |number: u8, password: &str| {
            // From everywhere: what counts is the account.
            let call = from(&format!("192.0.2.{number}"));
            world.app.create_session(&call, email, password, None).await
        };
        for number in 0..2 {
            assert_eq!(refused(sign_in(number, "wrong password").await), RefusalCode::WrongCredentials, "{email}");
        }
        for number in 2..22 {
            assert_eq!(limited(sign_in(number, "wrong password").await), (LimitKind::Account, 1800), "{email}");
        }
        assert_eq!(limited(sign_in(22, PASSWORD).await), (LimitKind::Account, 1800), "not even the right one tells");
    }
    world.clock.advance(TimeDelta::minutes(30));
    let call = from("192.0.2.99");
    world.app.create_session(&call, "admin@acme.example", PASSWORD, None).await.expect("one attempt has worn off");
    world.app.create_session(&call, "admin@acme.example", PASSWORD, None).await.expect("what succeeds does not count");
}

#[tokio::test]
async fn whoever_guesses_without_end_holds_back_himself_and_not_the_owner() {
    let limits = Limits { account_guesses: hourly(2), account: hourly(20), ..Limits::default() };
    let world = World::limited(limits).await;
    let (email, owner) = ("admin@acme.example", from("198.51.100.7"));
    for minute in 0..120 {
        // He takes whatever has worn off, and as soon as it has.
        let guess = world.app.create_session(&from("192.0.2.1"), email, "wrong password", None).await;
        let is_judged = matches!(guess, Err(Error::Refused(_)));
        assert_eq!(is_judged, minute < 2 || minute % 30 == 0, "minute {minute}: {guess:?}");
        if minute % 7 == 0 {
            world.app.create_session(&owner, email, PASSWORD, None).await.expect("the owner is elsewhere");
        }
        world.clock.advance(TimeDelta::minutes(1));
    }
}

#[tokio::test]
async fn guesses_at_an_account_keep_nobody_from_accepting_an_invitation() {
    let world = World::limited(Limits { account_guesses: hourly(2), ..Limits::default() }).await;
    let kare = kare::administrator(world.admin.actor().clone()).expect("an admin");
    let invited = world.app.kare_invite_user_organization(&CALL, &kare, kare_command("jane@example.com")).await;
    invited.expect("invited");
    let token = world.secret_for("jane@example.com").await;
    for _ in 0..2 {
        let guess = world.app.create_session(&from("192.0.2.1"), "jane@example.com", "wrong password", None).await;
        assert_eq!(refused(guess), RefusalCode::WrongCredentials);
    }
    let outcome = world.app.create_session(&from("192.0.2.1"), "jane@example.com", "wrong password", None).await;
    assert_eq!(limited(outcome).0, LimitKind::AccountGuesses);
    let accepted =
        world.app.kare_accept_invitation(&from("192.0.2.2"), kare_acceptance(token, "jane@example.com")).await;
    accepted.expect("her account has no password yet that anybody could guess");
}

#[tokio::test]
async fn guesses_count_for_a_whole_64_bit_prefix_and_destroy_no_invitation() {
    let world = World::limited(Limits { guesses: hourly(2), ..Limits::default() }).await;
    world.invite("jane@example.com").await.expect("invited");
    let challenge = world.secret_for("jane@example.com").await;
    for host in ["2001:db8:1:2::1", "2001:db8:1:2:ffff::1"] {
        let outcome = world.app.activate(&from(host), "act_0123456789abcdef", PASSWORD).await;
        assert_eq!(refused(outcome), RefusalCode::SecretUnknown);
    }
    let call = from("2001:db8:1:2::3");
    let token = PlainSecret::from_caller("inv_0123456789abcdef");
    for outcome in [
        world.app.activate(&call, "act_0123456789abcdef", PASSWORD).await.map(drop),
        world.app.decline_invitation(&call, &token).await,
        world.app.kare_accept_invitation(&call, kare_acceptance(token.clone(), "jane@example.com")).await.map(drop),
        world.app.unleash_signup(&call, "sgn_unknown", signup_command("a@example.com", "a")).await.map(drop),
        world.app.refresh_session(&call, &token).await.map(drop),
        world.app.create_session(&call, "admin@acme.example", PASSWORD, None).await.map(drop),
    ] {
        assert_eq!(limited(outcome), (LimitKind::Guesses, 1800));
    }
    // Any page in a browser can ask this one.
    let asked = world.app.unleash_validate_signup_token("sgn_unknown").await;
    assert_eq!(refused(asked), RefusalCode::SignupTokenUnusable);
    let elsewhere = world.app.activate(&from("2001:db8:1:3::1"), "act_0123456789abcdef", PASSWORD).await;
    assert_eq!(refused(elsewhere), RefusalCode::SecretUnknown, "another prefix has its own count");
    world.app.activate(&call, challenge.expose(), PASSWORD).await.expect("who holds the right one is let in");
}

#[tokio::test]
async fn whoever_chooses_challenges_guesses_at_those_of_others() {
    let world = World::limited(Limits { guesses: hourly(2), ..Limits::default() }).await;
    let call = from("192.0.2.1");
    let invite = async |address: &str, challenge: &str| {
        let challenge = Some(PlainSecret::from_caller(challenge));
        let command = muninx::InviteUser { challenge, ..muninx_command(address) };
        world.app.muninx_invite_user(&call, &world.admin, command).await
    };
    let known = "a challenge of my own";
    invite("jane@example.com", known).await.expect("invited");
    for _ in 0..3 {
        assert_eq!(refused(invite("jane@example.com", known).await), RefusalCode::EmailTaken, "and nothing of it");
    }
    for _ in 0..2 {
        assert_eq!(refused(invite("john@example.com", known).await), RefusalCode::InvalidValue);
    }
    for challenge in [known, "a challenge that nobody has"] {
        assert_eq!(limited(invite("john@example.com", challenge).await), (LimitKind::Guesses, 1800), "{challenge}");
    }
    world.app.muninx_invite_user(&call, &world.admin, muninx_command("john@example.com")).await.expect("no guess");
}

#[tokio::test]
async fn whoever_signs_up_for_what_is_taken_guesses_at_accounts() {
    let world = World::limited(Limits { guesses: hourly(2), ..Limits::default() }).await;
    let token = world.signup_token().await;
    let call = from("192.0.2.1");
    let sign_up = async |email: &str, username: &str| {
        world.app.unleash_signup(&call, token.expose(), signup_command(email, username)).await
    };
    sign_up("jane@example.com", "jane").await.expect("signed up");
    assert_eq!(refused(sign_up("jane@example.com", "other").await), RefusalCode::EmailTaken);
    assert_eq!(refused(sign_up("other@example.com", "jane").await), RefusalCode::UsernameTaken);
    assert_eq!(limited(sign_up("jane@example.com", "other").await), (LimitKind::Guesses, 1800));
    sign_up("john@example.com", "john").await.expect("what succeeds is no guess");
}

#[tokio::test]
async fn a_link_tells_few_of_many_networks_which_addresses_are_taken() {
    let world = World::limited(Limits { signup_token: hourly(3), ..Limits::default() }).await;
    let token = world.signup_token().await;
    let sign_up = async |number: u8, email: &str, username: &str| {
        let call = from(&format!("192.0.2.{number}"));
        world.app.unleash_signup(&call, token.expose(), signup_command(email, username)).await
    };
    sign_up(0, "jane@example.com", "jane").await.expect("signed up");
    for number in 1..4 {
        assert_eq!(refused(sign_up(number, "jane@example.com", "other").await), RefusalCode::EmailTaken);
    }
    for number in 4..9 {
        assert_eq!(limited(sign_up(number, "jane@example.com", "other").await), (LimitKind::SignupToken, 1200));
    }
    sign_up(9, "john@example.com", "john").await.expect("whom the link is for signs up all the same");
}

#[tokio::test]
async fn what_is_going_to_be_held_back_costs_no_hash() {
    let limits = Limits { changes: hourly(1), signup_token: hourly(1), ..Limits::default() };
    let world = World::limited(limits).await;
    let [used_up, unused] = [world.signup_token().await, world.signup_token().await];
    world.invite("john@example.com").await.expect("invited");
    let kare = kare::administrator(world.admin.actor().clone()).expect("an admin");
    let invited = world.app.kare_invite_user_organization(&CALL, &kare, kare_command("jane@example.com")).await;
    invited.expect("invited");
    let challenge = world.secret_for("john@example.com").await;
    let token = world.secret_for("jane@example.com").await;
    let (call, elsewhere) = (from("192.0.2.1"), from("192.0.2.2"));
    let signup = |name: &str| signup_command(&format!("{name}@example.com"), name);
    world.app.unleash_signup(&call, used_up.expose(), signup("ann")).await.expect("the only change of this client");

    // Whoever comes to a hash is told that too many wait.
    let full = Passwords::with_bounds(Entropy, 0, 0).expect("a pool");
    let app = app_with(&world.store, world.limits, &world.clock, full);
    let sign_in = async |call| app.create_session(call, "admin@acme.example", PASSWORD, None).await;
    for outcome in [
        app.unleash_signup(&call, unused.expose(), signup("bob")).await.map(drop),
        app.activate(&call, challenge.expose(), PASSWORD).await.map(drop),
        app.kare_accept_invitation(&call, kare_acceptance(token, "jane@example.com")).await.map(drop),
        sign_in(&call).await.map(drop),
    ] {
        assert_eq!(limited(outcome), (LimitKind::Changes, 3600));
    }
    let outcome = app.unleash_signup(&elsewhere, used_up.expose(), signup("bob")).await;
    assert_eq!(limited(outcome), (LimitKind::SignupToken, 3600));
    assert!(matches!(sign_in(&elsewhere).await, Err(Error::Busy { .. })), "for anybody else it is looked at");
}

#[tokio::test]
async fn a_used_refresh_token_ends_its_sign_in_even_at_the_limit() {
    let world = World::limited(Limits { changes: hourly(2), ..Limits::default() }).await;
    let call = from("192.0.2.1");
    let first = world.app.create_session(&call, "admin@acme.example", PASSWORD, None).await.expect("signed in");
    let second = world.app.refresh_session(&call, &first.refresh).await.expect("renewed");
    assert_eq!(limited(world.app.refresh_session(&call, &second.refresh).await).0, LimitKind::Changes);
    assert_eq!(refused(world.app.refresh_session(&call, &first.refresh).await), RefusalCode::NotAuthenticated);
    let bearer = [Presented::SessionBearer(second.access)];
    assert!(world.app.authenticate(&bearer).await.expect("looked up").is_none(), "the sign-in has ended");
}

#[tokio::test]
async fn counts_are_kept_without_names_and_swept_once_they_have_worn_off() {
    let limits = Limits { changes: hourly(9), inviter: hourly(9), recipient: hourly(9), ..Limits::default() };
    let world = World::limited(limits).await;
    let command = muninx_command("jane@example.com");
    world.app.muninx_invite_user(&from("192.0.2.77"), &world.admin, command).await.expect("invited");
    let dump = world.dump().await;
    let (_, counts) = dump.split_once("\ncounts\n").expect("the table");
    let counts: Vec<&str> = counts.lines().take_while(|line| line.starts_with(' ')).collect();
    assert_eq!(counts.len(), 3, "{counts:?}");
    assert!(!counts.concat().contains("192.0.2") && !counts.concat().contains("jane"), "{counts:?}");
    assert!(!world.app.sweep_counts().await.expect("looked"), "nothing has worn off");
    world.clock.advance(TimeDelta::hours(1));
    assert!(world.app.sweep_counts().await.expect("swept"));
    assert!(!world.app.sweep_counts().await.expect("looked"), "nothing is left");
}

#[tokio::test]
async fn the_operator_is_not_limited() {
    let world = World::limited(Limits { changes: hourly(1), inviter: hourly(1), ..Limits::default() }).await;
    for name in ["a", "b", "c"] {
        world.invite(&format!("{name}@example.com")).await.expect("a call without a client");
    }
}

#[test]
fn operators_and_callers_are_told_of_every_limit() {
    let mut all: Vec<&str> = LimitKind::ALL.iter().map(|kind| kind.as_str()).collect();
    for name in &all {
        let row = format!("\n| `{name}` | ");
        assert!(include_str!("../../../README.md").contains(&row), "server/README.md has no row {row:?}");
    }
    all.sort_unstable();
    assert_eq!(invite_docs::limits(), all, "the pages of operations");
}
