//! Schemas: those that an operation leads to, as dropshot says them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Pass;
use crate::express::express;
use crate::schema;

impl Pass<'_> {
    /// dropshot emits the schemas that an operation leads to.
    pub(super) fn reachable_schemas(&mut self, projected: &Value, responses: &Value) -> Value {
        let mut queue = Vec::new();
        collect(&projected["paths"], &mut queue);
        collect(responses, &mut queue);
        let mut reached: BTreeMap<String, Value> = BTreeMap::new();
        while let Some(name) = queue.pop() {
            if reached.contains_key(&name) {
                continue;
            }
            let Some(schema) = self.model.schema(&name) else { continue };
            let expressed = self.express(&schema.value, &schema.pointer);
            queue.extend(schema::references(&expressed));
            reached.insert(name, expressed);
        }
        for schema in self.model.schemas.iter().filter(|schema| !schema.inline && !reached.contains_key(&schema.name)) {
            self.lose("unused-schema", schema.pointer.clone());
        }
        Value::Object(reached.into_iter().collect())
    }

    /// A schema as dropshot says it; what is lost is written down.
    pub(super) fn express(&mut self, value: &Value, pointer: &str) -> Value {
        express(value, &mut |below| {
            self.losses.entry("schema-keyword").or_default().insert(format!("{pointer}{below}"));
        })
    }
}

/// Names of all schemas that are referred to anywhere below.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.extend(schema::reference(value).map(str::to_owned));
            object.values().for_each(|child| collect(child, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
