//! Mail as data: what to tell whom. Rendering and sending are the server's.
//!
//! A mail carries the secret that its link needs, never a link: links are built from configuration when the mail is
//! rendered, by [`Mail::link`], which keeps their form in one place. Names arrive here already filtered for showing
//! (see [`crate::names::PersonName::shown_in_mail`]); `None` means that a renderer must do without.

use chrono::{DateTime, Utc};

use crate::email_address::EmailAddress;
use crate::ids::{ImportId, InvitationId, MailId};
use crate::import::Tally;
use crate::secret::PlainSecret;

/// The language of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
    /// German.
    De,
    /// Spanish.
    Es,
}

impl Locale {
    /// Every language that mails are written in.
    pub const ALL: [Self; 4] = [Self::En, Self::Fr, Self::De, Self::Es];

    /// The language tag.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
            Self::Es => "es",
        }
    }

    /// Reads a language tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.as_str() == tag)
    }
}

/// Whom a mail is for.
#[derive(Debug, Clone)]
pub struct MailEnvelope {
    /// Where it goes.
    pub to: EmailAddress,
    /// In which language.
    pub locale: Locale,
}

/// What a mail says.
#[derive(Debug, Clone)]
pub enum Mail {
    /// Asks a pending user to set a password.
    Activation {
        /// The invitee's name, if it may be shown.
        invitee: Option<String>,
        /// Who invited, if it may be shown.
        inviter: Option<String>,
        /// The organization's name.
        organization: String,
        /// The secret of the link.
        challenge: PlainSecret,
        /// When the link dies.
        expires_at: DateTime<Utc>,
    },
    /// Tells the owner of an account about a new membership. It needs no answer, so it has no link.
    AddedNotice {
        /// The account owner's name, if it may be shown.
        invitee: Option<String>,
        /// Who invited, if it may be shown.
        inviter: Option<String>,
        /// The organization's name.
        organization: String,
    },
    /// Asks a pending user to accept a Kare invitation; shows the token too, because applications redeem it.
    KareInvitation {
        /// The invitee's name, if it may be shown.
        invitee: Option<String>,
        /// Who invited, if it may be shown.
        inviter: Option<String>,
        /// The organization's name.
        organization: String,
        /// The secret of the link, also shown as such.
        invitation_token: PlainSecret,
        /// When the link dies.
        expires_at: DateTime<Utc>,
    },
    /// Tells whoever made an import that it is done, in numbers and ids only.
    ImportFinished {
        /// The name of who is told, if it may be shown.
        recipient: Option<String>,
        /// The organization's name.
        organization: String,
        /// Which import. Mails that were queued before this was told have none.
        import: Option<ImportId>,
        /// What became of the rows.
        tally: Tally,
    },
}

impl Mail {
    /// The kind, as the outbox names it.
    #[must_use]
    pub const fn kind(&self) -> MailKind {
        match self {
            Self::Activation { .. } => MailKind::Activation,
            Self::AddedNotice { .. } => MailKind::AddedNotice,
            Self::KareInvitation { .. } => MailKind::KareInvitation,
            Self::ImportFinished { .. } => MailKind::ImportFinished,
        }
    }

    /// When its link dies, if it has one: from then on the mail is good for nothing.
    #[must_use]
    pub const fn link_dies_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Activation { expires_at, .. } | Self::KareInvitation { expires_at, .. } => Some(*expires_at),
            Self::AddedNotice { .. } | Self::ImportFinished { .. } => None,
        }
    }

    /// The link to put into the mail, below the configured public URL. The secret sits in the fragment, which browsers
    /// keep to themselves: it reaches no log, no referrer and no scanner's request.
    #[must_use]
    pub fn link(&self, public_url: &str) -> Option<String> {
        let base = public_url.trim_end_matches('/');
        match self {
            Self::Activation { challenge, .. } => Some(format!("{base}/activate#challenge={}", fragment(challenge))),
            Self::KareInvitation { invitation_token, .. } => {
                Some(format!("{base}/activate#invitation={}", fragment(invitation_token)))
            }
            Self::AddedNotice { .. } | Self::ImportFinished { .. } => None,
        }
    }
}

/// Percent-encodes a secret for a fragment. Generated secrets pass through unchanged; a challenge that a caller chose
/// may hold anything.
fn fragment(secret: &PlainSecret) -> String {
    let mut encoded = String::new();
    for byte in secret.expose().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The kind of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// See [`Mail::Activation`].
    Activation,
    /// See [`Mail::AddedNotice`].
    AddedNotice,
    /// See [`Mail::KareInvitation`].
    KareInvitation,
    /// See [`Mail::ImportFinished`].
    ImportFinished,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Activation, Self::AddedNotice, Self::KareInvitation, Self::ImportFinished];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::AddedNotice => "added_notice",
            Self::KareInvitation => "kare_invitation",
            Self::ImportFinished => "import_finished",
        }
    }

    /// Whether it is good for nothing without its link.
    #[must_use]
    pub const fn has_link(self) -> bool {
        match self {
            Self::Activation | Self::KareInvitation => true,
            Self::AddedNotice | Self::ImportFinished => false,
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// What became of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailState {
    /// It waits for its time.
    Queued,
    /// A mail server has taken it.
    Sent,
    /// It was given up; an operator may try again.
    Dead,
    /// It is not to be sent any more.
    Withdrawn,
}

impl MailState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Sent, Self::Dead, Self::Withdrawn];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads a stored name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

/// A mail in the outbox as operators see it: nothing of what it says.
#[derive(Debug, Clone)]
pub struct OutboxEntry {
    /// Its id.
    pub id: MailId,
    /// What kind it is.
    pub kind: MailKind,
    /// The normalised address.
    pub recipient: String,
    /// The invitation whose delivery state follows this mail.
    pub invitation: Option<InvitationId>,
    /// What became of it.
    pub state: MailState,
    /// How often sending has been tried.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When it is due, if it waits.
    pub next_at: DateTime<Utc>,
    /// Until when a relay has it.
    pub leased_until: Option<DateTime<Utc>>,
    /// When it was sent, given up or withdrawn.
    pub closed_at: Option<DateTime<Utc>>,
    /// Why it was not sent, in the words of the mail server where it said any.
    pub last_error: Option<String>,
}

/// A mail that a plan asks to send.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Its id.
    pub id: MailId,
    /// The invitation whose delivery state follows this mail.
    pub invitation: Option<InvitationId>,
    /// For whom.
    pub envelope: MailEnvelope,
    /// What it says.
    pub mail: Mail,
}

/// A mail as it rests in the outbox: readable only with the server's key.
#[derive(Debug, Clone)]
pub struct SealedMail {
    /// Its id.
    pub id: MailId,
    /// The invitation whose delivery state follows this mail.
    pub invitation: Option<InvitationId>,
    /// The kind, in the clear for operators.
    pub kind: MailKind,
    /// The normalised address, in the clear for operators and limits.
    pub recipient: String,
    /// Envelope and content under the server's key.
    pub payload: Vec<u8>,
}

/// A sealed mail that a relay has leased.
#[derive(Debug, Clone)]
pub struct LeasedMail {
    /// What was queued.
    pub sealed: SealedMail,
    /// How often sending has been tried, this time included.
    pub attempts: u32,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_carry_the_secret_in_the_fragment() {
        let mail = Mail::Activation {
            invitee: None,
            inviter: None,
            organization: "Acme".into(),
            challenge: PlainSecret::from_caller("a b#c_é"),
            expires_at: DateTime::UNIX_EPOCH,
        };
        assert_eq!(
            mail.link("https://x.example/base/").as_deref(),
            Some("https://x.example/base/activate#challenge=a%20b%23c_%C3%A9")
        );
    }
}
