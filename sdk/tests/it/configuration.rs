//! What a client is, and what it cannot be built from.

use invite_sdk::errors::MuninxInviteUserError;
use invite_sdk::{Client, Credential, Error, Scheme};

#[test]
fn a_client_can_be_shared_and_sent() {
    const fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<Client>();
    shared::<MuninxInviteUserError>();
    const fn sent<T: Send + Sync + std::error::Error + 'static>() {}
    sent::<Error<MuninxInviteUserError>>();
    assert_eq!(size_of::<Error<MuninxInviteUserError>>(), size_of::<usize>());
}

#[test]
fn credentials_that_cannot_be_sent_are_refused_by_name() {
    let refused = |scheme, credential| {
        Client::builder("https://a.example").credential(scheme, credential).build().unwrap_err().to_string()
    };
    let token = |text: &str| Credential::Token(text.into());
    let pair = |name: &str| Credential::Password { username: name.into(), password: "p".into() };
    assert!(refused(Scheme::MuninxBearer, token("a\nb")).contains("muninxBearer"));
    assert!(refused(Scheme::KareSession, token("")).contains("kareSession"));
    assert!(refused(Scheme::NexusBasic, pair("a:b")).contains("nexusBasic"));
    assert!(refused(Scheme::NexusBasic, token("a")).contains("user name"));
    assert!(refused(Scheme::NexusBearer, pair("a")).contains("token"));
}
