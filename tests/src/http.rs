//! Requests exactly as a test wants them, and answers as they came.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header that occurs once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok();
        assert!(values.next().is_none(), "{name} occurs more than once");
        value
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// It is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: the body is not JSON ({error}): {}", self.status, self.text()))
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A body with its content type.
#[derive(Clone, Debug)]
pub struct Payload {
    /// `Content-Type`; none: not sent.
    pub content_type: Option<String>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Payload {
    /// A JSON body.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self::raw("application/json", value.to_string())
    }

    /// Any body.
    #[must_use]
    pub fn raw(content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { content_type: Some(content_type.to_owned()), bytes: bytes.into() }
    }

    /// A body without content type.
    #[must_use]
    pub fn untyped(bytes: impl Into<Vec<u8>>) -> Self {
        Self { content_type: None, bytes: bytes.into() }
    }
}

/// A client that adds nothing of its own: no redirects, no cookies, no compression.
#[must_use]
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(60))
        .no_proxy()
        .build()
        .expect("an HTTP client can be built")
}

/// Sends one request.
///
/// # Errors
/// The connection broke.
pub async fn send(
    client: &reqwest::Client,
    method: &str,
    url: &str,
    headers: &[(&str, String)],
    payload: Option<&Payload>,
) -> Result<Answer, reqwest::Error> {
    let method = method.parse().expect("a method is a token");
    let mut request = client.request(method, url);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    if let Some(payload) = payload {
        if let Some(content_type) = &payload.content_type {
            request = request.header("content-type", content_type);
        }
        request = request.body(payload.bytes.clone());
    }
    let response = request.send().await?;
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.bytes().await?.to_vec(),
    })
}
