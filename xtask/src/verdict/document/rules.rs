//! Weights of differences that `redocly diff` 2.77 finds but rates as prose.
//!
//! It knows OpenAPI's own promises well. It does not know what this project's extensions promise, and it is silent on
//! `nullable` beside a combinator, on `readOnly` and `writeOnly`, on defaults, on header presence, on discriminators and
//! on members that a request loses. What is neither listed here nor known to be prose is taken for minor: an unknown
//! difference must not pass for nothing.

use serde_json::Value;

use super::super::answer::Level;
use super::uses::Usage;
use super::{Change, Impact, Kind};

/// Members and objects that only people read.
const PROSE: &[&str] = &[
    "contact",
    "description",
    "example",
    "examples",
    "externalDocs",
    "key",
    "license",
    "rule",
    "summary",
    "tags",
    "termsOfService",
    "title",
    "x-displayName",
];
const PROSE_TYPES: &[&str] =
    &["Contact", "Example", "ExamplesMap", "ExternalDocs", "Info", "License", "Tag", "TagList"];

/// Extensions that change what is on the wire.
const WIRE: &[&str] = &["x-dropshot-pagination", "x-dropshot-websocket"];

/// Weight and wording of a difference that no rule of Redocly speaks of.
pub(super) fn weigh(change: &Change, usage: &Usage) -> (Level, String) {
    let base = change.base.as_ref().map_or(&Value::Null, |side| &side.value);
    let new = change.revision.as_ref().map_or(&Value::Null, |side| &side.value);
    let subject = subject(change);
    let name = subject.rsplit('/').next().unwrap_or_default();
    let level = level(change, usage, name, base, new);
    (level, wording(change, &subject, base, new))
}

fn level(change: &Change, usage: &Usage, name: &str, base: &Value, new: &Value) -> Level {
    let set = |value: &Value| value.as_bool() == Some(true);
    let type_name = change.type_name.as_str();
    match (type_name, name) {
        ("SpecExtension", _) if change.path.ends_with("/x-access") => access(change, name, base, new),
        (_, "x-retry") => retry(change, base, new),
        (_, "x-max-body-bytes") if shrinks(base, new) => Level::Major,
        (_, wire) if WIRE.contains(&wire) && change.kind != Kind::Added => Level::Major,
        // What takes null goes on taking it, what never answered null goes on doing so.
        ("Schema", "nullable") if set(base) && usage.sent || set(new) && usage.answered => Level::Major,
        ("Schema", "readOnly") if set(new) && usage.sent => Level::Major,
        ("Schema", "writeOnly") if set(new) && usage.answered => Level::Major,
        // Without the member, the server does something else now.
        ("Schema", "default") if usage.sent && !base.is_null() => Level::Major,
        ("Header", "required") if set(base) => Level::Major,
        ("Discriminator", _) => Level::Major,
        // The server no longer understands it, even if it does not refuse it.
        ("Schema", _) if change.kind == Kind::Removed && usage.sent => Level::Major,
        ("SecurityRequirement", _) => Level::Minor.max(change.impact.into()),
        (prose, _) if PROSE_TYPES.contains(&prose) => Level::Patch,
        (_, prose) if PROSE.contains(&prose) => Level::Patch,
        _ if change.impact == Impact::Patch => Level::Minor,
        _ => change.impact.into(),
    }
}

/// Who may call: opened to anyone is minor, any other change shuts somebody out.
fn access(change: &Change, name: &str, base: &Value, new: &Value) -> Level {
    let who = |value: &Value| match value {
        Value::Object(_) => value.get("who").and_then(Value::as_str).map(str::to_owned),
        Value::String(text) if name == "who" => Some(text.clone()),
        _ => None,
    };
    match (who(base), who(new)) {
        _ if change.kind == Kind::Added => Level::Minor,
        (None, None) => Level::Patch,
        (_, Some(new)) if new == "anyone" => Level::Minor,
        (base, new) if base == new => Level::Patch,
        _ => Level::Major,
    }
}

/// A promise that repeating does no harm must stay, because clients in use repeat by it. The method promises when nothing
/// else does (RFC 9110, section 9.2.2).
fn retry(change: &Change, base: &Value, new: &Value) -> Level {
    let by_method = ["get", "head", "options", "put", "delete", "trace"];
    let method = change.path.split('/').nth(3).unwrap_or_default();
    let promises = |value: &Value| {
        value.as_str().map_or(by_method.contains(&method), |class| !matches!(class, "never" | "unsent"))
    };
    if promises(base) && !promises(new) { Level::Major } else { Level::Minor }
}

/// Whether a number came down, or a limit came to where none was stated.
fn shrinks(base: &Value, new: &Value) -> bool {
    match (base.as_f64(), new.as_f64()) {
        (Some(base), Some(new)) => new < base,
        (None, Some(_)) | (Some(_), None) => true,
        (None, None) => false,
    }
}

/// The changed thing by the end of its pointer: `x-retry`, or `responses/404`.
fn subject(change: &Change) -> String {
    let unescape = |segment: &str| segment.replace("~1", "/").replace("~0", "~");
    if let Some(property) = &change.property {
        return property.clone();
    }
    let segments: Vec<_> = change.path.rsplit('/').take(2).map(unescape).collect();
    match segments.as_slice() {
        [last, parent] if last.chars().all(|digit| digit.is_ascii_digit()) => format!("{parent}/{last}"),
        [last, ..] => last.clone(),
        [] => change.path.clone(),
    }
}

fn wording(change: &Change, subject: &str, base: &Value, new: &Value) -> String {
    // The name of the member that changed says little without the object it is a member of.
    let of = match &change.property {
        Some(_) => {
            change.path.rsplit('/').next().map(|last| format!(" of `{}`", last.replace("~1", "/").replace("~0", "~")))
        }
        None => None,
    }
    .unwrap_or_default();
    let subject = format!("`{subject}`{of}");
    match (change.kind, short(base), short(new)) {
        (Kind::Added, ..) => format!("{subject} was added"),
        (Kind::Removed, ..) => format!("{subject} was removed"),
        (Kind::Modified, Some(base), Some(new)) => format!("{subject} changed from {base} to {new}"),
        (Kind::Modified, None, Some(new)) => format!("{subject} is now {new}"),
        (Kind::Modified, Some(base), None) => format!("{subject} is no longer {base}"),
        (Kind::Modified, None, None) => format!("{subject} changed"),
    }
}

/// A value if it fits a line.
fn short(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::String(text) if text.len() > 60 || text.contains('\n') => None,
        Value::String(text) => Some(format!("`{text}`")),
        Value::Bool(_) | Value::Number(_) => Some(format!("`{value}`")),
        Value::Array(items) => Some(format!("{} values", items.len())),
    }
}
