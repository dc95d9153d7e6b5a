//! Valid inputs and full sets of credentials, so that a test says only what it is about.

use invite_sdk::{Client, ClientBuilder, types};

/// One credential of every scheme, each recognisable.
pub(crate) const CREDENTIALS: [&str; 8] = [
    "canary-muninx",
    "canary-kare",
    "canary-kare-session",
    "canary-nexus",
    "canary-nexus-application",
    "canary-nexus-secret",
    "canary-unleash-key",
    "canary-unleash",
];

/// A client with every credential there is.
pub(crate) fn everything(base_url: &str) -> ClientBuilder {
    let [muninx, kare, kare_session, nexus, nexus_application, nexus_secret, unleash_key, unleash] = CREDENTIALS;
    Client::builder(base_url)
        .muninx_bearer(muninx)
        .kare_bearer(kare)
        .kare_session(kare_session)
        .nexus_bearer(nexus)
        .nexus_application_token(nexus_application)
        .nexus_basic("key-1", nexus_secret)
        .unleash_api_key(unleash_key)
        .unleash_bearer(unleash)
}

pub(crate) fn client(base_url: &str) -> Client {
    everything(base_url).build().unwrap()
}

pub(crate) fn muninx_user() -> types::builder::MuninxNewUser {
    types::MuninxNewUser::builder()
        .email("jane.doe@customer.example")
        .name("Jane")
        .last_name("Doe")
        .type_(types::MuninxNewUserType::Customer)
        .organization("acme-customer-1")
}

pub(crate) fn kare_invitee() -> types::builder::KareInviteUserOrganization {
    let permissions: types::KareInvitedPermissions =
        types::KareInvitedPermissions::builder().group(0).try_into().unwrap();
    types::KareInviteUserOrganization::builder()
        .first_name("John")
        .last_name("Doe")
        .email("test@mail.com")
        .permissions(permissions)
}

pub(crate) fn nexus_member() -> types::builder::NexusInviteMember {
    types::NexusInviteMember::builder().email_address("maria.silva@nexus.example").make_admin(true)
}

pub(crate) fn unleash_account() -> types::builder::UnleashCreateInvitedUser {
    types::UnleashCreateInvitedUser::builder()
        .email("hunter@example.com")
        .name("Hunter Burgan")
        .password("canary-password-1")
}

pub(crate) fn activation() -> types::builder::Activation {
    types::Activation::builder().challenge("canary-challenge").password("canary-password-2")
}

pub(crate) fn acceptance() -> types::builder::KareAcceptInvitation {
    types::KareAcceptInvitation::builder()
        .invitation_token("t")
        .email("test@mail.com")
        .password("correct horse battery")
        .first_name("A")
        .last_name("B")
        .phone("1")
}
