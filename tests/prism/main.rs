//! The client against Prism, a mock that knows nothing of this project but the document: every operation's call succeeds, and
//! every other documented answer that Prism is asked for (`Prefer: code=…`) comes out as what it is.
//!
//! `cargo xtask check prism` starts the mock and says where it is, in `INVITE_PRISM_URL`.
#![expect(clippy::expect_used, clippy::panic, reason = "what cannot be set up fails the run that asked for it")]

use std::collections::BTreeMap;

use contract_tests::document;
use contract_tests::vectors::{self, File, Word, client};
use dropshot_codegen::model::Status;
use reqwest::header::{HeaderMap, HeaderValue};

#[tokio::main]
async fn main() {
    let url = std::env::var("INVITE_PRISM_URL").expect("INVITE_PRISM_URL says where Prism is");
    let (mut answers, mut wrong) = (0, Vec::new());
    // To make one takes longer than a call.
    let mut clients = BTreeMap::new();
    for file in vectors::files() {
        let responses = &document::operation(&file.operation).responses;
        let statuses = responses.iter().filter_map(|response| match response.status {
            Status::Exact(status) => Some(status),
            Status::Range(_) | Status::Default => None,
        });
        for wanted in std::iter::once(None).chain(statuses.map(Some)) {
            let http = clients.entry(wanted).or_insert_with(|| asking_for(wanted));
            wrong.extend(difference(&url, file, wanted, http.clone()).await);
            answers += usize::from(wanted.is_some());
        }
    }
    let operations = vectors::files().len();
    assert!(wrong.is_empty(), "{} answers came out wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{operations} operations called; {answers} documented answers of Prism came out as what they are");
}

/// An HTTP client that asks Prism for this answer; for the one that fits if none is given.
fn asking_for(status: Option<u16>) -> reqwest::Client {
    let mut headers = HeaderMap::new();
    if let Some(status) = status {
        let value = HeaderValue::try_from(format!("code={status}")).expect("digits are a value");
        headers.insert("prefer", value);
    }
    reqwest::Client::builder().default_headers(headers).build().expect("a client can be built")
}

/// How the client's report differs from the answer that was asked for, or from success.
async fn difference(url: &str, file: &File, wanted: Option<u16>, http: reqwest::Client) -> Option<String> {
    let report = match client::first_call(url, file, http).await {
        Ok(report) => report,
        Err(unsent) => panic!("{}: nothing was sent: {unsent:?}", file.operation),
    };
    let failed = wanted.is_some_and(|status| status >= 400);
    let word = if failed { Word::Error } else { Word::Success };
    let status_fits = wanted.is_none_or(|status| report.status == Some(status));
    let text = format!("{}, {wanted:?}: {report:?}", file.operation);
    (report.word != word || !status_fits).then_some(text)
}
