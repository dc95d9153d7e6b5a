//! What dropshot is told about parameters and bodies, so that its document says what ours does.
//!
//! dropshot keeps the schema of a query parameter as it is, with everything that it refers to, and such a schema can be
//! moved to where it would be made anew with another title: bodies and answers borrow theirs from a parameter.

use dropshot::{
    ApiEndpointBodyContentType, ApiEndpointParameter, ExtensionMode, ExtractorMetadata, SharedExtractor as _,
};
use schemars::JsonSchema;
use schemars::r#gen::SchemaGenerator;
use schemars::schema::Schema;
use serde_json::Value;

use super::{Location, ParamSet};
use crate::validate::literal;

/// A documented parameter with its place and name.
type Placed = (&'static str, &'static str, ApiEndpointParameter);

/// The parameters of one set.
#[must_use]
pub fn documented<L: Location, P: ParamSet>() -> Vec<Placed> {
    // dropshot lists them by name.
    let mut names: Vec<&str> = P::PARAMETERS.iter().map(|parameter| parameter.name).collect();
    names.sort_unstable();
    let parameters = L::metadata::<P>().parameters;
    names.into_iter().zip(parameters).map(|(name, parameter)| (L::NAME, name, parameter)).collect()
}

/// All parameters of an operation, in the order of the document.
#[must_use]
pub fn documentation(
    order: &[(&'static str, &'static str)],
    sets: Vec<Vec<Placed>>,
    extension_mode: ExtensionMode,
) -> ExtractorMetadata {
    let mut all: Vec<Placed> = sets.into_iter().flatten().collect();
    all.sort_by_key(|(place, name, _)| order.iter().position(|known| known == &(*place, *name)));
    ExtractorMetadata { extension_mode, parameters: all.into_iter().map(|(_, _, parameter)| parameter).collect() }
}

/// A set that an earlier one has spoken for.
#[must_use]
pub fn undocumented() -> ExtractorMetadata {
    ExtractorMetadata { extension_mode: ExtensionMode::None, parameters: Vec::new() }
}

/// Marks an operation that answers in pages; `value` is that of the extension.
#[must_use]
pub fn paginated(value: &str) -> ExtensionMode {
    ExtensionMode::Paginated(serde_json::from_str(value).unwrap_or(Value::Null))
}

/// A parameter whose schema is that of `T`, literally.
#[must_use]
pub fn body_parameter<T: JsonSchema + 'static>() -> Option<ApiEndpointParameter> {
    dropshot::Query::<Holder<T>>::metadata(ApiEndpointBodyContentType::Json).parameters.pop()
}

/// A request body of `T`.
pub(super) fn body<T: JsonSchema + 'static>(media_type: ApiEndpointBodyContentType) -> Vec<ApiEndpointParameter> {
    body_parameter::<T>()
        .map(|parameter| ApiEndpointParameter::new_body(media_type, true, parameter.schema, Vec::new()))
        .into_iter()
        .collect()
}

/// Parameters of which one has the schema of `T`.
struct Holder<T>(std::marker::PhantomData<fn() -> T>);

impl<'de, T> serde::Deserialize<'de> for Holder<T> {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self(std::marker::PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Holder<T> {
    fn schema_name() -> String {
        "Holder".to_owned()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut holder = literal(r#"{"type": "object", "properties": {"body": {"allOf": []}}}"#).into_object();
        let schema = generator.subschema_for::<T>();
        // dropshot takes title and description off every parameter, but not off what stands alone in an `allOf`.
        if let Some(Schema::Object(body)) = holder.object().properties.get_mut("body") {
            body.subschemas().all_of = Some(vec![schema]);
        }
        holder.into()
    }
}
