//! What leaves the client: target, credentials, headers; and what never leaves it.

use invite_sdk::{Client, ErrorKind, OPERATIONS, reqwest, types};

use crate::calls::{
    CREDENTIALS, acceptance, activation, client, everything, kare_invitee, muninx_user, nexus_member, unleash_account,
};
use crate::peer::{Peer, answer, header};

async fn peer() -> Peer {
    Peer::answering(answer("204 No Content", &[], "")).await
}

#[tokio::test]
async fn operations_without_security_are_sent_no_credential() {
    let peer = peer().await;
    let client = client(&peer.url);
    let _ = client.unleash_signup("t", unleash_account()).await;
    let _ = client.unleash_validate_signup_token("t").await;
    let _ = client.activate(activation()).await;
    let _ = client.create_session(types::NewSession::builder().email("a@b.example").password("p")).await;
    let _ = client.refresh_session(types::SessionRefresh::builder().refresh_token("ref_0123456789abcdef")).await;
    let _ = client.decline_invitation(types::HeldChallenge::builder().challenge("act_0123456789abcdef")).await;
    let _ = client.renew_challenge(types::HeldChallenge::builder().challenge("act_0123456789abcdef")).await;
    let _ = client.liveness().await;
    let _ = client.readiness().await;
    let _ = client.kare_accept_invitation(acceptance()).await;
    let requests = peer.requests();
    assert_eq!(requests.len(), OPERATIONS.iter().filter(|operation| operation.security.is_empty()).count());
    for request in requests {
        for canary in CREDENTIALS {
            assert!(!request.contains(canary), "{request}");
        }
        assert_eq!(header(&request, "authorization"), None);
    }
}

#[tokio::test]
async fn each_operation_is_sent_its_own_credentials_only() {
    let peer = peer().await;
    let client = client(&peer.url);
    let _ = client.muninx_invite_user(muninx_user()).await;
    let _ = client.kare_invite_user_organization(kare_invitee()).await;
    let _ = client.nexus_invite_organization_member(7, nexus_member()).await;
    let _ = client
        .unleash_create_signup_token(
            types::UnleashCreateSignupToken::builder().name("n").expires_at(invite_sdk::chrono::DateTime::UNIX_EPOCH),
        )
        .await;
    let sent: Vec<Vec<&str>> = peer
        .requests()
        .iter()
        .map(|request| CREDENTIALS.into_iter().filter(|canary| request.contains(&format!(" {canary}\r\n"))).collect())
        .collect();
    assert_eq!(
        sent,
        [
            vec!["canary-muninx"],
            vec!["canary-kare", "canary-kare-session"],
            vec!["canary-nexus", "canary-nexus-application"],
            vec!["canary-unleash-key"]
        ]
    );
    assert_eq!(header(&peer.requests()[3], "authorization").unwrap(), "canary-unleash-key");
    assert_eq!(header(&peer.requests()[1], "authorization").unwrap(), "Bearer canary-kare");
}

#[tokio::test]
async fn half_a_pair_is_not_sent() {
    let peer = peer().await;
    let bearer = Client::builder(&peer.url).kare_bearer("b").build().unwrap();
    let session = Client::builder(&peer.url).kare_session("s").build().unwrap();
    for client in [bearer, session] {
        let error = client.kare_invite_user_organization(kare_invitee()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingCredential);
        assert!(
            std::error::Error::source(&error).unwrap().to_string().contains("kareBearer and kareSession"),
            "{error:?}"
        );
    }
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn the_first_complete_alternative_is_used_alone() {
    let peer = peer().await;
    let client = Client::builder(&peer.url).nexus_bearer("half").nexus_basic("key-1", "secret").build().unwrap();
    client.nexus_invite_organization_member(7, nexus_member()).await.unwrap();
    let request = peer.request();
    assert_eq!(header(&request, "authorization").unwrap(), "Basic a2V5LTE6c2VjcmV0");
    assert_eq!(header(&request, "applicationtoken"), None);
    assert!(!request.contains("half"));
}

#[tokio::test]
async fn a_missing_credential_names_every_alternative() {
    let error = Client::builder("http://127.0.0.1:9")
        .build()
        .unwrap()
        .nexus_invite_organization_member(7, nexus_member())
        .await
        .unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("nexusBearer and nexusApplicationToken, or nexusBasic"), "{source}");
}

#[tokio::test]
async fn an_incomplete_or_invalid_body_is_refused_by_name_before_anything_is_sent() {
    let peer = peer().await;
    let client = client(&peer.url);
    let missing = client.muninx_invite_user(types::MuninxNewUser::builder().email("a@b.example")).await.unwrap_err();
    let long = client.muninx_invite_user(muninx_user().name("x".repeat(251))).await.unwrap_err();
    for (error, name) in [(missing, "last_name"), (long, "name")] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains(name), "{source}");
    }
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn headers_are_those_of_this_crate() {
    let peer = peer().await;
    let client = everything(&peer.url).user_agent("my-program/1.2").build().unwrap();
    let error = client.muninx_invite_user(muninx_user()).await.unwrap_err();
    let request = peer.request();
    assert_eq!(
        header(&request, "user-agent").unwrap(),
        concat!("invite-sdk/", env!("CARGO_PKG_VERSION"), " my-program/1.2")
    );
    assert_eq!(header(&request, "accept").unwrap(), "application/json, application/problem+json");
    assert_eq!(header(&request, "content-type").unwrap(), "application/json");
    assert_eq!(header(&request, "x-request-id").unwrap(), error.request_id());
    assert_eq!(header(&request, "api-version"), None);
}

#[tokio::test]
async fn an_http_client_of_the_callers_own_is_used_within_the_limits_of_this_one() {
    let peer = peer().await;
    let own = reqwest::Client::builder()
        .default_headers([(reqwest::header::FORWARDED, "for=me".parse().unwrap())].into_iter().collect())
        .build()
        .unwrap();
    let client = everything(&peer.url).http_client(own).build().unwrap();
    let _ = client.liveness().await;
    let request = peer.request();
    assert_eq!(header(&request, "forwarded").unwrap(), "for=me");
    assert!(header(&request, "user-agent").unwrap().starts_with("invite-sdk/"));
}

#[tokio::test]
async fn a_body_is_sent_as_the_document_spells_it() {
    let peer = peer().await;
    let _ = client(&peer.url).muninx_invite_user(muninx_user()).await;
    let request = peer.request();
    let body: invite_sdk::serde_json::Value =
        invite_sdk::serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let expected = invite_sdk::serde_json::json!({"email": "jane.doe@customer.example", "name": "Jane", "last-name": "Doe", "type": "customer", "organization": "acme-customer-1"});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn an_optional_nullable_member_is_absent_null_or_a_value() {
    let peer = peer().await;
    let member = nexus_member().display_name("Maria").given_name_null();
    client(&peer.url).nexus_invite_organization_member(7, member).await.unwrap();
    let request = peer.request();
    let body: invite_sdk::serde_json::Value =
        invite_sdk::serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    let expected = invite_sdk::serde_json::json!({"emailAddress": "maria.silva@nexus.example", "displayName": "Maria", "givenName": null, "makeAdmin": true});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = peer().await;
    let peer = Peer::answering(answer("307 Temporary Redirect", &[("location", &elsewhere.url)], "")).await;
    let error = client(&peer.url).kare_invite_user_organization(kare_invitee()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undeclared);
    assert_eq!(error.headers().unwrap()["location"], elsewhere.url);
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let peer =
        Peer::answering(answer("500 Internal Server Error", &[("set-cookie", "canary-cookie")], "canary-body")).await;
    let builder = everything(&peer.url);
    let client = builder.clone().build().unwrap();
    let unchecked = Client::builder("https://user:canary-userinfo@a.example");
    let body: types::UnleashCreateInvitedUser = unleash_account().try_into().unwrap();
    let call = client.unleash_signup("canary-token", body.clone());
    let mut shown = format!("{builder:?} {unchecked:?} {client:?} {body:?} {call:?}");
    let error = call.await.unwrap_err();
    shown += &format!("{error} {error:?} {:?}", std::error::Error::source(&error).map(ToString::to_string));
    let unreachable = Client::builder("http://127.0.0.1:9")
        .build()
        .unwrap()
        .unleash_validate_signup_token("canary-token")
        .retries(0)
        .await
        .unwrap_err();
    shown += &format!(
        "{unreachable} {unreachable:?} {:?}",
        std::error::Error::source(&unreachable).map(ToString::to_string)
    );
    assert!(!shown.contains("canary"), "{shown}");
}
