//! Requests that dropshot's router cannot tell apart: which path template fits, and the request handed on.

use std::marker::PhantomData;

use async_trait::async_trait;
use dropshot::{
    ApiEndpointBodyContentType, Body, ClientErrorStatusCode, ExclusiveExtractor, ExtractorMetadata, HttpError,
    HttpResponse, Path, RequestContext, ServerContext, SharedExtractor,
};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde_json::{Map, Value, json};

use crate::validate::literal;

/// The names of the variables of a path, as dropshot is told them.
pub trait Variables: Send + Sync + 'static {
    /// In the order of the path.
    const NAMES: &'static [&'static str];
}

/// A request of which only the method and a part of the path are known.
#[derive(Debug)]
pub struct Unrouted<V> {
    request: http::Request<Body>,
    variables: PhantomData<fn() -> V>,
}

impl<V> Unrouted<V> {
    /// The request, for the extractors of the operation that it is for.
    #[must_use]
    pub fn into_inner(self) -> http::Request<Body> {
        self.request
    }
}

#[async_trait]
impl<V: Variables> ExclusiveExtractor for Unrouted<V> {
    async fn from_request<C: ServerContext>(
        _: &RequestContext<C>,
        request: http::Request<Body>,
    ) -> Result<Self, HttpError> {
        Ok(Self { request, variables: PhantomData })
    }

    fn metadata(media_type: ApiEndpointBodyContentType) -> ExtractorMetadata {
        <Path<Texts<V>> as SharedExtractor>::metadata(media_type)
    }
}

/// A text for each variable.
struct Texts<V>(PhantomData<fn() -> V>);

impl<'de, V> serde::Deserialize<'de> for Texts<V> {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self(PhantomData))
    }
}

impl<V: Variables> JsonSchema for Texts<V> {
    fn schema_name() -> String {
        "Texts".to_owned()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties: Map<String, Value> =
            V::NAMES.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
        literal(&json!({ "type": "object", "properties": properties, "required": V::NAMES }).to_string())
    }
}

/// The first of `templates` that the path of the request fits.
#[must_use]
pub fn template<C: ServerContext>(context: &RequestContext<C>, templates: &[&str]) -> Option<usize> {
    templates.iter().position(|template| fit(template, context.request.uri().path()).is_some())
}

/// Makes the context that of the operation.
pub fn become_operation<C: ServerContext>(context: &mut RequestContext<C>, id: &str, body_limit: usize) {
    id.clone_into(&mut context.endpoint.operation_id);
    context.endpoint.request_body_max_bytes = Some(body_limit);
}

/// What the operation answers, on the wire.
///
/// # Errors
/// The operation has no documented answer.
pub fn answer<R: HttpResponse, E: Into<HttpError>>(result: Result<R, E>) -> Result<http::Response<Body>, HttpError> {
    result.map_err(Into::into)?.to_result()
}

/// Nothing of this path is there; or it is, but not with this method.
#[must_use]
pub fn no_operation(path_is_known: bool) -> HttpError {
    if path_is_known {
        HttpError::for_client_error_with_status(None, ClientErrorStatusCode::METHOD_NOT_ALLOWED)
    } else {
        HttpError::for_not_found(None, "no template fits the path".to_owned())
    }
}

/// The values of a template's variables; none if the path does not fit.
pub(super) fn fit(template: &str, path: &str) -> Option<Vec<(String, String)>> {
    fn parts(path: &str) -> Vec<&str> {
        path.split('/').filter(|part| !part.is_empty()).collect()
    }
    let (wanted, given) = (parts(template), parts(path));
    if wanted.len() != given.len() {
        return None;
    }
    let mut values = Vec::new();
    for (wanted, given) in wanted.into_iter().zip(given) {
        let given = percent_decode_str(given).decode_utf8().ok()?;
        values.extend(fit_segment(wanted, &given)?);
    }
    Some(values)
}

/// A variable takes as little as it can, and one character at least.
fn fit_segment(template: &str, text: &str) -> Option<Vec<(String, String)>> {
    let Some((literal, rest)) = template.split_once('{') else { return (template == text).then(Vec::new) };
    let text = text.strip_prefix(literal)?;
    let (name, rest) = rest.split_once('}')?;
    let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
    for end in ends {
        if let Some(others) = fit_segment(rest, &text[end..]) {
            let mut values = vec![(name.to_owned(), text[..end].to_owned())];
            values.extend(others);
            return Some(values);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(template: &str, path: &str) -> Option<Vec<String>> {
        Some(fit(template, path)?.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
    }

    #[test]
    fn variables_take_whole_segments_or_parts_of_them() {
        assert_eq!(values("/a/{b}", "/a/x%2Fy/").unwrap(), ["b=x/y"]);
        assert_eq!(values("/a/{b}.json", "/a/x.json.json").unwrap(), ["b=x.json"]);
        assert_eq!(values("/{a}-{b}:go", "/x-y-z:go").unwrap(), ["a=x", "b=y-z"]);
    }

    #[test]
    fn what_does_not_fit_is_no_match() {
        for (template, path) in [("/a/{b}", "/a"), ("/a/{b}.json", "/a/.json"), ("/a/b", "/a/c"), ("/{a}", "/%ff")] {
            assert_eq!(values(template, path), None, "{template} {path}");
        }
    }
}
