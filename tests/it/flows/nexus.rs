//! Nexus: `POST /v1/organizations/{organizationId}/members/invite`, roles of members, API keys.

use contract_tests::server::Server;
use contract_tests::world::{Headers, basic};
use invite_api::security::{Operation, Scheme};
use serde_json::json;

use crate::support::{PASSWORD, account_elsewhere, activate, bearer, count, server, sign_in};

const INVITE: Operation = Operation::NexusInviteOrganizationMember;

#[tokio::test]
async fn the_vendors_example_leads_to_a_session() {
    let server = server().await;
    let body = json!({
        "emailAddress": "maria.silva@nexus.example", "displayName": "Maria Silva", "familyName": "Silva",
        "givenName": "Maria", "isMfaDisabled": false, "makeAdmin": true,
    });
    let answer = server.post(INVITE, &["1"], &body).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    let challenge = server.mail("maria.silva@nexus.example", 1).await.secret("challenge");
    assert_eq!(activate(&server, &challenge).await.status, 200);
    let session = sign_in(&server, "maria.silva@nexus.example", PASSWORD).await;
    // The new administrator invites in turn, with the application's token beside her own.
    let mut headers = bearer(&session, "accessToken");
    headers.push(server.world.acme.header(Scheme::NexusApplicationToken));
    assert_eq!(
        server.post_as(&headers, INVITE, &["1"], &json!({ "emailAddress": "next@nexus.example" })).await.status,
        204
    );
}

#[tokio::test]
async fn an_api_key_invites_into_a_customer_organization() {
    let server = server().await;
    let organization = server.world.acme.customer_organization().to_string();
    let headers = server.world.acme.headers(&[Scheme::NexusBasic]);
    let body = json!({ "emailAddress": "lee@nexus.example", "displayName": null, "familyName": null, "givenName": null, "isMfaDisabled": null, "makeAdmin": null });
    assert_eq!(server.post_as(&headers, INVITE, &[&organization], &body).await.status, 204);
    let row = "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id JOIN organizations o ON o.id = m.organization_id \
        WHERE o.slug = 'acme-customer-1' AND m.is_admin = FALSE AND m.nexus_mfa_disabled = FALSE AND u.display_name = 'lee@nexus.example'";
    assert_eq!(count(&server, row).await, 1, "null means the same as absent");
}

#[tokio::test]
async fn a_known_address_is_a_member_at_once_and_gets_a_notice() {
    let server = server().await;
    account_elsewhere(&server, "known@nexus.example").await;
    let invite =
        json!({ "emailAddress": "KNOWN@nexus.example", "displayName": "Somebody Else", "isMfaDisabled": true });
    assert_eq!(server.post(INVITE, &["1"], &invite).await.status, 204);
    let notice = server.mail("known@nexus.example", 2).await;
    assert!(!notice.text.contains("http"), "a notice needs no link: {}", notice.text);
    let member = "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id \
        WHERE m.organization_id = 1 AND m.nexus_mfa_disabled = TRUE AND u.display_name = 'Hunter Burgan' AND u.status = 'active'";
    assert_eq!(count(&server, member).await, 1, "the account stays as it is");
    for body in [invite, json!({ "emailAddress": "known@nexus.example", "makeAdmin": true })] {
        assert_eq!(server.post(INVITE, &["1"], &body).await.status, 409, "{body}");
    }
}

/// An administrator of an organization, by Nexus from end to end, with both halves of their credentials.
async fn administrator(server: &Server, organization: &str, address: &str) -> Headers {
    let body = json!({ "emailAddress": address, "makeAdmin": true });
    assert_eq!(server.post(INVITE, &[organization], &body).await.status, 204);
    let challenge = server.mail(address, 1).await.secret("challenge");
    assert_eq!(activate(server, &challenge).await.status, 200);
    let mut headers = bearer(&sign_in(server, address, PASSWORD).await, "accessToken");
    headers.push(server.world.acme.header(Scheme::NexusApplicationToken));
    headers
}

#[tokio::test]
async fn a_demoted_administrator_is_a_plain_member_from_the_next_request_on() {
    let server = server().await;
    let second = administrator(&server, "1", "second@nexus.example").await;
    let invite =
        async |address: &str| server.post_as(&second, INVITE, &["1"], &json!({ "emailAddress": address })).await.status;
    assert_eq!(invite("before@nexus.example").await, 204);
    let user = count(&server, "SELECT id FROM users WHERE email = 'second@nexus.example'").await.to_string();
    let acme = server.world.acme.credentials(Operation::NexusRemoveMemberRole);
    for time in ["the first time", "again"] {
        let answer = server.call(Operation::NexusRemoveMemberRole, &["1", &user], &acme, None).await;
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{time}");
    }
    assert_eq!(invite("after@nexus.example").await, 403, "known, and without the right");
    let member = "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id \
        WHERE u.email = 'second@nexus.example' AND m.deleted_at IS NULL";
    assert_eq!(count(&server, member).await, 1);
    let events = "SELECT count(*) FROM events WHERE kind = 'membership.role_removed'";
    assert_eq!(count(&server, events).await, 1, "what changes nothing is not on record");
}

#[tokio::test]
async fn a_key_works_as_it_was_made_and_never_beyond_its_makers_organization() {
    let server = server().await;
    let customer = server.world.acme.customer_organization().to_string();
    let maker = administrator(&server, &customer, "maker@nexus.example").await;
    let asked = json!({ "permissions": ["user.write"], "description": "for a test" });
    let made = server.post_as(&maker, Operation::NexusCreateApiKey, &[], &asked).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let key = vec![basic(made["id"].as_str().unwrap(), made["secret"].as_str().unwrap())];
    let invite = |organization: String, address: &'static str| {
        let (server, key) = (&server, &key);
        async move { server.post_as(key, INVITE, &[&organization], &json!({ "emailAddress": address })).await.status }
    };
    assert_eq!(invite(customer.clone(), "inside@nexus.example").await, 204);
    assert_eq!(invite("1".to_owned(), "outside@nexus.example").await, 403);
    assert_eq!(invite(server.world.globex.organization().to_string(), "far@nexus.example").await, 404);
    let by_key = "SELECT count(*) FROM events WHERE kind = 'invitation.created' AND performer_kind = 'api_key'";
    assert_eq!(count(&server, by_key).await, 1);

    let own = json!({ "id": "own", "secret": "a-secret-that-its-maker-has-chosen", "permissions": ["user.write"] });
    let own = server.post_as(&maker, Operation::NexusCreateApiKey, &[], &own).await.json();
    assert_eq!((own["id"].as_str(), own["secret"].as_str()), (Some("own"), Some("a-secret-that-its-maker-has-chosen")));
    server.execute("UPDATE api_keys SET expires_at = 1700000000000 WHERE username <> 'own'").await;
    assert_eq!(invite(customer, "late@nexus.example").await, 401, "its time is over");
}
