//! The server's side of each component schema: its validator and its type, by name.

use std::fmt::Debug;

use invite_api::types;
use invite_api::validate::Described;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One component of the generated server crate.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// The name in the document.
    pub name: &'static str,
    /// Whether the server's validator finds nothing wrong with a value.
    pub validates: fn(&Value) -> bool,
    /// Reads a value into the type and writes it again; the error is the one of the reader.
    pub round_trip: fn(&Value) -> Result<Value, String>,
    /// How a value shows itself in `Debug` once it is read; the error is the one of the reader.
    pub show: fn(&Value) -> Result<String, String>,
}

/// Reads `value` as `T` and writes it again.
///
/// # Errors
/// The value cannot be read, or the type not be written.
pub fn round_trip<T: DeserializeOwned + Serialize>(value: &Value) -> Result<Value, String> {
    let read: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    serde_json::to_value(read).map_err(|error| error.to_string())
}

fn show<T: DeserializeOwned + Debug>(value: &Value) -> Result<String, String> {
    serde_json::from_value(value.clone()).map(|read: T| format!("{read:?}")).map_err(|error| error.to_string())
}

macro_rules! components {
    ($($name:ident)*) => {
        /// Every component that the generator made a type for.
        pub const COMPONENTS: &[Component] = &[$(Component {
            name: stringify!($name),
            validates: |value| types::$name::validator().violations(value).is_empty(),
            round_trip: round_trip::<types::$name>,
            show: show::<types::$name>,
        }),*];
    };
}

components! {
    MuninxNewUser MuninxConfirmation MuninxUsers MuninxUser MuninxUserUpdate MuninxNewCustomerOrganization MuninxDomain MuninxCustomerOrganization MuninxNewToken MuninxCreatedToken MuninxTokens MuninxToken MuninxProblem MuninxProblemError
    KareInviteUserOrganization KareInvitedPermissions KareMembershipEnvelope KareMembership KarePermissions KareAcceptInvitation
    KareSessionTokensEnvelope KareSessionTokens KareError
    NexusInviteMember NexusImport NexusImportMember Import ImportResults ImportRow NexusPermission NexusNewApiKey NexusApiKey NexusProblemDetails NexusProblemError
    UnleashCreateInvitedUser UnleashUser UnleashCreateSignupToken UnleashUpdateSignupToken UnleashPublicSignupToken UnleashPublicSignupTokens UnleashRole UnleashError UnleashErrorDetail
    Activation HeldChallenge ActivationResult ActivatedUser NewSession SessionRefresh SessionTokens
    Invitation InvitationDelivery InvitationPage Event EventPerformer EventSubject EventPage HealthStatus Problem ProblemError
}

/// The component called `name`.
#[must_use]
pub fn component(name: &str) -> Component {
    *COMPONENTS
        .iter()
        .find(|component| component.name == name)
        .unwrap_or_else(|| panic!("no type is listed for {name}; add it to COMPONENTS"))
}
