//! Hostile cases, in the twelve groups that SECURITY.md lists with the attacks in them: a module for each, so that
//! `hostile::GROUP` names its tests. All of them go through the socket of a server, on either engine.

mod addresses;
mod canaries;
mod enumeration;
mod existing_accounts;
mod expiry;
mod hosts;
mod limits;
mod names;
mod races;
mod scanners;
mod tenancy;
mod tokens;

use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{PASSWORD, activate, kare_acceptance, session};

/// Waits until no mail and no import is on its way, so that rows can be compared.
async fn quiet(server: &Server) {
    let database = server.database().await;
    database.settled().await;
    database.close().await;
}

/// A kind of secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Challenge,
    Invitation,
    Signup,
    Personal,
    Access,
    Refresh,
    Session,
    Application,
    ApiKey,
    Pair,
}

/// Secrets of every kind that work, all of acme and none of them used yet.
struct Secrets(Vec<(Kind, String)>);

impl Secrets {
    /// Whom the challenge and the invitation token are for.
    const INVITED: [&str; 2] = ["holder@customer.example", "holder@mail.com"];

    async fn of_acme(server: &Server) -> Self {
        let [activated, accepting] = Self::INVITED;
        let invite = crate::support::muninx_customer(activated);
        assert_eq!(server.post(Operation::MuninxInviteUser, &[], &invite).await.status, 200);
        let invite = crate::support::kare_invite(accepting);
        assert_eq!(server.post(Operation::KareInviteUserOrganization, &[], &invite).await.status, 201);
        let acme = &server.world.acme;
        let tokens = session(server, acme).await;
        let of = |member: &str| tokens[member].as_str().unwrap().to_owned();
        let known = |place: &str| acme.text(&format!("/credentials/{place}")).to_owned();
        Self(vec![
            (Kind::Challenge, server.mail(activated, 1).await.secret("challenge")),
            (Kind::Invitation, server.mail(accepting, 1).await.secret("invitation")),
            (Kind::Signup, acme.signup_token().to_owned()),
            (Kind::Personal, known("muninx/bearer")),
            (Kind::Access, of("accessToken")),
            (Kind::Refresh, of("refreshToken")),
            (Kind::Session, of("sessionToken")),
            (Kind::Application, known("nexus/application_token")),
            (Kind::ApiKey, known("unleash/admin_api_key")),
            (Kind::Pair, known("nexus/basic/password")),
        ])
    }

    fn get(&self, kind: Kind) -> &str {
        self.0.iter().find(|(known, _)| *known == kind).map(|(_, secret)| secret).unwrap()
    }
}

/// A place where a secret is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Activation,
    Decline,
    Acceptance,
    Validation,
    Signup,
    PersonalBearer,
    SessionBearer,
    KareBearer,
    KareSession,
    NexusBearer,
    Application,
    Basic,
    UnleashKey,
    UnleashBearer,
    Refresh,
}

impl Place {
    /// Those that use the secret up come last.
    const ALL: [Self; 15] = [
        Self::Validation,
        Self::PersonalBearer,
        Self::SessionBearer,
        Self::KareBearer,
        Self::KareSession,
        Self::NexusBearer,
        Self::Application,
        Self::Basic,
        Self::UnleashKey,
        Self::UnleashBearer,
        Self::Signup,
        Self::Refresh,
        Self::Acceptance,
        Self::Activation,
        Self::Decline,
    ];

    /// The kinds of secrets that open it. The access token of a sign-in serves every bearer scheme, a personal token the two
    /// that act for its owner alone, and an API key may follow the word `Bearer`.
    const fn opened_by(self) -> &'static [Kind] {
        match self {
            Self::Activation => &[Kind::Challenge],
            Self::Decline => &[Kind::Challenge, Kind::Invitation],
            Self::Acceptance => &[Kind::Invitation],
            Self::Validation | Self::Signup => &[Kind::Signup],
            Self::PersonalBearer | Self::SessionBearer => &[Kind::Personal, Kind::Access],
            Self::KareBearer | Self::NexusBearer => &[Kind::Access],
            Self::UnleashBearer => &[Kind::Access, Kind::ApiKey],
            Self::KareSession => &[Kind::Session],
            Self::Application => &[Kind::Application],
            Self::Basic => &[Kind::Pair],
            Self::UnleashKey => &[Kind::ApiKey],
            Self::Refresh => &[Kind::Refresh],
        }
    }

    /// Presents a secret. The other half of a pair is right, so that the secret alone decides.
    async fn present(self, server: &Server, secrets: &Secrets, secret: &str) -> Answer {
        let acme = &server.world.acme;
        let header = |value: String| vec![("authorization", value)];
        let bearer = |token: &str| header(format!("Bearer {token}"));
        let pair = |token: &str, name: &'static str, half: &str| {
            vec![("authorization", format!("Bearer {token}")), (name, half.to_owned())]
        };
        let (operation, path, headers, body) = match self {
            Self::Activation => return activate(server, secret).await,
            Self::Decline => (Operation::DeclineInvitation, vec![], vec![], json!({ "challenge": secret })),
            Self::Acceptance => {
                let body = kare_acceptance(secret, Secrets::INVITED[1]);
                (Operation::KareAcceptInvitation, vec![], vec![], body)
            }
            Self::Validation => (Operation::UnleashValidateSignupToken, vec![secret], vec![], Value::Null),
            Self::Signup => {
                let body = json!({ "email": "signup@people.example", "name": "Hunter", "password": PASSWORD });
                (Operation::UnleashSignup, vec![secret], vec![], body)
            }
            Self::PersonalBearer => (Operation::MuninxListTokens, vec![], bearer(secret), Value::Null),
            Self::SessionBearer => (Operation::ListInvitations, vec![], bearer(secret), Value::Null),
            Self::KareBearer | Self::KareSession => {
                let (access, session) = match self {
                    Self::KareBearer => (secret, secrets.get(Kind::Session)),
                    _ => (secrets.get(Kind::Access), secret),
                };
                // Somebody is a member already, so that nobody is invited.
                let body = crate::support::kare_invite(acme.text("/admin/email"));
                (Operation::KareInviteUserOrganization, vec![], pair(access, "x-session-token", session), body)
            }
            Self::NexusBearer | Self::Application => {
                let (access, application) = match self {
                    Self::NexusBearer => (secret, secrets.get(Kind::Application)),
                    _ => (secrets.get(Kind::Access), secret),
                };
                let headers = pair(access, "ApplicationToken", application);
                (Operation::NexusInviteOrganizationMember, vec!["1"], headers, member(server))
            }
            Self::Basic => {
                let username = acme.text("/credentials/nexus/basic/username");
                let headers = vec![contract_tests::world::basic(username, secret)];
                (Operation::NexusInviteOrganizationMember, vec!["1"], headers, member(server))
            }
            Self::UnleashKey => (Operation::UnleashListSignupTokens, vec![], header(secret.to_owned()), Value::Null),
            Self::UnleashBearer => (Operation::UnleashListSignupTokens, vec![], bearer(secret), Value::Null),
            Self::Refresh => (Operation::RefreshSession, vec![], vec![], json!({ "refreshToken": secret })),
        };
        let payload = (!body.is_null()).then(|| Payload::json(&body));
        server.call(operation, &path, &headers, payload.as_ref()).await
    }
}

/// A body for Nexus's invite of somebody who is a member already, so that nobody is invited.
fn member(server: &Server) -> Value {
    json!({ "emailAddress": server.world.acme.text("/admin/email") })
}

/// Whether a secret was taken for what it is; that its holder is a member already comes after that.
fn opens(answer: &Answer) -> bool {
    match answer.status {
        200 | 201 | 204 | 409 => true,
        400 | 401 | 404 | 410 => false,
        other => panic!("{other}: {}", answer.text()),
    }
}
