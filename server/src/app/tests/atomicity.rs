//! A failure is injected after every kind of write of every use case: nothing may be left behind.

use invite_domain::actor::Owner;
use invite_domain::membership::AgentType;
use invite_domain::session;
use invite_domain::user::UserStatus;

use super::*;
use crate::app::{InvitationQuery, SessionTokens};

/// Runs a use case with a failure after each verb on each table in turn, and returns which of them it met.
async fn failures<T>(
    world: &World,
    prepare: impl AsyncFn(usize) -> T,
    run: impl AsyncFn(usize, T) -> Result<(), Error>,
) -> Vec<String> {
    let mut met = Vec::new();
    for (index, (table, verb)) in cases(world).await.into_iter().enumerate() {
        let prepared = prepare(index).await;
        world.store.fail_after(verb, &table).await.expect("injected");
        let before = world.dump().await;
        match run(index, prepared).await {
            Ok(()) => {}
            Err(Error::Internal(_)) => {
                assert_eq!(world.dump().await, before, "left behind after {verb} {table}");
                // Of PostgreSQL's own sequences nobody has to know.
                if table != "sequences" {
                    met.push(format!("{verb} {table}"));
                }
            }
            Err(other) => panic!("{verb} {table}: {other:?}"),
        }
        world.store.heal().await.expect("healed");
    }
    met
}

async fn cases(world: &World) -> Vec<(String, &'static str)> {
    let tables = world.store.tables().await.expect("tables");
    tables.into_iter().flat_map(|table| [(table.clone(), "INSERT"), (table, "UPDATE")]).collect()
}

const INVITE: [&str; 6] =
    ["INSERT challenges", "INSERT events", "INSERT invitations", "INSERT memberships", "INSERT outbox", "INSERT users"];

#[tokio::test]
async fn an_invite_that_fails_leaves_nothing() {
    let world = World::new().await;
    let (app, admin) = (&world.app, &world.admin);
    let nothing = async |_| {};
    let muninx =
        async |index, ()| app.muninx_invite_user(&CALL, admin, muninx_command(&format!("m{index}@example.com"))).await;
    assert_eq!(failures(&world, nothing, muninx).await, INVITE);
    let kare = async |index, ()| {
        app.kare_invite_user_organization(&CALL, admin, kare_command(&format!("k{index}@example.com"))).await.map(drop)
    };
    assert_eq!(failures(&world, nothing, kare).await, INVITE);
    let nexus = async |index, ()| world.nexus_invite(1, nexus_command(&format!("n{index}@example.com"))).await;
    assert_eq!(failures(&world, nothing, nexus).await, INVITE);
}

#[tokio::test]
async fn sending_again_that_fails_leaves_the_old_link_alive() {
    let world = World::new().await;
    let prepare = async |index| {
        let address = format!("a{index}@example.com");
        world.invite(&address).await.expect("invited");
        address
    };
    let run = async |_, address: String| world.app.muninx_resend_activation_email(&CALL, &world.admin, &address).await;
    let expected = [
        "INSERT challenges",
        "UPDATE challenges",
        "INSERT events",
        "UPDATE invitations",
        "INSERT outbox",
        "UPDATE outbox",
    ];
    assert_eq!(failures(&world, prepare, run).await, expected);
}

#[tokio::test]
async fn redeeming_that_fails_uses_nothing_up() {
    let world = World::new().await;
    let prepare = async |index| {
        let address = format!("a{index}@example.com");
        world.invite(&address).await.expect("invited");
        world.secret_for(&address).await
    };
    let activate =
        async |_, challenge: PlainSecret| world.app.activate(&CALL, challenge.expose(), PASSWORD).await.map(drop);
    let expected = ["UPDATE challenges", "INSERT events", "UPDATE invitations", "UPDATE outbox", "UPDATE users"];
    assert_eq!(failures(&world, prepare, activate).await, expected);

    let prepare = async |index| {
        let address = format!("k{index}@example.com");
        world.app.kare_invite_user_organization(&CALL, &world.admin, kare_command(&address)).await.expect("invited");
        world.secret_for(&address).await
    };
    let accept = async |index, token| {
        let acceptance = kare_acceptance(token, &format!("k{index}@example.com"));
        world.app.kare_accept_invitation(&CALL, acceptance).await.map(drop)
    };
    let expected = [
        "INSERT api_tokens",
        "UPDATE challenges",
        "INSERT events",
        "UPDATE invitations",
        "UPDATE outbox",
        "UPDATE users",
    ];
    assert_eq!(failures(&world, prepare, accept).await, expected);
}

#[tokio::test]
async fn a_signup_that_fails_leaves_no_user() {
    let world = World::new().await;
    let token = world.app.seed_signup_token(world.admin_id, &world.acme).await.expect("a token");
    let nothing = async |_| {};
    let signup = async |index, ()| {
        let command = signup_command(&format!("a{index}@example.com"), &format!("user{index}"));
        world.app.unleash_signup(&CALL, token.expose(), command).await.map(drop)
    };
    let expected = ["INSERT events", "INSERT invitations", "INSERT memberships", "INSERT users"];
    assert_eq!(failures(&world, nothing, signup).await, expected);
}

#[tokio::test]
async fn a_key_or_a_demotion_that_fails_changes_nothing() {
    let world = World::new().await;
    let nothing = async |_| {};
    let key = async |_, ()| world.app.nexus_create_api_key(&CALL, &world.admin, new_key()).await.map(drop);
    // On PostgreSQL the maker is held by a write.
    let held: &[&str] = if matches!(world.database, TestDatabase::Postgres { .. }) { &["UPDATE users"] } else { &[] };
    assert_eq!(failures(&world, nothing, key).await, [&["INSERT api_keys", "INSERT events"], held].concat());
    let prepare = async |index| {
        let command = nexus::InviteMember { make_admin: Some(true), ..nexus_command(&format!("n{index}@example.com")) };
        world.nexus_invite(1, command).await.expect("invited");
        world.user_id(&format!("n{index}@example.com")).await
    };
    let demote = async |_, user: String| world.app.nexus_remove_member_role(&CALL, &world.admin, &user).await;
    assert_eq!(
        failures(&world, prepare, demote).await,
        ["INSERT events", "UPDATE memberships", "UPDATE organizations"]
    );
}

#[tokio::test]
async fn a_token_lives_on_if_its_end_fails() {
    let world = World::new().await;
    let owner = muninx::owner(world.admin.actor()).expect("a person");
    let prepare = async |_| world.app.muninx_create_token(&CALL, &owner, "spare".into()).await.expect("made").id;
    let delete = async |_, id| world.app.muninx_delete_token(&CALL, &owner, id).await;
    assert_eq!(failures(&world, prepare, delete).await, ["UPDATE api_tokens", "INSERT events"]);
}

#[tokio::test]
async fn a_change_of_a_user_that_fails_changes_nothing() {
    let world = World::new().await;
    let member = world.app.muninx_member(world.admin.actor().clone()).await.expect("a person");
    let prepare = async |index| {
        let address = format!("u{index}@example.com");
        world.invite(&address).await.expect("invited");
        let challenge = world.secret_for(&address).await;
        world.app.activate(&CALL, challenge.expose(), PASSWORD).await.expect("active");
        address
    };
    let command = muninx::users::UpdateUser {
        name: Some("Joan".into()),
        user_type: Some(UserType::Agent),
        agent_type: Some(AgentType::Human),
        status: Some(UserStatus::Suspended),
        ..muninx::users::UpdateUser::default()
    };
    let update = async |_, address: String| world.app.muninx_update_user(&CALL, &member, &address, &command).await;
    let expected =
        ["INSERT events", "INSERT memberships", "UPDATE memberships", "UPDATE organizations", "UPDATE users"];
    assert_eq!(failures(&world, prepare, update).await, expected);
}

#[tokio::test]
async fn a_customer_organization_that_fails_leaves_nothing() {
    let world = World::new().await;
    let nothing = async |_| {};
    let create = async |index, ()| {
        let command = muninx::organizations::CreateOrganization {
            slug: format!("customer-{index}"),
            name: "Another Customer".into(),
            domains: vec![format!("customer-{index}.example")],
            external_ref: None,
            notes: Some("Pays by invoice.".into()),
        };
        world.app.muninx_create_customer_organization(&CALL, &world.admin, command).await.map(drop)
    };
    let expected = ["INSERT events", "INSERT organization_domains", "INSERT organizations", "UPDATE organizations"];
    assert_eq!(failures(&world, nothing, create).await, expected);
}

#[tokio::test]
async fn an_import_that_fails_leaves_nothing_and_is_done_later() {
    let world = World::new().await;
    let nothing = async |_| {};
    let administrator = world.app.nexus_administrator(world.admin.actor().clone(), 1).await.expect("an admin");
    let command = |index: usize| nexus::import::ImportMembers {
        reference: format!("import {index}"),
        filename: "people.csv".into(),
        organization: 1,
        importing_user: "1".into(),
        rows: vec![nexus_command(&format!("i{index}@example.com"))],
    };
    let accept = async |index: usize, ()| {
        world.app.nexus_import_organization_members(&CALL, &administrator, command(index)).await.map(drop)
    };
    assert_eq!(failures(&world, nothing, accept).await, ["INSERT events", "INSERT import_rows", "INSERT imports"]);

    let imports = world.app.imports(|_| Ok(()));
    while let Some(lease) = imports.lease().await.expect("looked") {
        imports.step(lease).await.expect("done");
    }
    let prepare = async |index: usize| {
        super::imports::accept(&world, &format!("step {index}"), vec![nexus_command(&format!("s{index}@example.com"))])
            .await;
        imports.lease().await.expect("looked").expect("a turn")
    };
    let step = async |_, lease| imports.step(lease).await.map(drop);
    let expected = [
        "INSERT challenges",
        "INSERT events",
        "UPDATE import_rows",
        "UPDATE imports",
        "INSERT invitations",
        "INSERT memberships",
        "INSERT outbox",
        "INSERT users",
    ];
    assert_eq!(failures(&world, prepare, step).await, expected);
    world.clock.advance(TimeDelta::seconds(15));
    while let Some(lease) = imports.lease().await.expect("looked") {
        imports.step(lease).await.expect("done at last");
    }
    assert!(!world.dump().await.contains("'running'"));
}

#[tokio::test]
async fn overseeing_that_fails_changes_nothing() {
    let world = World::new().await;
    let prepare = async |index| {
        let address = format!("a{index}@example.com");
        world.invite(&address).await.expect("invited");
        let query = InvitationQuery { email: Some(address), ..InvitationQuery::default() };
        let page = world.app.list_invitations(&world.admin, query).await.expect("listed");
        page.items.first().expect("an invitation").id
    };
    let resend = async |_, id| world.app.resend_invitation(&CALL, &world.admin, id).await.map(drop);
    let expected = [
        "INSERT challenges",
        "UPDATE challenges",
        "INSERT events",
        "UPDATE invitations",
        "INSERT outbox",
        "UPDATE outbox",
    ];
    assert_eq!(failures(&world, prepare, resend).await, expected);
    let revoke = async |_, id| world.app.revoke_invitation(&CALL, &world.admin, id).await.map(drop);
    let prepare = async |index: usize| prepare(1000 + index).await;
    let expected = ["UPDATE challenges", "INSERT events", "UPDATE invitations", "UPDATE memberships", "UPDATE outbox"];
    assert_eq!(failures(&world, prepare, revoke).await, expected);
}

#[tokio::test]
async fn a_refresh_or_a_sign_out_that_fails_ends_nothing() {
    let world = World::new().await;
    let sign_in = async || {
        let tokens = world.app.seed_session(world.admin_id, world.acme.id, TimeDelta::days(30)).await;
        tokens.expect("signed in")
    };
    let refresh = async |_, tokens: SessionTokens| world.app.refresh_session(&CALL, &tokens.refresh).await.map(drop);
    let renewal = ["INSERT api_tokens", "UPDATE api_tokens", "INSERT events"];
    assert_eq!(failures(&world, async |_| sign_in().await, refresh).await, renewal);

    let end = ["UPDATE api_tokens", "INSERT events"];
    let used = async |_| {
        let tokens = sign_in().await;
        world.app.refresh_session(&CALL, &tokens.refresh).await.expect("renewed");
        tokens
    };
    let again = async |index, tokens| match refresh(index, tokens).await {
        Err(Error::Refused(_)) => Ok(()),
        other => other,
    };
    assert_eq!(failures(&world, used, again).await, end);

    let owner = async |_| session::owner(&world.actor(&[Presented::SessionBearer(sign_in().await.access)]).await);
    let sign_out = async |_, owner: Result<Owner, _>| world.app.delete_session(&CALL, &owner.expect("signed in")).await;
    assert_eq!(failures(&world, owner, sign_out).await, end);
}
