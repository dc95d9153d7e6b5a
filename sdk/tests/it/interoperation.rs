//! Answers of the vendors' own servers, as they are measured or documented, and of what stands in front of them: each is the
//! documented type where it fits, and otherwise an error value that keeps status, headers and bytes.

use std::error::Error as _;

use invite_sdk::{Client, ErrorKind, errors, types};

use crate::calls;
use crate::peer::{Peer, answer, header, typed};

const JSON: &str = "application/json; charset=utf-8";

/// What Unleash 5.12.8 sends for a signup: 201, `isAPI`, and no member without a value.
const UNLEASH_5: &str = r#"{"isAPI":false,"id":3,"name":"Hunter Burgan","email":"hunter@example.com",
    "imageUrl":"https://gravatar.com/avatar/5f4c?s=42&d=retro&r=g","seenAt":null,"loginAttempts":0,
    "createdAt":"2026-11-22T14:10:49.892Z","accountType":"User","scimId":null,"rootRole":3}"#;
/// What 8.2.0 sends: no `isAPI`, and three nullable members that the document does not have.
const UNLEASH_8: &str = r#"{"accountType":"User","id":4,"name":"Hunter Burgan","username":"hunter","email":"hunter@example.com",
    "imageUrl":"https://gravatar.com/avatar/5f4c?s=42&d=retro&r=g","seenAt":null,"loginAttempts":0,
    "createdAt":"2026-11-22T14:10:49.892Z","scimId":null,"seatType":null,"companyRole":null,
    "productUpdatesEmailConsent":null,"rootRole":3}"#;
/// What 8.2 may leave out, and two more such members, which the document of then did not have.
const UNLEASH_8_SPARSE: &str = r#"{"id":2,"email":"hunter@example.com","seatType":null,"companyRole":null,
    "activeSessions":null,"permissions":null,"createdAt":"2026-11-22T14:10:49.892Z","accountType":"User"}"#;
/// A signup token as 8.2.0 sends it when it is made and in lists: of those who signed up by it, three members each.
const UNLEASH_8_TOKEN: &str = r#"{"secret":"3f1c","url":"http://127.0.0.1:4242/new-user?invite=3f1c","name":"link",
    "expiresAt":"2026-12-20T14:10:49.892Z","createdAt":"2026-11-22T14:10:49.892Z","createdBy":"admin","enabled":true,
    "role":{"id":3,"name":"Viewer","type":"root"},"users":[{"id":2,"name":"Hunter Burgan","username":null}]}"#;
/// The same when it was changed: of its role and its users nothing is left.
const UNLEASH_8_CHANGED: &str = r#"{"secret":"3f1c","url":"http://127.0.0.1:4242/new-user?invite=3f1c","name":"link",
    "expiresAt":"2026-12-20T14:10:49.892Z","createdAt":"2026-11-22T14:10:49.892Z","createdBy":null,"enabled":false,
    "role":{},"users":[]}"#;

async fn client(bytes: Vec<u8>) -> Client {
    calls::client(&Peer::answering(bytes).await.url)
}

/// The error of a signup that is answered so.
async fn signup(bytes: Vec<u8>) -> invite_sdk::Error<errors::UnleashSignupError> {
    client(bytes).await.unleash().signup("3f1c", calls::unleash_account()).await.unwrap_err()
}

/// They send 201, and their document says 200.
#[expect(deprecated, reason = "deployed servers still send `isAPI`")]
#[tokio::test]
async fn unleash_signs_up_with_201_or_200_in_every_version() {
    for (status, body, id, is_api) in [
        ("201 Created", UNLEASH_5, 3, Some(false)),
        ("200 OK", UNLEASH_5, 3, Some(false)),
        ("201 Created", UNLEASH_8, 4, None),
        ("201 Created", UNLEASH_8_SPARSE, 2, None),
    ] {
        let client = client(typed(status, JSON, body)).await;
        let user = client.unleash().signup("3f1c", calls::unleash_account()).await.unwrap();
        assert_eq!((user.status().to_string().as_str(), user.id, user.is_api), (status, id, is_api));
        assert_eq!(user.email.as_deref(), Some("hunter@example.com"));
        assert!(matches!(user.account_type, Some(types::UnleashUserAccountType::User)));
    }
}

#[tokio::test]
async fn signup_tokens_of_unleash_are_read_as_they_are_made_listed_and_changed() {
    let new = types::UnleashCreateSignupToken::builder().name("link").expires_at(chrono::DateTime::UNIX_EPOCH);
    let made = client(typed("201 Created", JSON, UNLEASH_8_TOKEN)).await;
    let made = made.unleash().create_signup_token(new).await.unwrap();
    assert_eq!((made.role.id, made.role.name.as_deref()), (Some(3), Some("Viewer")));
    let users = made.users.as_ref().unwrap();
    assert_eq!((users[0].id, users[0].name.as_deref(), &users[0].username), (2, Some("Hunter Burgan"), &None));

    let listed = client(typed("200 OK", JSON, &format!(r#"{{"tokens":[{UNLEASH_8_TOKEN}]}}"#))).await;
    let listed = listed.unleash().list_signup_tokens().await.unwrap();
    assert_eq!(listed.tokens[0].role.type_.as_deref(), Some("root"));

    // Its answer breaks its own schema, and the change was made all the same.
    let change = types::UnleashUpdateSignupToken::builder().enabled(false);
    let changed = client(typed("200 OK", JSON, UNLEASH_8_CHANGED)).await;
    let changed = changed.unleash().update_signup_token("3f1c", change).await.unwrap();
    assert_eq!((changed.enabled, changed.role.id, changed.users.as_ref().map(Vec::len)), (false, None, Some(0)));
}

#[tokio::test]
async fn an_unleash_from_a_future_that_knows_more_account_types_is_understood() {
    let body = r#"{"id":3,"accountType":"Hologram","loginAttempts":-1,"x":{"y":[]}}"#;
    let client = client(typed("201 Created", JSON, body)).await;
    let user = client.unleash().signup("3f1c", calls::unleash_account()).await.unwrap();
    assert_eq!((user.status().as_u16(), user.id), (201, 3));
    assert!(matches!(user.account_type, Some(types::UnleashUserAccountType::Unrecognized(_))));
}

#[tokio::test]
async fn an_installation_of_unleash_gets_no_idempotency_key_and_no_post_twice() {
    let peer = Peer::answering(answer("503 Service Unavailable", &[("retry-after", "0")], "")).await;
    let unleash = calls::everything(&peer.url).without_idempotency_keys().build().unwrap().unleash();
    let error = unleash.signup("3f1c", calls::unleash_account()).await.unwrap_err();
    assert_eq!((error.attempts(), peer.requests().len()), (1, 1));
    assert_eq!(header(&peer.request(), "idempotency-key"), None);
}

#[tokio::test]
async fn unleash_answers_a_dead_token_with_an_empty_400() {
    let error = signup(answer("400 Bad Request", &[], "")).await;
    assert_eq!((error.kind(), error.status().map(|status| status.as_u16())), (ErrorKind::Unreadable, Some(400)));
    assert_eq!(error.body(), Some(&b""[..]));
    assert_eq!(error.source().unwrap().to_string(), "the body is empty");
    let validation = client(answer("400 Bad Request", &[], "")).await.unleash().validate_signup_token("3f1c").await;
    assert_eq!(validation.unwrap_err().status().map(|status| status.as_u16()), Some(400));
}

#[tokio::test]
async fn unleash_answers_a_duplicate_with_400_where_its_document_says_409() {
    let body = r#"{"name":"BadDataError","message":"Request validation failed: your request body or params contain invalid data: User already exists","details":[{"message":"User already exists"}]}"#;
    let error = signup(typed("400 Bad Request", JSON, body)).await;
    let Some(errors::UnleashSignupError::BadRequest(body)) = error.operation_error() else { panic!("{error:?}") };
    assert_eq!(body.name.as_deref(), Some("BadDataError"));
    assert!(body.id.is_none());
}

#[tokio::test]
async fn unleash_leaks_sql_in_a_500_that_is_kept_and_never_shown() {
    let body = r#"{"id":"6ec1b2a8-0d3e-4a49-9d3c-0b6d2c9a7f11","name":"UnknownError","message":"insert into \"users\" (\"email\") values ($1) - duplicate key value violates unique constraint"}"#;
    let error = signup(typed("500 Internal Server Error", JSON, body)).await;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
    assert!(error.body().is_some_and(|kept| kept == body.as_bytes()));
    assert!(!error.to_string().contains("insert into"), "{error}");
}

#[tokio::test]
async fn an_undecodable_body_from_unleash_in_development_mode_is_html() {
    let page = "<!DOCTYPE html><html><body><pre>SyntaxError: Unexpected token</pre></body></html>";
    let error = signup(typed("400 Bad Request", "text/html; charset=utf-8", page)).await;
    assert_eq!((error.kind(), error.body()), (ErrorKind::Unreadable, Some(page.as_bytes())));
}

#[tokio::test]
async fn a_page_of_the_proxy_in_front_of_unleash_is_kept() {
    let page = "<html>bad gateway</html>";
    let peer = Peer::answering(typed("502 Bad Gateway", "text/html", page)).await;
    let unleash = calls::everything(&peer.url).without_idempotency_keys().build().unwrap().unleash();
    let error = unleash.signup("3f1c", calls::unleash_account()).await.unwrap_err();
    assert_eq!((error.kind(), error.body()), (ErrorKind::Undeclared, Some(page.as_bytes())));
}

#[tokio::test]
async fn muninx_answers_in_problem_json_and_without_a_body() {
    let problem = r#"{"type":"about:blank","title":"Conflict","status":409,"detail":"A user with this e-mail exists","retry":false}"#;
    for media_type in ["application/problem+json", "application/json"] {
        let muninx = client(typed("409 Conflict", media_type, problem)).await.muninx();
        let error = muninx.invite_user(calls::muninx_user()).await.unwrap_err();
        let Some(errors::MuninxInviteUserError::Conflict(body)) = error.operation_error() else { panic!("{error:?}") };
        assert_eq!(body.detail.as_deref(), Some("A user with this e-mail exists"));
        assert_eq!(body.extra.get("retry"), Some(&false.into()));
    }
    let challenge = [("www-authenticate", "Bearer realm=\"api\"")];
    let muninx = client(answer("401 Unauthorized", &challenge, "")).await.muninx();
    let error = muninx.invite_user(calls::muninx_user()).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(401));
    assert!(error.headers().is_some_and(|headers| headers.contains_key("www-authenticate")));
}

#[tokio::test]
async fn the_gateway_in_front_of_kare_answers_in_its_own_words() {
    for (status, body) in [
        ("403 Forbidden", r#"{"message":"Forbidden"}"#),
        ("401 Unauthorized", r#"{"message":"Unauthorized"}"#),
        ("500 Internal Server Error", r#"{"message":"Internal server error"}"#),
        ("504 Gateway Timeout", r#"{"message":"Endpoint request timed out"}"#),
    ] {
        let kare = client(typed(status, "application/json", body)).await.kare();
        let error = kare.invite_user_organization(calls::kare_invitee()).await.unwrap_err();
        let code: u16 = status[..3].parse().unwrap();
        assert_eq!(error.status().map(|status| status.as_u16()), Some(code));
        assert_eq!(error.body(), Some(body.as_bytes()), "{error:?}");
        // What the document knows is typed, a 504 it does not.
        assert_eq!(error.operation_error().is_some(), code != 504, "{error:?}");
        let forbidden = matches!(
            error.operation_error(),
            Some(errors::KareInviteUserOrganizationError::Forbidden(body)) if body.message == "Forbidden"
        );
        assert_eq!(forbidden, code == 403, "{error:?}");
    }
    // API Gateway writes `Message` when an authorizer refuses.
    let kare =
        client(typed("403 Forbidden", "application/json", r#"{"Message":"User is not authorized"}"#)).await.kare();
    let error = kare.invite_user_organization(calls::kare_invitee()).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(403));
    assert!(error.body().is_some_and(|body| body.starts_with(br#"{"Message""#)));
}

#[tokio::test]
async fn kares_documented_201_is_read_with_members_that_are_new() {
    let body = r#"{"data":{"id":7,"userId":42,"organizationId":3,"scope":1,"permissions":{"group":0,"read":[1],"manage":[]},
        "createdAt":"2026-01-15T08:45:00.000Z","updatedAt":"2026-01-15T08:45:00.000Z","deletedAt":null,"avatar":"x"},"meta":{}}"#;
    let kare = client(typed("201 Created", "application/json", body)).await.kare();
    let answer = kare.invite_user_organization(calls::kare_invitee()).await;
    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn nexus_answers_with_204_problem_details_and_pages_of_proxies() {
    let nexus = client(answer("204 No Content", &[], "")).await.nexus();
    assert!(nexus.invite_organization_member(5, calls::nexus_member()).await.is_ok());

    // ASP.NET's own problem details, with members that the document does not have.
    let problem = r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.",
        "status":400,"errors":{"EmailAddress":["The EmailAddress field is required."]},"traceId":"00-84c1-01"}"#;
    let nexus = client(typed("400 Bad Request", "application/problem+json; charset=utf-8", problem)).await.nexus();
    let error = nexus.invite_organization_member(5, calls::nexus_member()).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(400));
    assert_eq!(error.body(), Some(problem.as_bytes()));

    let page = "<html><head><title>502 Bad Gateway</title></head></html>";
    let nexus = client(typed("502 Bad Gateway", "text/html", page)).await.nexus();
    let error = nexus.invite_organization_member(5, calls::nexus_member()).await.unwrap_err();
    assert_eq!((error.kind(), error.body()), (ErrorKind::Undeclared, Some(page.as_bytes())));
}
