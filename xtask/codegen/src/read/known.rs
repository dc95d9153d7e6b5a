//! The members that OpenAPI 3.0 knows, object by object; any other is refused rather than dropped.

use super::{Node, Reader};

pub(super) const ROOT: &[&str] =
    &["openapi", "info", "servers", "paths", "components", "security", "tags", "externalDocs"];
pub(super) const TAG: &[&str] = &["name", "description", "externalDocs"];
pub(super) const SECURITY_SCHEME: &[&str] =
    &["type", "description", "name", "in", "scheme", "bearerFormat", "flows", "openIdConnectUrl"];
pub(super) const PATH_ITEM: &[&str] = &[
    "$ref",
    "summary",
    "description",
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
    "servers",
    "parameters",
];
pub(super) const OPERATION: &[&str] = &[
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "deprecated",
    "security",
    "servers",
];
pub(super) const PARAMETER: &[&str] = &[
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "schema",
    "example",
    "examples",
    "content",
];
pub(super) const HEADER: &[&str] =
    &["description", "required", "deprecated", "style", "explode", "schema", "example", "examples", "content"];
pub(super) const REQUEST_BODY: &[&str] = &["description", "content", "required"];
pub(super) const RESPONSE: &[&str] = &["description", "headers", "content", "links"];
pub(super) const MEDIA_TYPE: &[&str] = &["schema", "example", "examples", "encoding"];
pub(super) const SCHEMA: &[&str] = &[
    "$ref",
    "title",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "enum",
    "type",
    "not",
    "allOf",
    "oneOf",
    "anyOf",
    "items",
    "properties",
    "additionalProperties",
    "description",
    "format",
    "default",
    "nullable",
    "discriminator",
    "readOnly",
    "writeOnly",
    "example",
    "externalDocs",
    "deprecated",
    "xml",
];

impl<'a> Reader<'a> {
    /// Refuses members of `node` that are neither known nor extensions.
    pub(super) fn check_members(&mut self, node: &Node<'a>, known: &[&str], what: &str) {
        for (key, child) in node.entries() {
            if !known.contains(&key) && !key.starts_with("x-") {
                self.refuse(
                    &child.pointer,
                    "unknown-member",
                    format!("{what} of OpenAPI 3.0 has no member `{key}`"),
                    "correct its name, remove it, or mark it as an extension with `x-`",
                );
            }
        }
    }
}
