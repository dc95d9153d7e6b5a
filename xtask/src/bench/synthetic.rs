//! Documents of any size: operations in the style of a plain REST service, with schemas of their own.
//!
//! Only what every generator beside ours takes: one media type, exact statuses, JSON.

use serde_json::{Map, Value, json};

/// Operations of one resource.
const PER_RESOURCE: usize = 5;

/// A document with `operations` operations. Schemas grow with them: three for five operations.
pub(crate) fn document(operations: usize) -> Value {
    let mut paths = Map::new();
    let mut schemas = Map::from_iter([("Problem".to_owned(), problem())]);
    for resource in 0..operations.div_ceil(PER_RESOURCE) {
        let count = PER_RESOURCE.min(operations - resource * PER_RESOURCE);
        add_resource(resource, count, &mut paths, &mut schemas);
    }
    json!({
        "openapi": "3.0.3",
        "info": { "title": format!("Synthetic {operations}"), "version": "1.0.0" },
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas,
        },
    })
}

fn add_resource(number: usize, count: usize, paths: &mut Map<String, Value>, schemas: &mut Map<String, Value>) {
    let (name, new, page) = (format!("Thing{number}"), format!("NewThing{number}"), format!("Thing{number}Page"));
    schemas.insert(name.clone(), thing(true));
    schemas.insert(new.clone(), thing(false));
    schemas.insert(
        page.clone(),
        json!({
            "type": "object",
            "required": ["items"],
            "properties": { "items": { "type": "array", "items": reference(&name) }, "next": { "type": "string" } },
        }),
    );
    let id = json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string", "format": "uuid" } });
    let limit = json!({ "name": "limit", "in": "query", "schema": { "type": "integer", "format": "int32", "minimum": 1, "maximum": 100 } });
    let (all, one) = (format!("/things{number}"), format!("/things{number}/{{id}}"));
    let operations = [
        (&all, "get", "list", json!([limit]), None, Some(&page)),
        (&all, "post", "create", json!([]), Some(&new), Some(&name)),
        (&one, "get", "get", json!([id]), None, Some(&name)),
        (&one, "put", "replace", json!([id]), Some(&new), Some(&name)),
        (&one, "delete", "delete", json!([id]), None, None),
    ];
    for (path, method, verb, parameters, body, answer) in operations.into_iter().take(count) {
        let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
        item[method] = operation(&format!("{verb}_thing{number}"), parameters, body, answer);
    }
}

fn operation(id: &str, parameters: Value, body: Option<&String>, answer: Option<&String>) -> Value {
    let content = |name: &str| json!({ "application/json": { "schema": reference(name) } });
    let mut responses = Map::new();
    match answer {
        Some(name) => responses.insert("200".to_owned(), json!({ "description": "Done.", "content": content(name) })),
        None => responses.insert("204".to_owned(), json!({ "description": "Gone." })),
    };
    for (status, text) in
        [("400", "The request is not valid."), ("404", "There is no such thing."), ("409", "It is taken.")]
    {
        responses.insert(status.to_owned(), json!({ "description": text, "content": content("Problem") }));
    }
    let mut operation = json!({
        "operationId": id,
        "summary": format!("Operation {id}"),
        "description": "Does what its name says, and says so in a sentence of usual length.",
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(name) = body {
        operation["requestBody"] = json!({ "required": true, "content": content(name) });
    }
    operation
}

fn thing(stored: bool) -> Value {
    let mut schema = json!({
        "type": "object",
        "required": ["name", "kind"],
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z][A-Za-z0-9 -]*$" },
            "kind": { "type": "string", "enum": ["small", "medium", "large"] },
            "email": { "type": "string", "maxLength": 254, "description": "Where to write to." },
            "weight": { "type": "number", "minimum": 0 },
            "count": { "type": "integer", "format": "int32", "minimum": 0, "maximum": 1000 },
            "labels": { "type": "array", "maxItems": 10, "items": { "type": "string" } },
            "note": { "type": "string", "nullable": true },
        },
    });
    if stored {
        schema["required"] = json!(["id", "name", "kind", "created"]);
        schema["properties"]["id"] = json!({ "type": "string", "format": "uuid" });
        schema["properties"]["created"] = json!({ "type": "string", "format": "date-time" });
    }
    schema
}

fn problem() -> Value {
    json!({
        "type": "object",
        "required": ["title", "status"],
        "properties": {
            "title": { "type": "string" },
            "status": { "type": "integer", "format": "int32" },
            "detail": { "type": "string" },
        },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_the_operations_it_was_asked_for_and_the_generator_takes_it() {
        for operations in [1, 7, 10] {
            let text = document(operations).to_string();
            let output = dropshot_codegen::generate("synthetic.json", &text).unwrap();
            assert!(output.openapi["operations.txt"].contains(&format!(", {operations} operations")));
        }
    }
}
