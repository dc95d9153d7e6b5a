//! The last resort: a panic of a library becomes a problem, with the operation or the schema that it comes from.
//!
//! A rule in [`lint`](crate::lint) should have come before it; that one is missing is a defect of the generator.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use serde_json::{Map, Value, json};

use crate::diagnostic::Problems;
use crate::load::{Document, escape};
use crate::schema;

thread_local! {
    /// What a panic said, while one is being caught on this thread.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `pass`; a panic is reported at the smallest part of the document that repeats it.
pub(crate) fn run<T>(document: &Document, pass: fn(&Document) -> Result<T, Problems>) -> Result<T, Problems> {
    let message = match caught(|| pass(document)) {
        Ok(outcome) => return outcome,
        Err(message) => message,
    };
    let pointer = nearest(document, &|part| caught(|| pass(part)).is_err());
    Err(Problems(vec![document.problem(
        &pointer,
        "generator-defect",
        format!("the generator failed: {message}"),
        "simplify what stands here, and report it together with the document",
    )]))
}

/// The outcome of `work`, or what its panic said. Nothing is printed.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            let caught = CAUGHT.with_borrow_mut(|caught| {
                let expected = caught.is_some();
                if expected {
                    *caught = Some(info.to_string());
                }
                expected
            });
            if !caught {
                previous(info);
            }
        }));
    });
    // Nested calls are not made: `nearest` runs after the first has returned.
    CAUGHT.set(Some(String::new()));
    let outcome = catch_unwind(AssertUnwindSafe(work));
    let message = CAUGHT.take().unwrap_or_default();
    // `panicked at FILE:LINE:COLUMN:` stands on the first line; a path of the build machine says nothing to the reader.
    outcome.map_err(|_| message.lines().nth(1).unwrap_or("panic").chars().take(160).collect())
}

/// The one operation that panics alone; else the one schema; else the document.
fn nearest(document: &Document, panics: &dyn Fn(&Document) -> bool) -> String {
    let object =
        |pointer: &str| document.value.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default();
    let schemas = object("/components/schemas");
    for (name, schema) in &schemas {
        let mut part = document.clone();
        part.value["paths"] = json!({});
        part.value["components"]["schemas"] = Value::Object(closure(&schemas, name, schema));
        if panics(&part) {
            return format!("/components/schemas/{}", escape(name));
        }
    }
    for (path, item) in object("/paths") {
        for (method, operation) in item.as_object().into_iter().flatten().filter(|(_, value)| value.is_object()) {
            let mut alone = Map::new();
            alone.insert(method.clone(), operation.clone());
            alone.extend(item.get("parameters").map(|shared| ("parameters".to_owned(), shared.clone())));
            let mut part = document.clone();
            part.value["paths"] = json!({ path.as_str(): alone });
            if panics(&part) {
                return format!("/paths/{}/{method}", escape(&path));
            }
        }
    }
    String::new()
}

/// `name` and every schema that it leads to.
fn closure(schemas: &Map<String, Value>, name: &str, schema: &Value) -> Map<String, Value> {
    let mut found = Map::new();
    found.insert(name.to_owned(), schema.clone());
    let mut open: BTreeSet<String> = schema::references(schema);
    while let Some(name) = open.pop_first() {
        if let Some(schema) = schemas.get(&name)
            && found.insert(name, schema.clone()).is_none()
        {
            open.extend(schema::references(schema));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(document: &Document) -> Result<(), Problems> {
        assert!(!document.value.to_string().contains("bad"), "something bad");
        Ok(())
    }

    fn problem(text: &str) -> crate::Problem {
        run(&Document::parse("a.yaml", text).unwrap(), pass).unwrap_err().0.remove(0)
    }

    #[test]
    fn a_panic_is_a_problem_at_the_schema_or_the_operation() {
        let schema = problem("paths: {}\ncomponents:\n  schemas:\n    A: {}\n    B: {title: bad}\n");
        assert_eq!((schema.rule, schema.pointer.as_str()), ("generator-defect", "/components/schemas/B"));
        assert_eq!(schema.message, "the generator failed: something bad");
        let operation = problem("components: {}\npaths:\n  /a:\n    get: {}\n  /b/c:\n    put: {tags: [bad]}\n");
        assert_eq!((operation.pointer.as_str(), operation.place.line), ("/paths/~1b~1c/put", 6));
        assert_eq!(problem("info: bad\n").pointer, "");
    }

    #[test]
    fn other_panics_are_still_panics() {
        assert!(run(&Document::parse("a.yaml", "a: 1").unwrap(), pass).is_ok());
        assert!(catch_unwind(|| panic!("not ours")).is_err());
    }
}
