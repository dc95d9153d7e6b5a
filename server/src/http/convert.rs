//! Conversions that several tags need: secrets between the contract's type and the domain's. Both hide themselves.

use invite_api::sensitive::Sensitive;
use invite_domain::secret::PlainSecret;

/// A secret that a caller sent.
pub(super) fn received(secret: Sensitive) -> PlainSecret {
    PlainSecret::from_caller(secret.into_exposed())
}

/// A secret that is shown to the caller.
pub(super) fn shown(secret: &PlainSecret) -> Sensitive {
    secret.expose().to_owned().into()
}
