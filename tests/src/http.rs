//! Requests exactly as a test wants them, and requests and answers as they came.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

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

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The method.
    pub method: String,
    /// Path and query, encoded.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Recorded {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
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

/// Reads one request whose body, if any, has a length; none if the connection ends before that.
pub async fn read(stream: &mut TcpStream) -> Option<Recorded> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let mut request =
        Recorded { method: words.next()?.to_owned(), target: words.next()?.to_owned(), headers, body: Vec::new() };
    let length: usize = request.header("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    request.body = body;
    Some(request)
}
