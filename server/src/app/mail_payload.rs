//! Mails at rest: the form in which a mail waits in the outbox, sealed under the server's key.
//!
//! The form is versioned by its member names: a release must read what the one before it queued.

use chrono::{DateTime, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::{ImportId, MailId};
use invite_domain::import::Tally;
use invite_domain::mail::{Locale, Mail, MailEnvelope, NewMail, SealedMail};
use invite_domain::secret::PlainSecret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::seal::{SealError, Sealer};

/// Why a mail cannot be read back.
#[derive(Debug, thiserror::Error)]
pub(super) enum PayloadError {
    /// It does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// It opens, but no mail is in it.
    #[error("a queued mail has an unknown form: was it queued by a newer version?")]
    Form,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    to: String,
    to_normalized: String,
    locale: String,
    invitee: Option<String>,
    inviter: Option<String>,
    organization: String,
    content: Content,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Content {
    Activation {
        challenge: String,
        expires_at: DateTime<Utc>,
    },
    AddedNotice,
    KareInvitation {
        invitation_token: String,
        expires_at: DateTime<Utc>,
    },
    ImportFinished {
        // Absent in what a release before queued.
        import: Option<Uuid>,
        invited: u32,
        added: u32,
        already_member: u32,
        duplicate: u32,
        invalid: u32,
    },
}

/// Seals a mail for the outbox.
pub(super) fn seal(sealer: &Sealer, mail: &NewMail) -> Result<SealedMail, SealError> {
    let bytes = serde_json::to_vec(&Payload::of(mail)).map_err(|_| SealError::Unsealable)?;
    Ok(SealedMail {
        id: mail.id,
        invitation: mail.invitation,
        kind: mail.mail.kind(),
        recipient: mail.envelope.to.normalized().to_owned(),
        payload: sealer.seal(&place(mail.id), &bytes)?,
    })
}

/// Opens a mail from the outbox.
pub(super) fn open(sealer: &Sealer, sealed: &SealedMail) -> Result<(MailEnvelope, Mail), PayloadError> {
    let bytes = sealer.open(&place(sealed.id), &sealed.payload)?;
    let payload: Payload = serde_json::from_slice(&bytes).map_err(|_| PayloadError::Form)?;
    payload.into_mail().ok_or(PayloadError::Form)
}

pub(super) fn place(id: MailId) -> String {
    format!("mail:{id}")
}

impl Payload {
    fn of(mail: &NewMail) -> Self {
        let (invitee, inviter, organization, content) = match &mail.mail {
            Mail::Activation { invitee, inviter, organization, challenge, expires_at } => {
                let content = Content::Activation { challenge: challenge.expose().to_owned(), expires_at: *expires_at };
                (invitee, inviter, organization, content)
            }
            Mail::AddedNotice { invitee, inviter, organization } => {
                (invitee, inviter, organization, Content::AddedNotice)
            }
            Mail::KareInvitation { invitee, inviter, organization, invitation_token, expires_at } => {
                let invitation_token = invitation_token.expose().to_owned();
                let content = Content::KareInvitation { invitation_token, expires_at: *expires_at };
                (invitee, inviter, organization, content)
            }
            Mail::ImportFinished { recipient, organization, import, tally } => {
                let Tally { invited, added, already_member, duplicate, invalid } = *tally;
                let import = import.map(ImportId::get);
                let content = Content::ImportFinished { import, invited, added, already_member, duplicate, invalid };
                (recipient, &None, organization, content)
            }
        };
        Self {
            to: mail.envelope.to.original().to_owned(),
            to_normalized: mail.envelope.to.normalized().to_owned(),
            locale: mail.envelope.locale.as_str().to_owned(),
            invitee: invitee.clone(),
            inviter: inviter.clone(),
            organization: organization.clone(),
            content,
        }
    }

    fn into_mail(self) -> Option<(MailEnvelope, Mail)> {
        let Self { to, to_normalized, locale, invitee, inviter, organization, content } = self;
        let envelope =
            MailEnvelope { to: EmailAddress::from_stored(to, to_normalized)?, locale: Locale::from_tag(&locale)? };
        let mail = match content {
            Content::Activation { challenge, expires_at } => {
                let challenge = PlainSecret::from_caller(challenge);
                Mail::Activation { invitee, inviter, organization, challenge, expires_at }
            }
            Content::AddedNotice => Mail::AddedNotice { invitee, inviter, organization },
            Content::KareInvitation { invitation_token, expires_at } => {
                let invitation_token = PlainSecret::from_caller(invitation_token);
                Mail::KareInvitation { invitee, inviter, organization, invitation_token, expires_at }
            }
            Content::ImportFinished { import, invited, added, already_member, duplicate, invalid } => {
                let tally = Tally { invited, added, already_member, duplicate, invalid };
                Mail::ImportFinished { recipient: invitee, organization, import: import.map(ImportId::new), tally }
            }
        };
        Some((envelope, mail))
    }
}
