//! The audit log: who did what to what, when and from where. Never a secret, never a value that was changed.
//!
//! A plan names its events ([`NewEvent`]) beside its rows, so that a change and its record commit together or not at all.
//! When and from where are facts of the request and are added where the plan is written.

// From `core`, where addresses are only values and nothing can be sent to them.
use core::net::IpAddr;
use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::actor::{Actor, ActorKind};
use crate::ids::{ApiTokenId, ImportId, InvitationId, MailId, OrganizationId, SessionId, SignupTokenId, UserId};

macro_rules! event_kinds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// What happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $variant,)*
        }

        impl EventKind {
            /// Every kind, for tables that must be complete.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name: a noun and what became of it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Reads a stored name.
            #[must_use]
            pub fn from_stored(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
            }
        }
    };
}

event_kinds! {
    /// An address was invited, or its owner was made a member at once.
    InvitationCreated = "invitation.created";
    /// A pending invitation was sent again with a new secret.
    InvitationResent = "invitation.resent";
    /// A pending invitation was ended by an administrator.
    InvitationRevoked = "invitation.revoked";
    /// The invited person accepted.
    InvitationAccepted = "invitation.accepted";
    /// The invited person turned the offer down.
    InvitationDeclined = "invitation.declined";
    /// The invited person had a secret that died of age replaced.
    InvitationRenewed = "invitation.renewed";
    /// A token was made.
    TokenCreated = "token.created";
    /// A token was ended.
    TokenRevoked = "token.revoked";
    /// The key of a program was made.
    KeyCreated = "key.created";
    /// The key of a program was ended.
    KeyRevoked = "key.revoked";
    /// A member lost a role.
    MembershipRoleRemoved = "membership.role_removed";
    /// An import of many people was accepted.
    ImportStarted = "import.started";
    /// Every row of an import has a result.
    ImportFinished = "import.finished";
    /// An import ended early.
    ImportStopped = "import.stopped";
    /// A person signed in.
    SessionCreated = "session.created";
    /// A person's tokens were replaced by new ones.
    SessionRefreshed = "session.refreshed";
    /// A person signed out.
    SessionDeleted = "session.deleted";
    /// A sign-in was ended because a refresh token of it came a second time.
    SessionRevoked = "session.revoked";
    /// A signup link was made.
    SignupTokenCreated = "signup_token.created";
    /// A signup link was switched on or off, or got another end.
    SignupTokenUpdated = "signup_token.updated";
    /// An organization was made.
    OrganizationCreated = "organization.created";
    /// An organization was locked.
    OrganizationSuspended = "organization.suspended";
    /// An organization was unlocked.
    OrganizationResumed = "organization.resumed";
    /// A user was made without an invitation.
    UserCreated = "user.created";
    /// A user's names, type or organization were changed.
    UserUpdated = "user.updated";
    /// A user was locked out.
    UserSuspended = "user.suspended";
    /// A user was let in again.
    UserResumed = "user.resumed";
    /// All that a user was signed in with was ended.
    UserSignedOut = "user.signed_out";
    /// An account whose mailbox nobody had proven is that of the mailbox's owner from now on.
    UserTakenOver = "user.taken_over";
    /// A mail that waited or was given up was made due at once.
    MailRetried = "mail.retried";
    /// A mail that waited or was given up was taken out.
    MailDiscarded = "mail.discarded";
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Performer {
    /// A person, signed in or by a script of theirs, or the holder of a secret that is theirs.
    User(UserId),
    /// A program of Nexus.
    ApiKey {
        /// The public half of its key.
        id: String,
        /// Who made the key, if the program itself is at work. The log has the key alone.
        maker: Option<UserId>,
    },
    /// A program that administers Unleash signup links.
    AdminKey,
    /// Whoever runs the server, at its command line.
    Operator,
    /// The server itself.
    System,
}

impl Performer {
    /// The stable name of the kind of performer.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::ApiKey { .. } => "api_key",
            Self::AdminKey => "admin_key",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }

    /// Reads the stored name and which one it is.
    #[must_use]
    pub fn from_stored(kind: &str, id: Option<&str>) -> Option<Self> {
        match (kind, id) {
            ("user", Some(id)) => id.parse().ok().map(UserId::new).map(Self::User),
            ("api_key", Some(id)) => Some(Self::ApiKey { id: id.to_owned(), maker: None }),
            ("admin_key", None) => Some(Self::AdminKey),
            ("operator", None) => Some(Self::Operator),
            ("system", None) => Some(Self::System),
            _ => None,
        }
    }

    /// Which one, where there are many.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        match self {
            Self::User(user) => Some(user.to_string()),
            Self::ApiKey { id, .. } => Some(id.clone()),
            Self::AdminKey | Self::Operator | Self::System => None,
        }
    }
}

impl From<&Actor> for Performer {
    fn from(actor: &Actor) -> Self {
        match (&actor.kind, actor.user) {
            (_, Some(user)) => Self::User(user),
            (ActorKind::ApiKey { id, maker, .. }, None) => Self::ApiKey { id: id.clone(), maker: *maker },
            (
                ActorKind::UnleashAdmin | ActorKind::PersonalToken | ActorKind::Session | ActorKind::ApplicationSession,
                None,
            ) => Self::AdminKey,
        }
    }
}

macro_rules! subjects {
    ($($(#[$doc:meta])* $variant:ident($id:ty) = $text:literal;)*) => {
        /// What it was done to.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Subject {
            $($(#[$doc])* $variant($id),)*
        }

        impl Subject {
            /// The stable name of the kind of thing.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $text,)*
                }
            }
        }

        /// Which one.
        impl fmt::Display for Subject {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(id) => id.fmt(f),)*
                }
            }
        }
    };
}

subjects! {
    /// An invitation.
    Invitation(InvitationId) = "invitation";
    /// A user.
    User(UserId) = "user";
    /// An organization.
    Organization(OrganizationId) = "organization";
    /// A signup link.
    SignupToken(SignupTokenId) = "signup_token";
    /// A credential of a person or an application.
    ApiToken(ApiTokenId) = "token";
    /// The key of a program, by its public half.
    ApiKey(String) = "key";
    /// A sign-in.
    Session(SessionId) = "session";
    /// An import of many people.
    Import(ImportId) = "import";
    /// A mail.
    Mail(MailId) = "mail";
}

/// An event that a plan records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// In whose log it stands. Admins of its tenant see it too.
    pub organization: OrganizationId,
    /// Who did it.
    pub by: Performer,
    /// What it was done to.
    pub subject: Subject,
    /// The user it concerns, if that is not the subject.
    pub user: Option<UserId>,
    /// Whether it was done in another organization, which alone has on record from where.
    pub is_from_elsewhere: bool,
}

impl NewEvent {
    /// Something about a thing that belongs to nobody in particular.
    #[must_use]
    pub const fn new(kind: EventKind, organization: OrganizationId, by: Performer, subject: Subject) -> Self {
        Self { kind, organization, by, subject, user: None, is_from_elsewhere: false }
    }

    /// The same about a thing that concerns a user.
    #[must_use]
    pub const fn concerning(mut self, user: UserId) -> Self {
        self.user = Some(user);
        self
    }

    /// The same of what was done in an organization, which may be another one.
    #[must_use]
    pub fn done_in(self, organization: OrganizationId) -> Self {
        Self { is_from_elsewhere: self.organization != organization, ..self }
    }
}

/// Where a change came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Origin {
    /// The request; none for what the server or its operator does.
    pub request: Option<Uuid>,
    /// The address of the client, as the server sees it.
    pub address: Option<IpAddr>,
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its id (UUID version 7, so that newer ones sort later).
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// In whose log it stands.
    pub organization: OrganizationId,
    /// What happened: the name of an [`EventKind`], which only a newer version of the program may know.
    pub kind: String,
    /// The kind of who did it.
    pub performer_kind: String,
    /// Which one, where there are many.
    pub performer_id: Option<String>,
    /// The kind of what it was done to.
    pub subject_kind: String,
    /// Which one.
    pub subject_id: String,
    /// The user it concerns, if that is not the subject.
    pub user: Option<UserId>,
    /// Where the change came from.
    pub origin: Origin,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_keep_their_names() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::from_stored(kind.as_str()), Some(*kind));
            assert!(kind.as_str().contains('.'), "{kind:?}");
        }
        assert_eq!(EventKind::from_stored("anything.else"), None);
    }

    #[test]
    fn performers_keep_their_names() {
        let user = Performer::User(UserId::new(7));
        for performer in [
            user,
            Performer::ApiKey { id: "key".into(), maker: None },
            Performer::AdminKey,
            Performer::Operator,
            Performer::System,
        ] {
            let stored = Performer::from_stored(performer.kind(), performer.id().as_deref());
            assert_eq!(stored, Some(performer));
        }
        assert_eq!(Performer::from_stored("user", None), None);
    }
}
