//! The server under test as a target of vectors: its credentials, and what has to exist in its world for a valid request
//! to succeed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use contract_tests::http::{self, Answer, Payload};
use contract_tests::server::Server;
use contract_tests::vectors::target::Target;
use contract_tests::vectors::{File, RequestVector};
use invite_api::security::{Operation, Scheme};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::support::{bearer, count, imported, invitation, kare_invite, muninx_customer, nexus_import, session};

/// Values by where they go.
pub(crate) type Values = Vec<(String, Value)>;

/// A server, perhaps behind something else.
pub(crate) struct Live<'a> {
    server: &'a Server,
    base_url: String,
    client: reqwest::Client,
    made: AtomicUsize,
    /// What requests with a fault share by operation: none of them uses anything up.
    shared: Mutex<BTreeMap<String, Values>>,
}

impl<'a> Live<'a> {
    /// Met directly.
    pub(crate) fn of(server: &'a Server) -> Self {
        Self::behind(server, server.world.base_url.clone())
    }

    /// Met at another address.
    pub(crate) fn behind(server: &'a Server, base_url: String) -> Self {
        let client = http::client();
        Self { server, base_url, client, made: AtomicUsize::new(0), shared: Mutex::default() }
    }

    /// An address that nobody had, on this server.
    fn address(&self) -> String {
        let port = self.base_url.rsplit(':').next().unwrap();
        format!("vector-{port}-{}@customer.example", self.made.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes what the operation needs to succeed.
    #[expect(clippy::too_many_lines, reason = "one table")]
    pub(crate) async fn make(&self, operation: Operation) -> Values {
        let at = |pointer: &str, value: &str| (pointer.to_owned(), json!(value));
        let (acme, address) = (&self.server.world.acme, self.address());
        match operation {
            Operation::MuninxInviteUser | Operation::KareInviteUserOrganization => vec![at("/body/email", &address)],
            Operation::MuninxResendActivationEmail | Operation::MuninxGetUser => {
                self.invited(&address).await;
                vec![at("/path/email", &address)]
            }
            Operation::MuninxUpdateUser => {
                // Of the tenant itself: a pending user cannot be moved.
                let mut body = muninx_customer(&address);
                body.as_object_mut().unwrap().remove("organization");
                let answer = self.server.post(Operation::MuninxInviteUser, &[], &body).await;
                assert_eq!(answer.status, 200, "{}", answer.text());
                vec![at("/path/email", &address)]
            }
            Operation::MuninxDeleteToken => {
                let answer =
                    self.server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "vector" })).await.json();
                vec![("/path/id".to_owned(), answer["id"].clone())]
            }
            Operation::MuninxCreateCustomerOrganization => {
                let id = address.split('@').next().unwrap();
                vec![at("/body/id", id), ("/body/domains".to_owned(), json!([format!("{id}.example")]))]
            }
            Operation::KareAcceptInvitation => {
                let operation = Operation::KareInviteUserOrganization;
                let answer = self.server.post(operation, &[], &kare_invite(&address)).await;
                assert_eq!(answer.status, 201, "{}", answer.text());
                let token = self.server.mail(&address, 1).await.secret("invitation");
                vec![at("/body/invitationToken", &token), at("/body/email", &address)]
            }
            Operation::NexusInviteOrganizationMember => vec![
                ("/path/organizationId".to_owned(), json!(acme.organization())),
                at("/body/emailAddress", &address),
            ],
            Operation::NexusImportOrganizationMembers => vec![
                ("/path/organizationId".to_owned(), json!(1)),
                ("/body/organizationId".to_owned(), json!(1)),
                at("/body/id", &address),
            ],
            Operation::GetImport => {
                let id = imported(self.server, &nexus_import(&address, &[&address, &address])).await;
                let headers = acme.credentials(operation);
                let page = self.server.send("GET", &format!("/imports/{id}?limit=1"), &headers, None).await.json();
                vec![at("/path/id", &id), at("/query/cursor", page["next"].as_str().unwrap())]
            }
            Operation::ListInvitations | Operation::ListEvents => {
                for _ in 0..2 {
                    self.invited(&self.address()).await;
                }
                let target = format!("{}?limit=1", operation.path());
                let page = self.server.send("GET", &target, &acme.credentials(operation), None).await.json();
                vec![at("/query/cursor", page["next"].as_str().unwrap())]
            }
            Operation::GetInvitation | Operation::ResendInvitation | Operation::RevokeInvitation => {
                vec![at("/path/id", &invitation(self.server, &address).await)]
            }
            Operation::NexusRemoveMemberRole => {
                let body = json!({ "emailAddress": address });
                let answer = self.server.post(Operation::NexusInviteOrganizationMember, &["1"], &body).await;
                assert_eq!(answer.status, 204, "{}", answer.text());
                let newest = "SELECT max(user_id) FROM memberships WHERE organization_id = 1";
                let user = count(self.server, newest).await.to_string();
                vec![("/path/organizationId".to_owned(), json!(1)), at("/path/userId", &user)]
            }
            Operation::NexusCreateApiKey => vec![at("/body/id", address.split('@').next().unwrap())],
            Operation::UnleashSignup => {
                let username = address.split('@').next().unwrap();
                let token = at("/path/token", acme.signup_token());
                vec![token, at("/body/email", &address), at("/body/username", username)]
            }
            Operation::UnleashValidateSignupToken | Operation::UnleashGetSignupToken => {
                vec![at("/path/token", acme.signup_token())]
            }
            Operation::UnleashUpdateSignupToken => {
                let body = json!({ "name": "vector", "expiresAt": "2999-01-01T00:00:00Z" });
                let answer = self.server.post(Operation::UnleashCreateSignupToken, &[], &body).await;
                vec![at("/path/token", answer.json()["secret"].as_str().unwrap())]
            }
            Operation::Activate | Operation::DeclineInvitation | Operation::RenewChallenge => {
                self.invited(&address).await;
                vec![at("/body/challenge", &self.server.mail(&address, 1).await.secret("challenge"))]
            }
            Operation::CreateSession => {
                vec![at("/body/email", acme.text("/admin/email")), at("/body/password", acme.text("/admin/password"))]
            }
            Operation::RefreshSession => {
                let session = session(self.server, acme).await;
                vec![("/body/refreshToken".to_owned(), session["refreshToken"].clone())]
            }
            Operation::DeleteSession => {
                let (_, bearer) = bearer(&session(self.server, acme).await, "accessToken").remove(0);
                vec![at("/credentials/sessionBearer", &bearer)]
            }
            Operation::MuninxCreateToken
            | Operation::MuninxListUsers
            | Operation::MuninxListTokens
            | Operation::UnleashCreateSignupToken
            | Operation::UnleashListSignupTokens
            | Operation::Liveness
            | Operation::Readiness => Vec::new(),
        }
    }

    /// A pending user.
    async fn invited(&self, address: &str) {
        let answer = self.server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

impl Target for Live<'_> {
    async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, String)],
        payload: Option<&Payload>,
    ) -> Result<Answer, String> {
        let url = format!("{}{target}", self.base_url);
        let answer = http::send(&self.client, method, &url, headers, payload).await;
        answer.map_err(|error| error.to_string())
    }

    fn credential(&self, scheme: &str) -> (String, String) {
        let mut known = Operation::ALL.iter().flat_map(|operation| operation.security()).copied().flatten();
        let scheme: Scheme = *known.find(|known| known.name() == scheme).unwrap();
        let (name, value) = self.server.world.acme.header(scheme);
        (name.to_owned(), value)
    }

    async fn live(&self, file: &File, vector: &RequestVector) -> Values {
        let operation = *Operation::ALL.iter().find(|operation| operation.id() == file.operation).unwrap();
        if vector.violates.is_none() {
            return self.make(operation).await;
        }
        let mut shared = self.shared.lock().await;
        if !shared.contains_key(&file.operation) {
            shared.insert(file.operation.clone(), self.make(operation).await);
        }
        shared[&file.operation].clone()
    }
}
