//! Whom the operator has locked out, no tenant lets in.

use contract_tests::http::Payload;
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::json;

use super::Operator;
use crate::support::{PASSWORD, plain_user, server, sign_in, try_sign_in};

/// What an administrator of acme is told who sets a status.
async fn put(server: &Server, email: &str, status: &str) -> (u16, String) {
    let headers = server.world.acme.credentials(Operation::MuninxUpdateUser);
    let body = Payload::json(&json!({ "status": status }));
    let answer = server.call(Operation::MuninxUpdateUser, &[email], &headers, Some(&body)).await;
    (answer.status, answer.text())
}

#[tokio::test]
async fn no_administrator_lets_in_whom_the_operator_has_locked_out() {
    let server = server().await;
    let operator = Operator::of(&server);
    let email = "jane@customer.example";
    plain_user(&server, email).await;
    operator.text(&format!("user suspend {email}"));
    assert_eq!(put(&server, email, "suspended").await.0, 200, "so it is already");
    let (status, said) = put(&server, email, "active").await;
    assert!(status == 409 && said.contains("user_shared") && said.contains("the operator"), "{said}");
    assert_eq!(try_sign_in(&server, email, PASSWORD).await.status, 401);
    operator.text(&format!("user resume {email}"));
    sign_in(&server, email, PASSWORD).await;
}

#[tokio::test]
async fn the_operators_lock_takes_the_place_of_a_tenants() {
    let server = server().await;
    let operator = Operator::of(&server);
    let email = "jane@customer.example";
    plain_user(&server, email).await;
    assert_eq!(put(&server, email, "suspended").await.0, 200);
    for _ in 0..2 {
        operator.text(&format!("user suspend {email}"));
    }
    let [first, second] = &operator.events(2)[..] else { panic!("two events") };
    assert_eq!(first, &("user.suspended".to_owned(), "operator".to_owned()));
    assert!(second.1.starts_with("user "), "once is enough: {second:?}");
    assert_eq!(put(&server, email, "active").await.0, 409);
    operator.text(&format!("user resume {email}"));
    sign_in(&server, email, PASSWORD).await;
    assert_eq!(put(&server, email, "suspended").await.0, 200);
    assert_eq!(put(&server, email, "active").await.0, 200, "a lock of the tenant's own");
}
