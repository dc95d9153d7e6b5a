//! Answer vectors of several exchanges: whether a request is sent again, after which wait, and what is the same each time.
//!
//! Which of them an operation has follows from what the document lets a client do: by the method, `x-retry`, or the
//! declared `Idempotency-Key`, whose value has to be the same in every attempt.

use serde_json::{Value, json};

use super::answers::{Answers, Sample};
use crate::model::Status;
use crate::sdk::{Retry, retry_class};

/// How often a client is told to send a request again.
const REPETITIONS: u16 = 2;
/// Two dates, seven seconds apart; the second is in the past for every client, whose own clock does not count.
const DATES: (&str, &str) = ("Sun, 06 Nov 1994 08:49:30 GMT", "Sun, 06 Nov 1994 08:49:37 GMT");

/// A name, a status, its headers, and the waits that they ask for.
type Deferred<'a> = (&'a str, u16, &'a [(&'a str, &'a str)], &'a [u64]);

/// The sequences of an operation; `success` is what ends the good ones.
pub(super) fn all<'a>(list: &mut Answers<'a>, success: &Sample<'a>) {
    let class = retry_class(list.context.document, list.operation);
    let mut sequences = Sequences { list, success, keyed: class == Retry::Keyed };
    match class {
        Retry::Idempotent | Retry::Keyed => sequences.repeated(),
        Retry::Unsent | Retry::Never => sequences.final_(),
    }
}

struct Sequences<'a, 'b> {
    list: &'b mut Answers<'a>,
    success: &'b Sample<'a>,
    keyed: bool,
}

impl Sequences<'_, '_> {
    /// A declared answer of that status, or a bare one, with these headers; and what a client reports of it.
    fn deferral(&self, status: u16, headers: &[(&str, &str)]) -> (Value, Value) {
        let declared = self.list.operation.responses.iter().find(|response| response.status == Status::Exact(status));
        let (mut exchange, report) = match declared.and_then(|response| self.list.first(response)) {
            Some(sample) => (sample.exchange(), self.list.report(&sample)),
            None => {
                let word = if self.list.is_declared(status) { "unreadable" } else { "undeclared" };
                let report = json!({ "reports": word });
                (json!({ "status": status, "headers": {}, "text": "" }), report)
            }
        };
        if let Some(all) = exchange["headers"].as_object_mut() {
            all.shift_remove("retry-after");
            all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        }
        (exchange, report)
    }

    fn add(&mut self, slug: &str, what: &str, exchanges: Vec<Value>, report: Value, attempts: u16, waits: &[u64]) {
        let mut report = report;
        report["attempts"] = json!(attempts);
        if !waits.is_empty() {
            report["waits_seconds"] = json!(waits);
        }
        if self.keyed {
            report["same_header"] = json!("idempotency-key");
        }
        let because = self.list.context.because(what, &self.list.operation.pointer);
        self.list.push(&format!("retry/{slug}"), because, exchanges, report, json!({ "repetitions": REPETITIONS }));
    }

    /// Twice is as good as once, or the server knows a repetition by its key.
    fn repeated(&mut self) {
        const WHAT: &str = "may be sent again";
        let (success, report) = (self.success.exchange(), self.list.report(self.success));
        let seconds = [("retry-after", "2")];
        let date = [("date", DATES.0), ("retry-after", DATES.1)];
        let cases: [Deferred; 5] = [
            ("503-seconds", 503, &seconds, &[2]),
            ("503-date", 503, &date, &[7]),
            ("429-seconds", 429, &seconds, &[2]),
            ("502", 502, &[], &[0]),
            ("504", 504, &[], &[0]),
        ];
        for (slug, status, headers, waits) in cases {
            let exchanges = vec![self.deferral(status, headers).0, success.clone()];
            self.add(slug, WHAT, exchanges, report.clone(), 2, waits);
        }
        let closed = json!({ "closed": true });
        self.add("closed", WHAT, vec![closed.clone(), success.clone()], report.clone(), 2, &[0]);
        if self.keyed {
            let exchanges = vec![closed, self.deferral(409, &seconds).0, success.clone()];
            self.add("key-in-use", "the first request with its key may still run", exchanges, report, 3, &[0, 2]);
        }
        let (deferral, refused) = self.deferral(503, &seconds);
        let exchanges = vec![deferral.clone(), deferral.clone(), deferral, success.clone()];
        self.add("gives-up", WHAT, exchanges, refused, REPETITIONS + 1, &[2, 2]);
        let (failure, failed) = self.deferral(500, &[]);
        self.add("500-is-final", "nothing says that it may pass", vec![failure, success], failed, 1, &[]);
    }

    /// To send it twice may be to do it twice.
    fn final_(&mut self) {
        const WHAT: &str = "is not sent twice";
        let success = self.success.exchange();
        for (slug, status) in [("503-is-final", 503), ("429-is-final", 429), ("504-is-final", 504)] {
            let (deferral, report) = self.deferral(status, &[("retry-after", "2")]);
            self.add(slug, WHAT, vec![deferral, success.clone()], report, 1, &[]);
        }
        let report = json!({ "reports": "transport" });
        self.add("closed-is-final", WHAT, vec![json!({ "closed": true }), success], report, 1, &[]);
    }
}
