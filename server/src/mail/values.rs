//! What a template may say: the values of each kind of mail, and a sample of each.
//!
//! Names pass the filter of [`shown_in_mail`] here, the organization's too: a mail that looks like ours and says what a stranger
//! wrote is a good bait. A name that is not shown has no value at all, and the words must do without.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use invite_domain::ids::ImportId;
use invite_domain::import::Tally;
use invite_domain::mail::{Mail, MailKind};
use invite_domain::names::shown_in_mail;
use invite_domain::secret::PlainSecret;
use minijinja::Value;
use uuid::Uuid;

/// The values of one mail by name. Links are built below `public_url` and nowhere else.
pub(super) fn values(mail: &Mail, public_url: &str) -> BTreeMap<&'static str, Value> {
    let mut values = BTreeMap::new();
    match mail {
        Mail::Activation { invitee, inviter, organization, challenge: _, expires_at } => {
            add_names(&mut values, invitee, inviter, organization);
            values.insert("expires_at", instant(*expires_at));
        }
        Mail::AddedNotice { invitee, inviter, organization } => {
            add_names(&mut values, invitee, inviter, organization);
        }
        Mail::KareInvitation { invitee, inviter, organization, invitation_token, expires_at } => {
            add_names(&mut values, invitee, inviter, organization);
            values.insert("expires_at", instant(*expires_at));
            values.insert("token", Value::from(invitation_token.expose()));
        }
        Mail::ImportFinished { recipient, organization, import, tally } => {
            add_names(&mut values, recipient, &None, organization);
            if let Some(id) = import {
                values.insert("import_path", Value::from(format!("/imports/{id}")));
            }
            let Tally { invited, added, already_member, duplicate, invalid } = *tally;
            let counts = [
                ("rows", tally.done()),
                ("invited", invited),
                ("added", added),
                ("already_member", already_member),
                ("duplicate", duplicate),
                ("invalid", invalid),
            ];
            values.extend(counts.map(|(name, count)| (name, Value::from(count))));
        }
    }
    if let Some(url) = mail.link(public_url) {
        values.insert("url", Value::from(url));
    }
    values
}

/// A mail of a kind that goes to nobody, with every name or with none.
pub(super) fn sample(kind: MailKind, names: bool) -> Mail {
    let name = |name: &str| names.then(|| name.to_owned());
    let (invitee, inviter) = (name("Sample Invitee"), name("Sample Inviter"));
    let organization = name("Sample Organization").unwrap_or_default();
    let secret = || PlainSecret::from_caller("sample-secret-that-opens-nothing");
    match kind {
        MailKind::Activation => {
            Mail::Activation { invitee, inviter, organization, challenge: secret(), expires_at: SAMPLE_TIME }
        }
        MailKind::AddedNotice => Mail::AddedNotice { invitee, inviter, organization },
        MailKind::KareInvitation => {
            Mail::KareInvitation { invitee, inviter, organization, invitation_token: secret(), expires_at: SAMPLE_TIME }
        }
        MailKind::ImportFinished => {
            let tally = Tally { invited: 40, added: 5, already_member: 3, duplicate: 2, invalid: 1 };
            let import = names.then(|| ImportId::new(Uuid::from_u128(SAMPLE_ID)));
            Mail::ImportFinished { recipient: invitee, organization, import, tally }
        }
    }
}

/// The only id of samples.
const SAMPLE_ID: u128 = 0x0193_a4c1_7c55_7f2e_9c7e_3b1f_5d0f_8a11;

/// The only instant of samples, noon of a first of January, so that a preview is the same each time.
pub(super) const SAMPLE_TIME: DateTime<Utc> = match DateTime::from_timestamp(1_893_499_200, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

fn add_names(
    values: &mut BTreeMap<&'static str, Value>,
    invitee: &Option<String>,
    inviter: &Option<String>,
    organization: &str,
) {
    let names =
        [("invitee", invitee.as_deref()), ("inviter", inviter.as_deref()), ("organization", Some(organization))];
    for (key, name) in names {
        if let Some(name) = name.and_then(shown_in_mail) {
            values.insert(key, Value::from(name));
        }
    }
}

/// A number format that means the same everywhere, and the zone in so many letters.
fn instant(at: DateTime<Utc>) -> Value {
    Value::from(at.format("%Y-%m-%d %H:%M UTC").to_string())
}
