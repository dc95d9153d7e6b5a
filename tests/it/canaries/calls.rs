//! The client's part: the flows from end to end, and every operation with what nobody knows.

use std::error::Error as _;
use std::fmt::Debug;

use invite_sdk::{Call, Client, ClientBuilder, Credential, Operation, Scheme, types};
use serde::Serialize;

use super::programs::Talkative;
use super::{Canaries, stranger};
use crate::support::PASSWORD;

/// The secrets that callers put into a request.
#[derive(Debug)]
pub(super) struct Inputs {
    challenge: String,
    invitation: String,
    signup: String,
    password: String,
}

impl Inputs {
    /// None is known to any server.
    pub(super) fn unknown() -> Self {
        let canary = |name: &str| format!("canary-input-{name}");
        Self {
            challenge: canary("challenge"),
            invitation: canary("invitation"),
            signup: canary("signup"),
            password: canary("password"),
        }
    }

    fn all(&self) -> [(&'static str, &String); 4] {
        [
            ("a challenge", &self.challenge),
            ("an invitation", &self.invitation),
            ("a signup token", &self.signup),
            ("a password", &self.password),
        ]
    }
}

/// As a condition of a mock, which must not be shown either.
impl Serialize for Inputs {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::json!({ "password": "canary-input-other" }).serialize(serializer)
    }
}

/// All flows with the credentials of the world.
pub(super) async fn flows(canaries: &mut Canaries, server: &Talkative) {
    let acme = &server.world.acme;
    let builder = Client::builder(&server.world.base_url)
        .muninx_bearer(acme.text("/credentials/muninx/bearer"))
        .kare_bearer(acme.text("/credentials/kare/bearer"))
        .kare_session(acme.text("/credentials/kare/session_token"))
        .nexus_basic(acme.text("/credentials/nexus/basic/username"), acme.text("/credentials/nexus/basic/password"))
        .unleash_api_key(acme.text("/credentials/unleash/admin_api_key"));
    let client = built(canaries, builder);
    let organization = i32::try_from(acme.organization()).unwrap();
    let mut said = canaries.said(&client);
    said.call(client.muninx_invite_user(muninx_user("jane@customer.example"))).await;
    // A mail that still waits when the next one is asked for is never sent.
    server.mail("jane@customer.example", 1).await;
    said.call(client.muninx_resend_activation_email("jane@customer.example")).await;
    said.call(client.muninx_create_token(types::MuninxNewToken::builder().name("nightly"))).await;
    said.call(client.kare_invite_user_organization(kare_invitee("john@kare.example"))).await;
    said.call(client.nexus_invite_organization_member(organization, nexus_member("maria@nexus.example"))).await;
    let link = types::UnleashCreateSignupToken::builder()
        .name("link")
        .expires_at("2999-01-01T00:00:00Z".parse::<invite_sdk::chrono::DateTime<invite_sdk::chrono::Utc>>().unwrap());
    let link = said.call(client.unleash_create_signup_token(link)).await.unwrap();
    let inputs = Inputs {
        challenge: server.mail("jane@customer.example", 2).await.secret("challenge"),
        invitation: server.mail("john@kare.example", 1).await.secret("invitation"),
        signup: link.secret.expose().clone(),
        password: PASSWORD.to_owned(),
    };
    said.canaries.keep("the replaced challenge", &server.mail("jane@customer.example", 1).await.secret("challenge"));
    said.canaries.keep("another challenge", &server.mail("maria@nexus.example", 1).await.secret("challenge"));
    said.secrets_of(&inputs, "john@kare.example", "hunter@unleash.example").await;
    // What worked once is refused the second time.
    said.secrets_of(&inputs, "john@kare.example", "hunter@unleash.example").await;
}

/// Every operation with credentials that nobody knows, and without any.
pub(super) async fn everything(canaries: &mut Canaries, base_url: &str, inputs: &Inputs) {
    let mut builder = Client::builder(base_url);
    for scheme in Scheme::ALL {
        let token = Credential::Token(stranger(*scheme).into());
        let pair = Credential::Password { username: "key-1".to_owned(), password: stranger(*scheme).into() };
        builder = builder.credential(*scheme, if *scheme == Scheme::NexusBasic { pair } else { token });
    }
    let of_one_kind = |scheme: Scheme| match scheme {
        Scheme::NexusBasic => Client::builder(base_url).nexus_basic("key-1", stranger(scheme)),
        _ => Client::builder(base_url).credential(scheme, Credential::Token(stranger(scheme).into())),
    };
    for builder in [builder, of_one_kind(Scheme::NexusBasic), of_one_kind(Scheme::UnleashBearer)] {
        let client = built(canaries, builder);
        let mut said = canaries.said(&client);
        let user = muninx_user("jane@customer.example").challenge(inputs.challenge.clone());
        said.call(client.muninx_invite_user(user)).await;
        said.call(client.muninx_resend_activation_email("jane@customer.example")).await;
        said.call(client.muninx_create_token(types::MuninxNewToken::builder().name("nightly"))).await;
        said.call(client.kare_invite_user_organization(kare_invitee("test@mail.com"))).await;
        said.call(client.nexus_invite_organization_member(1, nexus_member("maria@nexus.example"))).await;
        said.call(client.unleash_create_signup_token(types::UnleashCreateSignupToken::builder().name("link"))).await;
        said.secrets_of(inputs, "test@mail.com", "hunter@example.com").await;
    }
    for scheme in Scheme::ALL {
        // A credential that a header cannot carry is refused, and not repeated.
        let spoiled = Credential::Token(format!("{}\n", stranger(*scheme)).into());
        let error = Client::builder(base_url).credential(*scheme, spoiled).build().unwrap_err();
        canaries.print("a configuration error", format!("{error} {error:?}"));
    }
}

fn built(canaries: &mut Canaries, builder: ClientBuilder) -> Client {
    canaries.show("a builder", &builder);
    let client = builder.build().unwrap();
    canaries.show("a client", &client);
    client
}

/// Calls, and what can be seen of them.
pub(super) struct Said<'a> {
    canaries: &'a mut Canaries,
    client: &'a Client,
}

impl Canaries {
    fn said<'a>(&'a mut self, client: &'a Client) -> Said<'a> {
        Said { canaries: self, client }
    }
}

impl Said<'_> {
    async fn call<O>(&mut self, call: Call<O>) -> Option<O::Output>
    where
        O: Operation,
        O::Output: Debug + Serialize,
        O::Error: Debug,
    {
        self.canaries.show("a call", &call);
        match call.await {
            Ok(answer) => {
                self.canaries.show("an answer", &answer);
                let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
                let body = answer.into_inner();
                let json = serde_json::to_value(&body).unwrap();
                self.canaries.keep_made(O::INFO.id, &json);
                location.iter().for_each(|value| self.canaries.keep("a location", value));
                Some(body)
            }
            Err(error) => {
                self.canaries.show("an error", &error);
                self.canaries.show("an error", &error.operation_error());
                let mut text = error.to_string();
                let mut cause = error.source();
                while let Some(error) = cause {
                    text += &format!("\n{error}\n{error:?}");
                    cause = error.source();
                }
                self.canaries.print("an error", text);
                None
            }
        }
    }

    fn body<B: Debug>(&mut self, body: B) -> B {
        self.canaries.show("a body", &body);
        body
    }

    /// Every operation that takes a secret beside its credentials.
    async fn secrets_of(&mut self, inputs: &Inputs, kare: &str, unleash: &str) {
        for (what, secret) in inputs.all() {
            self.canaries.keep(what, secret);
        }
        let client = self.client.clone();
        let Inputs { challenge, invitation, signup, password } = inputs;
        let activation = types::Activation::builder().challenge(challenge.clone()).password(password.clone());
        let activation = self.body(activation);
        self.call(client.activate(activation)).await;
        let session = types::NewSession::builder().email("jane@customer.example").password(password.clone());
        let session = self.body(session);
        let tokens = self.call(client.create_session(session)).await;
        let refresh = tokens.map_or_else(|| password.clone(), |tokens| tokens.refresh_token.expose().clone());
        let refresh = self.body(types::SessionRefresh::builder().refresh_token(refresh));
        self.call(client.refresh_session(refresh)).await;
        let acceptance = types::KareAcceptInvitation::builder()
            .invitation_token(invitation.clone())
            .email(kare)
            .password(password.clone())
            .first_name("John")
            .last_name("Doe")
            .phone("+33 1 23 45 67 89");
        let acceptance = self.body(acceptance);
        self.call(client.kare_accept_invitation(acceptance)).await;
        self.call(client.unleash_validate_signup_token(signup)).await;
        let account =
            types::UnleashCreateInvitedUser::builder().email(unleash).name("Hunter").password(password.clone());
        let account: types::UnleashCreateInvitedUser = account.try_into().unwrap();
        let account = self.body(account);
        self.call(client.unleash_signup(signup, account)).await;
        let change = types::UnleashUpdateSignupToken::builder().enabled(true);
        self.call(client.unleash_update_signup_token(signup, change)).await;
        self.call(client.unleash_get_signup_token(signup)).await;
        self.call(client.unleash_list_signup_tokens()).await;
    }
}

fn muninx_user(email: &str) -> types::builder::MuninxNewUser {
    types::MuninxNewUser::builder()
        .email(email)
        .name("Jane")
        .last_name("Doe")
        .type_(types::MuninxNewUserType::Customer)
        .organization("acme-customer-1")
}

fn kare_invitee(email: &str) -> types::builder::KareInviteUserOrganization {
    let permissions: types::KareInvitedPermissions =
        types::KareInvitedPermissions::builder().group(0).try_into().unwrap();
    types::KareInviteUserOrganization::builder()
        .first_name("John")
        .last_name("Doe")
        .email(email)
        .permissions(permissions)
}

fn nexus_member(email: &str) -> types::builder::NexusInviteMember {
    types::NexusInviteMember::builder().email_address(email).make_admin(true)
}
