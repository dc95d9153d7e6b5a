//! Extractors that never fail: what is wrong with a request is a value, answered by the handler in its own error body.
//!
//! Parameters are here, bodies in `body`, bodies without a schema in `raw`, all of them together in `input`;
//! `documentation` is what dropshot is told about them, and `route` hands on what its router cannot tell apart.

mod body;
mod documentation;
mod input;
mod raw;
pub mod route;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, ExtractorMetadata, HttpError, RequestContext, ServerContext, SharedExtractor,
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use body::{Body, BodyProblem, FromBody, JsonOnly, Media, Optional};
pub use documentation::{body_parameter, documentation, documented, paginated, undocumented};
pub use input::{Input, Part};
pub use raw::{BinaryOnly, Multipart, Raw, Upgrade, Upgraded};

use crate::validate::{Described, Violation};

/// Parameters in the path.
#[derive(Clone, Copy, Debug)]
pub struct Path;
/// Parameters in the query string.
#[derive(Clone, Copy, Debug)]
pub struct Query;
/// Parameters in headers.
#[derive(Clone, Copy, Debug)]
pub struct Header;

/// A place of parameters: how dropshot documents it and how its raw values are found.
#[async_trait]
pub trait Location: Send + Sync + 'static {
    /// Name in violations.
    const NAME: &'static str;

    /// What dropshot documents for parameters `P` here.
    fn metadata<P: DeserializeOwned + JsonSchema + Send + Sync + 'static>() -> ExtractorMetadata;

    /// The raw values of `parameters` in the order of the request, others perhaps among them; an error: they cannot be read.
    async fn values<C: ServerContext>(
        context: &RequestContext<C>,
        parameters: &[Param],
    ) -> Result<Vec<(String, String)>, HttpError>;

    /// The raw values by a path template that dropshot's router does not know; none: only paths have one.
    fn routed<C: ServerContext>(_: &RequestContext<C>, _: &str) -> Option<Vec<(String, String)>> {
        None
    }
}

macro_rules! location {
    ($place:ident, $name:literal, $read:expr $(, $routed:item)?) => {
        #[async_trait]
        impl Location for $place {
            const NAME: &'static str = $name;

            fn metadata<P: DeserializeOwned + JsonSchema + Send + Sync + 'static>() -> ExtractorMetadata {
                <dropshot::$place<P> as SharedExtractor>::metadata(ApiEndpointBodyContentType::Json)
            }

            async fn values<C: ServerContext>(
                context: &RequestContext<C>,
                _: &[Param],
            ) -> Result<Vec<(String, String)>, HttpError> {
                type Raw = dropshot::$place<BTreeMap<String, String>>;
                let read: fn(Raw, &http::Uri) -> Vec<(String, String)> = $read;
                let raw = <Raw as SharedExtractor>::from_request(context).await?;
                Ok(read(raw, context.request.uri()))
            }
            $($routed)?
        }
    };
}

location!(
    Path,
    "path",
    |raw, _| raw.into_inner().into_iter().collect(),
    fn routed<C: ServerContext>(context: &RequestContext<C>, template: &str) -> Option<Vec<(String, String)>> {
        route::fit(template, context.request.uri().path())
    }
);
// dropshot keeps one value of each name, a list has several.
location!(Query, "query", |_, uri| form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
    .into_owned()
    .collect());

#[async_trait]
impl Location for Header {
    const NAME: &'static str = "header";

    fn metadata<P: DeserializeOwned + JsonSchema + Send + Sync + 'static>() -> ExtractorMetadata {
        <dropshot::Header<P> as SharedExtractor>::metadata(ApiEndpointBodyContentType::Json)
    }

    // dropshot's own extractor reads every header of the request and fails on any that is not ASCII, which proxies add.
    async fn values<C: ServerContext>(
        context: &RequestContext<C>,
        parameters: &[Param],
    ) -> Result<Vec<(String, String)>, HttpError> {
        header_values(context.request.headers(), parameters)
    }
}

/// The values of the headers that are parameters, line by line.
fn header_values(headers: &http::HeaderMap, parameters: &[Param]) -> Result<Vec<(String, String)>, HttpError> {
    let lines = parameters
        .iter()
        .filter(|parameter| parameter.kind != Kind::Ignored)
        .flat_map(|parameter| headers.get_all(parameter.name).iter().map(move |value| (parameter.name, value)));
    let text = |value: &http::HeaderValue| value.to_str().map(str::to_owned);
    lines
        .map(|(name, value)| Ok((name.to_owned(), text(value)?)))
        .collect::<Result<_, http::header::ToStrError>>()
        .map_err(|error| HttpError::for_bad_request(None, error.to_string()))
}

/// The JSON type that a raw value is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string.
    Text,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// It is not read: HTTP or security has a way of its own to it.
    Ignored,
}

/// How the items of a list are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// It is no list.
    No,
    /// The parameter is repeated.
    Repeated,
    /// One value, with this character between the items.
    Separated(char),
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Name on the wire.
    pub name: &'static str,
    /// Type of the value, or of its items.
    pub kind: Kind,
    /// Whether it is a list.
    pub list: List,
}

/// The parameters of one place.
pub trait ParamSet: DeserializeOwned + JsonSchema + Described + Send + Sync + 'static {
    /// In the order of the document.
    const PARAMETERS: &'static [Param];

    /// The path's template where dropshot's router knows another one.
    const TEMPLATE: Option<&'static str> = None;

    /// What dropshot documents. The first set of an operation speaks for all its parameters, so that they keep their order.
    fn documentation() -> ExtractorMetadata {
        undocumented()
    }
}

/// The parameters of an operation in one place, checked against the document.
#[derive(Debug)]
pub struct Params<L, P> {
    result: Result<P, Vec<Violation>>,
    location: PhantomData<fn() -> L>,
}

impl<L, P> Params<L, P> {
    /// The parameters.
    ///
    /// # Errors
    /// Every violation; pointers start with the place, for example `/path/organizationId`.
    pub fn into_result(self) -> Result<P, Vec<Violation>> {
        self.result
    }
}

#[async_trait]
impl<L: Location, P: ParamSet> SharedExtractor for Params<L, P> {
    async fn from_request<C: ServerContext>(context: &RequestContext<C>) -> Result<Self, HttpError> {
        let values = match P::TEMPLATE {
            Some(template) => Ok(L::routed(context, template).unwrap_or_default()),
            None => L::values(context, P::PARAMETERS).await,
        };
        let result = match values {
            Ok(values) => check(L::NAME, &values),
            Err(_) => Err(vec![Violation { pointer: format!("/{}", L::NAME), detail: "cannot be read".to_owned() }]),
        };
        Ok(Self { result, location: PhantomData })
    }

    fn metadata(_: ApiEndpointBodyContentType) -> ExtractorMetadata {
        P::documentation()
    }
}

fn check<P: ParamSet>(place: &str, values: &[(String, String)]) -> Result<P, Vec<Violation>> {
    let (mut object, mut violations) = (Map::new(), Vec::new());
    for parameter in P::PARAMETERS.iter().filter(|parameter| parameter.kind != Kind::Ignored) {
        let found: Vec<&str> = texts(values, parameter.name);
        violations.extend(ambiguity(parameter, &found));
        if let Some(value) = read(parameter, &found, place == Header::NAME) {
            object.insert(parameter.name.to_owned(), value);
        }
    }
    let value = Value::Object(object);
    violations.extend(P::validator().violations(&value));
    if violations.is_empty() {
        match serde_json::from_value(value) {
            Ok(parameters) => return Ok(parameters),
            Err(_) => violations
                .push(Violation { pointer: String::new(), detail: "is not in the documented form".to_owned() }),
        }
    }
    for violation in &mut violations {
        violation.pointer.insert_str(0, &format!("/{place}"));
    }
    Err(violations)
}

fn texts<'a>(values: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    values.iter().filter(|(known, _)| known == name).map(|(_, text)| text.as_str()).collect()
}

/// Of a single value that comes twice, whoever stands between may have looked at the other one.
fn ambiguity(parameter: &Param, found: &[&str]) -> Option<Violation> {
    let is_ambiguous = parameter.list == List::No && found.len() > 1;
    is_ambiguous.then(|| Violation { pointer: format!("/{}", parameter.name), detail: "is given twice".to_owned() })
}

/// The value of a parameter; none: it was not given. Blanks around the items of a list are a part of them, but for those of a
/// header, whose items may come in several lines (RFC 9110, 5.3).
fn read(parameter: &Param, found: &[&str], is_header: bool) -> Option<Value> {
    let last = found.last()?;
    let items = |texts: &mut dyn Iterator<Item = &str>| {
        let bare = |text| if is_header { str::trim(text) } else { text };
        Value::Array(texts.map(|text| coerce(bare(text), parameter.kind)).collect())
    };
    Some(match parameter.list {
        List::No => coerce(last, parameter.kind),
        List::Repeated => items(&mut found.iter().copied()),
        List::Separated(_) if last.is_empty() && (!is_header || found.len() == 1) => Value::Array(Vec::new()),
        List::Separated(separator) if is_header => {
            items(&mut found.iter().filter(|line| !line.is_empty()).flat_map(|line| line.split(separator)))
        }
        List::Separated(separator) => items(&mut last.split(separator)),
    })
}

/// A raw value as the type its schema wants, or as the string it is, which the validator then refuses.
fn coerce(text: &str, kind: Kind) -> Value {
    match kind {
        Kind::Integer => text
            .parse::<i64>()
            .map(Value::from)
            .or_else(|_| text.parse::<u64>().map(Value::from))
            .unwrap_or_else(|_| text.into()),
        Kind::Number => text.parse::<f64>().map_or_else(|_| text.into(), Value::from),
        Kind::Boolean => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        Kind::Text | Kind::Ignored => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_that_are_none_stay_strings_for_the_validator() {
        assert_eq!(coerce("7", Kind::Integer), 7);
        assert_eq!(coerce("7.5", Kind::Integer), "7.5");
        assert_eq!(coerce("18446744073709551615", Kind::Integer), u64::MAX);
        assert_eq!(coerce("99999999999999999999", Kind::Integer), "99999999999999999999");
        assert_eq!(coerce("true", Kind::Text), "true");
    }

    #[test]
    fn lists_are_repeated_or_separated() {
        let list = |list| Param { name: "a", kind: Kind::Integer, list };
        assert_eq!(read(&list(List::Repeated), &["1", "2"], false), Some(json!([1, 2])));
        assert_eq!(read(&list(List::Separated(',')), &["1,2"], false), Some(json!([1, 2])));
        assert_eq!(read(&list(List::Separated(',')), &[""], false), Some(json!([])));
        assert_eq!(ambiguity(&list(List::No), &["1"]), None);
        assert_eq!(ambiguity(&list(List::Repeated), &["1", "2"]), None);
        let twice = ambiguity(&list(List::No), &["1", "1"]).unwrap();
        assert_eq!((twice.pointer.as_str(), twice.detail.as_str()), ("/a", "is given twice"));
        assert_eq!(read(&list(List::Repeated), &[], false), None);
        let texts = Param { name: "a", kind: Kind::Text, list: List::Separated(',') };
        assert_eq!(read(&texts, &["a, b"], true), Some(json!(["a", "b"])));
        assert_eq!(read(&texts, &["a, b"], false), Some(json!(["a", " b"])));
        assert_eq!(read(&texts, &["a", "", "b, c"], true), Some(json!(["a", "b", "c"])));
        assert_eq!(read(&texts, &[""], true), Some(json!([])));
        let repeated = Param { name: "a", kind: Kind::Text, list: List::Repeated };
        assert_eq!(read(&repeated, &[" a"], false), Some(json!([" a"])));
    }

    #[test]
    fn headers_that_are_no_parameters_are_not_read() {
        let mut headers = http::HeaderMap::new();
        headers.insert("cf-ipcity", http::HeaderValue::from_bytes("São Paulo".as_bytes()).unwrap());
        headers.append("x-days", http::HeaderValue::from_static("mon"));
        headers.append("x-days", http::HeaderValue::from_static("tue"));
        let days = Param { name: "X-Days", kind: Kind::Text, list: List::Separated(',') };
        let line = |text: &str| ("X-Days".to_owned(), text.to_owned());
        assert_eq!(header_values(&headers, &[days]).unwrap(), [line("mon"), line("tue")]);
        let city = Param { name: "CF-IPCity", kind: Kind::Ignored, list: List::No };
        assert_eq!(header_values(&headers, &[city]).unwrap(), []);
        headers.append("x-days", http::HeaderValue::from_bytes("mié".as_bytes()).unwrap());
        assert!(header_values(&headers, &[days]).is_err());
    }
}
