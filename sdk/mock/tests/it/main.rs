//! The mock on a real socket, with the SDK or bare bytes against it, and without one.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

mod faults;
mod plain;
mod program;
mod scripts;
mod secrets;

use invite_mock::MockServer;
use invite_sdk::{Client, types};

/// A mock and a client with every credential.
async fn pair() -> (MockServer, Client) {
    let mock = MockServer::start().await.unwrap();
    let client = Client::builder(mock.base_url())
        .muninx_bearer("m-canary")
        .kare_bearer("k-canary")
        .kare_session("s-canary")
        .nexus_basic("key", "n-canary")
        .unleash_api_key("u-canary")
        .build()
        .unwrap();
    (mock, client)
}

fn jane() -> types::builder::MuninxNewUser {
    types::MuninxNewUser::builder()
        .email("jane@customer.example")
        .name("Jane")
        .last_name("Doe")
        .type_(types::MuninxNewUserType::Customer)
}
