//! How dropshot documents the errors of an operation: one response component for 4XX and 5XX.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::{Model, Operation, Status};
use crate::{names, schema};

/// What stands for the errors of an operation in dropshot's document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// dropshot's own error, which the document describes as dropshot does.
    Own,
    /// A named schema, in a response component of the same name.
    Schema(String),
    /// Anything else: name of the response component, and the schemas of the errors; none: no error has a JSON body.
    Response(String, Vec<String>),
}

/// Name of the component for operations that declare no error, although dropshot always documents one.
const UNDECLARED: &str = "UndeclaredError";

/// The failures of all operations, by operation id.
#[must_use]
pub(crate) fn of(model: &Model) -> BTreeMap<&str, Failure> {
    let mut taken: BTreeMap<String, Vec<String>> = BTreeMap::new();
    model.operations.iter().map(|operation| (operation.id.as_str(), failure(model, operation, &mut taken))).collect()
}

fn failure(model: &Model, operation: &Operation, taken: &mut BTreeMap<String, Vec<String>>) -> Failure {
    let schemas: Vec<String> = operation.error_schemas().into_iter().map(str::to_owned).collect();
    if is_own(model, operation, &schemas) {
        return Failure::Own;
    }
    let mut components: Vec<Option<&str>> = operation.errors().map(|response| response.component.as_deref()).collect();
    components.dedup();
    let component = match components.as_slice() {
        [Some(component)] => Some((*component).to_owned()),
        _ => None,
    };
    let base = match (component, schemas.as_slice()) {
        (Some(component), _) => component,
        (None, []) => UNDECLARED.to_owned(),
        (None, schemas) => schemas.iter().map(|name| names::pascal(name)).collect::<Vec<_>>().join("Or"),
    };
    let base = match schemas.as_slice() {
        [only] if names::pascal(only) == base => only.clone(),
        _ => base,
    };
    let mut candidates = std::iter::once(base.clone()).chain((2..).map(|number| format!("{base}{number}")));
    let is_free = |name: &String| taken.get(name).is_none_or(|known| *known == schemas);
    let name = candidates.find(is_free).unwrap_or(base);
    taken.insert(name.clone(), schemas.clone());
    match schemas.as_slice() {
        [only] if *only == name => Failure::Schema(name),
        _ => Failure::Response(name, schemas),
    }
}

/// The schema that dropshot gives its own errors.
#[must_use]
pub(crate) fn own_schema() -> Value {
    json!({
        "description": "Error information from a response.",
        "type": "object",
        "properties": {
            "error_code": {"type": "string"},
            "message": {"type": "string"},
            "request_id": {"type": "string"},
        },
        "required": ["message", "request_id"],
    })
}

/// Name that dropshot gives its own error, schema and response.
pub(crate) const OWN: &str = "Error";

/// Whether the document has dropshot's own error schema under its name.
#[must_use]
pub(crate) fn has_own_schema(model: &Model) -> bool {
    model.schema(OWN).is_some_and(|schema| schema.value == own_schema())
}

fn is_own(model: &Model, operation: &Operation, schemas: &[String]) -> bool {
    schemas == [OWN]
        && has_own_schema(model)
        && operation.errors().all(|response| {
            matches!(response.status, Status::Range(4 | 5)) && response.component.as_deref() == Some(OWN)
        })
}

impl Failure {
    /// Name of the response component.
    #[must_use]
    pub(crate) fn component(&self) -> &str {
        match self {
            Self::Own => OWN,
            Self::Schema(name) | Self::Response(name, _) => name,
        }
    }

    /// The schema of the response component, unless it is a reference: dropshot gives it the component's name as title.
    #[must_use]
    pub(crate) fn schema(&self, model: &Model, express: &dyn Fn(&Value) -> Value) -> Value {
        let written = |name: &str| match model.schema(name) {
            Some(schema) if schema.inline => express(&schema.value),
            _ => json!({ "$ref": format!("{}{name}", schema::COMPONENT) }),
        };
        let mut value = match self {
            Self::Own => written(OWN),
            Self::Schema(name) => written(name),
            Self::Response(_, schemas) => match schemas.as_slice() {
                [] => json!({}),
                [only] => written(only),
                several => json!({ "oneOf": several.iter().map(|name| written(name)).collect::<Vec<_>>() }),
            },
        };
        if value.get("$ref").is_none() {
            value["title"] = json!(self.component());
        }
        value
    }
}
