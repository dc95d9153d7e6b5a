//! Request vectors: what one request is, what a server has to answer, and what a client does that is asked for it.
//!
//! The client's part is one of three words. `sends`: exactly this request, nothing else. `refuses`: not a byte. `sends or
//! refuses`: as its types are, but nothing else than this; a client that mends a request in silence hides a fault. A vector
//! without it is beyond what typed code can say, and one without the server's part never reaches a server.

mod bodies;

use serde_json::{Map, Value, json};

use super::values::Located;
use super::violations;
use super::{Context, examples, expected};
use crate::model::{In, List, Operation, Parameter, Payload, Status};

/// Answers that mean: the request breaks the contract. With an `Idempotency-Key`, the second means that the key was used for
/// another request (the IETF's draft), and the first alone is left.
const BROKEN: [u16; 2] = [400, 422];
/// Values of a path parameter that would name another resource.
const NAVIGATION: [(&str, &str); 3] = [("empty", ""), ("dot", "."), ("dots", "..")];
/// A value of which every part means something in a URL.
const RESERVED: &str = "../a b?c#d%2e";

/// Everything valid about an operation, to be changed in one place.
pub(super) struct Base<'a> {
    pub(super) operation: &'a Operation,
    /// Required parameters with texts that fit.
    parameters: Vec<(&'a Parameter, String)>,
    /// Media type, its pointer and its schema.
    body: Option<Body<'a>>,
}

pub(super) struct Body<'a> {
    media_type: &'a str,
    pointer: &'a str,
    schema: Located<'a>,
    pub(super) examples: Vec<(String, Value)>,
}

impl<'a> Base<'a> {
    /// None if a part that is required has no form that a vector can say.
    pub(super) fn of(context: &'a Context<'a>, operation: &'a Operation) -> Option<Self> {
        let mut parameters = Vec::new();
        for parameter in crate::sdk::callers_parameters(operation) {
            let required = parameter.required || parameter.location == In::Path;
            if required && !crate::sdk::is_idempotency_key(parameter) {
                parameters.push((parameter, text(context, parameter)?));
            }
        }
        let body = match &operation.body {
            Some(body) => match body_of(context, body) {
                Some(found) => Some(found),
                None if body.required => return None,
                None => None,
            },
            None => None,
        };
        Some(Self { operation, parameters, body })
    }

    /// The examples of the body, by name.
    pub(super) fn bodies(&self) -> Map<String, Value> {
        self.body.iter().flat_map(|body| body.examples.iter().cloned()).collect()
    }

    /// The request with nothing changed; `credentials` and `body` are given.
    fn request(&self, credentials: &[String], body: Option<Value>) -> Value {
        self.with(credentials, body, None)
    }

    fn with(&self, credentials: &[String], body: Option<Value>, other: Option<(&Parameter, Option<&str>)>) -> Value {
        let mut request = json!({ "credentials": credentials });
        let own = self.parameters.iter().map(|(parameter, text)| (*parameter, Some(text.as_str())));
        let own = own.filter(|(parameter, _)| other.is_none_or(|(changed, _)| changed.name != parameter.name));
        for (parameter, text) in own.chain(other) {
            let Some(text) = text else { continue };
            request[place(parameter.location)][&parameter.name] = json!(text);
        }
        if let Some(body) = body {
            request["body"] = body;
        }
        request
    }

    fn first_body(&self) -> Option<Value> {
        self.body.as_ref().and_then(|body| Some(body.example(&body.examples.first()?.0)))
    }

    /// The first complete alternative of credentials; none needed if there is none.
    fn credentials(&self) -> &[String] {
        self.operation.security.first().map_or(&[], Vec::as_slice)
    }

    /// The request that everything is measured against.
    pub(super) fn valid(&self) -> Value {
        self.request(self.credentials(), self.first_body())
    }
}

impl Body<'_> {
    fn example(&self, name: &str) -> Value {
        json!({ "media_type": self.media_type, "example": name })
    }
}

fn body_of<'a>(context: &'a Context<'a>, body: &'a crate::model::Body) -> Option<Body<'a>> {
    let content = body.contents.iter().find(|content| matches!(content.payload, Payload::Json(_)))?;
    let schema = context.model.schema(content.schema()?)?;
    // The schema of a body that had no name stands in the document where the model says.
    let schema = Located::new(&schema.value, &schema.pointer);
    let given = examples(context, &content.pointer, content.schema()?);
    let mut examples: Vec<(String, Value)> = given.into_iter().map(|(name, value)| (name, value.clone())).collect();
    if examples.is_empty() {
        examples.push(("typical".to_owned(), context.judge.typical(schema.clone())?));
    }
    Some(Body { media_type: &content.media_type, pointer: &content.pointer, schema, examples })
}

/// A text of a parameter that fits.
fn text(context: &Context<'_>, parameter: &Parameter) -> Option<String> {
    let lookup = |key: &str| context.document.value.pointer(&format!("{}/{key}", parameter.pointer));
    let named = || lookup("examples")?.as_object()?.values().next()?.get("value");
    let given = lookup("example").or_else(named).cloned();
    let value = given.or_else(|| context.judge.typical(Located::new(&parameter.schema, "")))?;
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn place(location: In) -> &'static str {
    match location {
        In::Path => "path",
        In::Query => "query",
        In::Header => "headers",
    }
}

/// All request vectors of an operation.
pub(super) fn all<'a>(context: &'a Context<'a>, base: &Base<'a>) -> Vec<Value> {
    let mut list = Requests { context, base, found: Vec::new() };
    list.valid();
    list.credentials();
    for parameter in crate::sdk::callers_parameters(base.operation) {
        list.parameter(parameter);
    }
    list.bodies();
    list.texts();
    list.media_types();
    list.sizes();
    list.found
}

struct Requests<'a, 'b> {
    context: &'a Context<'a>,
    base: &'b Base<'a>,
    found: Vec<Value>,
}

/// One vector before it is written.
struct Vector<'a> {
    name: String,
    because: String,
    request: Value,
    /// Where the request is wrong: `/body/email`; none if it is right.
    violates: Option<String>,
    server: Option<Value>,
    client: Option<&'a str>,
}

impl Requests<'_, '_> {
    fn push(&mut self, vector: Vector<'_>) {
        if vector.server.is_none() && vector.client.is_none() {
            return;
        }
        let mut out = Map::new();
        out.insert("name".to_owned(), json!(format!("{}/{}", self.base.operation.id, vector.name)));
        out.insert("because".to_owned(), json!(vector.because));
        out.insert("request".to_owned(), vector.request);
        out.extend(vector.violates.map(|pointer| ("violates".to_owned(), json!(pointer))));
        out.extend(vector.server.map(|server| ("server".to_owned(), server)));
        out.extend(vector.client.map(|client| ("client".to_owned(), json!(client))));
        self.found.push(Value::Object(out));
    }

    fn success(&self) -> Option<Value> {
        match self.base.operation.success()?.status {
            Status::Exact(status) => expected(self.base.operation, &[status]),
            Status::Range(_) | Status::Default => None,
        }
    }

    fn broken(&self) -> Option<Value> {
        let operation = self.base.operation;
        let is_keyed = operation.parameters.iter().any(crate::sdk::is_idempotency_key);
        expected(operation, if is_keyed { &BROKEN[..1] } else { &BROKEN })
    }

    /// `because` of an answer with this status.
    fn answer(&self, what: &str, status: u16) -> String {
        let declared = self.base.operation.responses.iter().find(|response| response.status == Status::Exact(status));
        self.context.because(what, declared.map_or(&self.base.operation.pointer, |response| &response.pointer))
    }

    fn valid(&mut self) {
        let (context, base) = (self.context, self.base);
        let (credentials, server) = (base.credentials(), self.success());
        let vector = |name: String, because: String, request: Value| Vector {
            name,
            because,
            request,
            violates: None,
            server: server.clone(),
            client: Some("sends"),
        };
        let mut found = Vec::new();
        match &base.body {
            Some(body) => found.extend(body.examples.iter().map(|(name, _)| {
                let because = context.because(&format!("the body `{name}`"), body.pointer);
                vector(format!("valid/{name}"), because, base.request(credentials, Some(body.example(name))))
            })),
            None => found.push(vector(
                "valid".to_owned(),
                context.because("the operation", &base.operation.pointer),
                base.valid(),
            )),
        }
        for parameter in crate::sdk::callers_parameters(base.operation) {
            let optional = !parameter.required && parameter.location != In::Path && parameter.list == List::No;
            if let (true, false, Some(text)) =
                (optional, crate::sdk::is_idempotency_key(parameter), text(context, parameter))
            {
                found.push(vector(
                    format!("valid/{}/{}", place(parameter.location), parameter.name),
                    context.because("a parameter that may be there", &parameter.pointer),
                    base.with(credentials, base.first_body(), Some((parameter, Some(&text)))),
                ));
            }
        }
        found.into_iter().for_each(|vector| self.push(vector));
    }

    /// Each complete alternative is enough, and nothing less is.
    fn credentials(&mut self) {
        let base = self.base;
        let security = &base.operation.security;
        let at = format!("{}/security", base.operation.pointer);
        for alternative in security.iter().skip(1).filter(|alternative| !alternative.is_empty()) {
            self.push(Vector {
                name: format!("credentials/{}", alternative.join("+")),
                because: self.context.because("a complete alternative", &at),
                request: base.request(alternative, base.first_body()),
                violates: None,
                server: self.success(),
                client: Some("sends"),
            });
        }
        let enough = |given: &[String]| {
            security.is_empty() || security.iter().any(|all| all.iter().all(|scheme| given.contains(scheme)))
        };
        let halves = security.iter().filter(|alternative| alternative.len() > 1).flatten();
        let mut less: Vec<(String, Vec<String>)> = vec![("none".to_owned(), Vec::new())];
        less.extend(halves.map(|half| (format!("only-{half}"), vec![half.clone()])));
        for (name, given) in less.into_iter().filter(|(_, given)| !enough(given)) {
            self.push(Vector {
                name: format!("credentials/{name}"),
                because: self.context.because("no alternative is complete", &at),
                request: base.request(&given, base.first_body()),
                violates: Some("/credentials".to_owned()),
                server: expected(base.operation, &[401]),
                client: Some("refuses"),
            });
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        if parameter.list != List::No || crate::sdk::is_idempotency_key(parameter) {
            return;
        }
        let Some(valid) = text(self.context, parameter) else { return };
        let location = place(parameter.location);
        let pointer = format!("/{location}/{}", crate::load::escape(&parameter.name));
        let prefix = format!("{location}/{}", parameter.name);
        let changed = |text: Option<&str>| {
            self.base.with(self.base.credentials(), self.base.first_body(), Some((parameter, text)))
        };
        let mut found = Vec::new();
        let mut add = |slug: &str, because: String, text: Option<&str>, server: Option<Value>, client| {
            found.push(Vector {
                name: format!("{prefix}/{slug}"),
                because,
                request: changed(text),
                violates: Some(pointer.clone()),
                server,
                client: Some(client),
            });
        };
        let schema = match &parameter.reference {
            Some(name) => self.context.model.schema(name).map(|schema| Located::new(&schema.value, &schema.pointer)),
            None => Some(Located::new(&parameter.schema, format!("{}/schema", parameter.pointer))),
        };
        let is_text = schema.as_ref().is_some_and(|schema| schema.kind() == "string" && schema.get("enum").is_none());
        for violation in
            schema.iter().flat_map(|schema| violations::of_text(&self.context.judge, schema.clone(), &valid))
        {
            let Some(text) = violations::text_of(&violation) else { continue };
            // An empty segment is no segment, and headers carry no control characters.
            let sendable = !text.is_empty() && (parameter.location != In::Header || !text.contains(char::is_control));
            let because = self.context.because(&violation.rule, &violation.place);
            if sendable {
                add(&violation.slug, because, Some(&text), self.broken(), "sends or refuses");
            }
        }
        if parameter.location == In::Path && is_text {
            for (slug, text) in NAVIGATION {
                let because = self.context.because("would name another resource", &parameter.pointer);
                add(slug, because, Some(text), None, "refuses");
            }
            // An id or a date is no text that could hold anything.
            let format = schema.as_ref().and_then(|schema| schema.get("format")?.as_str());
            if !matches!(format, Some("uuid" | "date" | "date-time")) {
                let because = self.context.because("a value stays in its segment", &parameter.pointer);
                add("reserved", because, Some(RESERVED), None, "sends");
            }
        }
        if parameter.location != In::Path && parameter.required {
            let because = self.context.because("required", &parameter.pointer);
            add("missing", because, None, self.broken(), "refuses");
        }
        found.into_iter().for_each(|vector| self.push(vector));
    }
}
