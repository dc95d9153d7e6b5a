//! The sender of every mail, from the configuration.

use std::fmt;

use lettre::message::Mailbox;

/// A checked sender, such as `Acme <invitations@example.com>`.
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
}

impl Sender {
    /// Reads an address with or without a display name.
    ///
    /// # Errors
    ///
    /// When there is no address in it, or control characters.
    pub fn parse(text: &str) -> Result<Self, SenderError> {
        // lettre panics when it writes a display name with line breaks in it.
        if text.chars().any(char::is_control) {
            return Err(SenderError::ControlCharacters);
        }
        text.trim().parse().map(Self).map_err(|_| SenderError::NotAnAddress)
    }

    /// The sender for a host that has none configured.
    #[must_use]
    pub fn for_host(host: &str) -> Self {
        let is_ip = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
        let address = lettre::Address::new("invitations", host)
            .ok()
            .filter(|_| !is_ip)
            .unwrap_or_else(|| lettre::Address::new_dangerous("invitations", "localhost"));
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
        ] {
            assert_eq!(Sender::parse(text).unwrap().domain(), domain, "for {text}");
        }
        for text in ["", "Acme", "a@", "Acme <a@b", "a@example.com, b@example.com"] {
            assert_eq!(Sender::parse(text), Err(SenderError::NotAnAddress), "for {text}");
        }
        assert_eq!(Sender::parse("Ac\r\nme <a@example.com>"), Err(SenderError::ControlCharacters));
    }

    #[test]
    fn a_host_without_a_name_sends_as_localhost() {
        assert_eq!(Sender::for_host("invite.example.com").to_string(), "invitations@invite.example.com");
        assert_eq!(Sender::for_host("127.0.0.1").to_string(), "invitations@localhost");
        assert_eq!(Sender::for_host("[::1]").to_string(), "invitations@localhost");
    }
}
