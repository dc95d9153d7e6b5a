//! Answer vectors: what a peer sends, and what a client has to report of it.
//!
//! A report is one word about the last answer that was asked for. `success` and `error`: its status, and its body as the
//! type of that status reads it. `undeclared` and `unreadable`: its status, headers and bytes as they came. `too_large`:
//! its status. `transport`: there was no whole answer.

use serde_json::{Map, Value, json};

use super::requests::Base;
use super::values::Located;
use super::{Context, examples, repetition};
use crate::load::escape;
use crate::model::{Header, Operation, Response, Status};

/// A value that no list has.
const FUTURE: &str = "value-of-tomorrow";
/// A header that no operation has, to see that what is not understood is kept.
const KEPT: (&str, &str) = ("x-kept", "as it came");
const PAGE: &str = "<html>not what you asked for</html>";
/// How much a client is told to read in the vectors on size.
const LIMIT: usize = 4096;

/// All answer vectors of an operation.
pub(super) fn all<'a>(context: &'a Context<'a>, base: &Base<'a>) -> Vec<Value> {
    let mut list = Answers { context, operation: base.operation, found: Vec::new() };
    list.declared();
    list.undeclared();
    if let Some(success) = base.operation.success().and_then(|response| list.first(response)) {
        list.foreign("success", &success);
        list.evolved("success", &success);
        list.sizes(&success);
        repetition::all(&mut list, &success);
    }
    let error = base.operation.errors().find_map(|response| list.first(response));
    if let Some(error) = error {
        list.foreign("error", &error);
        list.evolved("error", &error);
    }
    list.found
}

/// The vectors of one operation so far.
pub(super) struct Answers<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) operation: &'a Operation,
    found: Vec<Value>,
}

/// A declared answer with one of its bodies.
#[derive(Clone)]
pub(super) struct Sample<'a> {
    pub(super) response: &'a Response,
    pub(super) status: u16,
    pub(super) media_type: Option<&'a str>,
    schema: Option<Located<'a>>,
    /// The headers that are always there.
    headers: Map<String, Value>,
    pub(super) body: Value,
}

impl<'a> Answers<'a> {
    /// Adds a vector. `reports` is a word; what else is expected stands in `expected`.
    pub(super) fn push(&mut self, name: &str, because: String, exchanges: Vec<Value>, expected: Value, more: Value) {
        let mut out = Map::new();
        out.insert("name".to_owned(), json!(format!("{}/{name}", self.operation.id)));
        out.insert("because".to_owned(), json!(because));
        out.insert("exchanges".to_owned(), Value::Array(exchanges));
        if let Value::Object(more) = more {
            out.extend(more);
        }
        out.insert("client".to_owned(), expected);
        self.found.push(Value::Object(out));
    }

    pub(super) fn because(&self, what: &str, response: &Response) -> String {
        self.context.because(what, &response.pointer)
    }

    /// A status that an answer stands for, if no other answer stands for it more exactly.
    fn status(&self, response: &Response) -> Option<u16> {
        let exact = |status: u16| self.operation.responses.iter().any(|other| other.status == Status::Exact(status));
        match response.status {
            Status::Exact(status) => Some(status),
            Status::Range(digit) => (digit * 100..digit * 100 + 100).rev().find(|status| !exact(*status)),
            Status::Default => None,
        }
    }

    /// Every body that the document shows of an answer; one without body or with none that can be made up as it is.
    fn samples(&self, response: &'a Response) -> Vec<(String, Sample<'a>)> {
        let Some(status) = self.status(response) else { return Vec::new() };
        let required = response.headers.iter().filter(|header| header.required);
        let headers: Map<String, Value> = required.filter_map(|header| self.header(header)).collect();
        let Some((content, name)) = response.json() else {
            let none = Sample { response, status, media_type: None, schema: None, headers, body: Value::Null };
            return response.contents.is_empty().then(|| (String::new(), none)).into_iter().collect();
        };
        let schema = self.context.model.schema(name).map(|schema| Located::new(&schema.value, &schema.pointer));
        let given = examples(self.context, &content.pointer, name);
        let mut bodies: Vec<(String, Value)> =
            given.into_iter().map(|(name, value)| (format!("/{name}"), value.clone())).collect();
        if bodies.is_empty() {
            let typical = schema.clone().and_then(|schema| self.context.judge.typical(schema));
            bodies.extend(typical.map(|value| ("/typical".to_owned(), value)));
        }
        let sample = |(name, body)| {
            let media_type = Some(content.media_type.as_str());
            (name, Sample { response, status, media_type, schema: schema.clone(), headers: headers.clone(), body })
        };
        bodies.into_iter().map(sample).collect()
    }

    /// A number as small as it may be, because it may be a time to wait; a text as the document shows it.
    fn header(&self, header: &Header) -> Option<(String, Value)> {
        let given = self.context.document.value.pointer(&header.pointer).and_then(|given| given.get("example"));
        let text = match header.schema.get("type").and_then(Value::as_str)? {
            "integer" | "number" => header.schema.get("minimum").map_or_else(|| "1".to_owned(), Value::to_string),
            _ => given.and_then(Value::as_str).unwrap_or("value").to_owned(),
        };
        Some((header.name.to_lowercase(), json!(text)))
    }

    pub(super) fn first(&self, response: &'a Response) -> Option<Sample<'a>> {
        self.samples(response).into_iter().next().map(|(_, sample)| sample)
    }

    /// Whether the document knows a status for this operation.
    pub(super) fn is_declared(&self, status: u16) -> bool {
        self.operation.responses.iter().any(|response| match response.status {
            Status::Exact(known) => known == status,
            Status::Range(digit) => digit == status / 100,
            Status::Default => true,
        })
    }

    fn is_success(&self, response: &Response) -> bool {
        response.is_success() || self.operation.success().is_some_and(|success| success.status == response.status)
    }

    /// What a client reports of a declared answer that reached it whole.
    pub(super) fn report(&self, sample: &Sample<'_>) -> Value {
        once(if self.is_success(sample.response) { "success" } else { "error" })
    }

    fn declared(&mut self) {
        let operation = self.operation;
        for response in &operation.responses {
            for (name, sample) in self.samples(response) {
                let because = self.because("a declared answer", response);
                let report = self.report(&sample);
                self.push(
                    &format!("answer/{}{name}", sample.status),
                    because,
                    vec![sample.exchange()],
                    report,
                    Value::Null,
                );
            }
        }
    }

    /// Statuses that the operation does not have: nothing of the answer may be lost, and no redirect is followed.
    fn undeclared(&mut self) {
        let page = |status: u16| {
            let headers = json!({ "content-type": "text/html", KEPT.0: KEPT.1, "location": "/elsewhere" });
            json!({ "status": status, "headers": headers, "text": PAGE })
        };
        for status in [206, 307, 418, 502] {
            if self.is_declared(status) {
                continue;
            }
            let because = self.context.because("the status is not declared", &self.operation.pointer);
            self.push(&format!("undeclared/{status}"), because, vec![page(status)], once("undeclared"), Value::Null);
        }
    }

    /// A declared answer whose body is not what it says.
    fn foreign(&mut self, kind: &str, sample: &Sample<'_>) {
        if sample.media_type.is_none() {
            return;
        }
        let because = self.because("the body has to be as declared", sample.response);
        let whole = sample.body.to_string();
        let half = &whole[..whole.floor_char_boundary(whole.len() / 2)];
        let cases = [
            ("wrong-content-type", sample.with("text/html", json!({ "text": whole })), "unreadable"),
            ("page", sample.with("text/html", json!({ "text": PAGE })), "unreadable"),
            ("no-body", sample.with("", json!({ "text": "" })), "unreadable"),
            ("half-a-body", sample.typed(json!({ "text": half })), "unreadable"),
            ("cut-off", sample.typed(json!({ "text": whole, "cut_to_bytes": half.len() })), "transport"),
        ];
        for (slug, exchange, word) in cases {
            self.push(&format!("{kind}/{slug}"), because.clone(), vec![exchange], once(word), Value::Null);
        }
    }

    /// What a newer server may send, and what no server may.
    fn evolved(&mut self, kind: &str, sample: &Sample<'_>) {
        let Some(schema) = sample.schema.clone() else { return };
        let mut places = Places { context: self.context, listed: Vec::new(), required: Vec::new() };
        places.look(schema, &sample.body, "");
        for (pointer, place) in places.listed {
            let mut newer = sample.clone();
            if let Some(value) = newer.body.pointer_mut(&pointer) {
                *value = json!(FUTURE);
            }
            let because = self.context.because("a newer server may know more values", &place);
            let (exchange, report) = (newer.exchange(), self.report(&newer));
            self.push(&format!("{kind}/unknown-value{pointer}"), because, vec![exchange], report, Value::Null);
        }
        if let Some(members) = sample.body.as_object() {
            let mut more = members.clone();
            more.insert("x-unknown".to_owned(), json!({ "of": ["tomorrow"] }));
            let exchange = sample.typed(json!({ "json": more }));
            let because = self.because("a newer server may send more members", sample.response);
            let mut report = self.report(sample);
            // Whether a type has room for it is its own affair.
            report["may_lack"] = json!("/x-unknown");
            self.push(&format!("{kind}/unknown-member"), because, vec![exchange], report, Value::Null);
        }
        for (pointer, place) in places.required.into_iter().take(1) {
            let mut less = sample.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
            if let Some(Value::Object(members)) = less.body.pointer_mut(parent) {
                members.shift_remove(&name.replace("~1", "/").replace("~0", "~"));
            }
            let because = self.context.because("required", &place);
            let exchange = less.exchange();
            self.push(&format!("{kind}/without{pointer}"), because, vec![exchange], once("unreadable"), Value::Null);
        }
    }

    /// A client reads as much as it is told to, and no more.
    fn sizes(&mut self, sample: &Sample<'_>) {
        if sample.media_type.is_none() || sample.body.to_string().len() > LIMIT {
            return;
        }
        for (slug, size, expected) in
            [("as-large-as-read", LIMIT, self.report(sample)), ("too-large", LIMIT + 1, once("too_large"))]
        {
            let mut exchange = sample.exchange();
            exchange["padded_to_bytes"] = json!(size);
            let because = self.because(&format!("the client reads at most {LIMIT} bytes"), sample.response);
            let more = json!({ "max_response_bytes": LIMIT });
            self.push(&format!("success/{slug}"), because, vec![exchange], expected, more);
        }
    }
}

/// The report of an answer to the only attempt.
fn once(word: &str) -> Value {
    json!({ "reports": word, "attempts": 1 })
}

impl Sample<'_> {
    /// As a server sends it.
    pub(super) fn exchange(&self) -> Value {
        match self.media_type {
            Some(_) => self.typed(json!({ "json": self.body })),
            None => self.with("", json!({})),
        }
    }

    fn typed(&self, body: Value) -> Value {
        self.with(self.media_type.unwrap_or_default(), body)
    }

    /// With another media type, none if it is empty, and this body.
    fn with(&self, media_type: &str, body: Value) -> Value {
        let mut headers = Map::new();
        if !media_type.is_empty() {
            headers.insert("content-type".to_owned(), json!(media_type));
        }
        headers.extend(self.headers.clone());
        headers.insert(KEPT.0.to_owned(), json!(KEPT.1));
        let mut exchange = json!({ "status": self.status, "headers": headers });
        if let (Value::Object(exchange), Value::Object(body)) = (&mut exchange, body) {
            exchange.extend(body);
        }
        exchange
    }
}

/// Places in a body that its schema says something about.
struct Places<'a> {
    context: &'a Context<'a>,
    /// Texts of a list: where they are, and where the list is.
    listed: Vec<(String, String)>,
    /// Required members.
    required: Vec<(String, String)>,
}

impl<'a> Places<'a> {
    fn look(&mut self, schema: Located<'a>, value: &Value, at: &str) {
        let schema = self.context.judge.resolve(schema);
        match value {
            Value::String(_) if schema.get("enum").is_some() => self.listed.push((at.to_owned(), schema.at("enum"))),
            Value::Array(items) => {
                if let (Some(first), Some(of)) = (items.first(), schema.get("items")) {
                    self.look(Located::new(of, schema.at("items")), first, &format!("{at}/0"));
                }
            }
            Value::Object(members) => {
                for (name, member) in schema.properties() {
                    let Some(value) = members.get(name) else { continue };
                    let below = format!("{at}/{}", escape(name));
                    if schema.requires(name) {
                        self.required.push((below.clone(), schema.at("required")));
                    }
                    self.look(member, value, &below);
                }
            }
            _ => {}
        }
    }
}
