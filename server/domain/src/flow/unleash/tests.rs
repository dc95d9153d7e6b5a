//! Unleash's rules, case by case.

use chrono::TimeDelta;
use uuid::Uuid;

use super::super::fixtures::{self, ACME};
use super::*;
use crate::actor::ActorKind;

fn token() -> SignupToken {
    let supplies = SignupTokenSupplies {
        id: SignupTokenId::new(Uuid::nil()),
        digest: PlainSecret::from_caller("sgn_x").digest(),
        sealed_secret: Vec::new(),
    };
    let command = CreateSignupToken { name: "link".into(), expires_at: fixtures::now() + TimeDelta::days(1) };
    let administrator = administrator(fixtures::admin()).expect("an admin");
    plan_token(&administrator, &command, supplies, fixtures::now()).expect("planned").1
}

fn signup() -> Signup {
    Signup {
        email: "Hunter@Example.com".into(),
        name: "Hunter Burgan".into(),
        password: PlainSecret::from_caller("violet ladder seldom"),
        username: Some("hunter".into()),
    }
}

fn run(facts: &SignupFacts) -> Result<User, RefusalCode> {
    let supplies = SignupSupplies {
        user: UserId::new(9),
        invitation: InvitationId::new(Uuid::nil()),
        password_hash: PasswordHash::from_phc("hash"),
        language: Locale::Es,
    };
    admit(signup())
        .and_then(|signup| plan(signup, facts, supplies, fixtures::now()))
        .map(|(_, user)| user)
        .map_err(|refusal| refusal.code)
}

fn facts(token: Option<SignupToken>) -> SignupFacts {
    SignupFacts { token, account: None, is_awaited: false, membership: None, pending: None, username_taken: false }
}

#[test]
fn a_token_works_up_to_its_last_millisecond() {
    let token = token();
    let last = token.expires_at - TimeDelta::milliseconds(1);
    assert!(check_token(Some(&token), last).is_ok());
    assert!(check_token(Some(&token), token.expires_at).is_err());
    assert!(check_token(Some(&SignupToken { enabled: false, ..token }), last).is_err());
    assert!(check_token(None, last).is_err());
}

#[test]
fn whoever_signs_up_is_active_at_once() {
    let user = run(&facts(Some(token()))).expect("planned");
    assert_eq!(user.status, UserStatus::Active);
    assert_eq!(user.email.normalized(), "hunter@example.com");
}

#[test]
fn taken_addresses_and_usernames_are_conflicts() {
    let of = |status, is_awaited| {
        let account = Some(fixtures::user(status));
        run(&SignupFacts { account, is_awaited, ..facts(Some(token())) }).map(|user| user.id)
    };
    for (status, is_awaited) in
        [(UserStatus::Active, false), (UserStatus::Suspended, false), (UserStatus::Pending, true)]
    {
        assert_eq!(of(status, is_awaited), Err(RefusalCode::EmailTaken), "{status:?} {is_awaited}");
    }
    assert!(of(UserStatus::Pending, false).is_ok(), "nobody has it");
    assert_eq!(run(&SignupFacts { username_taken: true, ..facts(Some(token())) }), Err(RefusalCode::UsernameTaken));
    assert_eq!(run(&facts(None)), Err(RefusalCode::SignupTokenUnusable));
}

#[test]
fn weak_passwords_are_rejected() {
    let weak = Signup { password: PlainSecret::from_caller("hunter-burgan-hunter"), ..signup() };
    let signup = admit(weak).expect("well formed");
    let refused = check_new_password(&signup, &fixtures::organization(ACME)).expect_err("weak");
    assert_eq!((refused.code, refused.field), (RefusalCode::PasswordRejected, Some("password")));
}

#[test]
fn only_admins_manage_signup_links() {
    assert!(administrator(fixtures::plain_member()).is_err());
    assert!(administrator(fixtures::admin()).is_ok());
    assert!(administrator(Actor { user: None, kind: ActorKind::UnleashAdmin, ..fixtures::plain_member() }).is_ok());
}

#[test]
fn the_picture_is_found_by_the_digest_of_the_address() {
    let url = image_url(&EmailAddress::parse("Hunter@Example.com").expect("well formed"));
    assert!(url.starts_with("https://gravatar.com/avatar/") && url.ends_with("?s=42&d=retro&r=g"));
    assert_eq!(url.len(), "https://gravatar.com/avatar/".len() + 64 + "?s=42&d=retro&r=g".len());
}
