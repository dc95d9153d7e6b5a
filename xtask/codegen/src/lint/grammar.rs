//! OpenAPI 3.0 as a table: which members each object has, of what form, and which must be there.
//!
//! Data only; [`walk`](super::walk) applies it. Source: OpenAPI Specification 3.0.3, section 4.7.

/// The objects of OpenAPI 3.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Callback,
    Components,
    Contact,
    Discriminator,
    Document,
    Encoding,
    Example,
    ExternalDocs,
    Header,
    Info,
    License,
    Link,
    MediaType,
    OAuthFlow,
    OAuthFlows,
    Operation,
    Parameter,
    PathItem,
    Paths,
    RequestBody,
    Response,
    Responses,
    Schema,
    SecurityRequirement,
    SecurityScheme,
    Server,
    ServerVariable,
    Tag,
    Xml,
}

/// What the value of a member must look like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// A string.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A whole number that is not negative.
    Count,
    /// Anything.
    Any,
    /// An array of anything.
    Values,
    /// An array of strings.
    Texts,
    /// An object whose values are strings.
    TextMap,
    /// An object whose values are anything.
    AnyMap,
    /// One object.
    One(Kind),
    /// An object or a `$ref` to one.
    Or(Kind),
    /// An array of objects.
    List(Kind),
    /// An array of objects or `$ref`s.
    ListOr(Kind),
    /// An object whose values are objects.
    Map(Kind),
    /// An object whose values are objects or `$ref`s.
    MapOr(Kind),
    /// `true`, `false` or a schema.
    FlagOrSchema,
}

/// Name, form, and whether it must be there.
pub(super) type Field = (&'static str, Form, bool);

use Form::{
    Any, AnyMap, Count, Flag, FlagOrSchema, List, ListOr, Map, MapOr, Number, One, Or, Text, TextMap, Texts, Values,
};

const SCHEMA: &[Field] = &[
    ("$ref", Text, false),
    ("additionalProperties", FlagOrSchema, false),
    ("allOf", ListOr(Kind::Schema), false),
    ("anyOf", ListOr(Kind::Schema), false),
    ("default", Any, false),
    ("deprecated", Flag, false),
    ("description", Text, false),
    ("discriminator", One(Kind::Discriminator), false),
    ("enum", Values, false),
    ("example", Any, false),
    ("exclusiveMaximum", Flag, false),
    ("exclusiveMinimum", Flag, false),
    ("externalDocs", One(Kind::ExternalDocs), false),
    ("format", Text, false),
    ("items", Or(Kind::Schema), false),
    ("maxItems", Count, false),
    ("maxLength", Count, false),
    ("maxProperties", Count, false),
    ("maximum", Number, false),
    ("minItems", Count, false),
    ("minLength", Count, false),
    ("minProperties", Count, false),
    ("minimum", Number, false),
    ("multipleOf", Number, false),
    ("not", Or(Kind::Schema), false),
    ("nullable", Flag, false),
    ("oneOf", ListOr(Kind::Schema), false),
    ("pattern", Text, false),
    ("properties", MapOr(Kind::Schema), false),
    ("readOnly", Flag, false),
    ("required", Texts, false),
    ("title", Text, false),
    ("type", Text, false),
    ("uniqueItems", Flag, false),
    ("writeOnly", Flag, false),
    ("xml", One(Kind::Xml), false),
];

const PARAMETER: &[Field] = &[
    ("name", Text, true),
    ("in", Text, true),
    ("description", Text, false),
    ("required", Flag, false),
    ("deprecated", Flag, false),
    ("allowEmptyValue", Flag, false),
    ("style", Text, false),
    ("explode", Flag, false),
    ("allowReserved", Flag, false),
    ("schema", Or(Kind::Schema), false),
    ("example", Any, false),
    ("examples", MapOr(Kind::Example), false),
    ("content", Map(Kind::MediaType), false),
];

const OPERATION: &[Field] = &[
    ("tags", Texts, false),
    ("summary", Text, false),
    ("description", Text, false),
    ("externalDocs", One(Kind::ExternalDocs), false),
    ("operationId", Text, false),
    ("parameters", ListOr(Kind::Parameter), false),
    ("requestBody", Or(Kind::RequestBody), false),
    ("responses", One(Kind::Responses), true),
    ("callbacks", MapOr(Kind::Callback), false),
    ("deprecated", Flag, false),
    ("security", List(Kind::SecurityRequirement), false),
    ("servers", List(Kind::Server), false),
];

const PATH_ITEM: &[Field] = &[
    ("$ref", Text, false),
    ("summary", Text, false),
    ("description", Text, false),
    ("get", One(Kind::Operation), false),
    ("put", One(Kind::Operation), false),
    ("post", One(Kind::Operation), false),
    ("delete", One(Kind::Operation), false),
    ("options", One(Kind::Operation), false),
    ("head", One(Kind::Operation), false),
    ("patch", One(Kind::Operation), false),
    ("trace", One(Kind::Operation), false),
    ("servers", List(Kind::Server), false),
    ("parameters", ListOr(Kind::Parameter), false),
];

const COMPONENTS: &[Field] = &[
    ("schemas", MapOr(Kind::Schema), false),
    ("responses", MapOr(Kind::Response), false),
    ("parameters", MapOr(Kind::Parameter), false),
    ("examples", MapOr(Kind::Example), false),
    ("requestBodies", MapOr(Kind::RequestBody), false),
    ("headers", MapOr(Kind::Header), false),
    ("securitySchemes", MapOr(Kind::SecurityScheme), false),
    ("links", MapOr(Kind::Link), false),
    ("callbacks", MapOr(Kind::Callback), false),
];

const DOCUMENT: &[Field] = &[
    ("openapi", Text, true),
    ("info", One(Kind::Info), true),
    ("servers", List(Kind::Server), false),
    ("paths", One(Kind::Paths), true),
    ("components", One(Kind::Components), false),
    ("security", List(Kind::SecurityRequirement), false),
    ("tags", List(Kind::Tag), false),
    ("externalDocs", One(Kind::ExternalDocs), false),
];

const INFO: &[Field] = &[
    ("title", Text, true),
    ("description", Text, false),
    ("termsOfService", Text, false),
    ("contact", One(Kind::Contact), false),
    ("license", One(Kind::License), false),
    ("version", Text, true),
];

const HEADER: &[Field] = &[
    ("description", Text, false),
    ("required", Flag, false),
    ("deprecated", Flag, false),
    ("allowEmptyValue", Flag, false),
    ("style", Text, false),
    ("explode", Flag, false),
    ("allowReserved", Flag, false),
    ("schema", Or(Kind::Schema), false),
    ("example", Any, false),
    ("examples", MapOr(Kind::Example), false),
    ("content", Map(Kind::MediaType), false),
];

const MEDIA_TYPE: &[Field] = &[
    ("schema", Or(Kind::Schema), false),
    ("example", Any, false),
    ("examples", MapOr(Kind::Example), false),
    ("encoding", Map(Kind::Encoding), false),
];

const RESPONSE: &[Field] = &[
    ("description", Text, true),
    ("headers", MapOr(Kind::Header), false),
    ("content", Map(Kind::MediaType), false),
    ("links", MapOr(Kind::Link), false),
];

const LINK: &[Field] = &[
    ("operationRef", Text, false),
    ("operationId", Text, false),
    ("parameters", AnyMap, false),
    ("requestBody", Any, false),
    ("description", Text, false),
    ("server", One(Kind::Server), false),
];

const SECURITY_SCHEME: &[Field] = &[
    ("type", Text, true),
    ("description", Text, false),
    ("name", Text, false),
    ("in", Text, false),
    ("scheme", Text, false),
    ("bearerFormat", Text, false),
    ("flows", One(Kind::OAuthFlows), false),
    ("openIdConnectUrl", Text, false),
];

const FLOW: &[Field] = &[
    ("authorizationUrl", Text, false),
    ("tokenUrl", Text, false),
    ("refreshUrl", Text, false),
    ("scopes", TextMap, true),
];

const ENCODING: &[Field] = &[
    ("contentType", Text, false),
    ("headers", MapOr(Kind::Header), false),
    ("style", Text, false),
    ("explode", Flag, false),
    ("allowReserved", Flag, false),
];

const XML: &[Field] = &[
    ("name", Text, false),
    ("namespace", Text, false),
    ("prefix", Text, false),
    ("attribute", Flag, false),
    ("wrapped", Flag, false),
];

/// The members of an object with fixed members; none for a map.
pub(super) fn fields(kind: Kind) -> Option<&'static [Field]> {
    Some(match kind {
        Kind::Callback | Kind::Paths | Kind::Responses | Kind::SecurityRequirement => return None,
        Kind::Components => COMPONENTS,
        Kind::Contact => &[("name", Text, false), ("url", Text, false), ("email", Text, false)],
        Kind::Discriminator => &[("propertyName", Text, true), ("mapping", TextMap, false)],
        Kind::Document => DOCUMENT,
        Kind::Encoding => ENCODING,
        Kind::Example => &[
            ("summary", Text, false),
            ("description", Text, false),
            ("value", Any, false),
            ("externalValue", Text, false),
        ],
        Kind::ExternalDocs => &[("description", Text, false), ("url", Text, true)],
        Kind::Header => HEADER,
        Kind::Info => INFO,
        Kind::License => &[("name", Text, true), ("url", Text, false)],
        Kind::Link => LINK,
        Kind::MediaType => MEDIA_TYPE,
        Kind::OAuthFlow => FLOW,
        Kind::OAuthFlows => &[
            ("implicit", One(Kind::OAuthFlow), false),
            ("password", One(Kind::OAuthFlow), false),
            ("clientCredentials", One(Kind::OAuthFlow), false),
            ("authorizationCode", One(Kind::OAuthFlow), false),
        ],
        Kind::Operation => OPERATION,
        Kind::Parameter => PARAMETER,
        Kind::PathItem => PATH_ITEM,
        Kind::RequestBody => {
            &[("description", Text, false), ("content", Map(Kind::MediaType), true), ("required", Flag, false)]
        }
        Kind::Response => RESPONSE,
        Kind::Schema => SCHEMA,
        Kind::SecurityScheme => SECURITY_SCHEME,
        Kind::Server => {
            &[("url", Text, true), ("description", Text, false), ("variables", Map(Kind::ServerVariable), false)]
        }
        Kind::ServerVariable => &[("enum", Texts, false), ("default", Text, true), ("description", Text, false)],
        Kind::Tag => {
            &[("name", Text, true), ("description", Text, false), ("externalDocs", One(Kind::ExternalDocs), false)]
        }
        Kind::Xml => XML,
    })
}

/// The object as a message names it, and the folder of `components` that holds it.
pub(super) fn words(kind: Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::Callback => ("a callback", Some("callbacks")),
        Kind::Components => ("`components`", None),
        Kind::Contact => ("`contact`", None),
        Kind::Discriminator => ("a discriminator", None),
        Kind::Document => ("the document", None),
        Kind::Encoding => ("an encoding", None),
        Kind::Example => ("an example", Some("examples")),
        Kind::ExternalDocs => ("`externalDocs`", None),
        Kind::Header => ("a header", Some("headers")),
        Kind::Info => ("`info`", None),
        Kind::License => ("`license`", None),
        Kind::Link => ("a link", Some("links")),
        Kind::MediaType => ("a media type", None),
        Kind::OAuthFlow => ("an OAuth flow", None),
        Kind::OAuthFlows => ("`flows`", None),
        Kind::Operation => ("an operation", None),
        Kind::Parameter => ("a parameter", Some("parameters")),
        Kind::PathItem => ("a path", None),
        Kind::Paths => ("`paths`", None),
        Kind::RequestBody => ("a request body", Some("requestBodies")),
        Kind::Response => ("a response", Some("responses")),
        Kind::Responses => ("`responses`", None),
        Kind::Schema => ("a schema", Some("schemas")),
        Kind::SecurityRequirement => ("a security requirement", None),
        Kind::SecurityScheme => ("a security scheme", Some("securitySchemes")),
        Kind::Server => ("a server", None),
        Kind::ServerVariable => ("a server variable", None),
        Kind::Tag => ("a tag", None),
        Kind::Xml => ("`xml`", None),
    }
}

/// Members that OpenAPI 3.1 has and 3.0 has not, and what 3.0 writes instead.
pub(super) const NEWER: &[(Kind, &str, &str)] = &[
    (Kind::Components, "pathItems", "write the path out under `paths`"),
    (Kind::Document, "jsonSchemaDialect", "remove it; OpenAPI 3.0 has one dialect"),
    (Kind::Document, "webhooks", "remove it; the document says only what the server answers"),
    (Kind::Info, "summary", "move it to `description`"),
    (Kind::License, "identifier", "write the licence's `url`"),
    (Kind::Schema, "$anchor", "move the schema to `components.schemas`"),
    (Kind::Schema, "$comment", "write a YAML comment"),
    (Kind::Schema, "$defs", "move its schemas to `components.schemas`"),
    (Kind::Schema, "$dynamicRef", "name the schema with `$ref`"),
    (Kind::Schema, "$id", "remove it; schemas are named by their place"),
    (Kind::Schema, "$schema", "remove it; OpenAPI 3.0 has one dialect"),
    (Kind::Schema, "const", "write an `enum` with one value"),
    (Kind::Schema, "contains", "remove it; OpenAPI 3.0 has `items` only"),
    (Kind::Schema, "contentEncoding", "write `format: byte`"),
    (Kind::Schema, "contentMediaType", "write `format: binary`"),
    (Kind::Schema, "definitions", "move its schemas to `components.schemas`"),
    (Kind::Schema, "dependentRequired", "describe the rule in words, or with `oneOf`"),
    (Kind::Schema, "dependentSchemas", "describe the rule in words, or with `oneOf`"),
    (Kind::Schema, "else", "write the cases as `oneOf`"),
    (Kind::Schema, "examples", "write one `example`"),
    (Kind::Schema, "if", "write the cases as `oneOf`"),
    (Kind::Schema, "patternProperties", "write `additionalProperties` with a schema"),
    (Kind::Schema, "prefixItems", "write an object with named members"),
    (Kind::Schema, "propertyNames", "remove it; describe the names in words"),
    (Kind::Schema, "then", "write the cases as `oneOf`"),
    (Kind::Schema, "unevaluatedItems", "remove it"),
    (Kind::Schema, "unevaluatedProperties", "write `additionalProperties: false`"),
];
