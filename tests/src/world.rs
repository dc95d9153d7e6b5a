//! The world of `dev.json`: two tenants and their credentials, as the tests use them.

use base64::Engine as _;
use invite_api::security::{Operation, Scheme};
use serde_json::Value;

/// What `dev.json` says.
#[derive(Clone, Debug)]
pub struct World {
    /// The file as it is.
    pub file: Value,
    /// Where the server listens.
    pub base_url: String,
    /// The tenant `acme`.
    pub acme: Tenant,
    /// The tenant `globex`.
    pub globex: Tenant,
}

/// One tenant.
#[derive(Clone, Debug)]
pub struct Tenant {
    value: Value,
}

/// Headers to send.
pub type Headers = Vec<(&'static str, String)>;

impl World {
    /// Reads the text of `dev.json`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let file: Value = serde_json::from_str(text).expect("dev.json is JSON");
        let base_url = file["base_url"].as_str().expect("dev.json has base_url").to_owned();
        Self {
            base_url,
            acme: Tenant { value: file.clone() },
            globex: Tenant { value: file["other_tenant"].clone() },
            file,
        }
    }
}

impl Tenant {
    /// The tenant organization's id.
    #[must_use]
    pub fn organization(&self) -> i64 {
        self.value["organization"]["id"].as_i64().expect("an organization has an id")
    }

    /// The customer organization's id.
    #[must_use]
    pub fn customer_organization(&self) -> i64 {
        self.value["customer_organization"]["id"].as_i64().expect("an organization has an id")
    }

    /// The customer organization's slug.
    #[must_use]
    pub fn customer_slug(&self) -> &str {
        self.text("/customer_organization/slug")
    }

    /// The string at a JSON pointer into the tenant.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        self.value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("dev.json has no string at {pointer}"))
    }

    /// The header that carries the tenant's credential of a scheme.
    #[must_use]
    pub fn header(&self, scheme: Scheme) -> (&'static str, String) {
        let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
        match scheme {
            // A personal token and the access token of a session serve alike.
            Scheme::SessionBearer | Scheme::MuninxBearer => bearer(self.text("/credentials/muninx/bearer")),
            Scheme::KareBearer => bearer(self.text("/credentials/kare/bearer")),
            Scheme::KareSession => ("x-session-token", self.text("/credentials/kare/session_token").to_owned()),
            Scheme::NexusBearer => bearer(self.text("/credentials/nexus/bearer")),
            Scheme::NexusApplicationToken => {
                ("ApplicationToken", self.text("/credentials/nexus/application_token").to_owned())
            }
            Scheme::NexusBasic => {
                basic(self.text("/credentials/nexus/basic/username"), self.text("/credentials/nexus/basic/password"))
            }
            Scheme::UnleashApiKey => ("authorization", self.text("/credentials/unleash/admin_api_key").to_owned()),
            // The world has no bearer of its own here: the access token of a session serves every bearer scheme.
            Scheme::UnleashBearer => bearer(self.text("/credentials/kare/bearer")),
        }
    }

    /// The headers of one alternative.
    #[must_use]
    pub fn headers(&self, alternative: &[Scheme]) -> Headers {
        alternative.iter().map(|scheme| self.header(*scheme)).collect()
    }

    /// The headers of the first alternative that an operation accepts; none if it needs none.
    #[must_use]
    pub fn credentials(&self, operation: Operation) -> Headers {
        operation.security().first().map(|alternative| self.headers(alternative)).unwrap_or_default()
    }

    /// The secret of a signup token that can be used.
    #[must_use]
    pub fn signup_token(&self) -> &str {
        self.text("/credentials/unleash/signup_token")
    }
}

/// `Authorization: Basic` for a pair.
#[must_use]
pub fn basic(username: &str, password: &str) -> (&'static str, String) {
    (
        "authorization",
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"))),
    )
}
