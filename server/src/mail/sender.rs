//! The sender of every mail, from the configuration.

use std::fmt;

use invite_domain::email_address::EmailAddress;
use lettre::Address;
use lettre::message::Mailbox;

/// A checked sender, such as `Acme <invitations@example.com>`. Its address is ASCII, its domain as IDNA writes it: every mail
/// server takes it, and it stands in headers and in the greeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// A text is no sender.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SenderError {
    /// Neither an address nor a name with an address.
    #[error("not an e-mail address; use `invitations@example.com` or `Acme <invitations@example.com>`")]
    NotAnAddress,
    /// A display name that would break the header.
    #[error("control characters in the display name")]
    ControlCharacters,
    /// An address before whose at-sign there is more than ASCII: many mail servers refuse each mail of such a sender.
    #[error(
        "only ASCII can stand before the at-sign of the sender; the display name and the domain may have other letters"
    )]
    LocalPart,
    /// A domain that IDNA has no ASCII form for.
    #[error("what stands after the at-sign is not a domain name")]
    Domain,
}

impl Sender {
    /// Reads an address with or without a display name.
    ///
    /// # Errors
    ///
    /// When there is no address in it, one that mail servers would not take, or control characters.
    pub fn parse(text: &str) -> Result<Self, SenderError> {
        // lettre panics when it writes a display name with line breaks in it.
        if text.chars().any(char::is_control) {
            return Err(SenderError::ControlCharacters);
        }
        let Mailbox { name, email } = text.trim().parse().map_err(|_| SenderError::NotAnAddress)?;
        Ok(Self(Mailbox::new(name, ascii(&email)?)))
    }

    /// The sender for a host that has none configured.
    #[must_use]
    pub fn for_host(host: &str) -> Self {
        let is_ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
        let address = Address::new("invitations", host)
            .ok()
            .filter(|_| !is_ip)
            .unwrap_or_else(|| Address::new_dangerous("invitations", "localhost"));
        Self(Mailbox::new(None, address))
    }

    /// The part of the address after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }

    pub(super) fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

/// The same address with the ASCII form of its domain.
fn ascii(address: &Address) -> Result<Address, SenderError> {
    let (local, domain) = (address.user(), address.domain());
    if !local.is_ascii() {
        return Err(SenderError::LocalPart);
    }
    if domain.is_ascii() {
        return Ok(address.clone());
    }
    let read = EmailAddress::parse(&format!("{local}@{domain}")).map_err(|_| SenderError::Domain)?;
    Address::new(local, read.domain()).map_err(|_| SenderError::Domain)
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_are_addresses_with_or_without_a_name() {
        for (text, domain) in [
            ("invitations@example.com", "example.com"),
            ("Acme Inc. <invitations@mail.example.com>", "mail.example.com"),
            ("\"Acme, Inc.\" <a@example.com>", "example.com"),
            ("invite@localhost", "localhost"),
            ("Bücher <hallo@bücher.example>", "xn--bcher-kva.example"),
        ] {
            assert_eq!(Sender::parse(text).unwrap().domain(), domain, "for {text}");
        }
        for text in ["", "Acme", "a@", "Acme <a@b", "a@example.com, b@example.com"] {
            assert_eq!(Sender::parse(text), Err(SenderError::NotAnAddress), "for {text}");
        }
        assert_eq!(Sender::parse("Ac\r\nme <a@example.com>"), Err(SenderError::ControlCharacters));
        assert_eq!(Sender::parse("Bücher <grüße@bücher.example>"), Err(SenderError::LocalPart));
        assert_eq!(Sender::parse("hallo@bü\u{200b}cher.example"), Err(SenderError::Domain));
    }

    #[test]
    fn a_host_without_a_name_sends_as_localhost() {
        assert_eq!(Sender::for_host("invite.example.com").to_string(), "invitations@invite.example.com");
        assert_eq!(Sender::for_host("127.0.0.1").to_string(), "invitations@localhost");
        assert_eq!(Sender::for_host("[::1]").to_string(), "invitations@localhost");
    }
}
