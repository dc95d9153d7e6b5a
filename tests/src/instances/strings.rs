//! Strings for a schema: at its limits, beyond them, and a list of strings that patterns and formats disagree about.

use serde_json::Value;

use super::{Instance, Intent};
use crate::json_schema;

/// One of these fits any string schema of a sane document.
const TYPICAL: &[&str] = &[
    "example",
    "sam.reed@acme.example",
    "wooden-kettle-on-a-quiet-hill",
    "2026-01-15T08:45:00.000Z",
    "5f0c8b1e-2f0a-4d6e-9a53-6a1f1b0f7c21",
    "http://127.0.0.1:8080/docs",
];

/// Sent to every string; the validator says which fit.
const AWKWARD: &[&str] = &[
    "",
    " ",
    "\u{a0}",
    "\u{3000}",
    "\u{200b}",
    "-",
    ".",
    "two words",
    "tab\there",
    "line\nbreak",
    "return\r\nand break",
    "nul\0here",
    "del\u{7f}",
    "csi\u{9b}",
    "\u{202e}gnp.exe",
    "left\u{2066}to\u{2069}",
    "mark\u{200f}",
    "\u{2028}",
    "\u{feff}bom",
    "𝒳𝓎𝓏",
    "é",
    "https://evil.example/a",
    "see://",
    "www.evil",
    "WWW.evil",
    "evil.com",
    "EVIL.COM",
    "evil。com",
    "evil.рф",
    "J.R. Tolkien",
    "Dr. No",
    "St.John",
    "O'Neil",
    "call 0123456789",
    "<b>bold</b>",
    "{{name}}",
    "null",
    "true",
    "7",
    "a@b",
    "a@b.c",
    "a@b.cc",
    "A@B.CC",
    ".a@b.cc",
    "a.@b.cc",
    "a..b@c.dd",
    "a'@b.cc",
    "o'neil@b.cc",
    "a+b@c.dd",
    "a@-b.cc",
    "a@b-.cc",
    "a@b_c.dd",
    "a@b..cc",
    "ä@b.cc",
    "a@bücher.example",
    "a@xn--bcher-kva.example",
    "a@b.c1",
    "a@1.23",
    "a@[127.0.0.1]",
    "\"a b\"@c.dd",
    "a b@c.dd",
    " a@b.cc",
    "a@b.cc ",
    "a@b.cc\n",
    "a@@b.cc",
    "a@b@c.dd",
    "@b.cc",
    "a@",
    "Sam <a@b.cc>",
    "a@b.cc,c@d.ee",
    "a@b.cc\r\nBcc: c@d.ee",
    "2026-01-15T08:45:00Z",
    "2026-01-15T08:45:00.123456789Z",
    "2026-01-15T08:45:00+02:00",
    "2026-01-15T08:45:00-23:59",
    "2026-01-15t08:45:00z",
    "2026-01-15 08:45:00Z",
    "2026-01-15T08:45:00",
    "2026-01-15",
    "2026-02-30T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-15T24:00:00Z",
    "2026-01-15T08:45Z",
    "0001-01-01T00:00:00Z",
    "5F0C8B1E-2F0A-4D6E-9A53-6A1F1B0F7C21",
    "{5f0c8b1e-2f0a-4d6e-9a53-6a1f1b0f7c21}",
    "5f0c8b1e2f0a4d6e9a536a1f1b0f7c21",
    "not a uri",
    "urn:uuid:1",
    "/relative",
];

/// A value as people would write it.
pub(super) fn typical(schema: &Value) -> String {
    let given = schema.get("example").and_then(Value::as_str).or_else(|| schema["enum"].get(0).and_then(Value::as_str));
    if let Some(given) = given {
        return given.to_owned();
    }
    let fits = fitting(schema);
    let found = TYPICAL.iter().find(|text| fits(text));
    (*found.unwrap_or_else(|| panic!("no typical string fits {schema}; add one to TYPICAL"))).to_owned()
}

/// Strings that fit and strings that do not.
pub(super) fn variants(schema: &Value) -> Vec<Instance> {
    if let Some(values) = schema["enum"].as_array() {
        return enumerated(values);
    }
    let mut found: Vec<Instance> =
        AWKWARD.iter().map(|text| Instance::new(format!("{text:?}"), Intent::Open, *text)).collect();
    let fits = fitting(schema);
    if let Some(least) = schema["minLength"].as_u64() {
        let shortest =
            (least..least + 16).find_map(|length| SIZED.iter().map(|maker| maker(length)).find(|text| fits(text)));
        found.push(Instance::new("as short as can be", Intent::Valid, shortest.expect("a short string fits")));
        if least > 0 {
            found.push(Instance::new("one too short", Intent::Invalid, "a".repeat(size(least - 1))));
        }
    }
    if let Some(most) = schema["maxLength"].as_u64() {
        let makers: Vec<_> = SIZED.iter().filter(|maker| fits(&maker(most))).collect();
        assert!(!makers.is_empty(), "no string of {most} characters fits {schema}");
        for maker in makers {
            found.push(Instance::new(format!("{most} characters"), Intent::Valid, maker(most)));
            found.push(Instance::new(format!("{} characters", most + 1), Intent::Invalid, maker(most + 1)));
        }
    }
    for keyword in ["pattern", "format"] {
        let breaks = |instance: &Instance| !fits(instance.value.as_str().unwrap_or_default());
        let checked = schema.get(keyword).is_some_and(|rule| rule != "password");
        assert!(!checked || found.iter().any(breaks), "no awkward string breaks the {keyword} of {schema}");
    }
    found
}

fn enumerated(values: &[Value]) -> Vec<Instance> {
    let first = values[0].as_str().unwrap_or_default();
    let mut found: Vec<Instance> =
        values.iter().map(|value| Instance::new(format!("{value}"), Intent::Valid, value.clone())).collect();
    for other in ["no-such-value".to_owned(), format!("{first} "), format!(" {first}"), String::new()] {
        found.push(Instance::new(format!("{other:?}"), Intent::Invalid, other));
    }
    let swapped: String =
        first.chars().map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
    found.push(Instance::new(format!("{swapped:?}"), Intent::Invalid, swapped));
    found
}

fn fitting(schema: &Value) -> impl Fn(&str) -> bool {
    let validator = json_schema::of(schema);
    move |text| validator.is_valid(&text.into())
}

/// Makers of strings of an exact number of characters.
const SIZED: &[fn(u64) -> String] = &[
    |length| "a".repeat(size(length)),
    |length| "é".repeat(size(length)),
    // Two UTF-16 units, four bytes, one character.
    |length| "𝒳".repeat(size(length)),
    |length| address(size(length)),
    |length| domain(size(length)),
];

/// A domain of short labels, the last of two characters at least.
fn domain(length: usize) -> String {
    let last = if length.is_multiple_of(2) { "b.cc" } else { "b.ccc" };
    format!("{}{last}", "b.".repeat(length.saturating_sub(last.len()) / 2))
}

/// An address with a local part of at most 64 characters and labels of at most 63.
fn address(length: usize) -> String {
    let local = length.saturating_sub(5).clamp(1, 64);
    let mut rest = length.saturating_sub(local + 1);
    let mut labels = Vec::new();
    while rest > 63 {
        // What is left has to be a label of two characters at least.
        let label = if rest - 63 < 3 { 60 } else { 63 };
        labels.push("b".repeat(label));
        rest -= label + 1;
    }
    labels.push("c".repeat(rest));
    if labels.len() == 1 && rest >= 4 {
        labels = vec!["b".to_owned(), "c".repeat(rest - 2)];
    }
    format!("{}@{}", "a".repeat(local), labels.join("."))
}

fn size(length: u64) -> usize {
    usize::try_from(length).expect("a length fits memory")
}
