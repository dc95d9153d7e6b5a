//! The form of the generated tables: groups, commands and flags. [`arguments`](crate::arguments) makes a parser of them.

use std::fmt;

use crate::exchange::Running;
use crate::failure::Failure;
use crate::input::Input;
use crate::sdk::{Client, OperationInfo, Scheme};

/// The commands of one tag.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// File and line of the document.
    pub(crate) defined: &'static str,
    pub(crate) commands: &'static [Command],
}

/// One operation.
pub(crate) struct Command {
    /// `operationId` as the client names it.
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    /// Who may call.
    pub(crate) access: &'static str,
    /// File and line of the document.
    pub(crate) defined: &'static str,
    pub(crate) info: OperationInfo,
    pub(crate) fields: &'static [Field],
    pub(crate) body: Body,
    /// Members of an answer that must not be shown; the empty name is the whole answer.
    pub(crate) secrets: &'static [&'static str],
    /// An answer that is not kept is a secret lost.
    pub(crate) issues: bool,
    /// Members of an answer that are times; the empty name is the whole answer.
    pub(crate) times: &'static [&'static str],
    /// Headers of an answer that say something and may be shown.
    pub(crate) headers: &'static [&'static str],
    /// How it answers in pages, if it does.
    pub(crate) pages: Option<Pages>,
    pub(crate) deprecated: bool,
    /// Whether everything can be sent, without sending it.
    pub(crate) check: fn(&Input) -> Result<(), Failure>,
    pub(crate) call: for<'a> fn(&'a Client, &'a Input) -> Running<'a>,
}

/// How one page of a list leads to the next.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "not every document has lists in pages")]
pub(crate) struct Pages {
    /// The parameter that takes the cursor, by place and name.
    pub(crate) cursor: &'static str,
    /// The member of the answer with the items.
    pub(crate) items: &'static str,
    /// The member with the cursor of the next page; the last page has none.
    pub(crate) next: &'static str,
}

/// What is sent as a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// JSON, or a form, of a type.
    #[allow(dead_code, reason = "not every document has bodies that may be left out")]
    Json { required: bool },
    /// Bytes as they are.
    #[allow(dead_code, reason = "not every document has them")]
    Raw { required: bool },
}

/// One parameter, or one member of a body.
#[derive(Debug)]
pub(crate) struct Field {
    /// Without dashes.
    pub(crate) flag: &'static str,
    /// As in the document.
    pub(crate) name: &'static str,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) repeated: bool,
    pub(crate) nullable: bool,
    /// Never taken from the command line, where other users of the machine can read it.
    pub(crate) sensitive: bool,
    pub(crate) deprecated: bool,
    pub(crate) help: &'static str,
    /// File and line of the document.
    pub(crate) defined: &'static str,
}

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "not every document has parameters in each place")]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    Body,
}

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(dead_code, reason = "not every document has values of each kind")]
pub(crate) enum Kind {
    Text,
    Integer { from: Option<i64>, to: Option<i64> },
    Number,
    Boolean,
    Choice(&'static [&'static str]),
    Time,
    Date,
    Uuid,
    Email,
    Json,
}

/// One security scheme.
#[derive(Debug)]
pub(crate) struct SchemeEntry {
    pub(crate) scheme: Scheme,
    /// It takes a user name beside the secret.
    pub(crate) username: bool,
    pub(crate) description: &'static str,
    /// File and line of the document.
    pub(crate) defined: &'static str,
}

impl Field {
    /// Unique among the flags of a command: `body/last-name`.
    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.place, self.name)
    }
}

impl Command {
    /// The members of the body.
    pub(crate) fn members(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| field.place == Place::Body)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Body => "body",
        })
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("id", &self.id).finish_non_exhaustive()
    }
}
