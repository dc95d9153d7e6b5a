//! The mock as a target of vectors, over a socket and in process. It has no data, so that nothing has to exist in it, and any
//! credential of the right form will do.

use contract_tests::http::{self, Answer, Payload};
use contract_tests::vectors::client::credentials;
use contract_tests::vectors::target::Target;
use contract_tests::vectors::{File, RequestVector};
use invite_mock::bytes::Bytes;
use invite_mock::http::Request;
use invite_mock::{Mock, MockServer};
use serde_json::Value;

/// Met over loopback.
pub(super) struct OnSocket {
    mock: MockServer,
    client: reqwest::Client,
}

impl OnSocket {
    pub(super) async fn start() -> Self {
        Self { mock: MockServer::start().await.unwrap(), client: http::client() }
    }
}

/// Met without a socket.
#[derive(Default)]
pub(super) struct InProcess {
    mock: Mock,
}

fn credential(scheme: &str) -> (String, String) {
    credentials(&[scheme.to_owned()]).pop_first().unwrap()
}

impl Target for OnSocket {
    async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, String)],
        payload: Option<&Payload>,
    ) -> Result<Answer, String> {
        let url = format!("{}{target}", self.mock.base_url());
        http::send(&self.client, method, &url, headers, payload).await.map_err(|error| error.to_string())
    }

    fn credential(&self, scheme: &str) -> (String, String) {
        credential(scheme)
    }

    fn says_where(&self) -> bool {
        false
    }

    async fn live(&self, _: &File, _: &RequestVector) -> Vec<(String, Value)> {
        Vec::new()
    }
}

impl Target for InProcess {
    async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, String)],
        payload: Option<&Payload>,
    ) -> Result<Answer, String> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(content_type) = payload.and_then(|payload| payload.content_type.as_ref()) {
            request = request.header("content-type", content_type);
        }
        let body = payload.map(|payload| Bytes::from(payload.bytes.clone())).unwrap_or_default();
        let answer = self.mock.answer(request.body(body).unwrap()).await.map_err(|fault| format!("{fault:?}"))?;
        let (head, body) = answer.into_parts();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.to_vec() })
    }

    fn credential(&self, scheme: &str) -> (String, String) {
        credential(scheme)
    }

    fn says_where(&self) -> bool {
        false
    }

    async fn live(&self, _: &File, _: &RequestVector) -> Vec<(String, Value)> {
        Vec::new()
    }
}
