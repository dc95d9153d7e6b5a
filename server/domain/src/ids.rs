//! Typed identifiers, so that the id of one thing cannot be passed for the id of another.
//!
//! Ids are public names of rows and never credentials: see [`crate::secret`] for those.

use std::fmt;

use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($inner);

        impl $name {
            /// Wraps the raw value.
            #[must_use]
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }

            /// The raw value.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A user, numbered across all organizations. Numbers are never given out again.
    UserId(i64)
}
id! {
    /// An organization, numbered from 1 as the flows' wire formats ask for (`int32`).
    OrganizationId(i32)
}
id! {
    /// An invitation (UUID version 7, so that newer ones sort later).
    InvitationId(Uuid)
}
id! {
    /// A signup token: the row, not the secret.
    SignupTokenId(Uuid)
}
id! {
    /// A stored credential: the row, not the secret.
    ApiTokenId(Uuid)
}
id! {
    /// A sign-in, shared by its access, refresh and session token.
    SessionId(Uuid)
}
id! {
    /// An import of many people.
    ImportId(Uuid)
}
id! {
    /// A mail in the outbox; also the stem of its Message-ID.
    MailId(Uuid)
}
