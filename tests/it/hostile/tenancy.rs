//! Tenant by id: every operation, with every kind of credential of somebody who has nothing to say here, about things that
//! are really there. The answer is 401 or 404, shows nothing, and nothing comes of it.

use contract_tests::database::Database;
use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use contract_tests::world::{Headers, Tenant};
use invite_api::security::{Operation, Scheme};
use serde_json::{Value, json};

use super::quiet;
use crate::access::body;
use crate::support::{
    PASSWORD, activate, bearer, count, imported, invitation, kare_acceptance, kare_invite, muninx_customer,
    nexus_import, plain_user, rows, server_with_nothing_to_sweep, sign_in, unleash_signup,
};

/// How credentials die, and how they come back to life.
struct Death {
    what: &'static str,
    kill: &'static str,
    revive: &'static str,
    of: Mortals,
}

/// Whose credentials die.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mortals {
    /// Those that act for a person.
    People,
    /// Bearer-like ones.
    Tokens,
    /// Id and secret pairs.
    Pairs,
    /// All.
    Everybody,
}

const DEATHS: &[Death] = &[
    Death {
        what: "a pending user",
        kill: "UPDATE users SET status = 'pending', password_hash = NULL WHERE id = 1",
        revive: "UPDATE users SET status = 'active', password_hash = 'none' WHERE id = 1",
        of: Mortals::People,
    },
    Death {
        what: "a suspended user",
        kill: "UPDATE users SET status = 'suspended' WHERE id = 1",
        revive: "UPDATE users SET status = 'active' WHERE id = 1",
        of: Mortals::People,
    },
    Death {
        what: "a removed member",
        kill: "UPDATE memberships SET deleted_at = 1700000000000 WHERE user_id = 1",
        revive: "UPDATE memberships SET deleted_at = NULL WHERE user_id = 1",
        of: Mortals::People,
    },
    Death {
        what: "an expired token",
        kill: "UPDATE api_tokens SET expires_at = created_at",
        revive: "UPDATE api_tokens SET expires_at = NULL",
        of: Mortals::Tokens,
    },
    Death {
        what: "a revoked token",
        kill: "UPDATE api_tokens SET revoked_at = created_at",
        revive: "UPDATE api_tokens SET revoked_at = NULL",
        of: Mortals::Tokens,
    },
    Death {
        what: "an expired pair",
        kill: "UPDATE api_keys SET expires_at = created_at",
        revive: "UPDATE api_keys SET expires_at = NULL",
        of: Mortals::Pairs,
    },
    Death {
        what: "a revoked pair",
        kill: "UPDATE api_keys SET revoked_at = created_at",
        revive: "UPDATE api_keys SET revoked_at = NULL",
        of: Mortals::Pairs,
    },
    Death {
        what: "a suspended tenant",
        kill: "UPDATE organizations SET status = 'suspended' WHERE id = 1",
        revive: "UPDATE organizations SET status = 'active' WHERE id = 1",
        of: Mortals::Everybody,
    },
    Death {
        what: "a deleted user",
        // Nothing of the user is left, not even what a database would keep for its references.
        kill: "DELETE FROM users WHERE id = 1",
        revive: "",
        of: Mortals::People,
    },
];

/// All rows but the tokens of sign-ins: once they have expired, the sweep may remove them at any moment.
async fn rows_that_stay(database: &Database) -> Vec<String> {
    let mut rows = rows(database, "", "TRUE").await;
    rows.retain(|row| !(row.starts_with("api_tokens: ") && row.contains("'sign-in'")));
    rows
}

#[tokio::test]
async fn dead_credentials_open_nothing() {
    let server = server_with_nothing_to_sweep().await;
    let things = Things::of_acme(&server).await;
    for death in DEATHS {
        let database = server.database().await;
        database.execute_unchecked(death.kill).await;
        for operation in guarded() {
            for (kind, headers) in credentials(&server.world.acme, operation) {
                if !dies(death.of, &kind) {
                    continue;
                }
                let before = rows_that_stay(&database).await;
                let answer = things.call(&server, operation, &headers).await;
                assert_eq!(answer.status, 401, "{}, {}, {kind:?}: {}", operation.id(), death.what, answer.text());
                assert_eq!(rows_that_stay(&database).await, before, "{}, {}: an effect", operation.id(), death.what);
            }
        }
        database.close().await;
        if !death.revive.is_empty() {
            server.execute(death.revive).await;
        }
    }
}

#[tokio::test]
async fn what_belongs_to_another_tenant_is_not_there() {
    let server = server_with_nothing_to_sweep().await;
    let things = Things::of_acme(&server).await;
    let database = server.database().await;
    let (mut hidden, mut own) = (0, 0);
    // Those that work send mails, which would change rows while others are looked at.
    let (naming, mut others): (Vec<Operation>, Vec<Operation>) = guarded().partition(|it| it.path().contains('{'));
    // It ends what others are called by.
    others.sort_by_key(|it| *it == Operation::DeleteSession);
    for operation in naming.into_iter().chain(others) {
        for (kind, headers) in credentials(&server.world.globex, operation) {
            let place = format!("{} as globex by {kind:?}", operation.id());
            let (all, acmes) = (rows(&database, "", "TRUE").await, rows(&database, "organization_id", ACMES).await);
            let answer = things.call(&server, operation, &headers).await;
            if operation.path().contains('{') {
                assert!(matches!(answer.status, 401 | 404), "{place}: {} {}", answer.status, answer.text());
                assert_eq!(rows(&database, "", "TRUE").await, all, "{place}: an effect");
                hidden += 1;
            } else {
                // Nothing of acme's is named, so that the operation may well do its work, at home.
                assert_eq!(rows(&database, "organization_id", ACMES).await, acmes, "{place}: an effect on acme");
                own += 1;
            }
            assert!(!answer.text().to_lowercase().contains("acme"), "{place}: data: {}", answer.text());
        }
    }
    database.close().await;
    println!("{hidden} calls named something of acme's, {own} did not");
}

#[tokio::test]
async fn a_link_of_one_tenant_opens_that_tenant_and_no_other() {
    let server = server_with_nothing_to_sweep().await;
    let (acme, globex) = (&server.world.acme, &server.world.globex);
    let operation = Operation::UnleashSignup;
    for asked in [json!({ "organization": globex.organization() }), json!({ "rootRole": 1 })] {
        let mut body = unleash_signup("chooser@people.example");
        body.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
        assert_eq!(server.post(operation, &[acme.signup_token()], &body).await.status, 400, "{asked}");
    }
    let body = unleash_signup("guest@people.example");
    // Credentials of another tenant say nothing of where a link leads.
    let headers = globex.credentials(Operation::UnleashCreateSignupToken);
    let answer = server.post_as(&headers, operation, &[acme.signup_token()], &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let user = answer.json()["id"].to_string();
    let of = |organization: i64| format!("user_id = {user} AND organization_id = {organization}");
    assert_eq!(count(&server, &format!("SELECT count(*) FROM memberships WHERE user_id = {user}")).await, 1);
    assert_eq!(count(&server, &format!("SELECT count(*) FROM memberships WHERE {}", of(acme.organization()))).await, 1);
    assert_eq!(answer.json()["rootRole"], 3, "whoever signs up is a viewer");
}

#[tokio::test]
async fn a_number_is_never_given_out_twice() {
    let server = server_with_nothing_to_sweep().await;
    let signup = async |email: &str| {
        let token = server.world.acme.signup_token();
        let answer = server.post(Operation::UnleashSignup, &[token], &unleash_signup(email)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["id"].as_i64().unwrap()
    };
    let first = signup("gone@people.example").await;
    let database = server.database().await;
    database.execute_unchecked(&format!("DELETE FROM users WHERE id = {first}")).await;
    database.close().await;
    assert!(signup("gone@people.example").await > first, "an old reference reaches somebody new");
}

#[tokio::test]
async fn a_plain_member_reads_nothing_of_others() {
    let server = server_with_nothing_to_sweep().await;
    let things = Things::of_acme(&server).await;
    let application = server.world.acme.header(Scheme::NexusApplicationToken);
    for (who, tokens) in members(&server).await {
        for operation in guarded().filter(|operation| operation.method() == "GET") {
            let mut headers = bearer(&tokens, "accessToken");
            if operation.security()[0].contains(&Scheme::NexusApplicationToken) {
                headers.push(application.clone());
            }
            let answer = things.call(&server, operation, &headers).await;
            let place = format!("{} as {who:?}: {} {}", operation.id(), answer.status, answer.text());
            assert!([200, 403, 404].contains(&answer.status), "{place}");
            for other in [Things::INVITED, "imported@acme-customer.example", "admin@acme.example", "sgn_"] {
                assert!(who.may_see(operation, other) || !answer.text().contains(other), "{other}, {place}");
            }
        }
    }
}

/// What somebody is in acme who does not administer it.
#[derive(Clone, Copy, Debug)]
enum Role {
    Customer,
    Viewer,
    Kare,
    Nexus,
    Agent,
    /// The administrator of a customer organization, where [`Things::INVITED`] is.
    Boss,
}

impl Role {
    /// Whether it is what a role is for to see something of others.
    fn may_see(self, operation: Operation, what: &str) -> bool {
        match self {
            Self::Customer | Self::Viewer | Self::Kare | Self::Nexus => false,
            // Agents serve everybody of the tenant.
            Self::Agent => {
                matches!(operation, Operation::MuninxListUsers | Operation::MuninxGetUser) && what.contains('@')
            }
            Self::Boss => what == Things::INVITED,
        }
    }
}

/// A sign-in of somebody in each role.
async fn members(server: &Server) -> [(Role, Value); 6] {
    let token = server.world.acme.signup_token();
    let viewer = unleash_signup("viewer@people.example");
    assert_eq!(server.post(Operation::UnleashSignup, &[token], &viewer).await.status, 200);
    let kare = server.post(Operation::KareInviteUserOrganization, &[], &kare_invite("kare@mail.com")).await;
    assert_eq!(kare.status, 201, "{}", kare.text());
    let secret = server.mail("kare@mail.com", 1).await.secret("invitation");
    let kare = server.post(Operation::KareAcceptInvitation, &[], &kare_acceptance(&secret, "kare@mail.com")).await;
    let nexus = json!({ "emailAddress": "member@nexus.example" });
    assert_eq!(server.post(Operation::NexusInviteOrganizationMember, &["1"], &nexus).await.status, 204);
    let mut agent = muninx_customer("agent@acme-desk.example");
    (agent["type"], agent["agent-type"]) = (json!("agent"), json!("human"));
    let agent = server.post(Operation::MuninxInviteUser, &[], &agent).await;
    assert_eq!(agent.status, 200, "{}", agent.text());
    let boss = plain_user(server, "boss@customer.example").await;
    let chosen = "user_id = (SELECT id FROM users WHERE email = 'boss@customer.example')";
    server.execute(&format!("UPDATE memberships SET is_admin = TRUE WHERE {chosen}")).await;
    [
        (Role::Customer, plain_user(server, "plain@customer.example").await),
        (Role::Viewer, sign_in(server, "viewer@people.example", PASSWORD).await),
        (Role::Kare, kare.json()["data"].clone()),
        (Role::Nexus, joined(server, "member@nexus.example").await),
        (Role::Agent, joined(server, "agent@acme-desk.example").await),
        (Role::Boss, boss),
    ]
}

/// Redeems the challenge that was mailed, and signs in.
async fn joined(server: &Server, email: &str) -> Value {
    let challenge = server.mail(email, 1).await.secret("challenge");
    assert_eq!(activate(server, &challenge).await.status, 200);
    sign_in(server, email, PASSWORD).await
}

/// The rows of organizations of acme, in every table that says to which organization a row belongs.
const ACMES: &str = "organization_id IN (SELECT id FROM organizations WHERE slug LIKE 'acme%')";

pub(super) fn guarded() -> impl Iterator<Item = Operation> {
    Operation::ALL.iter().copied().filter(|operation| !operation.security().is_empty())
}

/// Every kind of credential that an operation takes, one after another. Where a person's own token serves, the access token
/// of a sign-in serves too.
pub(super) fn credentials(tenant: &Tenant, operation: Operation) -> Vec<(Vec<Scheme>, Headers)> {
    let mut found: Vec<(Vec<Scheme>, Headers)> =
        operation.security().iter().map(|alternative| (alternative.to_vec(), tenant.headers(alternative))).collect();
    if matches!(operation.security(), [[Scheme::MuninxBearer | Scheme::SessionBearer]]) {
        found.push((vec![Scheme::KareBearer], vec![tenant.header(Scheme::KareBearer)]));
    }
    found
}

fn dies(mortals: Mortals, kind: &[Scheme]) -> bool {
    let is_pair = kind.contains(&Scheme::NexusBasic);
    let is_program = is_pair || kind.contains(&Scheme::UnleashApiKey);
    match mortals {
        Mortals::People => !is_program,
        Mortals::Tokens => !is_pair,
        Mortals::Pairs => is_pair,
        Mortals::Everybody => true,
    }
}

/// Things of acme that paths can name.
pub(super) struct Things {
    import: String,
    invitation: String,
    member: String,
    token: String,
}

impl Things {
    const INVITED: &str = "invited@acme-customer.example";

    pub(super) async fn of_acme(server: &Server) -> Self {
        let import = imported(server, &nexus_import("tenancy", &["imported@acme-customer.example"])).await;
        let invitation = invitation(server, Self::INVITED).await;
        let token = server.post(Operation::MuninxCreateToken, &[], &json!({ "name": "tenancy" })).await.json();
        let token = token["id"].as_str().unwrap().to_owned();
        quiet(server).await;
        let headers = server.world.acme.credentials(Operation::GetInvitation);
        let shown = server.call(Operation::GetInvitation, &[&invitation], &headers, None).await.json();
        Self { import, invitation, member: shown["userId"].to_string(), token }
    }

    pub(super) async fn call(&self, server: &Server, operation: Operation, headers: &Headers) -> Answer {
        let body = match operation {
            Operation::MuninxInviteUser => Some(muninx_customer("probe@customer.example")),
            _ => body(server, operation).await,
        };
        let payload = body.as_ref().map(Payload::json);
        server.call(operation, &self.path(server, operation), headers, payload.as_ref()).await
    }

    fn path<'a>(&'a self, server: &'a Server, operation: Operation) -> Vec<&'a str> {
        match operation {
            Operation::MuninxResendActivationEmail | Operation::MuninxGetUser | Operation::MuninxUpdateUser => {
                vec![Self::INVITED]
            }
            Operation::MuninxDeleteToken => vec![&self.token],
            Operation::NexusInviteOrganizationMember | Operation::NexusImportOrganizationMembers => vec!["1"],
            Operation::NexusRemoveMemberRole => vec!["1", &self.member],
            Operation::GetImport => vec![&self.import],
            Operation::GetInvitation | Operation::ResendInvitation | Operation::RevokeInvitation => {
                vec![&self.invitation]
            }
            Operation::UnleashGetSignupToken | Operation::UnleashUpdateSignupToken => {
                vec![server.world.acme.signup_token()]
            }
            other => {
                assert!(!other.path().contains('{'), "{}: say which thing of acme's its path names", other.id());
                Vec::new()
            }
        }
    }
}
