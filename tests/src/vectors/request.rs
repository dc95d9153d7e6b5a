//! A request vector as bytes: its example with the patch applied, its path with the parameters put in.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Body, File, Patch, Request};

/// Puts `value` at a pointer, whose parent is there.
pub fn put(whole: &mut Value, pointer: &str, value: Value) {
    let patch = Patch { op: "add".to_owned(), path: pointer.to_owned(), value, times: None };
    apply(whole, &patch);
}

/// Does one operation of a patch.
///
/// # Panics
/// Its place is not there.
pub fn apply(whole: &mut Value, patch: &Patch) {
    let Some((parent, name)) = patch.path.rsplit_once('/') else {
        *whole = repeated(patch);
        return;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let parent = whole.pointer_mut(parent).unwrap_or_else(|| panic!("{} has no parent", patch.path));
    match parent {
        Value::Object(members) if patch.op == "remove" => drop(members.shift_remove(&name)),
        Value::Object(members) => drop(members.insert(name, repeated(patch))),
        Value::Array(items) => {
            let index: usize = name.parse().unwrap_or_else(|_| panic!("{} is no index", patch.path));
            items[index] = repeated(patch);
        }
        _ => panic!("{} has a parent without members", patch.path),
    }
}

fn repeated(patch: &Patch) -> Value {
    match (&patch.value, patch.times) {
        (Value::String(text), Some(times)) => text.repeat(times).into(),
        (Value::Array(items), Some(times)) => items.iter().cycle().take(items.len() * times).cloned().collect(),
        (value, _) => value.clone(),
    }
}

impl Body {
    /// The JSON that it is; none if it is none.
    #[must_use]
    pub fn json(&self, file: &File) -> Option<Value> {
        let mut value = file.bodies.get(self.example.as_ref()?)?.clone();
        self.patch.iter().for_each(|patch| apply(&mut value, patch));
        Some(value)
    }

    /// Its bytes; `json` stands in for its own.
    #[must_use]
    pub fn bytes(&self, json: Option<&Value>) -> Vec<u8> {
        let mut bytes = match (&self.text, &self.hex, json) {
            (Some(text), _, _) => text.clone().into_bytes(),
            (None, Some(digits), _) => hex(digits),
            (None, None, json) => json.map(Value::to_string).unwrap_or_default().into_bytes(),
        };
        if let Some(size) = self.padded_to_bytes {
            bytes.resize(size, b' ');
        }
        bytes
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let byte = |index: usize| u8::from_str_radix(&digits[index..index + 2], 16).expect("two digits are a byte");
    (0..digits.len()).step_by(2).map(byte).collect()
}

impl Request {
    /// Path and query, encoded.
    #[must_use]
    pub fn target(&self, template: &str) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let segments = template.split('/').map(|segment| {
            match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
                Some(name) => self.path.get(name).map_or_else(|| panic!("no value of {name}"), |text| encoded(text)),
                None => segment.to_owned(),
            }
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let pairs = self.query.iter().map(|(name, text)| format!("{}={}", encoded(name), encoded(text)));
        let query = pairs.collect::<Vec<_>>().join("&");
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }
}
