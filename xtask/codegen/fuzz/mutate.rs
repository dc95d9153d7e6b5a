//! Small changes to a document, chosen by a string of bytes: the fuzzer's, or a generator's with a fixed seed.
//!
//! Shared by the fuzz target and by `tests/mutations.rs`.

use serde_json::{Map, Value, json};

/// Documents of our own making that changes start from.
pub(crate) const SEEDS: [&str; 2] = [include_str!("seeds/things.yaml"), include_str!("seeds/other.yaml")];

/// Decisions taken from bytes; when they run out, each is the first choice.
struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    /// Decisions from `bytes`.
    fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn byte(&mut self) -> usize {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                usize::from(*first)
            }
            None => 0,
        }
    }

    fn below(&mut self, count: usize) -> usize {
        let wide = if count > 256 { self.byte() << 8 | self.byte() } else { self.byte() };
        wide % count.max(1)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A changed document as text, or the bytes themselves if they begin with 255.
pub(crate) fn document(bytes: &[u8], seeds: &[Value]) -> String {
    let mut choices = Choices::new(bytes);
    let first = choices.byte();
    if first == 255 {
        return String::from_utf8_lossy(choices.0).into_owned();
    }
    let mut value = seeds[first % seeds.len()].clone();
    for _ in 0..12 {
        if choices.is_empty() {
            break;
        }
        mutate(&mut value, &mut choices);
    }
    value.to_string()
}

/// Changes one node: mostly a schema into another schema, sometimes anything into anything.
fn mutate(document: &mut Value, choices: &mut Choices<'_>) {
    let mut pointers = Vec::new();
    collect(document, String::new(), &mut pointers);
    let is_wild = choices.below(4) == 0;
    if !is_wild {
        pointers.retain(|pointer| document.pointer(pointer).is_some_and(|node| is_schema(pointer, node)));
    }
    if pointers.is_empty() {
        return;
    }
    let pointer = choices.pick(&pointers);
    let operation = choices.below(if is_wild { 7 } else { 4 });
    let elsewhere = match operation {
        1 | 2 => document.pointer(&choices.pick(&pointers)).cloned().unwrap_or_default(),
        _ => Value::Null,
    };
    let Some(node) = document.pointer_mut(&pointer) else { return };
    match operation {
        0 => insert(node, choices, is_wild),
        1 => *node = elsewhere,
        2 => merge(node, elsewhere),
        3 => wrap(node, choices),
        4 => remove(node, choices),
        5 => rename(node, choices),
        _ => *node = choices.pick(&values()),
    }
}

/// Whether the node is likely a schema: mistakes only make the changes a little wilder.
fn is_schema(pointer: &str, node: &Value) -> bool {
    let parent = pointer.rsplit('/').nth(1).unwrap_or_default();
    let holder = ["schemas", "properties", "oneOf", "anyOf", "allOf"].contains(&parent);
    let own = ["/schema", "/items", "/additionalProperties", "/not"].iter().any(|end| pointer.ends_with(end));
    node.is_object() && (holder || own)
}

fn collect(value: &Value, pointer: String, found: &mut Vec<String>) {
    let child = |key: &str| format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| collect(value, child(key), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| collect(value, child(&index.to_string()), found));
        }
        _ => {}
    }
    found.push(pointer);
}

/// Adds or replaces a member with a value that it could have.
fn insert(node: &mut Value, choices: &mut Choices<'_>, is_wild: bool) {
    let mut members = schema_members();
    if is_wild {
        members.extend(other_members());
    } else {
        members.retain(|(key, value)| applies(node, key, value));
    }
    let (key, value) = choices.pick(&members);
    match node {
        Value::Object(object) => {
            object.insert(key.to_owned(), value);
        }
        Value::Array(items) => items.push(value),
        other => *other = value,
    }
}

/// Whether a keyword has a meaning in a schema of this type.
fn applies(schema: &Value, key: &str, value: &Value) -> bool {
    let Some(kind) = schema["type"].as_str() else { return true };
    match key {
        "pattern" | "minLength" | "maxLength" => kind == "string",
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            kind == "integer" || kind == "number"
        }
        "items" | "minItems" | "maxItems" | "uniqueItems" => kind == "array",
        "properties" | "required" | "additionalProperties" | "minProperties" => kind == "object",
        "enum" => value[0].is_string() == (kind == "string"),
        "default" | "example" => value.is_null() || value.is_string() == (kind == "string"),
        "type" => value == kind,
        _ => true,
    }
}

fn remove(node: &mut Value, choices: &mut Choices<'_>) {
    match node {
        Value::Object(object) if !object.is_empty() => {
            let keys: Vec<String> = object.keys().cloned().collect();
            object.shift_remove(&choices.pick(&keys));
        }
        Value::Array(items) if !items.is_empty() => {
            let index = choices.below(items.len());
            items.remove(index);
        }
        other => *other = Value::Null,
    }
}

fn rename(node: &mut Value, choices: &mut Choices<'_>) {
    const NAMES: [&str; 22] = [
        "", "_", "a", "A", "a-b", "a_b", "aB", "self", "Self", "type", "body", "1", "#", "ä", "日本", "String", "Vec",
        "Option", "/a", "/a/{x}", "4XX", "200",
    ];
    if let Value::Object(object) = node
        && !object.is_empty()
    {
        let keys: Vec<String> = object.keys().cloned().collect();
        let old = choices.pick(&keys);
        let name = choices.pick(&NAMES);
        let renamed: Map<String, Value> = std::mem::take(object)
            .into_iter()
            .map(|(key, value)| (if key == old { name.to_owned() } else { key }, value))
            .collect();
        *object = renamed;
    } else if let Value::String(text) = node {
        *text = choices.pick(&NAMES).to_owned();
    }
}

/// The node inside of another schema.
fn wrap(node: &mut Value, choices: &mut Choices<'_>) {
    let inner = node.take();
    *node = match choices.below(9) {
        0 => json!({"allOf": [inner]}),
        1 => json!({"oneOf": [inner, {"type": "string"}]}),
        2 => json!({"anyOf": [inner, {"type": "integer"}]}),
        3 => json!({"not": inner}),
        4 => json!({"type": "array", "items": inner}),
        5 => json!({"type": "object", "additionalProperties": inner}),
        6 => json!({"type": "object", "required": ["a"], "properties": {"a": inner}}),
        7 => json!({"allOf": [inner, {"type": "object", "properties": {"name": {"type": "integer"}}}]}),
        _ => json!([inner]),
    };
}

/// The node with the members of another, except that it stays what it is if the two have different types.
fn merge(node: &mut Value, other: Value) {
    match (node, other) {
        (Value::Object(object), Value::Object(mut other)) => {
            if object.contains_key("type") {
                other.shift_remove("type");
            }
            object.extend(other);
        }
        (Value::Array(items), other) => items.push(other),
        (node, other) => *node = other,
    }
}

/// Values at the edges of what is expected.
fn values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(1),
        json!(0.5),
        json!(1e300),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(""),
        json!("a"),
        json!("Ab"),
        json!("#"),
        json!("日本"),
        json!("{id}"),
        json!("a\nb"),
        json!("*/"),
        json!("\u{0}"),
        json!("x".repeat(300)),
        json!([]),
        json!([null]),
        json!(["a", "a"]),
        json!([{}]),
        json!({}),
        json!({"a": 1}),
        json!({"type": "string"}),
        json!({"type": "object"}),
        json!({"$ref": "#/components/schemas/Thing"}),
        json!({"$ref": "#/components/schemas/Shape"}),
        json!({"$ref": "#/components/schemas/Page"}),
        json!({"$ref": "#/components/responses/Refused"}),
        json!({"$ref": "#"}),
        json!({"$ref": "http://example.invalid/"}),
    ]
}

/// Members of schemas with values that they could have.
#[expect(clippy::too_many_lines, reason = "one table")]
fn schema_members() -> Vec<(&'static str, Value)> {
    let thing = json!({"$ref": "#/components/schemas/Thing"});
    let item = json!({"$ref": "#/components/schemas/Item"});
    vec![
        ("type", json!("string")),
        ("type", json!("object")),
        ("type", json!("array")),
        ("type", json!("integer")),
        ("type", json!("number")),
        ("type", json!("boolean")),
        ("type", json!(["string", "null"])),
        ("format", json!("int32")),
        ("format", json!("uint8")),
        ("format", json!("date-time")),
        ("format", json!("uuid")),
        ("format", json!("binary")),
        ("format", json!("whatever")),
        ("enum", json!(["a", "b"])),
        ("enum", json!(["a", "A"])),
        ("enum", json!(["", "-", "+1"])),
        ("enum", json!([1, 2])),
        ("enum", json!([1.5])),
        ("enum", json!([true])),
        ("enum", json!([null])),
        ("enum", json!(["a", 1])),
        ("nullable", json!(true)),
        ("pattern", json!("^a$")),
        ("pattern", json!("(?!a)b")),
        ("pattern", json!("(?<=a)b")),
        ("pattern", json!("[")),
        ("minLength", json!(2)),
        ("maxLength", json!(1)),
        ("minimum", json!(1)),
        ("minimum", json!(-0.5)),
        ("maximum", json!(255)),
        ("exclusiveMinimum", json!(true)),
        ("exclusiveMaximum", json!(1)),
        ("multipleOf", json!(2)),
        ("minItems", json!(3)),
        ("maxItems", json!(3)),
        ("uniqueItems", json!(true)),
        ("minProperties", json!(1)),
        ("required", json!(["a"])),
        ("required", json!(["name"])),
        ("properties", json!({"name": {"type": "integer"}})),
        ("properties", json!({"a": {"type": "string"}, "b": thing})),
        ("properties", json!({"a-b": {}, "type": {"type": "string"}, "self": {}})),
        ("additionalProperties", json!(false)),
        ("additionalProperties", json!(true)),
        ("additionalProperties", json!({})),
        ("additionalProperties", thing.clone()),
        ("items", json!({})),
        ("items", json!({"type": "string"})),
        ("items", thing.clone()),
        ("items", item.clone()),
        ("oneOf", json!([thing, {"type": "string"}])),
        ("oneOf", json!([{"type": "string"}, {"type": "string", "format": "uuid"}])),
        ("oneOf", json!([{"required": ["a"]}, {"required": ["b"]}])),
        (
            "oneOf",
            json!([{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}, "additionalProperties": false}, {"type": "string", "enum": ["x"]}]),
        ),
        ("oneOf", json!([{"title": "A", "type": "string"}, {"title": "a", "type": "integer"}])),
        ("anyOf", json!([thing, item])),
        ("anyOf", json!([{"type": "string"}, {"enum": [1]}])),
        ("allOf", json!([thing])),
        ("allOf", json!([thing, {"type": "object", "properties": {"name": {"type": "integer"}}}])),
        ("allOf", json!([{"type": "string"}, {"maxLength": 5}])),
        ("allOf", json!([{"type": "string"}, {"type": "integer"}])),
        ("allOf", json!([{"oneOf": [{"type": "string"}, thing]}, {"not": {"type": "string"}}])),
        ("not", json!({})),
        ("not", json!({"enum": ["a"]})),
        ("not", json!({"required": ["a"]})),
        ("not", thing.clone()),
        ("default", json!(null)),
        ("default", json!("a")),
        ("default", json!(1)),
        ("default", json!([])),
        ("default", json!({})),
        ("default", json!({"name": "a"})),
        ("default", json!(true)),
        ("example", json!("a")),
        ("title", json!("Thing")),
        ("title", json!("String")),
        ("title", json!("a b")),
        ("title", json!("")),
        ("description", json!("`]`\n\n```rust\nfn\n```")),
        ("readOnly", json!(true)),
        ("writeOnly", json!(true)),
        ("deprecated", json!(true)),
        ("discriminator", json!({"propertyName": "kind"})),
        ("x-rust-type", json!({"crate": "a", "version": "1", "path": "a::B"})),
        ("x-sensitive", json!(true)),
        ("$ref", json!("#/components/schemas/Thing")),
        ("$ref", json!("#/components/schemas/Either")),
    ]
}

/// Members of everything else.
fn other_members() -> Vec<(&'static str, Value)> {
    let thing = json!({"$ref": "#/components/schemas/Thing"});
    vec![
        ("in", json!("query")),
        ("in", json!("header")),
        ("in", json!("cookie")),
        ("name", json!("body")),
        ("name", json!("id")),
        ("name", json!("Content-Type")),
        ("required", json!(true)),
        ("schema", json!({"type": "array", "items": {"type": "string"}})),
        ("schema", json!({"oneOf": [{"type": "string"}, {"type": "integer"}]})),
        ("schema", json!({})),
        ("style", json!("deepObject")),
        ("explode", json!(false)),
        ("operationId", json!("list_things")),
        ("operationId", json!("self")),
        ("default", json!({"description": "Else.", "content": {"application/json": {"schema": thing}}})),
        ("404", json!({"description": "Not there."})),
        ("301", json!({"description": "Elsewhere."})),
        ("text/plain", json!({"schema": {"type": "string"}})),
        ("application/json", json!({})),
        ("*/*", json!({"schema": {}})),
        ("/things/all", json!({"get": {"responses": {"204": {"description": "x"}}}})),
        ("trace", json!({"responses": {"204": {"description": "x"}}})),
        ("x-dropshot-websocket", json!({})),
        ("x-dropshot-pagination", json!({"required": []})),
    ]
}
