//! Imports: many invitations as one job, row by row, whose results stay.
//!
//! What a row is and when a job stops is the business of the flow that imports; here is what a job is, whichever it is.

use chrono::{DateTime, Utc};

use crate::email_address::EmailAddress;
use crate::event::{Origin, Performer};
use crate::flow::nexus::InviteMember;
use crate::ids::{ImportId, OrganizationId, UserId};
use crate::refusal::Refusal;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// The stored name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// Reads a stored name.
            #[must_use]
            pub fn from_stored(name: &str) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|one| one.as_str() == name)
            }
        }
    };
}

names! {
    /// Where an import stands.
    ImportState {
        /// Rows wait or are being done.
        Running = "running";
        /// Every row has a result.
        Finished = "finished";
        /// It ended early.
        Stopped = "stopped";
    }
}

names! {
    /// Why an import stopped.
    StopReason {
        /// Whoever made it may no longer invite.
        NotAllowed = "not_allowed";
        /// The organization or its tenant is locked.
        OrganizationNotFound = "organization_not_found";
    }
}

names! {
    /// What became of a row.
    RowResult {
        /// A pending user was sent an invitation.
        Invited = "invited";
        /// An active user became a member at once.
        Added = "added";
        /// The user was a member before.
        AlreadyMember = "already_member";
        /// An earlier row of the import has the address.
        Duplicate = "duplicate";
        /// It cannot be done.
        Invalid = "invalid";
    }
}

/// How many rows have each result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// See [`RowResult::Invited`].
    pub invited: u32,
    /// See [`RowResult::Added`].
    pub added: u32,
    /// See [`RowResult::AlreadyMember`].
    pub already_member: u32,
    /// See [`RowResult::Duplicate`].
    pub duplicate: u32,
    /// See [`RowResult::Invalid`].
    pub invalid: u32,
}

impl Tally {
    /// One more row has this result.
    pub fn count(&mut self, result: RowResult) {
        let counter = match result {
            RowResult::Invited => &mut self.invited,
            RowResult::Added => &mut self.added,
            RowResult::AlreadyMember => &mut self.already_member,
            RowResult::Duplicate => &mut self.duplicate,
            RowResult::Invalid => &mut self.invalid,
        };
        *counter += 1;
    }

    /// How many rows have a result.
    #[must_use]
    pub const fn done(&self) -> u32 {
        self.invited + self.added + self.already_member + self.duplicate + self.invalid
    }
}

/// An import, without its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// What its maker calls it, once in an organization.
    pub reference: String,
    /// Where the people are invited to.
    pub organization: OrganizationId,
    /// The file that they come from.
    pub filename: String,
    /// Who made it: their right is looked at again with every batch.
    pub by: Performer,
    /// Who is told of its end.
    pub notified: Option<UserId>,
    /// Where it came from; so do the changes of its rows.
    pub origin: Origin,
    /// Where it stands.
    pub state: ImportState,
    /// Why it stopped.
    pub reason: Option<StopReason>,
    /// How many rows it has.
    pub total: u32,
    /// What became of them.
    pub tally: Tally,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A new import with everybody who is in it.
#[derive(Debug, Clone)]
pub struct NewImport {
    /// The import.
    pub import: Import,
    /// The rows, numbered from 0.
    pub rows: Vec<InviteMember>,
}

/// A row whose turn has come.
#[derive(Debug, Clone)]
pub struct WaitingRow {
    /// Its number.
    pub number: u32,
    /// What it asks for.
    pub command: InviteMember,
}

/// What became of a row, to be kept.
#[derive(Debug, Clone)]
pub struct RowOutcome {
    /// In one word.
    pub result: RowResult,
    /// Who was invited or added.
    pub user: Option<UserId>,
    /// The address that later rows must not have.
    pub address: Option<EmailAddress>,
    /// Why it cannot be done.
    pub fault: Option<RowFault>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFault {
    /// The code of the refusal.
    pub reason: String,
    /// In words.
    pub detail: String,
    /// The member at fault.
    pub field: Option<String>,
}

impl From<Refusal> for RowFault {
    fn from(refusal: Refusal) -> Self {
        Self {
            reason: refusal.code.as_str().to_owned(),
            detail: refusal.detail.into_owned(),
            field: refusal.field.map(str::to_owned),
        }
    }
}

/// A row as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// Its number.
    pub number: u32,
    /// The address as it was sent.
    pub address: String,
    /// What became of it, if its turn has come.
    pub result: Option<RowResult>,
    /// Who was invited or added.
    pub user: Option<UserId>,
    /// Why it cannot be done.
    pub fault: Option<RowFault>,
}
