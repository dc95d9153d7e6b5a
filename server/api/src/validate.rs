//! The document's schemas as validators: all violations at once, each with a JSON pointer and a constant text.
//!
//! The texts name limits of the schema, never the value that broke them: values may be secrets.

use std::collections::BTreeMap;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Draft, ValidationError};
use schemars::schema::SchemaObject;
use schemars::visit::{Visitor, visit_schema_object};
use serde_json::{Value, json};

/// Of more violations than this only so many are listed, and one more that says so.
const MAX_VIOLATIONS: usize = 50;

/// One rule that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// RFC 6901 pointer to the member at fault, also when it is missing.
    pub pointer: String,
    /// What is demanded, lower case, without the value.
    pub detail: String,
}

impl Violation {
    /// The top-level member of the body at fault, or the parameter, if the pointer leads to one.
    #[must_use]
    pub fn field(&self) -> Option<String> {
        let mut parts = self.pointer.strip_prefix('/')?.split('/');
        let first = parts.next()?;
        let of_parameter = parts.next().filter(|_| ["path", "query", "header"].contains(&first));
        Some(of_parameter.unwrap_or(first).replace("~1", "/").replace("~0", "~"))
    }
}

/// A type that the document describes.
pub trait Described {
    /// Checks values against the document's schema of the type.
    fn validator() -> &'static Validator;
}

/// A compiled schema.
#[derive(Debug)]
pub struct Validator {
    schema: jsonschema::Validator,
    members: BTreeMap<String, Member>,
}

/// The JSON type of a member, for bodies whose values all come as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    /// `type` of the member, or of its items.
    pub kind: String,
    /// Whether it may come more than once.
    pub is_list: bool,
}

impl Validator {
    /// The schema called `name` of `definitions`, a JSON object of schemas that may refer to each other under `#/$defs/`.
    ///
    /// # Panics
    /// The definitions are not valid schemas; generated ones are, and a test compiles each of them.
    #[must_use]
    pub fn of_component(definitions: &str, name: &str) -> Self {
        Self::compile(json!({ "$ref": format!("#/$defs/{name}") }), definitions)
    }

    /// A schema on its own.
    ///
    /// # Panics
    /// As [`Validator::of_component`].
    #[must_use]
    pub fn of_schema(schema: &str) -> Self {
        Self::of_schema_with(schema, "{}")
    }

    /// A schema that refers to `definitions`.
    ///
    /// # Panics
    /// As [`Validator::of_component`].
    #[must_use]
    pub fn of_schema_with(schema: &str, definitions: &str) -> Self {
        Self::compile(serde_json::from_str(schema).unwrap_or_default(), definitions)
    }

    #[expect(clippy::expect_used, reason = "schemas are constants of the generated code")]
    fn compile(mut schema: Value, definitions: &str) -> Self {
        schema["$defs"] = serde_json::from_str(definitions).unwrap_or_default();
        let validator =
            jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(&schema);
        let mut members = BTreeMap::new();
        collect_members(&schema, &schema["$defs"], 0, &mut members);
        Self { schema: validator.expect("a generated schema compiles"), members }
    }

    /// What is known of the member called `name`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member> {
        self.members.get(name)
    }

    /// Everything that is wrong with `value`; empty: it is valid. Of very much, the beginning, and one of the whole value that
    /// says so.
    #[must_use]
    pub fn violations(&self, value: &Value) -> Vec<Violation> {
        let mut found = Vec::new();
        for error in self.schema.iter_errors(value) {
            describe(&error, &mut found);
            found.dedup();
            if found.len() > MAX_VIOLATIONS {
                found.truncate(MAX_VIOLATIONS);
                let detail = format!("breaks more rules than the {MAX_VIOLATIONS} that are listed");
                found.push(Violation { pointer: String::new(), detail });
                break;
            }
        }
        found
    }
}

/// Members of a schema and of the schemas that it is put together of.
fn collect_members(schema: &Value, definitions: &Value, depth: usize, members: &mut BTreeMap<String, Member>) {
    let resolve = |schema| bare(schema, definitions);
    // Schemas may refer to themselves.
    if depth > 16 {
        return;
    }
    if schema["$ref"].is_string() {
        collect_members(resolve(schema), definitions, depth + 1, members);
    }
    for branch in ["allOf", "anyOf", "oneOf"].iter().filter_map(|key| schema[*key].as_array()).flatten() {
        collect_members(branch, definitions, depth + 1, members);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let member = resolve(member);
        let is_list = kind(member) == "array";
        let kind = if is_list { kind(resolve(&member["items"])) } else { kind(member) };
        members.insert(name.clone(), Member { kind, is_list });
    }
}

/// What a reference leads to, also behind an `allOf` of it alone or beside null; chains of references may be circles.
fn bare<'a>(mut schema: &'a Value, definitions: &'a Value) -> &'a Value {
    for _ in 0..16 {
        let target = schema["$ref"].as_str().and_then(|target| target.strip_prefix("#/$defs/"));
        let branches = ["allOf", "oneOf", "anyOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
        let mut others = branches.filter(|branch| branch["type"] != "null");
        schema = match (target, others.next(), others.next()) {
            (Some(name), _, _) => &definitions[name],
            (None, Some(only), None) if schema["type"].is_null() => only,
            _ => return schema,
        };
    }
    schema
}

/// The `type` of a schema, null aside.
fn kind(schema: &Value) -> String {
    let mut kinds =
        schema["type"].as_array().into_iter().flatten().chain(Some(&schema["type"])).filter_map(Value::as_str);
    kinds.find(|kind| *kind != "null").unwrap_or_default().to_owned()
}

/// A generated schema for dropshot's document.
///
/// # Panics
/// The literal is not a schema; generated ones are, and a test emits the whole document.
#[expect(clippy::expect_used, reason = "schemas are constants of the generated code")]
#[must_use]
pub fn literal(schema: &str) -> schemars::schema::Schema {
    let mut schema = serde_json::from_str(schema).expect("a generated schema is a schema");
    NullDefaults.visit_schema(&mut schema);
    schema
}

/// Puts defaults of null in the place of the text that stands for them: schemars reads null as none.
struct NullDefaults;

impl Visitor for NullDefaults {
    fn visit_schema_object(&mut self, schema: &mut SchemaObject) {
        const NULL: &str = "\u{0}null";
        if let Some(default) = schema.metadata.as_mut().and_then(|metadata| metadata.default.as_mut())
            && default == NULL
        {
            *default = Value::Null;
        }
        visit_schema_object(self, schema);
    }
}

fn describe(error: &ValidationError<'_>, found: &mut Vec<Violation>) {
    let at = error.instance_path().to_string();
    let member = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            found.push(Violation { pointer: member(name), detail: "is required".to_owned() });
        }
        Kind::AdditionalProperties { unexpected } => {
            found.extend(
                unexpected
                    .iter()
                    .map(|name| Violation { pointer: member(name), detail: "is not a known member".to_owned() }),
            );
        }
        Kind::Not { schema } if schema["required"].is_array() => {
            let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            found.extend(names.map(|name| Violation {
                pointer: member(name),
                detail: "must not be present in this case".to_owned(),
            }));
        }
        Kind::OneOfNotValid { context } | Kind::AnyOf { context } => match nearest_branch(context) {
            Some(branch) => branch.iter().for_each(|error| describe(error, found)),
            None => found.push(Violation { pointer: at, detail: "fits none of the allowed forms".to_owned() }),
        },
        kind => found.push(Violation { pointer: at, detail: demand(kind) }),
    }
}

/// The alternative that the sender most likely meant: one whose fixed values match, with the fewest violations.
fn nearest_branch<'a>(branches: &'a [Vec<ValidationError<'static>>]) -> Option<&'a Vec<ValidationError<'static>>> {
    let mismatches = |branch: &Vec<ValidationError<'static>>| {
        branch.iter().filter(|error| matches!(error.kind(), Kind::Enum { .. } | Kind::Constant { .. })).count()
    };
    branches.iter().filter(|branch| mismatches(branch) == 0 && !branch.is_empty()).min_by_key(|branch| branch.len())
}

fn demand(kind: &Kind) -> String {
    match kind {
        Kind::Type { kind } => format!("must be of type {}", type_names(kind)),
        Kind::MinLength { limit } => format!("must be at least {limit} characters long"),
        Kind::MaxLength { limit } => format!("must be at most {limit} characters long"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be greater than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::MinProperties { limit } => format!("must have at least {limit} member(s)"),
        Kind::UniqueItems => "must not repeat an item".to_owned(),
        Kind::Pattern { .. } => "must match the pattern in the documentation".to_owned(),
        Kind::Format { format } => format!("must be a valid {format}"),
        Kind::Enum { options } => format!("must be one of {options}"),
        other => format!("breaks the rule `{}`", other.keyword()),
    }
}

fn type_names(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(kind) => kind.to_string(),
        jsonschema::error::TypeKind::Multiple(kinds) => {
            kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>().join(" or ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(schema: Value, value: Value) -> Vec<(String, String)> {
        let found = Validator::of_schema(&schema.to_string()).violations(&value);
        found.into_iter().map(|violation| (violation.pointer, violation.detail)).collect()
    }

    #[test]
    fn all_violations_are_listed_and_none_quotes_the_value() {
        let schema = json!({"type": "object", "required": ["a/b"], "properties": {"p": {"type": "string", "maxLength": 3}}, "additionalProperties": false});
        let found = violations(schema, json!({"p": "secret", "x": 1}));
        assert!(found.contains(&("/a~1b".to_owned(), "is required".to_owned())), "{found:?}");
        assert!(found.contains(&("/x".to_owned(), "is not a known member".to_owned())), "{found:?}");
        assert!(found.contains(&("/p".to_owned(), "must be at most 3 characters long".to_owned())), "{found:?}");
        assert!(!format!("{found:?}").contains("secret"));
    }

    #[test]
    fn of_very_many_violations_the_first_are_listed_and_that_there_are_more() {
        for schema in [
            // One error about many members, and many errors.
            json!({"type": "object", "properties": {"p": {}}, "additionalProperties": false}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
        ] {
            let of = |count: usize| {
                let members = (0..count).map(|member| (format!("m{member}"), json!(1)));
                violations(schema.clone(), Value::Object(members.collect()))
            };
            assert_eq!(of(50).len(), 50);
            let more = (String::new(), "breaks more rules than the 50 that are listed".to_owned());
            let found = of(51);
            assert_eq!((found.len(), found.last()), (51, Some(&more)), "{schema}");
            assert_eq!(of(1_000).len(), 51, "{schema}");
        }
    }

    #[test]
    fn members_have_the_type_that_their_references_lead_to() {
        let definitions = json!({"Count": {"type": "integer"}, "Counts": {"type": "array", "items": {"allOf": [{"$ref": "#/$defs/Count"}]}}});
        let schema = json!({"type": "object", "properties": {
            "wrapped": {"description": "a count", "allOf": [{"$ref": "#/$defs/Count"}]},
            "nullable": {"anyOf": [{"type": "null"}, {"allOf": [{"$ref": "#/$defs/Count"}]}]},
            "list": {"allOf": [{"$ref": "#/$defs/Counts"}]},
            "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
        }});
        let validator = Validator::of_schema_with(&schema.to_string(), &definitions.to_string());
        let member = |kind: &str, is_list| Some(Member { kind: kind.to_owned(), is_list });
        for (name, expected) in [
            ("wrapped", member("integer", false)),
            ("nullable", member("integer", false)),
            ("list", member("integer", true)),
            ("either", member("", false)),
        ] {
            assert_eq!(validator.member(name).cloned(), expected, "{name}");
        }
    }

    #[test]
    fn the_meant_alternative_is_explained() {
        let schema = json!({"type": "object", "properties": {"t": {"enum": ["a", "b"]}}, "oneOf": [
            {"properties": {"t": {"enum": ["a"]}}, "not": {"required": ["x"]}},
            {"properties": {"t": {"enum": ["b"]}}, "required": ["x"]},
        ]});
        assert_eq!(
            violations(schema.clone(), json!({"t": "a", "x": 1})),
            [("/x".to_owned(), "must not be present in this case".to_owned())]
        );
        assert_eq!(violations(schema, json!({"t": "b"})), [("/x".to_owned(), "is required".to_owned())]);
    }
}
