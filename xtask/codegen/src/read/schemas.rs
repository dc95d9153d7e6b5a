//! Component schemas.

use serde_json::Value;

use super::Reader;
use crate::model::Schema;
use crate::names;

impl Reader<'_> {
    pub(super) fn schemas(&mut self) -> Vec<Schema> {
        let mut schemas = Vec::new();
        for (name, node) in self.components("schemas") {
            if let Some(other) = self.taken.insert(names::pascal(name), name.to_owned()) {
                let message = format!("schemas `{name}` and `{other}` have one name in Rust");
                self.refuse(&node.pointer, "schema-names", message, "rename one of them");
            }
            schemas.push(Schema {
                name: name.to_owned(),
                value: node.value.clone(),
                typed: Value::Null,
                pointer: node.pointer,
                inline: false,
            });
        }
        schemas
    }
}
