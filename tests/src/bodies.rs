//! Bodies of requests that invite somebody, one for each flow.

use serde_json::{Value, json};

/// A password that nobody refuses.
pub const PASSWORD: &str = "wooden-kettle-on-a-quiet-hill";

/// A JSON body for MuninX's invite of a customer.
#[must_use]
pub fn muninx_customer(email: &str) -> Value {
    json!({ "email": email, "name": "Jane", "last-name": "Doe", "type": "customer", "organization": "acme-customer-1" })
}

/// A JSON body for Kare's invite.
#[must_use]
pub fn kare_invite(email: &str) -> Value {
    json!({ "firstName": "John", "lastName": "Doe", "email": email, "permissions": { "group": 0 } })
}

/// A JSON body for Nexus's invite.
#[must_use]
pub fn nexus_invite(email: &str) -> Value {
    json!({ "emailAddress": email })
}

/// A JSON body for Unleash's signup.
#[must_use]
pub fn unleash_signup(email: &str) -> Value {
    json!({ "email": email, "name": "Hunter Burgan", "password": PASSWORD })
}
