//! Reads YAML (or JSON, its subset) into a JSON value and remembers where each node stood.
//!
//! Neither `serde_json` nor `openapiv3` keeps positions, and a problem without a place is of little use in a
//! document of thousands of lines, so every later pass asks [`Document::place`] with a JSON pointer.
//!
//! Built on the events of the parser, not on a tree of it: depth is bounded before anything is nested, and big integers
//! are seen as written.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use saphyr::Scalar;
use saphyr_parser::{Event, Parser, Span};
use serde_json::{Map, Number, Value};

use crate::diagnostic::{Excerpt, Place, Problem, Problems};

/// Deepest nesting that is read; the passes after this one recurse.
const MAX_DEPTH: usize = 64;

/// A parsed document with the position of every node.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file as the caller named it; used in messages and in generated provenance only.
    pub file: String,
    /// The document as JSON, key order kept.
    pub value: Value,
    places: Arc<HashMap<String, Spans>>,
    lines: Arc<Vec<String>>,
}

/// Where a node stands.
#[derive(Clone, Copy, Debug)]
struct Spans {
    /// The key, or the item of an array.
    head: Underline,
    /// The value, if it is a scalar.
    scalar: Option<Underline>,
}

#[derive(Clone, Copy, Debug)]
struct Underline {
    place: Place,
    end_column: usize,
}

impl Underline {
    /// Of a node on one line; of a longer one, its first character.
    fn of(span: Span) -> Self {
        let (start, end) = (span.start, span.end);
        let place = Place { line: start.line().max(1), column: start.col() + 1 };
        let end_column = if end.line() == start.line() { end.col() + 1 } else { 0 };
        let end_column = end_column.max(place.column + 1);
        Self { place, end_column }
    }
}

impl Document {
    /// Parses `text`.
    ///
    /// # Errors
    /// Broken YAML, a duplicated key, a key that is not a string, a number JSON cannot hold, nesting without end, or an
    /// empty document.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problems> {
        let mut document = Self {
            file: file.to_owned(),
            value: Value::Null,
            places: Arc::default(),
            lines: Arc::new(text.replace("\r\n", "\n").split(['\n', '\r']).map(str::to_owned).collect()),
        };
        let text = whole_characters(text);
        match (Reader { parser: Parser::new_from_str(&text), places: HashMap::new() }).document() {
            Ok((value, places)) => {
                document.value = value;
                document.places = Arc::new(places);
                Ok(document)
            }
            Err(refusal) => Err(Problems(vec![document.underlined(
                refusal.at,
                String::new(),
                refusal.rule,
                refusal.message,
                refusal.fix,
            )])),
        }
    }

    /// Another reading of the same text.
    pub(crate) fn with(&self, value: Value) -> Self {
        Self { file: self.file.clone(), value, places: Arc::clone(&self.places), lines: Arc::clone(&self.lines) }
    }

    /// Where the node at `pointer` (RFC 6901) stands, or its nearest ancestor that exists.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Place {
        self.spans(pointer).map_or(Place { line: 1, column: 1 }, |spans| spans.head.place)
    }

    fn spans(&self, pointer: &str) -> Option<Spans> {
        let mut pointer = pointer;
        loop {
            if let Some(spans) = self.places.get(pointer) {
                return Some(*spans);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }

    /// A problem at `pointer`: its key is underlined.
    #[must_use]
    pub fn problem(&self, pointer: &str, rule: &'static str, message: String, fix: &str) -> Problem {
        let at = self.spans(pointer).map(|spans| spans.head);
        self.underlined(at, pointer.to_owned(), rule, message, fix)
    }

    /// A problem with the value at `pointer`: the value is underlined if it is a scalar, else its key.
    #[must_use]
    pub fn problem_with_value(&self, pointer: &str, rule: &'static str, message: String, fix: &str) -> Problem {
        let at = self.spans(pointer).map(|spans| spans.scalar.unwrap_or(spans.head));
        self.underlined(at, pointer.to_owned(), rule, message, fix)
    }

    fn underlined(
        &self,
        at: Option<Underline>,
        pointer: String,
        rule: &'static str,
        message: String,
        fix: &str,
    ) -> Problem {
        let at = at.unwrap_or(Underline { place: Place { line: 1, column: 1 }, end_column: 2 });
        let line = self.lines.get(at.place.line.saturating_sub(1)).map_or("", String::as_str);
        Problem {
            file: self.file.clone(),
            place: at.place,
            rule,
            message,
            fix: fix.to_owned(),
            pointer,
            end_column: at.end_column,
            excerpt: Excerpt::around(line, at.place.column),
            ..Problem::default()
        }
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

/// Why the text is not a document.
struct Refusal {
    at: Option<Underline>,
    rule: &'static str,
    message: String,
    fix: &'static str,
}

const SYNTAX: &str = "correct the YAML at this place; indentation and unquoted `:` or `#` are the usual causes";

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    places: HashMap<String, Spans>,
}

type Read<T> = Result<T, Refusal>;

fn too_deep(at: Option<Underline>) -> Refusal {
    let message = format!("nested more than {MAX_DEPTH} levels deep");
    let fix = "move inner schemas to `components.schemas` and refer to them";
    Refusal { at, rule: "nesting-too-deep", message, fix }
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Read<(Event<'a>, Span)> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let mark = *error.marker();
                let at = Some(Underline::of(Span::new(mark, mark)));
                // Some kinds of nesting the parser gives up on by itself, before they are counted here.
                if error.info().contains("recursion limit") {
                    return Err(too_deep(at));
                }
                Err(Refusal { at, rule: "yaml-syntax", message: error.info().to_owned(), fix: SYNTAX })
            }
            None => {
                let message = "the text ends too early".to_owned();
                Err(Refusal { at: None, rule: "yaml-syntax", message, fix: SYNTAX })
            }
        }
    }

    /// The one document of the stream.
    fn document(mut self) -> Read<(Value, HashMap<String, Spans>)> {
        let mut value = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, span) => {
                    return value.map(|value| (value, self.places)).ok_or_else(|| {
                        refusal(span, "yaml-syntax", "the document is empty", "write an OpenAPI document")
                    });
                }
                (Event::DocumentStart(_), span) if value.is_some() => {
                    return Err(refusal(
                        span,
                        "yaml-syntax",
                        "a second document begins",
                        "keep one document in a file",
                    ));
                }
                (Event::Nothing | Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd, _) => {}
                (event, span) => value = Some(self.node(event, span, String::new(), 0)?),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, pointer: String, depth: usize) -> Read<Value> {
        let at = Underline::of(span);
        self.places.entry(pointer.clone()).or_insert(Spans { head: at, scalar: None });
        if depth > MAX_DEPTH {
            return Err(too_deep(Some(at)));
        }
        match event {
            Event::Scalar(text, style, 0, None) => {
                if let Some(spans) = self.places.get_mut(&pointer) {
                    spans.scalar = Some(at);
                }
                scalar(span, &text, style)
            }
            Event::SequenceStart(0, None) => self.sequence(&pointer, depth),
            Event::MappingStart(0, None) => self.mapping(&pointer, depth),
            _ => Err(refusal(
                span,
                "yaml-not-json",
                "an anchor, an alias or a tag has no meaning in JSON",
                "write the value out as plain YAML",
            )),
        }
    }

    fn sequence(&mut self, pointer: &str, depth: usize) -> Read<Value> {
        let mut array = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Value::Array(array)),
                (event, span) => {
                    let child = format!("{pointer}/{}", array.len());
                    array.push(self.node(event, span, child, depth + 1)?);
                }
            }
        }
    }

    fn mapping(&mut self, pointer: &str, depth: usize) -> Read<Value> {
        let mut object = Map::new();
        loop {
            let (event, key) = self.next()?;
            let name = match event {
                Event::MappingEnd => return Ok(Value::Object(object)),
                // `200:` as a response key is read as an integer elsewhere; here every plain key is its text.
                Event::Scalar(text, _, 0, None) if text != "~" && !text.is_empty() => text.into_owned(),
                Event::Scalar(text, style, 0, None) if style != saphyr::ScalarStyle::Plain => text.into_owned(),
                _ => return Err(refusal(key, "yaml-not-json", "a key must be a string", "put the key in quotes")),
            };
            if object.contains_key(&name) {
                let message = format!("the key `{name}` stands here twice");
                return Err(refusal(key, "duplicate-key", &message, "remove one of the two, or rename it"));
            }
            let child = format!("{pointer}/{}", escape(&name));
            // The key, not the value, is where a reader looks for a member.
            self.places.insert(child.clone(), Spans { head: Underline::of(key), scalar: None });
            let (event, span) = self.next()?;
            let value = self.node(event, span, child, depth + 1)?;
            object.insert(name, value);
        }
    }
}

/// JSON with each character that is written as two halves (`\ud83d\ude00`) in YAML's one escape, which alone the parser
/// knows; what follows the text stays in its column. Other text is left as it is: in YAML the halves may be plain text.
fn whole_characters(text: &str) -> Cow<'_, str> {
    let is_json = || serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if !(text.contains("\\ud") || text.contains("\\uD")) || !is_json() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut is_inside, mut saved) = (text, false, 0);
    while let Some(next) = rest.chars().next() {
        let taken = match next {
            '"' => {
                is_inside = !is_inside;
                out.push(next);
                // As many blanks as the text became shorter.
                out.extend(std::iter::repeat_n(' ', std::mem::take(&mut saved)).filter(|_| !is_inside));
                1
            }
            '\\' => match whole_character(rest) {
                Some(whole) => {
                    out += &format!("\\U{:08X}", u32::from(whole));
                    saved += 2;
                    12
                }
                // An escape is two characters at least; of a longer one, the rest is ordinary.
                None => {
                    let end = rest.char_indices().nth(2).map_or(rest.len(), |(end, _)| end);
                    out += &rest[..end];
                    end
                }
            },
            _ => {
                out.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    Cow::Owned(out)
}

/// The character of which two halves stand at the start of `text`.
fn whole_character(text: &str) -> Option<char> {
    let half = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    char::decode_utf16([half(0)?, half(6)?]).next()?.ok().filter(|whole| !matches!(u32::from(*whole), ..0x1_0000))
}

fn refusal(span: Span, rule: &'static str, message: &str, fix: &'static str) -> Refusal {
    Refusal { at: Some(Underline::of(span)), rule, message: message.to_owned(), fix }
}

fn scalar(span: Span, text: &str, style: saphyr::ScalarStyle) -> Read<Value> {
    let value = Scalar::parse_from_cow_and_metadata(text.into(), style, None);
    Ok(match value {
        Some(Scalar::Null) => Value::Null,
        Some(Scalar::Boolean(value)) => Value::Bool(value),
        Some(Scalar::Integer(value)) => Value::Number(value.into()),
        Some(Scalar::FloatingPoint(value)) => {
            // The parser knows no integer beyond 64 bits with a sign; `uint64` has such limits.
            let number = text.parse::<u64>().ok().map(Number::from);
            let number = number.or_else(|| Number::from_f64(value.into_inner()));
            let refused = || refusal(span, "yaml-not-json", "this number has no JSON form", "write a finite number");
            Value::Number(number.ok_or_else(refused)?)
        }
        Some(Scalar::String(text)) => Value::String(text.into_owned()),
        None => return Err(refusal(span, "yaml-not-json", "this value has no JSON form", "put it in quotes")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Problem {
        Document::parse("a.yaml", text).unwrap_err().0.remove(0)
    }

    #[test]
    fn places_point_at_keys_and_items() {
        let document = Document::parse("a.yaml", "a:\n  b:\n    - x\n    - c/d: 1\n").unwrap();
        assert_eq!(document.place("/a/b").line, 2);
        assert_eq!(document.place("/a/b/1/c~1d"), Place { line: 4, column: 7 });
        assert_eq!(document.place("/a/nothing/here").line, 1);
    }

    #[test]
    fn keys_and_scalar_values_can_be_underlined() {
        let document = Document::parse("a.yaml", "a:\n  pattern: '[x'\n").unwrap();
        let key = document.problem("/a/pattern", "r", String::new(), "");
        assert_eq!((key.place.column, key.end_column), (3, 10));
        let value = document.problem_with_value("/a/pattern", "r", String::new(), "");
        assert_eq!((value.place.column, value.end_column), (12, 16), "{value}");
    }

    #[test]
    fn broken_yaml_is_a_problem_with_a_place() {
        let problem = refused("a: [1, 2\nb: }");
        assert_eq!(problem.rule, "yaml-syntax");
        assert!(problem.place.line >= 1, "{problem}");
        assert_eq!(refused("").message, "the document is empty");
        assert_eq!(refused("a: 1\n---\nb: 1\n").place.line, 2);
    }

    #[test]
    fn characters_that_json_writes_in_two_halves_are_whole() {
        let text = r#"{"a": "x\ud83d\ude00\\ud83d", "b\uD83D\uDE00": "c", "d": 1}"#;
        let document = Document::parse("a.json", text).unwrap();
        assert_eq!(document.value, serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(document.place("/d").column, text.find("\"d\"").unwrap() + 1);
        let plain = Document::parse("a.yaml", r"a: \ud83d\ude00").unwrap();
        assert_eq!(plain.value["a"], r"\ud83d\ude00");
    }

    #[test]
    fn nesting_that_the_parser_gives_up_on_is_named_as_such() {
        let problem = refused(&"{a: ".repeat(400));
        assert_eq!((problem.rule, problem.place.line), ("nesting-too-deep", 1), "{problem}");
    }

    #[test]
    fn a_duplicated_key_is_refused() {
        assert_eq!(
            (refused("a: 1\nb: 2\na: 3\n").rule, refused("a: 1\nb: 2\na: 3\n").place.line),
            ("duplicate-key", 3)
        );
    }

    #[test]
    fn what_json_cannot_say_is_refused() {
        for text in ["a: &x 1\nb: *x\n", "a: !!str 1\n", "? [a]\n: 1\n", "~: 1\n", "a: .nan\n", "a: &x 1\n"] {
            assert_eq!(refused(text).rule, "yaml-not-json", "{text}");
        }
    }

    #[test]
    fn integers_keep_their_value() {
        let document = Document::parse("a.yaml", "a: 18446744073709551615\nb: -1\n200: x\n").unwrap();
        assert_eq!(document.value, serde_json::json!({"a": u64::MAX, "b": -1, "200": "x"}));
    }

    #[test]
    fn nesting_without_end_is_a_problem_and_no_overflow() {
        for text in ["[".repeat(200_000), "- ".repeat(200_000), "? ".repeat(100_000), "{a: ".repeat(100_000)] {
            let rule = refused(&text).rule;
            assert!(["nesting-too-deep", "yaml-syntax", "yaml-not-json"].contains(&rule), "{rule}");
        }
    }
}
