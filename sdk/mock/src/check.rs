//! A request against the document, in the order that the document gives: credentials, media type, size, syntax, schema.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::contract::{Content, List, Location, Operation, Parameter, Placement};
use crate::request::RecordedRequest;
use crate::schema::{self, Violation};

/// How a request breaks the document.
#[derive(Clone, Debug)]
pub(crate) struct Breach {
    /// What a server of this document answers.
    pub(crate) status: StatusCode,
    /// The example that speaks of it, if there is one of that name.
    pub(crate) example: &'static str,
    pub(crate) violations: Vec<Violation>,
}

impl Breach {
    fn of(status: StatusCode, pointer: &str, detail: impl Into<String>) -> Self {
        let violations = vec![Violation { pointer: pointer.to_owned(), detail: detail.into() }];
        Self { status, example: "", violations }
    }
}

/// The first stage that the request fails at; the schema with all that is wrong.
pub(crate) fn breach(operation: &Operation, request: &RecordedRequest) -> Option<Breach> {
    credentials(operation, request.headers())
        .or_else(|| media_type(operation, request))
        .or_else(|| size(operation, request))
        .or_else(|| syntax(operation, request))
        .or_else(|| schema(operation, request))
}

/// No alternative is complete.
fn credentials(operation: &Operation, headers: &HeaderMap) -> Option<Breach> {
    let mut alternatives = operation.security.iter();
    let satisfied = alternatives.any(|schemes| schemes.iter().all(|scheme| is_presented(scheme.placement, headers)));
    (!operation.security.is_empty() && !satisfied).then(|| {
        let wanted: Vec<String> = operation
            .security
            .iter()
            .map(|schemes| schemes.iter().map(|scheme| scheme.name).collect::<Vec<_>>().join(" and "))
            .collect();
        let detail = format!("the credentials are not complete; send {}", wanted.join(", or "));
        Breach::of(StatusCode::UNAUTHORIZED, "/header", detail)
    })
}

fn is_presented(placement: Placement, headers: &HeaderMap) -> bool {
    let text = |name: &str| single(name, headers).map(str::trim);
    let after = |scheme: &str| {
        let (found, rest) = text(AUTHORIZATION.as_str())?.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| rest.trim().to_owned())
    };
    match placement {
        Placement::Bearer => after("bearer").is_some_and(|token| !token.is_empty()),
        Placement::Basic => after("basic")
            .and_then(|pair| STANDARD.decode(pair).ok())
            .is_some_and(|pair| pair.iter().position(|byte| *byte == b':').is_some_and(|colon| colon > 0)),
        Placement::Header(name) => text(name).is_some_and(|value| !value.is_empty()),
    }
}

/// The one value of a header: two leave open which one counts.
fn single<'a>(name: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Whether the body was left out and may be.
fn is_absent(operation: &Operation, request: &RecordedRequest) -> bool {
    operation
        .body
        .as_ref()
        .is_none_or(|body| !body.required && request.body().is_empty() && !request.headers().contains_key(CONTENT_TYPE))
}

/// The documented media type that the request has.
pub(crate) fn content(operation: &Operation, headers: &HeaderMap) -> Option<&'static Content> {
    let given = essence(headers.get(CONTENT_TYPE)?.to_str().ok()?);
    operation.body.as_ref()?.contents.iter().find(|content| essence(content.media_type) == given)
}

fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn media_type(operation: &Operation, request: &RecordedRequest) -> Option<Breach> {
    if is_absent(operation, request) || content(operation, request.headers()).is_some() {
        return None;
    }
    let contents = operation.body.as_ref()?.contents.iter();
    let wanted: Vec<&str> = contents.map(|content| content.media_type).collect();
    let detail = format!("the media type is not {}", wanted.join(" or "));
    Some(Breach::of(StatusCode::UNSUPPORTED_MEDIA_TYPE, "/header/content-type", detail))
}

fn size(operation: &Operation, request: &RecordedRequest) -> Option<Breach> {
    let limit = operation.max_body_bytes;
    (!is_absent(operation, request) && request.body().len() > limit)
        .then(|| Breach::of(StatusCode::PAYLOAD_TOO_LARGE, "", format!("is larger than {limit} bytes")))
}

/// The document's bodies with a schema are JSON.
fn has_schema(operation: &Operation, request: &RecordedRequest) -> Option<&'static str> {
    (!is_absent(operation, request)).then(|| content(operation, request.headers()))??.schema
}

fn syntax(operation: &Operation, request: &RecordedRequest) -> Option<Breach> {
    has_schema(operation, request)?;
    serde_json::from_slice::<Value>(request.body()).err().map(|error| {
        let detail = format!("is not JSON, at line {} column {}", error.line(), error.column());
        Breach { example: "malformed", ..Breach::of(StatusCode::BAD_REQUEST, "", detail) }
    })
}

fn schema(operation: &Operation, request: &RecordedRequest) -> Option<Breach> {
    let mut violations: Vec<Violation> =
        operation.parameters.iter().flat_map(|parameter| parameter_violations(parameter, request)).collect();
    if let (Some(pointer), Some(body)) = (has_schema(operation, request), request.json()) {
        violations.extend(schema::violations(pointer, "", body));
    }
    let breach = Breach { status: StatusCode::BAD_REQUEST, example: "contract", violations };
    (!breach.violations.is_empty()).then_some(breach)
}

/// Of a single value that comes twice, the last counts.
fn parameter_violations(parameter: &Parameter, request: &RecordedRequest) -> Vec<Violation> {
    let (place, values) = match parameter.location {
        Location::Path => ("path", request.path_parameter(parameter.name).into_iter().collect()),
        Location::Query => ("query", request.query(parameter.name)),
        Location::Header => {
            match request.headers().get_all(parameter.name).iter().map(|value| value.to_str()).collect() {
                Ok(values) => ("header", values),
                Err(_) => {
                    return vec![Violation { pointer: "/header".to_owned(), detail: "cannot be read".to_owned() }];
                }
            }
        }
    };
    let place = format!("/{place}/{}", parameter.name);
    let Some(last) = values.last() else {
        let missing = Violation { pointer: place, detail: "is required".to_owned() };
        return parameter.required.then_some(missing).into_iter().collect();
    };
    let value: Value = match parameter.list {
        List::No => parameter.kind.value(last),
        List::Repeated => values.iter().map(|text| parameter.kind.value(text)).collect(),
        List::Separated(separator) => last.split(separator).map(|text| parameter.kind.value(text)).collect(),
    };
    schema::violations(parameter.schema, &place, &value)
}
