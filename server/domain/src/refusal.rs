//! The domain saying no, with a stable code.
//!
//! A refusal is no failure of the program: the caller can read why and do better. Texts are constant, in plain words,
//! without values that the caller sent. Which HTTP status and body a code becomes is the business of the HTTP layer.

use std::borrow::Cow;

macro_rules! refusal_codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// Why an operation was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RefusalCode {
            $($(#[$doc])* $variant,)*
        }

        impl RefusalCode {
            /// Every code, for tables that must be complete.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name, as logs and problem types carry it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

refusal_codes! {
    /// A value breaks a rule that its schema cannot say.
    InvalidValue = "invalid_value";
    /// An organization named in the body does not exist for the caller.
    UnknownOrganization = "unknown_organization";
    /// An admin or agent needs an agent type.
    AgentTypeRequired = "agent_type_required";
    /// A customer must not have an agent type.
    AgentTypeForbidden = "agent_type_forbidden";
    /// The password is too short, too long or too easy to guess.
    PasswordRejected = "password_rejected";
    /// The tenant would be left without an administrator.
    LastAdministrator = "last_administrator";
    /// No such secret.
    SecretUnknown = "secret_unknown";
    /// The signup token is unknown, disabled or expired.
    SignupTokenUnusable = "signup_token_unusable";
    /// Credentials are missing, invalid, or do not belong together.
    NotAuthenticated = "not_authenticated";
    /// The address or the password is wrong.
    WrongCredentials = "wrong_credentials";
    /// The actor may not do this.
    NotAllowed = "not_allowed";
    /// An organization named in the path does not exist for the caller.
    OrganizationNotFound = "organization_not_found";
    /// A user named in the path does not exist for the caller.
    UserNotFound = "user_not_found";
    /// A personal token named in the path does not exist for the caller.
    TokenNotFound = "token_not_found";
    /// A signup token named in the path does not exist for the caller.
    SignupTokenNotFound = "signup_token_not_found";
    /// An invitation named in the path does not exist for the caller.
    InvitationNotFound = "invitation_not_found";
    /// An import named in the path does not exist for the caller.
    ImportNotFound = "import_not_found";
    /// The organization has an import of this name.
    ImportExists = "import_exists";
    /// The user already belongs to the organization.
    AlreadyMember = "already_member";
    /// The id of an API key belongs to another one.
    ApiKeyTaken = "api_key_taken";
    /// The e-mail address belongs to a user.
    EmailTaken = "email_taken";
    /// The username belongs to a user.
    UsernameTaken = "username_taken";
    /// An organization of some tenant has the id.
    OrganizationTaken = "organization_taken";
    /// Another organization of the tenant has the domain.
    DomainTaken = "domain_taken";
    /// The user has not accepted an invitation yet.
    UserPending = "user_pending";
    /// The user belongs to another tenant too, or somebody else has locked them out.
    UserShared = "user_shared";
    /// The user has been activated, so there is nothing to send again.
    UserNotPending = "user_not_pending";
    /// The invitation is closed, so there is nothing to send again or to revoke.
    InvitationNotPending = "invitation_not_pending";
    /// The secret was used before.
    SecretUsed = "secret_used";
    /// The invitation of the secret was declined.
    SecretDeclined = "secret_declined";
    /// The secret is too old.
    SecretExpired = "secret_expired";
    /// The secret was replaced, or its invitation revoked.
    SecretRevoked = "secret_revoked";
    /// The first request with the idempotency key is still running.
    IdempotencyKeyInUse = "idempotency_key_in_use";
    /// The idempotency key came with another request before.
    IdempotencyKeyReused = "idempotency_key_reused";
}

/// A refused operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}", code.as_str())]
pub struct Refusal {
    /// The stable reason.
    pub code: RefusalCode,
    /// The member of the request that is at fault, under its name on the wire.
    pub field: Option<&'static str>,
    /// What to tell the caller: a sentence without values.
    pub detail: Cow<'static, str>,
}

impl Refusal {
    /// A refusal that concerns no single member of the request.
    #[must_use]
    pub fn new(code: RefusalCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, field: None, detail: detail.into() }
    }

    /// A refusal that one member of the request caused.
    #[must_use]
    pub fn of_field(code: RefusalCode, field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, field: Some(field), detail: detail.into() }
    }

    /// A member of the request with an unusable value.
    #[must_use]
    pub fn invalid(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::of_field(RefusalCode::InvalidValue, field, detail)
    }

    /// The same refusal whichever part of a credential was wrong, so that a stranger learns nothing.
    #[must_use]
    pub fn not_authenticated() -> Self {
        Self::new(RefusalCode::NotAuthenticated, "valid credentials are needed for this operation")
    }

    /// The same refusal for an unknown user, a wrong password and a user who cannot sign in.
    #[must_use]
    pub fn wrong_credentials() -> Self {
        Self::new(RefusalCode::WrongCredentials, "the address or the password is wrong")
    }

    /// A request with the same idempotency key has not been answered yet.
    #[must_use]
    pub fn idempotency_key_in_use() -> Self {
        Self::new(
            RefusalCode::IdempotencyKeyInUse,
            "a request with this Idempotency-Key is still running; try again when it is answered",
        )
    }

    /// The idempotency key belongs to a request with another content.
    #[must_use]
    pub fn idempotency_key_reused() -> Self {
        Self::new(
            RefusalCode::IdempotencyKeyReused,
            "this Idempotency-Key was used for another request; choose a new one",
        )
    }

    /// The actor lacks the right.
    #[must_use]
    pub fn not_allowed(detail: &'static str) -> Self {
        Self::new(RefusalCode::NotAllowed, detail)
    }
}
