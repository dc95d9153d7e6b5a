//! Nexus: `POST /v1/organizations/{organizationId}/members/invite`.

use invite_api::security::{Operation, Scheme};
use serde_json::json;

use crate::support::{PASSWORD, activate, bearer, count, server, sign_in};

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
        WHERE o.slug = 'acme-customer-1' AND m.is_admin = 0 AND m.nexus_mfa_disabled = 0 AND u.display_name = 'lee@nexus.example'";
    assert_eq!(count(&server, row).await, 1, "null means the same as absent");
}

#[tokio::test]
async fn a_known_address_is_a_member_at_once_and_gets_a_notice() {
    let server = server().await;
    let signup = json!({ "email": "known@nexus.example", "name": "Known Person", "password": PASSWORD });
    assert_eq!(server.post(Operation::UnleashSignup, &[server.world.globex.signup_token()], &signup).await.status, 200);
    let invite =
        json!({ "emailAddress": "KNOWN@nexus.example", "displayName": "Somebody Else", "isMfaDisabled": true });
    assert_eq!(server.post(INVITE, &["1"], &invite).await.status, 204);
    let notice = server.mail("known@nexus.example", 1).await;
    assert!(!notice.text.contains("http"), "a notice needs no link: {}", notice.text);
    let member = "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id \
        WHERE m.organization_id = 1 AND m.nexus_mfa_disabled = 1 AND u.display_name = 'Known Person' AND u.status = 'active'";
    assert_eq!(count(&server, member).await, 1, "the account stays as it is");
    for body in [invite, json!({ "emailAddress": "known@nexus.example", "makeAdmin": true })] {
        assert_eq!(server.post(INVITE, &["1"], &body).await.status, 409, "{body}");
    }
}
