//! The last resort: a panic of a library becomes a problem, with the operation or the schema that it comes from.
//!
//! A rule in [`lint`](crate::lint) should have come before it; that one is missing is a defect of the generator.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use serde_json::{Map, Value, json};

use crate::diagnostic::{Problem, Problems};
use crate::load::{Document, escape};
use crate::schema;

/// The rule that no document breaks unless another rule is missing.
const DEFECT: &str = "generator-defect";
/// The rule that a schema breaks for which typify finds no type.
pub(crate) const UNSUPPORTED: &str = "schema-unsupported";

thread_local! {
    /// What a panic said, while one is being caught on this thread.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `pass`; a panic is reported at the smallest part of the document that repeats it.
pub(crate) fn run<T>(document: &Document, pass: fn(&Document) -> Result<T, Problems>) -> Result<T, Problems> {
    let (outcome, panic) = caught(|| pass(document));
    let message = panic.unwrap_or_default();
    match outcome {
        // typify finds no type for these schemas, and panics where others would say so: the pass has tried each alone.
        Some(Err(problems)) if problems.0.iter().all(|problem| problem.rule == UNSUPPORTED) => return Err(problems),
        // A pass that catches other panics has found the place, but a rule is missing all the same.
        Some(Err(mut problems)) if !message.is_empty() => {
            problems.0.iter_mut().for_each(|problem| problem.rule = DEFECT);
            return Err(problems);
        }
        Some(outcome) => return outcome,
        None => {}
    }
    let pointer = nearest(document, &|part| caught(|| pass(part)).0.is_none());
    Err(Problems(vec![document.problem(
        &pointer,
        DEFECT,
        format!("the generator failed: {message}"),
        "simplify what stands here, and report it together with the document",
    )]))
}

/// Parses `text`; a panic of the parser is a problem too.
pub(crate) fn parse(file: &str, text: &str) -> Result<Document, Problems> {
    let (outcome, panic) = caught(|| Document::parse(file, text));
    outcome.unwrap_or_else(|| {
        let fix = "simplify the document, and report it together with this message";
        let message = format!("the parser failed: {}", panic.unwrap_or_default());
        Err(Problems(vec![Problem::of_file(file, DEFECT, message, fix)]))
    })
}

/// The outcome of `work`, none if it panicked, and what the first panic said. Nothing is printed.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> (Option<T>, Option<String>) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            let caught = CAUGHT.with_borrow_mut(|caught| {
                if let Some(text) = caught
                    && text.is_empty()
                {
                    *text = info.to_string();
                }
                caught.is_some()
            });
            if !caught {
                previous(info);
            }
        }));
    });
    // A call inside of another one is of a job that `parallel` runs; the outer one listens again afterwards.
    let outer = CAUGHT.replace(Some(String::new()));
    let outcome = catch_unwind(AssertUnwindSafe(work));
    let said = CAUGHT.replace(outer).filter(|said| !said.is_empty());
    // `panicked at FILE:LINE:COLUMN:` stands on the first line; a path of the build machine says nothing to the reader.
    let said = said.map(|said| said.lines().nth(1).unwrap_or("panic").chars().take(160).collect());
    (outcome.ok(), said)
}

/// Takes what a panic `said` that was caught elsewhere for one of this thread, if one is being caught here.
pub(crate) fn hear(said: &str) {
    CAUGHT.with_borrow_mut(|caught| {
        if let Some(text) = caught
            && text.is_empty()
            && !said.is_empty()
        {
            // As a hook would have heard it: the first line says where.
            *text = format!("panicked\n{said}");
        }
    });
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

    fn problem(text: &str) -> Problem {
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
    fn a_panic_that_a_pass_catches_is_a_defect_too_unless_typify_finds_no_type() {
        fn caught_with(document: &Document, rule: &'static str) -> Result<(), Problems> {
            assert!(catch_unwind(|| panic!("inside")).is_err());
            Err(Problems(vec![document.problem("/a", rule, "refused".to_owned(), "mend it")]))
        }
        let rule = |pass: fn(&Document) -> Result<(), Problems>| {
            run(&Document::parse("a.yaml", "a: 1\n").unwrap(), pass).unwrap_err().0[0].rule
        };
        assert_eq!(rule(|document| caught_with(document, "server-generator")), DEFECT);
        assert_eq!(rule(|document| caught_with(document, UNSUPPORTED)), UNSUPPORTED);
    }

    #[test]
    fn other_panics_are_still_panics() {
        assert!(run(&Document::parse("a.yaml", "a: 1").unwrap(), pass).is_ok());
        assert!(catch_unwind(|| panic!("not ours")).is_err());
    }
}
