//! Signing up by a shared link.

use invite_domain::secret::SecretKind;

use super::*;

async fn token(world: &World) -> PlainSecret {
    world.app.seed_signup_token(world.admin_id, &world.acme).await.expect("a signup token")
}

#[tokio::test]
async fn whoever_holds_a_token_signs_up_and_signs_in() {
    let world = World::new().await;
    let token = token(&world).await;
    world.app.unleash_validate_signup_token(token.expose()).await.expect("usable");
    let user = world
        .app
        .unleash_signup(&CALL, token.expose(), signup_command("Hunter@Example.com", "hunter"))
        .await
        .expect("signed up");
    assert_eq!((user.email.as_str(), user.root_role, user.login_attempts), ("hunter@example.com", 3, 0));
    world.app.create_session(&CALL, "hunter@example.com", PASSWORD, None).await.expect("signed in");
    let again = |email: &'static str, username: &'static str| {
        world.app.unleash_signup(&CALL, token.expose(), signup_command(email, username))
    };
    assert_eq!(refused(again("HUNTER@example.com", "other").await), RefusalCode::EmailTaken);
    assert_eq!(refused(again("other@example.com", "hunter").await), RefusalCode::UsernameTaken);
    again("other@example.com", "Hunter").await.expect("usernames keep their letter case");
}

#[tokio::test]
async fn a_token_that_is_unknown_disabled_or_expired_is_unusable() {
    let world = World::new().await;
    let token = token(&world).await;
    let signup = |token: &str, name: &'static str| {
        let token = token.to_owned();
        let app = world.app.clone();
        async move { app.unleash_signup(&CALL, &token, signup_command(&format!("{name}@example.com"), name)).await }
    };
    assert_eq!(refused(signup("sgn_unknown", "ann").await), RefusalCode::SignupTokenUnusable);
    world.store.run_sql("UPDATE signup_tokens SET enabled = FALSE".into()).await.expect("disabled");
    assert_eq!(refused(signup(token.expose(), "ann").await), RefusalCode::SignupTokenUnusable);
    world.store.run_sql("UPDATE signup_tokens SET enabled = TRUE".into()).await.expect("enabled");
    // The world begins on 2024-10-04, so the cap of one month is 31 days.
    world.clock.advance(TimeDelta::days(31) - TimeDelta::milliseconds(1));
    signup(token.expose(), "ann").await.expect("the last millisecond");
    world.clock.advance(TimeDelta::milliseconds(1));
    assert_eq!(refused(signup(token.expose(), "bob").await), RefusalCode::SignupTokenUnusable);
    assert_eq!(
        refused(world.app.unleash_validate_signup_token(token.expose()).await),
        RefusalCode::SignupTokenUnusable
    );
}

#[tokio::test]
async fn a_token_that_opens_under_no_key_keeps_back_no_other_one() {
    let world = World::new().await;
    let administrator = unleash::administrator(world.admin.actor().clone()).expect("an admin");
    token(&world).await;
    let damage = "UPDATE signup_tokens SET sealed_secret = substr(sealed_secret, 2)";
    world.store.run_sql(damage.into()).await.expect("damaged");
    let command = unleash::CreateSignupToken { name: "new".into(), expires_at: world.now() + TimeDelta::days(1) };
    world.app.unleash_create_signup_token(&CALL, &administrator, command).await.expect("made");
    let shown = world.app.unleash_list_signup_tokens(&administrator).await.expect("listed");
    assert_eq!(shown.iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["new"]);
}

#[tokio::test]
async fn of_parallel_signups_with_one_address_one_succeeds() {
    let world = World::new().await;
    let token = token(&world).await;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let signups =
        names.map(|name| world.app.unleash_signup(&CALL, token.expose(), signup_command("hunter@example.com", name)));
    let outcomes = futures::future::join_all(signups).await;
    let (done, refusals): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    assert!(refusals.into_iter().all(|outcome| refused(outcome) == RefusalCode::EmailTaken));
}

#[tokio::test]
async fn an_admin_makes_a_link_and_its_secret_is_sealed() {
    let world = World::new().await;
    let expires_at = world.now() + TimeDelta::days(3);
    let command = unleash::CreateSignupToken { name: "Our link".into(), expires_at };
    let view = world.app.unleash_create_signup_token(&CALL, &world.admin, command).await.expect("made");
    assert_eq!(view.url.expose(), format!("https://invite.example/new-user?invite={}", view.secret.expose()));
    assert_eq!((view.expires_at, view.created_by.as_deref()), (expires_at, Some("admin@acme.example")));
    assert!(view.secret.expose().starts_with(SecretKind::SignupToken.prefix()));
    assert!(!world.dump().await.contains(view.secret.expose()));
    world.app.unleash_validate_signup_token(view.secret.expose()).await.expect("usable");
}
