//! Parameters: where they stand, how arrays are written, and what is refused.

use serde_json::Value;

use super::{Node, Reader};
use crate::model::{In, List, Parameter};
use crate::schema;

impl<'a> Reader<'a> {
    /// Those of the path, each replaced by one of the operation with the same name and place, then the operation's own.
    pub(super) fn parameters(&mut self, path: &Node<'a>, operation: &Node<'a>) -> Vec<Parameter> {
        let mut own: Vec<Parameter> =
            operation.items("parameters").into_iter().filter_map(|node| self.parameter(node)).collect();
        let shared: Vec<Parameter> =
            path.items("parameters").into_iter().filter_map(|node| self.parameter(node)).collect();
        let mut all: Vec<Parameter> =
            shared.into_iter().filter(|parameter| !own.iter().any(|other| same(other, parameter))).collect();
        all.append(&mut own);
        all
    }

    fn parameter(&mut self, node: Node<'a>) -> Option<Parameter> {
        let node = self.resolve(node)?;
        let name = node.text("name");
        let location = match node.text("in").as_str() {
            "path" => In::Path,
            "query" => In::Query,
            "header" => In::Header,
            other => {
                self.refuse(
                    &node.pointer,
                    "parameter-location",
                    format!("parameter `{name}` in `{other}` is not supported"),
                    "use path, query or header",
                );
                return None;
            }
        };
        let Some(written) = node.child("schema") else {
            self.refuse(
                &node.pointer,
                "parameter-schema",
                format!("parameter `{name}` has no schema"),
                "add `schema:`; a parameter with `content:` is not supported",
            );
            return None;
        };
        let reference = schema::reference(written.value).map(str::to_owned);
        let resolved = self.resolve(written)?;
        let list = self.list(&node, &name, location, resolved.value)?;
        Some(Parameter {
            required: location == In::Path || node.flag("required") == Some(true),
            schema: resolved.value.clone(),
            reference,
            description: node.text("description"),
            pointer: node.pointer,
            name,
            location,
            list,
        })
    }

    /// How an array is written; none is reported as a problem.
    fn list(&mut self, node: &Node<'a>, name: &str, location: In, schema: &Value) -> Option<List> {
        let kind = schema::kind(schema, &|target| self.document.value.pointer(target));
        if kind == Some("object") {
            self.refuse(
                &node.pointer,
                "parameter-type",
                format!("parameter `{name}` is an object"),
                "write one parameter for each member, or send it as a body",
            );
            return None;
        }
        let default = if location == In::Query { "form" } else { "simple" };
        let style = node.optional_text("style").unwrap_or_else(|| default.to_owned());
        let is_array = kind == Some("array");
        let explode = node.flag("explode").unwrap_or(style == "form");
        let list = match (location, style.as_str()) {
            (In::Path | In::Header, "simple") | (In::Query, "form") if !is_array => List::No,
            (In::Path | In::Header, "simple") => List::Separated(','),
            (In::Query, "form" | "spaceDelimited" | "pipeDelimited") if explode => List::Repeated,
            (In::Query, "form") => List::Separated(','),
            (In::Query, "spaceDelimited") => List::Separated(' '),
            (In::Query, "pipeDelimited") => List::Separated('|'),
            _ => {
                self.refuse(
                    &node.pointer,
                    "parameter-style",
                    format!("parameter `{name}` has the style `{style}`, which is not supported"),
                    "use the default style",
                );
                return None;
            }
        };
        Some(list)
    }
}

fn same(left: &Parameter, right: &Parameter) -> bool {
    left.name == right.name && left.location == right.location
}
