//! What a caller can say: parameters, and the members of a body, each with a flag of its own.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;
use serde_json::{Map, Value};

use crate::load::{Document, escape};
use crate::model::{In, List, Model};
use crate::names;
use crate::schema;
use crate::sdk::shape::{Shape, is_deprecated};
use crate::secret::is_secret;

/// Flags of the engine itself, without dashes.
const TAKEN: [&str; 18] = [
    "all",
    "allow-insecure-http",
    "config",
    "credential",
    "file",
    "help",
    "null",
    "output",
    "profile",
    "quiet",
    "redact-secrets",
    "retries",
    "secrets-file",
    "server",
    "show-secrets",
    "timeout",
    "verbose",
    "version",
];
/// References may go in circles.
const DEPTH: usize = 32;

/// One flag.
#[derive(Debug)]
pub(super) struct Field {
    /// Without dashes.
    pub(super) flag: String,
    /// As in the document.
    pub(super) name: String,
    /// `Path`, `Query`, `Header` or `Body`.
    pub(super) place: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) repeated: bool,
    pub(super) nullable: bool,
    pub(super) sensitive: bool,
    pub(super) deprecated: bool,
    pub(super) help: String,
    /// `file:line`.
    pub(super) defined: String,
}

/// What a value has to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Integer(Option<i64>, Option<i64>),
    Number,
    Boolean,
    Choice(Vec<String>),
    Time,
    Date,
    Uuid,
    Email,
    Json,
}

/// All flags of an operation: parameters first, in document order.
pub(super) fn of(document: &Document, model: &Model, shape: &Shape<'_>) -> Vec<Field> {
    let mut taken: BTreeSet<String> = TAKEN.iter().map(|flag| (*flag).to_owned()).collect();
    let mut fields: Vec<Field> = shape.arguments.iter().map(|argument| parameter(document, argument)).collect();
    fields.extend(members(document, model, shape));
    for field in &mut fields {
        field.flag = free(&field.name, field.place, field.sensitive, &mut taken);
    }
    fields
}

/// A flag that nobody has: the name alone, or with its place before it, or with a number after it.
fn free(name: &str, place: &str, sensitive: bool, taken: &mut BTreeSet<String>) -> String {
    // What is secret is read from a file, which its flag says; the plain flag only says so to whoever tries it.
    let spelled =
        |stem: &str| if sensitive { vec![stem.to_owned(), format!("{stem}-file")] } else { vec![stem.to_owned()] };
    let plain = names::kebab(name);
    let placed = format!("{}-{plain}", place.to_lowercase());
    let numbered = (2..).map(|number| format!("{placed}-{number}"));
    for stem in [plain, placed.clone()].into_iter().chain(numbered) {
        let flags = spelled(&stem);
        if flags.iter().all(|flag| !taken.contains(flag)) {
            taken.extend(flags);
            return stem;
        }
    }
    placed
}

fn parameter(document: &Document, argument: &crate::sdk::shape::Argument<'_>) -> Field {
    let parameter = argument.parameter;
    let marked = document.value.pointer(&parameter.pointer).and_then(Value::as_object).is_some_and(is_secret);
    let repeated = parameter.list != List::No;
    let value = if repeated { parameter.schema.get("items").unwrap_or(&Value::Null) } else { &parameter.schema };
    let value = resolve(document, value);
    Field {
        flag: String::new(),
        name: parameter.name.clone(),
        place: match parameter.location {
            In::Path => "Path",
            In::Query => "Query",
            In::Header => "Header",
        },
        kind: kind(document, value),
        required: argument.is_required(),
        repeated,
        nullable: false,
        sensitive: marked || value.as_object().is_some_and(is_secret),
        deprecated: argument.deprecated,
        help: parameter.description.clone(),
        defined: document.provenance(&parameter.pointer),
    }
}

/// The members of a body that is an object.
fn members(document: &Document, model: &Model, shape: &Shape<'_>) -> Vec<Field> {
    let name = shape.body.and_then(|body| body.content.schema());
    let Some(schema) = name.and_then(|name| model.schema(name)) else { return Vec::new() };
    let mut members = Members::default();
    members.collect(document, &schema.value, &schema.pointer, 0);
    let Members { properties, places, required } = members;
    let fields = properties.iter().map(|(name, value)| Field {
        required: required.contains(name),
        defined: places.get(name).cloned().unwrap_or_default(),
        ..member(document, name, value)
    });
    fields.collect()
}

/// What is known of the members of an object.
#[derive(Default)]
struct Members {
    /// In the order of the document.
    properties: Map<String, Value>,
    /// `file:line` by name.
    places: BTreeMap<String, String>,
    required: BTreeSet<String>,
}

impl Members {
    /// Those of an object and of everything that it is all of.
    fn collect(&mut self, document: &Document, schema: &Value, pointer: &str, depth: usize) {
        let (schema, pointer) = lead(document, schema, pointer);
        if depth > DEPTH {
            return;
        }
        for (name, value) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.properties.insert(name.clone(), value.clone());
            let place = document.provenance(&format!("{pointer}/properties/{}", escape(name)));
            self.places.insert(name.clone(), place);
        }
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        self.required.extend(names.filter_map(Value::as_str).map(str::to_owned));
        for (index, part) in schema.get("allOf").and_then(Value::as_array).into_iter().flatten().enumerate() {
            self.collect(document, part, &format!("{pointer}/allOf/{index}"), depth + 1);
        }
    }
}

fn member(document: &Document, name: &str, written: &Value) -> Field {
    let value = resolve(document, written);
    let says = |key: &str| [written, value].into_iter().any(|value| value.get(key) == Some(&Value::Bool(true)));
    let items = value.get("items").map(|items| resolve(document, items));
    // A list of plain values is a flag that repeats; of anything else, one JSON text.
    let item = items.map(|items| (kind(document, items), items)).filter(|(kind, _)| *kind != Kind::Json);
    let secret = |value: &Value| value.as_object().is_some_and(is_secret);
    let sensitive = secret(written) || secret(value) || holds_secret(document, value, 0);
    let text = |key: &str| {
        [written, value].into_iter().find_map(|value| value.get(key).and_then(Value::as_str)).unwrap_or_default()
    };
    Field {
        flag: String::new(),
        name: name.to_owned(),
        place: "Body",
        repeated: item.is_some() && !sensitive,
        kind: match item {
            Some((item, _)) if !sensitive => item,
            _ => kind(document, value),
        },
        required: false,
        nullable: says("nullable"),
        sensitive,
        deprecated: is_deprecated(written) || is_deprecated(value),
        help: text("description").to_owned(),
        defined: String::new(),
    }
}

/// Whether a secret stands somewhere inside a value, so that the whole of it is one.
fn holds_secret(document: &Document, value: &Value, depth: usize) -> bool {
    let Some(object) = value.as_object().filter(|_| depth < 8) else { return false };
    let mut parts: Vec<&Value> =
        object.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values).collect();
    parts.extend(["items", "additionalProperties"].iter().filter_map(|key| object.get(*key)));
    for key in ["allOf", "oneOf", "anyOf"] {
        parts.extend(object.get(key).and_then(Value::as_array).into_iter().flatten());
    }
    parts.into_iter().any(|part| {
        let resolved = resolve(document, part);
        [part, resolved].iter().any(|value| value.as_object().is_some_and(is_secret))
            || holds_secret(document, resolved, depth + 1)
    })
}

/// What a reference, or an `allOf` of one, leads to.
pub(super) fn resolve<'a>(document: &'a Document, schema: &'a Value) -> &'a Value {
    lead(document, schema, "").0
}

/// As [`resolve`], with the JSON pointer of what is found; `pointer` is that of the schema.
fn lead<'a>(document: &'a Document, schema: &'a Value, pointer: &str) -> (&'a Value, String) {
    let (mut found, mut pointer) = (schema, pointer.to_owned());
    for _ in 0..DEPTH {
        let target = found.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        let only = found.get("allOf").and_then(Value::as_array).filter(|parts| parts.len() == 1);
        let target = target.and_then(|target| Some((document.value.pointer(target)?, target)));
        (found, pointer) = match (target, only) {
            (Some((value, target)), _) => (value, target.to_owned()),
            (None, Some(parts)) if found.get("properties").is_none() => (&parts[0], format!("{pointer}/allOf/0")),
            _ => break,
        };
    }
    (found, pointer)
}

fn kind(document: &Document, value: &Value) -> Kind {
    let format = value.get("format").and_then(Value::as_str).unwrap_or_default();
    let values = value.get("enum").and_then(Value::as_array);
    match schema::kind(value, &|pointer| document.value.pointer(pointer)) {
        Some("string") => match (values, format) {
            (Some(values), _) => Kind::Choice(values.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            (None, "date-time") => Kind::Time,
            (None, "date") => Kind::Date,
            (None, "uuid") => Kind::Uuid,
            (None, "email") => Kind::Email,
            (None, _) => Kind::Text,
        },
        Some("integer") => {
            let limit = |key: &str| value.get(key).and_then(Value::as_i64);
            Kind::Integer(limit("minimum"), limit("maximum"))
        }
        Some("number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        _ => Kind::Json,
    }
}

impl Field {
    /// Its entry in the table.
    pub(super) fn tokens(&self) -> TokenStream {
        let Self { flag, name, required, repeated, nullable, sensitive, deprecated, help, defined, .. } = self;
        let place = quote::format_ident!("{}", self.place);
        let (kind, help) = (self.kind.tokens(), help.trim());
        quote! {
            Field {
                flag: #flag,
                name: #name,
                place: Place::#place,
                kind: #kind,
                required: #required,
                repeated: #repeated,
                nullable: #nullable,
                sensitive: #sensitive,
                deprecated: #deprecated,
                help: #help,
                defined: #defined,
            }
        }
    }
}

impl Kind {
    fn tokens(&self) -> TokenStream {
        let limit = |limit: &Option<i64>| limit.map_or_else(|| quote!(None), |limit| quote!(Some(#limit)));
        match self {
            Self::Text => quote!(Kind::Text),
            Self::Integer(from, to) => {
                let (from, to) = (limit(from), limit(to));
                quote!(Kind::Integer { from: #from, to: #to })
            }
            Self::Number => quote!(Kind::Number),
            Self::Boolean => quote!(Kind::Boolean),
            Self::Choice(values) => quote!(Kind::Choice(&[#(#values),*])),
            Self::Time => quote!(Kind::Time),
            Self::Date => quote!(Kind::Date),
            Self::Uuid => quote!(Kind::Uuid),
            Self::Email => quote!(Kind::Email),
            Self::Json => quote!(Kind::Json),
        }
    }
}
