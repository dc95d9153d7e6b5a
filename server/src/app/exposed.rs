//! Secrets inside answers that are kept for a repetition. Whoever uses this seals the text before it is stored.

use invite_domain::secret::PlainSecret;
use serde::{Deserialize as _, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(secret: &PlainSecret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PlainSecret, D::Error> {
    String::deserialize(deserializer).map(PlainSecret::from_caller)
}
