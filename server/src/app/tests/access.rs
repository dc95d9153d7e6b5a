//! Who may do what, with which credentials.

use super::*;

struct Tenant {
    personal: PlainSecret,
    access: PlainSecret,
    session: PlainSecret,
    application: PlainSecret,
    basic: super::super::seed::BasicPair,
    unleash: PlainSecret,
}

async fn tenant(world: &World, user: UserId, organization: &Organization) -> Tenant {
    let app = &world.app;
    let id = organization.id;
    let tokens = app.seed_session(user, id, TimeDelta::days(1)).await.expect("a session");
    Tenant {
        personal: app.seed_personal_token(user, id).await.expect("a token"),
        access: tokens.access,
        session: tokens.session,
        application: app.seed_application_token(id).await.expect("a token"),
        basic: app.seed_basic_pair(id).await.expect("a pair"),
        unleash: app.seed_unleash_admin_key(id).await.expect("a key"),
    }
}

async fn both(world: &World) -> (Tenant, Tenant) {
    let boss =
        world.app.seed_admin(&world.globex, "boss@globex.example", "Bo", "Boss", PASSWORD).await.expect("an admin");
    (tenant(world, world.admin_id, &world.acme).await, tenant(world, boss, &world.globex).await)
}

fn basic(pair: &super::super::seed::BasicPair) -> Presented {
    Presented::NexusBasic { username: pair.username.clone(), password: pair.password.clone() }
}

#[tokio::test]
async fn a_key_rests_while_its_maker_is_suspended_or_no_administrator() {
    let world = World::new().await;
    let secret = PlainSecret::from_caller("0123456789abcdef0123456789abcdef");
    let asked = NewApiKey { id: Some("nightly".into()), secret: Some(secret.clone()), ..new_key() };
    let administrator = nexus::keys::administrator(world.admin.actor().clone()).expect("an admin");
    world.app.nexus_create_api_key(&CALL, &administrator, asked).await.expect("made");
    let pair = [Presented::NexusBasic { username: "nightly".into(), password: secret }];
    let is_valid = async || world.app.authenticate(&pair).await.expect("looked up").is_some();
    assert!(is_valid().await);
    let maker = world.admin_id;
    for (end, again) in [
        (
            format!("users SET status = 'suspended' WHERE id = {maker}"),
            format!("users SET status = 'active' WHERE id = {maker}"),
        ),
        (
            format!("memberships SET is_admin = FALSE WHERE user_id = {maker}"),
            format!("memberships SET is_admin = TRUE WHERE user_id = {maker}"),
        ),
        (
            format!("memberships SET deleted_at = updated_at WHERE user_id = {maker}"),
            format!("memberships SET deleted_at = NULL WHERE user_id = {maker}"),
        ),
    ] {
        world.store.run_sql(format!("UPDATE {end}")).await.expect("ended");
        assert!(!is_valid().await, "{end}");
        world.store.run_sql(format!("UPDATE {again}")).await.expect("begun again");
        assert!(is_valid().await, "{again}");
    }
    let invitation = "INSERT INTO invitations (id, flow, organization_id, tenant_id, user_id, address, address_normalized, state, \
                      listed_as, delivery, created_at, expires_at) SELECT ID, 'nexus', 1, 1, MAKER, email, \
                      email_normalized, 'pending', 'pending', 'none', created_at, created_at FROM users WHERE id = MAKER";
    let id = if matches!(world.database, TestDatabase::Postgres { .. }) {
        "'0190a000-0000-7000-8000-000000000001'"
    } else {
        "X'0190a000000070008000000000000001'"
    };
    let invitation = invitation.replace("ID,", &format!("{id},")).replace("MAKER", &maker.to_string());
    world.store.run_sql(invitation).await.expect("invited");
    assert!(!is_valid().await, "who has not accepted yet administers nothing");
}

#[tokio::test]
async fn who_comes_back_into_an_organization_does_not_come_with_old_credentials() {
    let world = World::new().await;
    world.nexus_invite(1, nexus_command("jane@example.com")).await.expect("invited");
    let challenge = world.secret_for("jane@example.com").await;
    world.app.activate(&CALL, challenge.expose(), PASSWORD).await.expect("activated");
    let id: i64 = world.user_id("jane@example.com").await.parse().expect("a number");
    let old = world.app.seed_personal_token(UserId::new(id), world.acme.id).await.expect("a token");
    let presented = [Presented::MuninxBearer(old)];
    assert!(world.app.authenticate(&presented).await.expect("looked up").is_some());
    let left = format!("UPDATE memberships SET deleted_at = updated_at WHERE user_id = {id}");
    world.store.run_sql(left).await.expect("left");
    assert!(world.app.authenticate(&presented).await.expect("looked up").is_none());
    world.nexus_invite(1, nexus_command("jane@example.com")).await.expect("invited again");
    assert!(world.app.authenticate(&presented).await.expect("looked up").is_none(), "it had ended");
}

#[tokio::test]
async fn every_alternative_opens_for_its_own_credentials() {
    let world = World::new().await;
    let (acme, _) = both(&world).await;
    let alternatives = [
        vec![Presented::MuninxBearer(acme.personal.clone())],
        vec![Presented::MuninxBearer(acme.access.clone())],
        vec![Presented::KareBearer(acme.access.clone()), Presented::KareSession(acme.session.clone())],
        vec![Presented::NexusApplicationToken(acme.application.clone()), Presented::NexusBearer(acme.access.clone())],
        vec![basic(&acme.basic)],
        vec![Presented::UnleashApiKey(acme.unleash.clone())],
        vec![Presented::UnleashBearer(acme.unleash.clone())],
        vec![Presented::UnleashBearer(acme.access.clone())],
    ];
    for alternative in alternatives {
        let actor = world.app.authenticate(&alternative).await.expect("looked up");
        let actor = actor.unwrap_or_else(|| panic!("{alternative:?}"));
        assert_eq!(actor.tenant, world.acme.id);
        assert_eq!(actor.administers_tenant(), actor.user.is_some());
    }
}

#[tokio::test]
async fn halves_that_are_missing_mixed_up_or_of_two_tenants_are_refused() {
    let world = World::new().await;
    let (acme, globex) = both(&world).await;
    let second = tenant(&world, world.admin_id, &world.acme).await;
    let alternatives = [
        vec![],
        vec![Presented::KareBearer(acme.access.clone())],
        vec![Presented::KareSession(acme.session.clone())],
        vec![Presented::KareBearer(acme.personal.clone()), Presented::KareSession(acme.session.clone())],
        vec![Presented::KareBearer(acme.access.clone()), Presented::KareSession(globex.session.clone())],
        vec![Presented::KareBearer(acme.access.clone()), Presented::KareSession(second.session.clone())],
        vec![Presented::KareBearer(acme.session.clone()), Presented::KareSession(acme.access.clone())],
        vec![Presented::NexusBearer(acme.access.clone())],
        vec![Presented::NexusApplicationToken(acme.application.clone())],
        vec![Presented::NexusBearer(acme.access.clone()), Presented::NexusApplicationToken(globex.application.clone())],
        vec![Presented::NexusBearer(acme.application.clone()), Presented::NexusApplicationToken(acme.access.clone())],
        vec![Presented::NexusBasic { username: acme.basic.username.clone(), password: globex.basic.password.clone() }],
        vec![Presented::NexusBasic { username: "nobody".into(), password: acme.basic.password.clone() }],
        vec![basic(&acme.basic), Presented::NexusBearer(acme.access.clone())],
        vec![Presented::UnleashApiKey(acme.access.clone())],
        vec![Presented::MuninxBearer(acme.unleash.clone())],
        vec![Presented::MuninxBearer(acme.session.clone())],
        vec![Presented::MuninxBearer(PlainSecret::from_caller(""))],
    ];
    for alternative in alternatives {
        let actor = world.app.authenticate(&alternative).await.expect("looked up");
        assert_eq!(actor, None, "{alternative:?}");
    }
}

#[tokio::test]
async fn credentials_of_the_expired_the_removed_and_the_suspended_are_dead() {
    let world = World::new().await;
    let (acme, _) = both(&world).await;
    let bearer = [Presented::MuninxBearer(acme.access.clone())];
    let alive = async || world.app.authenticate(&bearer).await.expect("looked up").is_some();
    let run = async |sql: &str| world.store.run_sql(sql.into()).await.expect("written");
    assert!(alive().await);
    for (break_it, mend_it) in [
        ("UPDATE memberships SET deleted_at = 1", "UPDATE memberships SET deleted_at = NULL"),
        ("UPDATE users SET status = 'suspended'", "UPDATE users SET status = 'active'"),
        ("UPDATE organizations SET status = 'suspended'", "UPDATE organizations SET status = 'active'"),
        ("UPDATE api_tokens SET revoked_at = 1", "UPDATE api_tokens SET revoked_at = NULL"),
    ] {
        run(break_it).await;
        assert!(!alive().await, "{break_it}");
        run(mend_it).await;
        assert!(alive().await, "{mend_it}");
    }
    world.clock.advance(TimeDelta::days(1) - TimeDelta::milliseconds(1));
    assert!(alive().await);
    world.clock.advance(TimeDelta::milliseconds(1));
    assert!(!alive().await);
}

#[tokio::test]
async fn programs_do_what_their_permissions_say() {
    let world = World::new().await;
    let (acme, globex) = both(&world).await;
    let program = world.actor(&[basic(&acme.basic)]).await;
    let may = |id: OrganizationId| world.app.nexus_administrator(program.clone(), id.get());
    let administrator = may(world.acme.id).await.expect("an administrator");
    let command = nexus_command("jane@example.com");
    world.app.nexus_invite_organization_member(&CALL, &administrator, command).await.expect("invited");
    assert_eq!(refused(may(world.globex.id).await), RefusalCode::OrganizationNotFound);
    assert_eq!(refused(muninx::owner(&program).map_err(Error::from)), RefusalCode::NotAllowed);
    let other = unleash::administrator(world.actor(&[Presented::UnleashApiKey(globex.unleash)]).await).expect("one");
    let command = unleash::CreateSignupToken { name: "x".into(), expires_at: world.now() };
    let view = world.app.unleash_create_signup_token(&CALL, &other, command).await.expect("made");
    assert_eq!(view.created_by, None);
}

#[tokio::test]
async fn a_personal_token_acts_as_its_owner() {
    let world = World::new().await;
    let owner = muninx::owner(world.admin.actor()).expect("a person");
    let created = world.app.muninx_create_token(&CALL, &owner, "My script".into()).await.expect("made");
    let by_token = world.actor(&[Presented::MuninxBearer(created.token)]).await;
    assert_eq!(by_token.token.map(|token| token.get()), Some(created.id));
    assert_eq!(Actor { token: world.admin.actor().token, ..by_token }, *world.admin.actor());
}

#[tokio::test]
async fn seeding_twice_changes_nothing() {
    let world = World::new().await;
    let before = world.dump().await;
    let acme = world.app.seed_organization("acme", "Acme", None).await.expect("found");
    let admin =
        world.app.seed_admin(&acme, "ADMIN@acme.example", "X", "Y", "a different password").await.expect("found");
    assert_eq!((acme.id, admin), (world.acme.id, world.admin_id));
    assert_eq!(world.dump().await, before);
}
