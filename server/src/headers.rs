//! The headers that every answer has: they tell browsers to make nothing of it that it is not.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};

/// A year, as long as browsers ask for.
const ONLY_TLS: &str = "max-age=31536000";

/// The headers of a server that people reach at `public_url`. Pages replace some of them by their own.
pub(crate) fn common(public_url: &str) -> HeaderMap {
    let mut headers = data();
    // Only who is reached by TLS may demand it: at `localhost` it would lock out everything else there.
    if public_url.starts_with("https://") {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_TLS));
    }
    headers
}

/// The headers of data, whatever way it takes.
pub(crate) fn data() -> HeaderMap {
    let headers = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // An answer is data: nothing in it is loaded or run, and no page shows it in a frame.
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        // Most answers hold secrets or people's data; one rule for all forgets none.
        (CACHE_CONTROL, "no-store"),
    ];
    headers.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}
