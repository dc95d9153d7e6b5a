//! Randomness: the only place that draws any, from the operating system.

use chrono::{DateTime, Utc};
use invite_domain::secret::{PlainSecret, SecretKind};
use rand::TryRng as _;
use rand::rngs::SysRng;
use uuid::Uuid;

/// The operating system gave no random bytes. Nothing safe can go on without.
#[derive(Debug, thiserror::Error)]
#[error("the operating system's random number generator failed")]
pub struct EntropyError(#[source] rand::rngs::SysError);

/// A source of secrets, ids, nonces and salts.
#[derive(Debug, Clone, Copy, Default)]
pub struct Entropy;

impl Entropy {
    /// Random bytes.
    ///
    /// # Errors
    /// When the operating system has none.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], EntropyError> {
        let mut bytes = [0; N];
        SysRng.try_fill_bytes(&mut bytes).map_err(EntropyError)?;
        Ok(bytes)
    }

    /// A fresh secret of a kind.
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn secret(&self, kind: SecretKind) -> Result<PlainSecret, EntropyError> {
        Ok(PlainSecret::from_entropy(kind, self.bytes()?))
    }

    /// A fresh id that sorts after those of earlier instants (UUID version 7).
    ///
    /// # Errors
    /// See [`Self::bytes`].
    pub fn id(&self, now: DateTime<Utc>) -> Result<Uuid, EntropyError> {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()?).into_uuid())
    }
}
