//! Requests that succeed, of every operation: the vectors that break nothing.

use std::sync::Mutex;

use contract_tests::http::{Answer, Payload};
use contract_tests::server::Server;
use contract_tests::vectors::target::{self, Target};
use contract_tests::vectors::{File, RequestVector, files};
use serde_json::Value;

use super::Seen;
use crate::headers::protected;
use crate::vectors::live::Live;

/// A server whose statuses are remembered.
struct Heard<'a> {
    live: Live<'a>,
    statuses: Mutex<Vec<u16>>,
}

impl Target for Heard<'_> {
    async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, String)],
        payload: Option<&Payload>,
    ) -> Result<Answer, String> {
        let answer = self.live.send(method, target, headers, payload).await?;
        protected(&answer, target);
        self.statuses.lock().unwrap().push(answer.status);
        Ok(answer)
    }

    fn credential(&self, scheme: &str) -> (String, String) {
        self.live.credential(scheme)
    }

    async fn live(&self, file: &File, vector: &RequestVector) -> Vec<(String, Value)> {
        self.live.live(file, vector).await
    }
}

pub(super) async fn vectors(server: &Server, seen: &mut Seen) {
    let heard = Heard { live: Live::of(server), statuses: Mutex::default() };
    for file in files() {
        let valid = |name: &str| file.requests.iter().any(|vector| vector.name == name && vector.violates.is_none());
        let (_, failures) = target::run(&heard, file, valid).await;
        assert!(failures.is_empty(), "{}: {failures:?}", file.operation);
        for status in heard.statuses.lock().unwrap().drain(..) {
            seen.entry((file.operation.clone(), status)).or_insert_with(|| "a valid request".to_owned());
        }
    }
}
