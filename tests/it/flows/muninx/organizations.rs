//! MuninX's customer organizations: made, and invited into.

use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{activate, count, muninx_customer, muninx_organization, server};

use Operation::{MuninxCreateCustomerOrganization, MuninxGetUser, MuninxInviteUser};

#[tokio::test]
async fn a_customer_organization_is_active_at_once_and_customers_are_invited_into_it() {
    let server = server().await;
    let body = json!({
        "id": "acme-customer-2", "display-name": "Second Customer", "domains": ["Second.example", "xn--bcher-kva.example"],
        "external-ref": "CRM-4711", "notes": "Pays by invoice.\nNever calls.",
        // The server's to say, and ignored.
        "status": "suspended", "tenant-id": "globex", "created-at": "1999-12-31T23:59:59Z",
    });
    let answer = server.post(MuninxCreateCustomerOrganization, &[], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut made = answer.json();
    let at = made.as_object_mut().unwrap().remove("created-at").unwrap();
    assert!(at.as_str().unwrap() > "2020");
    let expected = json!({
        "id": "acme-customer-2", "display-name": "Second Customer",
        "domains": ["second.example", "xn--bcher-kva.example"], "external-ref": "CRM-4711",
        "notes": "Pays by invoice.\nNever calls.", "status": "active", "tenant-id": "acme", "updated-at": at,
    });
    assert_eq!(made, expected);

    let mut jane = muninx_customer("jane@second.example");
    jane["organization"] = json!("acme-customer-2");
    assert_eq!(server.post(MuninxInviteUser, &[], &jane).await.status, 200);
    let mail = server.mail("jane@second.example", 1).await;
    assert!(mail.text.contains("Second Customer"), "{}", mail.text);
    assert_eq!(activate(&server, &mail.secret("challenge")).await.status, 200);
    let headers = server.world.acme.credentials(MuninxGetUser);
    let shown = server.call(MuninxGetUser, &["jane@second.example"], &headers, None).await.json();
    assert_eq!(shown["organization"], "acme-customer-2");
    // Another tenant has no such organization, and none of its domains is taken there.
    let globex = server.world.globex.credentials(MuninxInviteUser);
    let mut joan = muninx_customer("joan@second.example");
    joan["organization"] = json!("acme-customer-2");
    assert_eq!(server.post_as(&globex, MuninxInviteUser, &[], &joan).await.status, 400);
    let mut theirs = muninx_organization("globex-customer-2");
    theirs["domains"] = json!(["second.example"]);
    let answer = server.post_as(&globex, MuninxCreateCustomerOrganization, &[], &theirs).await;
    assert_eq!((answer.status, &answer.json()["tenant-id"]), (200, &Value::from("globex")));
    assert_eq!(
        count(&server, "SELECT count(*) FROM events WHERE kind = 'organization.created' AND performer_kind = 'user'")
            .await,
        2
    );
}
