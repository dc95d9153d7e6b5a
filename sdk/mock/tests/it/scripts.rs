//! Scripts: who is taken, what is answered in turn, and what is refused.

use std::time::Duration;

use invite_mock::answers::{
    MuninxInviteUserAnswer, MuninxResendActivationEmailAnswer, NexusInviteOrganizationMemberAnswer, UnleashSignupAnswer,
};
use invite_mock::bytes::Bytes;
use invite_mock::http::Request;
use invite_mock::{Answered, Fault, Mock};
use invite_sdk::errors::MuninxInviteUserError;
use invite_sdk::types;
use serde_json::json;

use crate::{jane, pair};

fn problem() -> types::MuninxProblem {
    types::MuninxProblem::builder()
        .type_("https://invite.example/problems/busy".to_owned())
        .title("Busy".to_owned())
        .status(503)
        .try_into()
        .unwrap()
}

#[tokio::test]
async fn answers_come_in_turn_and_the_last_stays() {
    let (mock, client) = pair().await;
    let script = mock
        .muninx_resend_activation_email(|when| when.email("jane@customer.example"))
        .answer(MuninxResendActivationEmailAnswer::Conflict(problem()))
        .times(2)
        .then(MuninxResendActivationEmailAnswer::NotFound(problem()))
        .example(200)
        .mount()
        .unwrap();
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let answer = client.muninx_resend_activation_email("jane@customer.example").await;
        statuses.push(answer.map_or_else(|error| error.status().unwrap(), |answer| answer.status()).as_u16());
    }
    assert_eq!(statuses, [409, 409, 404, 200, 200]);
    assert_eq!((script.calls(), script.requests().len()), (5, 5));
    mock.verify().unwrap();
}

#[tokio::test]
async fn a_typed_error_arrives_as_the_clients_own() {
    let (mock, client) = pair().await;
    mock.muninx_invite_user(|when| when.body(json!({"email": "jane@customer.example"})))
        .answer(MuninxInviteUserAnswer::ServiceUnavailable { retry_after: 1, body: problem() })
        .mount()
        .unwrap();
    let error = client.muninx_invite_user(jane()).await.unwrap_err();
    let Some(MuninxInviteUserError::ServiceUnavailable(body)) = error.operation_error() else { panic!("{error:?}") };
    assert_eq!(body.title.as_deref(), Some("Busy"));
}

#[tokio::test]
async fn what_the_document_does_not_allow_is_refused_with_everything_that_is_wrong() {
    let mock = Mock::new();
    let bare: types::MuninxProblem = types::MuninxProblem::builder().type_("no address".to_owned()).try_into().unwrap();
    let error = mock
        .muninx_invite_user(|when| when)
        .answer(MuninxInviteUserAnswer::ServiceUnavailable { retry_after: 0, body: bare })
        .example(418)
        .mount()
        .unwrap_err();
    let text = error.to_string();
    for part in ["muninx_invite_user", "/header/Retry-After", "/type", "418 is not documented, only 200, 400"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let error = mock.operation("nexus_invite_organization_member", |when| when).unwrap().documented(
        204,
        &[("x", "y")],
        Some(json!(1)),
    );
    assert_eq!(error.mount().unwrap_err().problems().len(), 2);
    let bare =
        mock.operation("muninx_invite_user", |when| when).unwrap().documented(401, &[], None).mount().unwrap_err();
    assert_eq!(bare.problems(), ["401: the header `WWW-Authenticate` is missing", "401: the body is missing"]);
    assert!(mock.operation("nobody", |when| when).unwrap_err().to_string().contains("no such operation"));
    assert!(mock.liveness(|when| when).mount().unwrap_err().to_string().contains("there is no answer"));
}

#[tokio::test]
async fn what_is_asked_for_by_name_may_leave_the_document() {
    let (mock, client) = pair().await;
    mock.muninx_invite_user(|when| when)
        .undocumented(418, &[("content-type", "text/html")], "<h1>no</h1>")
        .mount()
        .unwrap();
    let error = client.muninx_invite_user(jane()).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 418);
    assert!(error.operation_error().is_none());
    assert!(mock.muninx_invite_user(|when| when).undocumented(101, &[("a b", "c")], "").mount().is_err());
}

#[tokio::test]
async fn a_request_that_no_script_takes_is_told_why_and_fails_the_verification() {
    let (mock, client) = pair().await;
    mock.muninx_invite_user(|when| when.body(json!({"email": "sam@acme.example"}))).example(200).mount().unwrap();
    mock.muninx_invite_user(|when| when.header("x-trace", "1")).example(409).times(0).mount().unwrap();
    let error = client.muninx_invite_user(jane()).await.unwrap_err();
    assert_eq!(error.status().unwrap(), 501);
    assert_eq!(mock.requests()[0].answered(), Answered::ByNobody);
    let text = mock.verify().unwrap_err().to_string();
    for part in [
        "script 1 for muninx_invite_user: expected at least 1 calls, got 0",
        "unforeseen: POST /users (muninx_invite_user): 501",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("script 2"), "{text}");
}

/// The program under test sent them, and whatever it made of the answer, they are its fault.
#[tokio::test]
async fn requests_against_the_document_fail_the_verification_unless_a_script_wants_them() {
    let mock = Mock::new();
    for (request, told) in [
        (Request::post("/sessions"), "against the document: POST /sessions (create_session): 415"),
        (Request::get("/session"), "against the document: GET /* (no operation): 404"),
        (Request::put("/sessions"), "against the document: PUT /sessions (no operation): 405"),
    ] {
        mock.reset();
        mock.answer(request.body(Bytes::new()).unwrap()).await.unwrap();
        let text = mock.verify().unwrap_err().to_string();
        assert!(text.contains(told), "{told}: {text}");
    }
    mock.reset();
    mock.create_session(|when| when.also_invalid()).example(400).mount().unwrap();
    mock.answer(Request::post("/sessions").body(Bytes::new()).unwrap()).await.unwrap();
    mock.verify().unwrap();
}

#[tokio::test]
async fn calls_beyond_the_last_are_unforeseen() {
    let (mock, client) = pair().await;
    mock.liveness(|when| when).example(200).times(1).mount().unwrap();
    client.liveness().await.unwrap();
    mock.verify().unwrap();
    assert_eq!(client.liveness().await.unwrap_err().status().unwrap(), 501);
    assert_eq!(mock.verify().unwrap_err().differences().len(), 1);
    mock.reset();
    client.liveness().await.unwrap();
    mock.verify().unwrap();
}

#[tokio::test]
async fn the_document_comes_before_the_script_unless_the_script_says_otherwise() {
    let mock = Mock::new();
    let request = || Request::post("/users").body(Bytes::new()).unwrap();
    mock.muninx_invite_user(|when| when).example(409).mount().unwrap();
    assert_eq!(mock.answer(request()).await.unwrap().status(), 401);
    mock.muninx_invite_user(|when| when.also_invalid()).example(503).mount().unwrap();
    assert_eq!(mock.answer(request()).await.unwrap().status(), 503);
    assert_eq!(mock.requests()[1].violations().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_on_the_clock_of_the_test() {
    let mock = Mock::new();
    let late = Duration::from_secs(3600);
    mock.liveness(|when| when.any()).after(late).mount().unwrap();
    let start = tokio::time::Instant::now();
    let request = Request::get("/health/live").body(Bytes::new()).unwrap();
    assert_eq!(mock.answer(request).await.unwrap().status(), 200);
    assert_eq!(start.elapsed(), late);
}

#[tokio::test]
async fn answers_without_a_body_and_of_the_vendor_alone_can_be_scripted() {
    let (mock, client) = pair().await;
    mock.nexus_invite_organization_member(|when| when.organization_id(42))
        .answer(NexusInviteOrganizationMemberAnswer::NoContent)
        .mount()
        .unwrap();
    let member = types::NexusInviteMember::builder().email_address("jane@customer.example".to_owned());
    client.nexus_invite_organization_member(42, member).await.unwrap();

    let user: types::UnleashUser = types::UnleashUser::builder().id(7).try_into().unwrap();
    mock.unleash_signup(|when| when.token("sgn_1")).answer(UnleashSignupAnswer::Created(user)).mount().unwrap();
    let signup = types::UnleashCreateInvitedUser::builder()
        .name("Jane Doe".to_owned())
        .email("jane@customer.example")
        .password("correct horse battery");
    let answer = client.unleash_signup("sgn_1", signup).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.id), (201, 7));
    mock.verify().unwrap();
}

#[tokio::test]
async fn the_client_repeats_what_a_fault_kept_from_arriving() {
    let (mock, client) = pair().await;
    let script =
        mock.liveness(|when| when).fault(Fault::CloseBeforeAnswer).then_fault(Fault::ResetBeforeAnswer).example(200);
    let script = script.mount().unwrap();
    assert_eq!(client.liveness().await.unwrap().attempts(), 3);
    assert_eq!(script.calls(), 3);
}
