//! Reads YAML (or JSON, its subset) into a JSON value and remembers where each node stood.
//!
//! Neither `serde_json` nor `openapiv3` keeps positions, and a problem without a place is of little use in a
//! document of thousands of lines, so every later pass asks [`Document::place`] with a JSON pointer.

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use serde_json::{Map, Number, Value};

use crate::diagnostic::{Place, Problem, Problems};

/// A parsed document with the position of every node.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file as the caller named it; used in messages and in generated provenance only.
    pub file: String,
    /// The document as JSON, key order kept.
    pub value: Value,
    places: BTreeMap<String, Place>,
}

impl Document {
    /// Parses `text`.
    ///
    /// # Errors
    /// Broken YAML, a duplicated key, a key that is not a string, a number JSON cannot hold, or an empty document.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let problem = |place: Place, message: String| {
            Problems(vec![Problem {
                file: file.to_owned(),
                place,
                rule: "yaml-syntax",
                message,
                fix: "correct the YAML at this place; indentation and unquoted `:` or `#` are the usual causes"
                    .to_owned(),
            }])
        };
        let documents = MarkedYaml::load_from_str(text)
            .map_err(|error| problem(place_of(error.marker()), error.info().to_owned()))?;
        let [root] = documents.as_slice() else {
            return Err(problem(
                Place { line: 1, column: 1 },
                format!("expected one document, found {}", documents.len()),
            ));
        };
        let mut reader = Reader { places: BTreeMap::new(), file };
        let value = reader.read(root, String::new())?;
        Ok(Self { file: file.to_owned(), value, places: reader.places })
    }

    /// Where the node at `pointer` (RFC 6901) stands, or its nearest ancestor that exists.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return *place;
            }
            match pointer.rfind('/') {
                Some(end) => pointer = &pointer[..end],
                None => return Place { line: 1, column: 1 },
            }
        }
    }

    /// A problem at `pointer`.
    #[must_use]
    pub fn problem(&self, pointer: &str, rule: &'static str, message: String, fix: &str) -> Problem {
        Problem { file: self.file.clone(), place: self.place(pointer), rule, message, fix: fix.to_owned() }
    }

    /// `file:line` of the node at `pointer`, for generated documentation.
    #[must_use]
    pub fn provenance(&self, pointer: &str) -> String {
        format!("{}:{}", self.file, self.place(pointer).line)
    }
}

/// Escapes one key for use in a JSON pointer (RFC 6901).
#[must_use]
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn place_of(marker: &saphyr::Marker) -> Place {
    Place { line: marker.line(), column: marker.col() + 1 }
}

struct Reader<'a> {
    places: BTreeMap<String, Place>,
    file: &'a str,
}

impl Reader<'_> {
    fn refuse(&self, node: &MarkedYaml<'_>, message: &str, fix: &str) -> Problems {
        Problems(vec![Problem {
            file: self.file.to_owned(),
            place: place_of(&node.span.start),
            rule: "yaml-not-json",
            message: message.to_owned(),
            fix: fix.to_owned(),
        }])
    }

    fn read(&mut self, node: &MarkedYaml<'_>, pointer: String) -> Result<Value, Problems> {
        self.places.entry(pointer.clone()).or_insert_with(|| place_of(&node.span.start));
        match &node.data {
            YamlData::Value(scalar) => self.scalar(node, scalar),
            YamlData::Sequence(items) => {
                let mut array = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    array.push(self.read(item, format!("{pointer}/{index}"))?);
                }
                Ok(Value::Array(array))
            }
            YamlData::Mapping(entries) => {
                let mut object = Map::new();
                for (key, item) in entries {
                    let name = self.key(key)?;
                    let child = format!("{pointer}/{}", escape(&name));
                    // The key, not the value, is where a reader looks for a member.
                    self.places.insert(child.clone(), place_of(&key.span.start));
                    let value = self.read(item, child)?;
                    object.insert(name, value);
                }
                Ok(Value::Object(object))
            }
            YamlData::Tagged(..) | YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => Err(self
                .refuse(
                    node,
                    "a tagged, aliased or unreadable value has no meaning in JSON",
                    "write the value out as plain YAML",
                )),
        }
    }

    fn key(&self, node: &MarkedYaml<'_>) -> Result<String, Problems> {
        match &node.data {
            YamlData::Value(Scalar::String(text)) => Ok(text.to_string()),
            // `200:` as a response key is read as an integer; every OpenAPI tool takes it as the string.
            YamlData::Value(Scalar::Integer(number)) => Ok(number.to_string()),
            _ => Err(self.refuse(node, "a key must be a string", "put the key in quotes")),
        }
    }

    fn scalar(&self, node: &MarkedYaml<'_>, scalar: &Scalar<'_>) -> Result<Value, Problems> {
        Ok(match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::Bool(*value),
            Scalar::Integer(value) => Value::Number((*value).into()),
            Scalar::FloatingPoint(value) => Value::Number(
                Number::from_f64(value.into_inner())
                    .ok_or_else(|| self.refuse(node, "this number has no JSON form", "write a finite number"))?,
            ),
            Scalar::String(text) => Value::String(text.to_string()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_point_at_keys_and_items() {
        let document = Document::parse("a.yaml", "a:\n  b:\n    - x\n    - c/d: 1\n").unwrap();
        assert_eq!(document.place("/a/b").line, 2);
        assert_eq!(document.place("/a/b/1/c~1d"), Place { line: 4, column: 7 });
        assert_eq!(document.place("/a/nothing/here").line, 1);
    }

    #[test]
    fn broken_yaml_is_a_problem_with_a_place() {
        let problems = Document::parse("a.yaml", "a: [1, 2\nb: }").unwrap_err();
        assert_eq!(problems.0[0].rule, "yaml-syntax");
        assert!(problems.0[0].place.line >= 1, "{problems}");
    }

    #[test]
    fn a_duplicated_key_is_refused() {
        let problems = Document::parse("a.yaml", "a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(problems.0[0].place.line, 3, "{problems}");
    }
}
