//! Sealing: encryption at rest, under the server's key, of the few secrets that must be readable later.
//!
//! There may be several keys: the first one seals, all of them open, so that one key can follow another while servers run.
//!
//! Those are the links of mails that wait in the outbox and the signup tokens that admins may copy again. Every sealed
//! value is bound to its place (a context such as the row's id), so that moving it to another row makes it unreadable.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::entropy::{Entropy, EntropyError};

/// The first byte of a sealed value; another form or another key generation will have another.
const FORM: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Why a value could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No nonce could be drawn.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The value is too large for the cipher.
    #[error("the value cannot be sealed")]
    Unsealable,
    /// The value was sealed under another key or for another place, or it is damaged.
    #[error("a sealed value does not open: was the server key replaced?")]
    Unreadable,
}

/// Seals values under one key, and opens them under any.
#[derive(Clone)]
pub struct Sealer {
    first: Key,
    others: Vec<Key>,
    entropy: Entropy,
}

/// What is made of a 256-bit key.
#[derive(Clone)]
struct Key {
    cipher: XChaCha20Poly1305,
    hasher: Hmac<Sha256>,
}

impl Key {
    fn new(key: &[u8; 32]) -> Self {
        // HMAC fills a short key with zeros to the length of a block; done here, there is no length to be wrong about.
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        Self { cipher: XChaCha20Poly1305::new(key.into()), hasher: Hmac::<Sha256>::new(&block.into()) }
    }

    fn fingerprint(&self, texts: &[&str]) -> [u8; 32] {
        let mut hasher = self.hasher.clone();
        for text in texts {
            // With its length, so that no text runs into the next one.
            hasher.update(&(text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().into_bytes().into()
    }

    fn mark(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.fingerprint(&["server key"]))
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (&form, rest) = sealed.split_first().ok_or(SealError::Unreadable)?;
        let (nonce, message) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Unreadable)?;
        if form != FORM {
            return Err(SealError::Unreadable);
        }
        let payload = Payload { msg: message, aad: context.as_bytes() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::Unreadable)
    }
}

impl Sealer {
    /// A sealer under a 256-bit key.
    #[must_use]
    pub fn new(key: &[u8; 32], entropy: Entropy) -> Self {
        Self { first: Key::new(key), others: Vec::new(), entropy }
    }

    /// The same, which also opens what was sealed under other keys.
    #[must_use]
    pub fn with_others(mut self, keys: &[[u8; 32]]) -> Self {
        self.others.extend(keys.iter().map(Key::new));
        self
    }

    /// A keyed hash (HMAC-SHA-256) of texts, by which equal ones are known again without being kept. Without the key
    /// nobody can try out what they were, so they may hold secrets as weak as a password.
    #[must_use]
    pub fn fingerprint(&self, texts: &[&str]) -> [u8; 32] {
        self.first.fingerprint(texts)
    }

    /// The same under the other keys: what it was, or will be, while another key is the first.
    pub fn other_fingerprints(&self, texts: &[&str]) -> impl Iterator<Item = [u8; 32]> {
        self.others.iter().map(|key| key.fingerprint(texts))
    }

    /// By what the first key is known again: a keyed hash, which tells nothing of it.
    #[must_use]
    pub fn mark(&self) -> String {
        self.first.mark()
    }

    /// Whether a mark is that of one of the keys.
    #[must_use]
    pub fn has_marked(&self, mark: &str) -> bool {
        std::iter::once(&self.first).chain(&self.others).any(|key| key.mark() == mark)
    }

    /// Seals a value for a place.
    ///
    /// # Errors
    /// When no nonce can be drawn.
    pub fn seal(&self, context: &str, value: &[u8]) -> Result<Vec<u8>, SealError> {
        // 192-bit nonces may be drawn at random without a counter that replicas would have to share.
        let nonce: [u8; NONCE_BYTES] = self.entropy.bytes()?;
        let payload = Payload { msg: value, aad: context.as_bytes() };
        let sealed = self.first.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Unsealable)?;
        let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        bytes.push(FORM);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }

    /// Opens a value that was sealed for the same place.
    ///
    /// # Errors
    /// [`SealError::Unreadable`].
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let others = || self.others.iter().find_map(|key| key.open(context, sealed).ok());
        self.first.open(context, sealed).or_else(|error| others().ok_or(error))
    }

    /// Seals a value under the first key that is sealed under another one; none: it is under the first.
    ///
    /// # Errors
    /// [`SealError::Unreadable`], and when no nonce can be drawn.
    pub fn reseal(&self, context: &str, sealed: &[u8]) -> Result<Option<Vec<u8>>, SealError> {
        if self.first.open(context, sealed).is_ok() {
            return Ok(None);
        }
        self.seal(context, &self.open(context, sealed)?).map(Some)
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_under_its_key() {
        let sealer = Sealer::new(&[7; 32], Entropy);
        let sealed = sealer.seal("mail:1", b"secret").expect("sealed");
        assert_eq!(sealer.open("mail:1", &sealed).expect("opened"), b"secret");
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert!(sealer.open("mail:2", &sealed).is_err());
        assert!(Sealer::new(&[8; 32], Entropy).open("mail:1", &sealed).is_err());
    }

    #[test]
    fn the_first_key_seals_and_all_of_them_open() {
        let (old, new) = (Sealer::new(&[7; 32], Entropy), Sealer::new(&[8; 32], Entropy));
        let both = new.clone().with_others(&[[7; 32]]);
        let sealed = old.seal("x", b"secret").expect("sealed");
        assert_eq!(both.open("x", &sealed).expect("opened"), b"secret");
        let again = both.reseal("x", &sealed).expect("resealed").expect("it was under the old key");
        assert_eq!(new.open("x", &again).expect("opened"), b"secret");
        assert!(old.open("x", &again).is_err());
        assert_eq!(both.reseal("x", &again).expect("looked at"), None);
        assert!(both.reseal("y", &sealed).is_err(), "the place counts");
        let hash = ["text"];
        assert_eq!(both.fingerprint(&hash), new.fingerprint(&hash));
        assert_eq!(both.other_fingerprints(&hash).collect::<Vec<_>>(), [old.fingerprint(&hash)]);
        assert_eq!(both.mark(), new.mark());
        assert!(both.has_marked(&old.mark()) && both.has_marked(&new.mark()) && !old.has_marked(&new.mark()));
    }

    #[test]
    fn fingerprints_depend_on_the_key_and_on_where_a_text_ends() {
        let sealer = Sealer::new(&[7; 32], Entropy);
        let one = sealer.fingerprint(&["ab", "c"]);
        assert_eq!(one, sealer.fingerprint(&["ab", "c"]));
        assert_ne!(one, sealer.fingerprint(&["a", "bc"]));
        assert_ne!(one, Sealer::new(&[8; 32], Entropy).fingerprint(&["ab", "c"]));
    }

    #[test]
    fn every_changed_byte_makes_a_sealed_value_unreadable() {
        let sealer = Sealer::new(&[7; 32], Entropy);
        let sealed = sealer.seal("x", b"secret").expect("sealed");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(sealer.open("x", &changed).is_err(), "byte {index}");
        }
        assert!(sealer.open("x", &sealed[..10]).is_err());
        assert!(sealer.open("x", &[]).is_err());
    }
}
