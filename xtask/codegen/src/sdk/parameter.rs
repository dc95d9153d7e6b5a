//! Parameters: the Rust type that callers give, and the schema that makes progenitor choose the same.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Value, json};

use super::shape::{Type, schema};
use crate::model::{In, List, Operation, Parameter};
use crate::names;

/// Type of a parameter.
pub(super) fn kind(operation: &Operation, parameter: &Parameter) -> Type {
    if parameter.list != List::No {
        let item = parameter.schema.get("items").map_or(Scalar::Text, |items| scalar(items, false));
        let item = item.tokens();
        return Type::Other(quote!(::std::vec::Vec<#item>));
    }
    match scalar_of(parameter) {
        Scalar::Text => Type::String,
        Scalar::Values(_) => {
            let name =
                names::ident_pascal(&format!("{}{}", names::pascal(&operation.id), names::pascal(&parameter.name)));
            Type::Other(quote!(types::#name))
        }
        scalar => Type::Other(scalar.tokens()),
    }
}

/// The schema for progenitor: the type alone, for limits are the server's to judge, and an error by it says more.
pub(super) fn lowered(parameter: &Parameter) -> Value {
    match parameter.list {
        // progenitor would write it as for people, which not every type has a form for.
        List::No if is_written(parameter) => json!({"type": "string"}),
        List::No => scalar_of(parameter).schema(),
        List::Repeated => {
            let item = parameter.schema.get("items").map_or(Scalar::Text, |items| scalar(items, false));
            json!({"type": "array", "items": item.schema()})
        }
        // progenitor would repeat the name.
        List::Separated(_) => json!({"type": "string"}),
    }
}

/// Whether a schema is of a time, which Rust shows to people in another form than it has on the wire.
pub(super) fn is_time(schema: &Value) -> bool {
    schema["type"] == "string" && schema["format"] == "date-time"
}

/// Whether a value is written as it stands in JSON: not every named type has a form for people, and a secret hides in it.
pub(super) fn is_as_in_json(parameter: &Parameter) -> bool {
    is_time(&parameter.schema) || parameter.reference.is_some()
}

/// Whether the client writes the value of a header itself, and progenitor gets the text.
pub(super) fn is_written(parameter: &Parameter) -> bool {
    parameter.location == In::Header && parameter.list == List::No && is_as_in_json(parameter)
}

fn scalar_of(parameter: &Parameter) -> Scalar<'_> {
    match &parameter.reference {
        Some(name) => Scalar::Named(name),
        None => scalar(&parameter.schema, true),
    }
}

/// A type that one value on the wire can have.
enum Scalar<'a> {
    Named(&'a str),
    /// One of these texts.
    Values(&'a Value),
    /// Rust type, `type` and `format`.
    Plain(&'static str, &'static str, Option<&'static str>),
    Text,
}

/// What a schema says; enumerations get a type of their own only if they are `alone`, for only then has it a name.
fn scalar(value: &Value, alone: bool) -> Scalar<'_> {
    if let Some(name) = crate::schema::reference(value) {
        return Scalar::Named(name);
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let values =
        value.get("enum").filter(|values| values.as_array().is_some_and(|values| values.iter().all(Value::is_string)));
    match (text("type"), text("format"), values) {
        ("string", _, Some(values)) if alone => Scalar::Values(values),
        ("string", "uuid", _) => Scalar::Plain("::uuid::Uuid", "string", Some("uuid")),
        ("string", "date-time", _) => {
            Scalar::Plain("::chrono::DateTime<::chrono::offset::Utc>", "string", Some("date-time"))
        }
        ("string", "date", _) => Scalar::Plain("::chrono::naive::NaiveDate", "string", Some("date")),
        ("string", "ip", _) => Scalar::Plain("::std::net::IpAddr", "string", Some("ip")),
        ("string", "ipv4", _) => Scalar::Plain("::std::net::Ipv4Addr", "string", Some("ipv4")),
        ("string", "ipv6", _) => Scalar::Plain("::std::net::Ipv6Addr", "string", Some("ipv6")),
        ("integer", "int8", _) => Scalar::Plain("i8", "integer", Some("int8")),
        ("integer", "int16", _) => Scalar::Plain("i16", "integer", Some("int16")),
        ("integer", "int32", _) => Scalar::Plain("i32", "integer", Some("int32")),
        ("integer", "uint8", _) => Scalar::Plain("u8", "integer", Some("uint8")),
        ("integer", "uint16", _) => Scalar::Plain("u16", "integer", Some("uint16")),
        ("integer", "uint32", _) => Scalar::Plain("u32", "integer", Some("uint32")),
        ("integer", "uint" | "uint64", _) => Scalar::Plain("u64", "integer", Some("uint64")),
        ("integer", _, _) => Scalar::Plain("i64", "integer", Some("int64")),
        ("number", "float", _) => Scalar::Plain("f32", "number", Some("float")),
        ("number", _, _) => Scalar::Plain("f64", "number", None),
        ("boolean", _, _) => Scalar::Plain("bool", "boolean", None),
        _ => Scalar::Text,
    }
}

impl Scalar<'_> {
    fn schema(&self) -> Value {
        match self {
            Self::Named(name) => json!({"$ref": format!("{}{name}", crate::schema::COMPONENT)}),
            Self::Values(values) => json!({"type": "string", "enum": values}),
            Self::Plain(_, kind, Some(format)) => json!({"type": kind, "format": format}),
            Self::Plain(_, kind, None) => json!({"type": kind}),
            Self::Text => json!({"type": "string"}),
        }
    }

    fn tokens(&self) -> TokenStream {
        match self {
            Self::Named(name) => schema(name),
            Self::Plain(rust, ..) => rust.parse().unwrap_or_else(|_| {
                // The names above parse; a test compiles them.
                let ident = format_ident!("String");
                quote!(#ident)
            }),
            Self::Values(_) | Self::Text => quote!(::std::string::String),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_stay_with_the_server() {
        let number = json!({"type": "integer", "format": "int32", "minimum": 1, "maximum": 5, "description": "n"});
        assert_eq!(scalar(&number, true).schema(), json!({"type": "integer", "format": "int32"}));
        assert_eq!(scalar(&json!({"type": "string", "format": "password"}), true).schema(), json!({"type": "string"}));
        let reference = json!({"$ref": "#/components/schemas/A"});
        assert_eq!(scalar(&reference, true).schema(), reference);
    }

    #[test]
    fn every_rust_name_parses() {
        for format in ["uuid", "date-time", "date", "ip", "ipv4", "ipv6"] {
            let schema = json!({"type": "string", "format": format});
            assert_ne!(scalar(&schema, true).tokens().to_string(), "String", "{format}");
        }
    }
}
