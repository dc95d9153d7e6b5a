//! The ledger: what dropshot cannot say, found place by place.

use serde_json::Value;

use super::{Pass, child};
use crate::failure::Failure;
use crate::model::{Body, Content, Header, List, Operation, Parameter, Payload, Response, Status};
use crate::server::{is_documented, is_freeform};

/// The classes of loss with the reason of each.
pub const CLASSES: &[(&str, &str)] = &[
    ("added-default", "dropshot documents an operation without a success as one that answers anything"),
    ("added-error", "dropshot documents errors of every operation that answers a status"),
    ("added-operation-id", "dropshot names every operation"),
    ("description-whitespace", "dropshot re-flows the text of doc comments"),
    ("error-description", "dropshot describes all errors of an operation at once"),
    ("error-header", "dropshot documents headers of the success answer only"),
    ("error-media-type", "dropshot documents every error as application/json"),
    ("error-schema", "dropshot gives the errors of an operation one schema and its own title"),
    ("error-status", "dropshot documents errors as 4XX and 5XX"),
    ("extension", "dropshot has no place for extensions of operations, bodies and answers"),
    ("info", "dropshot knows no extensions of `info`"),
    ("operation-extra", "dropshot knows no callbacks, servers, links and external documentation of operations"),
    ("optional-body", "dropshot documents every request body as required"),
    ("parameter-annotation", "dropshot has no examples, deprecation and style of parameters and headers"),
    ("parameter-list", "dropshot takes scalars in paths and queries; a list is documented as its items"),
    (
        "path-conflict",
        "dropshot's router takes a literal or one variable at a place; what meets there is handed on by hand",
    ),
    ("path-text", "dropshot has no texts of paths"),
    ("request-description", "dropshot has no description of a request body"),
    ("request-encoding", "dropshot has no encoding of the parts of a body"),
    ("request-example", "dropshot has no examples of media types"),
    ("request-media-type", "dropshot documents one media type of a body, of four that it knows"),
    ("response-example", "dropshot has no examples of media types"),
    ("schema-keyword", "dropshot keeps the keywords that belong to a schema's type, and needs that type"),
    ("security", "dropshot knows nothing of security requirements"),
    ("security-scheme", "dropshot knows nothing of security schemes"),
    ("servers", "dropshot does not say where it listens"),
    ("settled", "what has one reading only is said in another form"),
    ("success-header", "dropshot documents no headers beside a body of any kind"),
    ("success-media-type", "dropshot documents every typed success as application/json"),
    ("success-status", "dropshot documents one success answer, by its exact status"),
    ("unused-schema", "dropshot emits the schemas that operations lead to"),
    ("vendor-only-status", "this server never sends the answer"),
];

/// Members of `info` that dropshot knows.
const INFO: [&str; 6] = ["title", "version", "description", "termsOfService", "contact", "license"];

/// Whether the body has one schema that all its media types are read by.
pub(super) fn is_typed(body: &Body) -> bool {
    let mut names: Vec<_> = body.contents.iter().map(Content::schema).collect();
    names.dedup();
    matches!(names.as_slice(), [Some(_)])
}

impl Pass<'_> {
    pub(super) fn lose(&mut self, class: &'static str, pointer: String) {
        self.losses.entry(class).or_default().insert(pointer);
    }

    fn lose_if_present(&mut self, class: &'static str, pointer: &str, keys: &[&str]) {
        for key in keys {
            let pointer = child(pointer, key);
            if self.document.value.pointer(&pointer).is_some() {
                self.lose(class, pointer);
            }
        }
    }

    fn lose_extensions(&mut self, pointer: &str) {
        for key in self.keys(pointer) {
            if key.starts_with("x-") && !key.starts_with("x-dropshot-") {
                self.lose("extension", child(pointer, &key));
            }
        }
    }

    fn keys(&self, pointer: &str) -> Vec<String> {
        let node = self.document.value.pointer(pointer).and_then(Value::as_object);
        node.map(|object| object.keys().cloned().collect()).unwrap_or_default()
    }

    pub(super) fn root_losses(&mut self) {
        self.lose_if_present("servers", "", &["servers"]);
        self.lose_if_present("security", "", &["security"]);
        self.lose_if_present("operation-extra", "", &["externalDocs"]);
        self.lose_extensions("");
        self.lose_extensions("/components");
        self.lose_extensions("/paths");
        for key in self.keys("/info") {
            if !INFO.contains(&key.as_str()) {
                self.lose("info", child("/info", &key));
            }
        }
        for scheme in &self.model.schemes {
            self.lose("security-scheme", child("/components/securitySchemes", &scheme.name));
        }
        for path in self.keys("/paths") {
            let pointer = child("/paths", &path);
            self.lose_if_present("path-text", &pointer, &["summary", "description"]);
            self.lose_if_present("servers", &pointer, &["servers"]);
            self.lose_extensions(&pointer);
        }
    }

    pub(super) fn operation_losses(&mut self, operation: &Operation) {
        let pointer = &operation.pointer;
        if !operation.security.is_empty() {
            self.lose("security", child(pointer, "security"));
        }
        if self.document.value.pointer(&child(pointer, "operationId")).is_none() {
            self.lose("added-operation-id", pointer.clone());
        }
        if operation.success().is_none() {
            self.lose("added-default", child(pointer, "responses"));
        }
        self.lose_if_present("operation-extra", pointer, &["callbacks", "servers", "externalDocs"]);
        self.lose_extensions(pointer);
        match self.failures.get(operation.id.as_str()) {
            Some(Failure::Response(_, schemas)) if schemas.is_empty() && super::operation::has_errors(operation) => {
                self.lose("added-error", child(pointer, "responses"));
            }
            Some(Failure::Response(_, schemas)) if schemas.len() > 1 => {
                self.lose("error-schema", child(pointer, "responses"));
            }
            _ => {}
        }
    }

    pub(super) fn text_losses(&mut self, operation: &Operation, summary: Option<&str>, description: Option<&str>) {
        let same = |written: &str, said: Option<&str>| written == said.unwrap_or_default();
        if !same(&operation.summary, summary) || !same(&operation.description, description) {
            self.lose("description-whitespace", child(&operation.pointer, "description"));
        }
    }

    pub(super) fn parameter_losses(&mut self, parameter: &Parameter) {
        const ANNOTATIONS: [&str; 6] =
            ["example", "examples", "deprecated", "allowEmptyValue", "allowReserved", "style"];
        self.lose_if_present("parameter-annotation", &parameter.pointer, &ANNOTATIONS);
        self.lose_extensions(&parameter.pointer);
        if parameter.list != List::No {
            self.lose("parameter-list", parameter.pointer.clone());
        }
    }

    pub(super) fn body_losses(&mut self, body: &Body) {
        self.lose_if_present("request-description", &body.pointer, &["description"]);
        self.lose_extensions(&body.pointer);
        self.media_losses("request-example", &body.contents);
        if !body.required {
            self.lose("optional-body", body.pointer.clone());
        }
        if !is_documented(body) {
            self.lose("request-media-type", child(&body.pointer, "content"));
        }
        for content in &body.contents {
            self.lose_if_present("request-encoding", &content.pointer, &["encoding"]);
            // A body that is handed on has the schema of any bytes.
            let is_binary = |schema: &Value| {
                schema["type"] == "string"
                    && schema["format"] == "binary"
                    && schema.as_object().is_some_and(|it| it.len() == 2)
            };
            let pointer = child(&content.pointer, "schema");
            let is_opaque = matches!(content.payload, Payload::Raw | Payload::Multipart);
            if is_opaque && !self.document.value.pointer(&pointer).is_some_and(is_binary) {
                self.lose("request-media-type", content.pointer.clone());
            }
        }
    }

    fn media_losses(&mut self, class: &'static str, contents: &[Content]) {
        for content in contents {
            self.lose_if_present(class, &content.pointer, &["example", "examples"]);
            self.lose_extensions(&content.pointer);
        }
    }

    pub(super) fn header_losses(&mut self, header: &Header) {
        self.lose_if_present("parameter-annotation", &header.pointer, &["example", "examples", "deprecated"]);
        self.lose_extensions(&header.pointer);
    }

    pub(super) fn response_losses(&mut self, operation: &Operation, response: &Response) {
        let pointer = &response.pointer;
        self.lose_extensions(pointer);
        self.lose_if_present("operation-extra", pointer, &["links"]);
        self.media_losses("response-example", &response.contents);
        let is_success = operation.success().is_some_and(|success| success.status == response.status);
        if response.is_foreign {
            self.lose("vendor-only-status", pointer.clone());
        } else if is_success {
            self.success_losses(response);
        } else if operation.errors().any(|error| error.status == response.status) {
            self.error_losses(operation, response);
        } else {
            self.lose("success-status", pointer.clone());
        }
    }

    fn success_losses(&mut self, response: &Response) {
        let pointer = &response.pointer;
        let wanted = if is_freeform(response) { "*/*" } else { "application/json" };
        if response.contents.iter().any(|content| content.pointer != child(&child(pointer, "content"), wanted)) {
            self.lose("success-media-type", child(pointer, "content"));
        }
        if is_freeform(response) && !response.headers.is_empty() {
            self.lose("success-header", child(pointer, "headers"));
        }
        if matches!(response.status, Status::Range(_)) {
            self.lose("success-status", pointer.clone());
        }
    }

    fn error_losses(&mut self, operation: &Operation, response: &Response) {
        let pointer = &response.pointer;
        let key = response.status.to_string();
        let component = self.failures.get(operation.id.as_str()).map(Failure::component).unwrap_or_default().to_owned();
        if !matches!(response.status, Status::Range(4 | 5)) || !super::operation::has_errors(operation) {
            self.lose("error-status", format!("{}/responses/{key}", operation.pointer));
        }
        if response.description != component {
            self.lose("error-description", child(pointer, "description"));
        }
        if response.contents.iter().any(|content| content.media_type != "application/json") {
            self.lose("error-media-type", child(pointer, "content"));
        }
        for header in &response.headers {
            self.lose("error-header", child(&child(pointer, "headers"), &header.name));
        }
        if let Some((content, name)) = response.json()
            && let Some(schema) = self.model.schema(name).filter(|schema| schema.inline)
            && schema.value["title"] != Value::String(component)
        {
            self.lose("error-schema", content.pointer.clone());
        }
    }
}
