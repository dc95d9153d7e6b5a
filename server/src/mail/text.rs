//! What mails say, in each language: a constant subject and a few paragraphs.
//!
//! Names stand in paragraphs only. The domain has filtered people's names already; here the same filter passes over every
//! name, the organization's too, because a mail that looks like ours and says what a stranger wrote is a good bait.

use chrono::{DateTime, Utc};
use invite_domain::mail::{Locale, Mail};
use invite_domain::names::shown_in_mail;
use invite_domain::secret::PlainSecret;

/// A mail in words, before it takes the form of plain text or HTML.
pub(super) struct Written {
    pub(super) language: &'static str,
    pub(super) subject: &'static str,
    pub(super) paragraphs: Vec<Paragraph>,
}

/// A piece of a mail that stands on its own.
pub(super) enum Paragraph {
    Text(String),
    Link(String),
    Code(String),
}

impl Written {
    /// The plain text form. Nothing is escaped here: O'Brien stays O'Brien.
    pub(super) fn plain(&self) -> String {
        let paragraphs: Vec<&str> = self
            .paragraphs
            .iter()
            .map(|paragraph| match paragraph {
                Paragraph::Text(text) | Paragraph::Link(text) | Paragraph::Code(text) => text.as_str(),
            })
            .collect();
        format!("{}\r\n", paragraphs.join("\r\n\r\n"))
    }
}

/// Puts a mail into words. Links are built below `public_url` and nowhere else.
pub(super) fn write(mail: &Mail, locale: Locale, public_url: &str) -> Written {
    let words = Words::of(locale);
    let mut paragraphs = Vec::new();
    let subject = match mail {
        Mail::Activation { invitee, inviter, organization, expires_at, .. } => {
            words.opening(&mut paragraphs, invitee, inviter, organization, words.invited);
            words.link(&mut paragraphs, mail, public_url, *expires_at);
            paragraphs.push(Paragraph::Text(words.unexpected.to_owned()));
            words.invited.subject
        }
        Mail::KareInvitation { invitee, inviter, organization, invitation_token, expires_at } => {
            words.opening(&mut paragraphs, invitee, inviter, organization, words.invited);
            words.link(&mut paragraphs, mail, public_url, *expires_at);
            words.code(&mut paragraphs, invitation_token);
            paragraphs.push(Paragraph::Text(words.unexpected.to_owned()));
            words.invited.subject
        }
        Mail::AddedNotice { invitee, inviter, organization } => {
            words.opening(&mut paragraphs, invitee, inviter, organization, words.added);
            paragraphs.push(Paragraph::Text(words.nothing_to_do.to_owned()));
            words.added.subject
        }
    };
    Written { language: locale.as_str(), subject, paragraphs }
}

/// The sentences of an event. `{inviter}` and `{organization}` are replaced.
#[derive(Clone, Copy)]
struct Event {
    subject: &'static str,
    by_somebody: &'static str,
    by_nobody: &'static str,
}

/// The words of a language.
struct Words {
    hello: &'static str,
    hello_name: &'static str,
    an_organization: &'static str,
    invited: Event,
    added: Event,
    open_link: &'static str,
    expires: &'static str,
    token: &'static str,
    unexpected: &'static str,
    nothing_to_do: &'static str,
}

impl Words {
    const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &ENGLISH,
            Locale::Fr => &FRENCH,
            Locale::De => &GERMAN,
        }
    }

    fn opening(
        &self,
        paragraphs: &mut Vec<Paragraph>,
        invitee: &Option<String>,
        inviter: &Option<String>,
        organization: &str,
        event: Event,
    ) {
        let hello = invitee
            .as_deref()
            .and_then(shown_in_mail)
            .map_or_else(|| self.hello.to_owned(), |name| fill(self.hello_name, &[("{name}", &name)]));
        let organization = shown_in_mail(organization).unwrap_or_else(|| self.an_organization.to_owned());
        let sentence = match inviter.as_deref().and_then(shown_in_mail) {
            Some(inviter) => fill(event.by_somebody, &[("{inviter}", &inviter), ("{organization}", &organization)]),
            None => fill(event.by_nobody, &[("{organization}", &organization)]),
        };
        paragraphs.extend([Paragraph::Text(hello), Paragraph::Text(sentence)]);
    }

    fn link(&self, paragraphs: &mut Vec<Paragraph>, mail: &Mail, public_url: &str, expires_at: DateTime<Utc>) {
        let Some(link) = mail.link(public_url) else { return };
        // A number format that means the same everywhere, and the zone in so many letters.
        let expiry = expires_at.format("%Y-%m-%d %H:%M UTC").to_string();
        paragraphs.extend([
            Paragraph::Text(self.open_link.to_owned()),
            Paragraph::Link(link),
            Paragraph::Text(fill(self.expires, &[("{time}", &expiry)])),
        ]);
    }

    fn code(&self, paragraphs: &mut Vec<Paragraph>, token: &PlainSecret) {
        paragraphs.extend([Paragraph::Text(self.token.to_owned()), Paragraph::Code(token.expose().to_owned())]);
    }
}

/// Replaces each placeholder once, from left to right, so that a name that looks like a placeholder stays a name.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut rest = template;
    for (placeholder, value) in values {
        if let Some((before, after)) = rest.split_once(placeholder) {
            filled.push_str(before);
            filled.push_str(value);
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}

const ENGLISH: Words = Words {
    hello: "Hello,",
    hello_name: "Hello {name},",
    an_organization: "an organization",
    invited: Event {
        subject: "You have been invited",
        by_somebody: "{inviter} has invited you to join {organization}.",
        by_nobody: "You have been invited to join {organization}.",
    },
    added: Event {
        subject: "You have been added to an organization",
        by_somebody: "{inviter} has added you to {organization}.",
        by_nobody: "You have been added to {organization}.",
    },
    open_link: "To accept, open this link and choose a password:",
    expires: "The link works once and expires on {time}.",
    token: "If an application asks for an invitation token, this is it:",
    unexpected: "If you did not expect this invitation, ignore this mail: nothing happens without you.",
    nothing_to_do: "You need not do anything: sign in as you always do. Your password and your name stay as they are.",
};

const FRENCH: Words = Words {
    hello: "Bonjour,",
    hello_name: "Bonjour {name},",
    an_organization: "une organisation",
    invited: Event {
        subject: "Vous avez reçu une invitation",
        by_somebody: "{inviter} vous invite à rejoindre {organization}.",
        by_nobody: "Vous êtes invité à rejoindre {organization}.",
    },
    added: Event {
        subject: "Vous avez été ajouté à une organisation",
        by_somebody: "{inviter} vous a ajouté à {organization}.",
        by_nobody: "Vous avez été ajouté à {organization}.",
    },
    open_link: "Pour accepter, ouvrez ce lien et choisissez un mot de passe :",
    expires: "Le lien ne fonctionne qu'une fois et expire le {time}.",
    token: "Si une application demande un jeton d'invitation, le voici :",
    unexpected: "Si vous n'attendiez pas cette invitation, ignorez ce message : rien ne se fera sans vous.",
    nothing_to_do: "Vous n'avez rien à faire : connectez-vous comme d'habitude. Votre mot de passe et votre nom ne changent pas.",
};

const GERMAN: Words = Words {
    hello: "Guten Tag,",
    hello_name: "Guten Tag, {name},",
    an_organization: "einer Organisation",
    invited: Event {
        subject: "Sie wurden eingeladen",
        by_somebody: "{inviter} hat Sie zu {organization} eingeladen.",
        by_nobody: "Sie wurden zu {organization} eingeladen.",
    },
    added: Event {
        subject: "Sie wurden einer Organisation hinzugefügt",
        by_somebody: "{inviter} hat Sie zu {organization} hinzugefügt.",
        by_nobody: "Sie wurden zu {organization} hinzugefügt.",
    },
    open_link: "Um anzunehmen, öffnen Sie diesen Link und wählen Sie ein Passwort:",
    expires: "Der Link gilt einmal und läuft am {time} ab.",
    token: "Falls eine Anwendung nach einem Einladungstoken fragt, ist es dieses:",
    unexpected: "Falls Sie diese Einladung nicht erwartet haben, ignorieren Sie diese Mail: Ohne Sie geschieht nichts.",
    nothing_to_do: "Sie müssen nichts tun: Melden Sie sich an wie immer. Ihr Passwort und Ihr Name bleiben, wie sie sind.",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_looks_like_a_placeholder_stays_a_name() {
        let sentence =
            fill(ENGLISH.invited.by_somebody, &[("{inviter}", "{organization}"), ("{organization}", "Acme")]);
        assert_eq!(sentence, "{organization} has invited you to join Acme.");
    }

    #[test]
    fn every_sentence_names_its_placeholders_in_every_language() {
        for words in [&ENGLISH, &FRENCH, &GERMAN] {
            assert!(words.hello_name.contains("{name}") && words.expires.contains("{time}"));
            for event in [words.invited, words.added] {
                let (inviter, organization) =
                    (event.by_somebody.find("{inviter}"), event.by_somebody.find("{organization}"));
                assert!(inviter < organization && inviter.is_some(), "{}", event.by_somebody);
                assert!(event.by_nobody.contains("{organization}"));
            }
        }
    }
}
