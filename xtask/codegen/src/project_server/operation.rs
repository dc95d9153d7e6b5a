//! Operations: parameters, body and answers as dropshot says them.

use serde_json::{Map, Value, json};

use super::{Pass, child, text};
use crate::model::{Body, Content, Extension, Header, In, Operation, Parameter, Payload, Response, Status};
use crate::schema;
use crate::server::{documented_schema, is_form, is_freeform, success_status, written_header};

/// Whether dropshot documents errors: only beside a success with a status.
pub(super) fn has_errors(operation: &Operation) -> bool {
    operation.success().is_some_and(|success| success.status != Status::Default)
}

impl Pass<'_> {
    pub(super) fn operation(&mut self, operation: &Operation) -> Value {
        self.operation_losses(operation);
        let mut out = json!({ "operationId": operation.wire_id });
        let (summary, description) = text::documentation(operation);
        self.text_losses(operation, summary.as_deref(), description.as_deref());
        for (key, text) in [("summary", summary), ("description", description)] {
            if let Some(text) = text {
                out[key] = json!(text);
            }
        }
        if !operation.tags.is_empty() {
            out["tags"] = json!(operation.tags);
        }
        if operation.deprecated {
            out["deprecated"] = json!(true);
        }
        let parameters: Vec<Value> = operation.parameters.iter().map(|parameter| self.parameter(parameter)).collect();
        if !parameters.is_empty() {
            out["parameters"] = Value::Array(parameters);
        }
        if let Some(body) = &operation.body {
            out["requestBody"] = self.body(body);
        }
        out["responses"] = self.responses(operation);
        match &operation.extension {
            Extension::None => {}
            // dropshot notes it with the parameters.
            Extension::Pagination(value) if !operation.parameters.is_empty() => {
                out["x-dropshot-pagination"] = value.clone();
            }
            Extension::Pagination(_) => {
                self.lose("extension", child(&operation.pointer, "x-dropshot-pagination"));
            }
            Extension::Websocket if operation.body.is_none() => out["x-dropshot-websocket"] = json!({}),
            Extension::Websocket => self.lose("extension", child(&operation.pointer, "x-dropshot-websocket")),
        }
        out
    }

    fn parameter(&mut self, parameter: &Parameter) -> Value {
        self.parameter_losses(parameter);
        let place = match parameter.location {
            In::Path => "path",
            In::Query => "query",
            In::Header => "header",
        };
        let document = self.document;
        let lookup = |pointer: &str| document.value.pointer(pointer);
        let mut lost = Vec::new();
        let schema = documented_schema(parameter, &lookup, &mut |below| lost.push(below));
        for below in lost {
            self.lose("schema-keyword", format!("{}/schema{below}", parameter.pointer));
        }
        let mut out = json!({ "in": place, "name": parameter.name, "schema": schema });
        if !parameter.description.is_empty() {
            out["description"] = json!(parameter.description);
        }
        if parameter.required {
            out["required"] = json!(true);
        }
        out
    }

    fn body(&mut self, body: &Body) -> Value {
        self.body_losses(body);
        let binary = json!({ "type": "string", "format": "binary" });
        let (media_type, schema) = match body.contents.iter().find_map(Content::schema) {
            Some(name) if super::losses::is_typed(body) => {
                let media_type = if is_form(body) { "application/x-www-form-urlencoded" } else { "application/json" };
                (media_type, self.named(name))
            }
            _ if matches!(body.contents.as_slice(), [Content { payload: Payload::Multipart, .. }]) => {
                ("multipart/form-data", binary)
            }
            _ => ("application/octet-stream", binary),
        };
        json!({ "content": { media_type: { "schema": schema } }, "required": true })
    }

    /// A schema by its name: a reference, or the schema itself where nothing can refer to it.
    fn named(&mut self, name: &str) -> Value {
        match self.model.schema(name) {
            Some(schema) if schema.inline => self.express(&schema.value, &schema.pointer),
            _ => json!({ "$ref": format!("{}{name}", schema::COMPONENT) }),
        }
    }

    fn responses(&mut self, operation: &Operation) -> Value {
        let mut out = Map::new();
        for response in &operation.responses {
            self.response_losses(operation, response);
        }
        match operation.success() {
            Some(success) => {
                let key = success_status(success).map_or_else(|| "default".to_owned(), |status| status.to_string());
                out.insert(key, self.success(success));
            }
            None => {
                out.insert("default".to_owned(), json!({ "description": "", "content": { "*/*": { "schema": {} } } }));
            }
        }
        if has_errors(operation)
            && let Some(failure) = self.failures.get(operation.id.as_str())
        {
            let reference = json!({ "$ref": format!("#/components/responses/{}", failure.component()) });
            out.insert("4XX".to_owned(), reference.clone());
            out.insert("5XX".to_owned(), reference);
        }
        Value::Object(out)
    }

    fn success(&mut self, response: &Response) -> Value {
        let mut out = json!({ "description": response.description });
        if is_freeform(response) {
            out["content"] = json!({ "*/*": { "schema": {} } });
            return out;
        }
        if let Some((_, name)) = response.json() {
            out["content"] = json!({ "application/json": { "schema": self.named(name) } });
        }
        if !response.headers.is_empty() {
            let headers: Map<_, _> =
                response.headers.iter().map(|header| (header.name.clone(), self.header(header))).collect();
            out["headers"] = Value::Object(headers);
        }
        out
    }

    fn header(&mut self, header: &Header) -> Value {
        self.header_losses(header);
        let schema = self.express(&written_header(header), &format!("{}/schema", header.pointer));
        let mut out = json!({ "style": "simple", "schema": schema });
        if !header.description.is_empty() {
            out["description"] = json!(header.description);
        }
        if header.required {
            out["required"] = json!(true);
        }
        out
    }
}
