//! Texts, addresses and bytes that have broken something somewhere.

use super::Source;

/// People that requests are about: few, so that they meet, and lists stay short.
pub(super) const PEOPLE: usize = 400;

/// Texts that have broken something somewhere.
const TEXTS: [&str; 32] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\r\n",
    "a\r\nBcc: b@c.example",
    "\u{202e}evil",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{1f}",
    "\u{7f}",
    "\u{85}",
    "e\u{301}\u{301}\u{301}\u{301}",
    "\u{10ffff}",
    "\u{fffd}",
    "İstanbul",
    "ﬀ",
    "𝔘𝔫𝔦",
    "👩‍👩‍👧‍👧",
    "null",
    "undefined",
    "NaN",
    "-0",
    "1e400",
    "../../etc/passwd",
    "'; DROP TABLE users; --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%00",
    "${jndi:ldap://x}",
    "=?utf-8?q?evil?=",
];

/// Addresses that are almost ones.
const ADDRESSES: [&str; 14] = [
    "@",
    "a@",
    "@b",
    "a@b",
    "a@b@c.example",
    "a b@c.example",
    "\"a b\"@c.example",
    "a@[127.0.0.1]",
    "a@c．example",
    "a@exa\u{200b}mple.com",
    "A@XN--.example",
    "a@K\u{212a}elvin.example",
    "a\u{2060}@c.example",
    "jané@exämple.example",
];

impl Source {
    pub(super) fn address(&mut self) -> String {
        if self.chance(8) {
            return (*self.random.one_of(&ADDRESSES)).to_owned();
        }
        format!("p{}@fuzz.example", self.random.below(PEOPLE))
    }

    pub(super) fn text(&mut self) -> String {
        let text = *self.random.one_of(&TEXTS);
        match self.random.below(8) {
            0 => text.repeat(1 + self.random.below(2000)),
            1 => format!("{text}{}", self.random.one_of(&TEXTS)),
            2 => "x".repeat(1 + self.random.below(5000)),
            3 => char::from_u32(u32::try_from(self.random.below(0x11_0000)).unwrap_or(0)).unwrap_or('x').to_string(),
            4 => self.address(),
            _ => text.to_owned(),
        }
    }

    /// Changes bytes.
    pub(super) fn damage(&mut self, bytes: &mut Vec<u8>) {
        match self.random.below(8) {
            0 => bytes.truncate(self.random.below(bytes.len() + 1)),
            1 => *bytes = [b"\xef\xbb\xbf", bytes.as_slice()].concat(),
            2 => *bytes = String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
            3 => bytes.extend_from_slice(b"}{"),
            4 => *bytes = [b"[".repeat(1 + self.random.below(100_000)), bytes.clone()].concat(),
            _ => {
                for _ in 0..=self.random.below(3) {
                    let byte = u8::try_from(self.random.below(256)).unwrap_or(0);
                    let place = self.random.below(bytes.len() + 1);
                    if place < bytes.len() && self.chance(2) { bytes[place] = byte } else { bytes.insert(place, byte) }
                }
            }
        }
    }
}
