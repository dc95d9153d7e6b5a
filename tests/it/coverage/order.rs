//! Of several faults in one request, which one is answered.

use contract_tests::http::Payload;
use invite_api::security::Operation;
use serde_json::json;

use crate::support::{bearer, muninx_customer, plain_user, server};

#[tokio::test]
async fn faults_are_answered_in_the_documented_order() {
    let server = server().await;
    let operation = Operation::MuninxInviteUser;
    let plain = bearer(&plain_user(&server, "plain@customer.example").await, "accessToken");
    let admin = server.world.acme.credentials(operation);
    let oversize = vec![b'x'; 70_000];
    let mut unknown_and_taken = muninx_customer("plain@customer.example");
    unknown_and_taken["organization"] = json!("nowhere");
    let steps = [
        ("authentication before all", vec![], Payload::raw("text/plain", oversize.clone()), 401),
        ("media type before size", admin.clone(), Payload::raw("text/plain", oversize.clone()), 415),
        ("size before syntax", admin.clone(), Payload::raw("application/json", oversize), 413),
        ("syntax before permission", plain.clone(), Payload::raw("application/json", "{"), 400),
        ("schema before permission", plain.clone(), Payload::json(&json!({})), 400),
        ("permission before rules", plain, Payload::json(&unknown_and_taken), 403),
        ("rules before conflicts", admin.clone(), Payload::json(&unknown_and_taken), 400),
        ("conflicts last", admin, Payload::json(&muninx_customer("plain@customer.example")), 409),
    ];
    for (what, headers, payload, wanted) in steps {
        let answer = server.call(operation, &[], &headers, Some(&payload)).await;
        assert_eq!(answer.status, wanted, "{what}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_body_is_judged_before_the_signup_token_is_looked_up() {
    let server = server().await;
    let answer = server.post(Operation::UnleashSignup, &["sgn_unknown"], &json!({ "rootRole": 1 })).await;
    assert_eq!((answer.status, &answer.json()["name"]), (400, &json!("ValidationError")));
}
