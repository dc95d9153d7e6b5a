//! Operations that answer in pages: `x-pages`, or dropshot's own extension where the answer is as dropshot makes it.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use serde_json::Value;

use super::shape::{Shape, ident, schema};
use crate::diagnostic::{Problem, Problems};
use crate::load::Document;
use crate::model::{Extension, In, List, Model, Operation};
use crate::names;
use crate::schema::reference;
use crate::secret::is_secret;

/// How an operation answers in pages.
pub(crate) struct Pages {
    /// As in the document.
    pub(crate) names: Names,
    /// The field that takes the cursor.
    cursor: Ident,
    /// The type of an item.
    item: TokenStream,
    /// The member of the answer with the items.
    items: Ident,
    /// The member with the cursor of the next page, and whether it may be missing.
    next: Ident,
}

/// The names of parameter and members.
pub(crate) struct Names {
    pub(crate) parameter: String,
    pub(crate) items: String,
    pub(crate) next: String,
}

/// What the document says of pages; nothing where dropshot's extension stands beside an answer of another form.
///
/// # Errors
/// `x-pages` names what is not there, or what is not fit for it.
pub(super) fn of(document: &Document, model: &Model, operation: &Operation) -> Result<Option<Pages>, Problems> {
    let pointer = format!("{}/x-pages", operation.pointer);
    if let Some(value) = document.value.pointer(&pointer) {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let names = Names { parameter: text("parameter"), items: text("items"), next: text("next") };
        return read(model, operation, names).map(Some).map_err(|message| {
            Problems(vec![problem(document, &pointer, format!("`{}`: {message}", operation.wire_id))])
        });
    }
    if !matches!(operation.extension, Extension::Pagination(_)) {
        return Ok(None);
    }
    let [parameter, items, next] = ["page_token", "items", "next_page"].map(str::to_owned);
    Ok(read(model, operation, Names { parameter, items, next }).ok())
}

fn problem(document: &Document, pointer: &str, message: String) -> Problem {
    document.problem(
        pointer,
        "pages",
        message,
        "name an optional query parameter of type string, and members of the success that are an array of a component and a string",
    )
}

/// Whether a schema is of texts that are texts in Rust too.
fn is_cursor(schema: &Value) -> bool {
    const TYPED: [&str; 6] = ["date", "date-time", "ip", "ipv4", "ipv6", "uuid"];
    let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    text("type") == "string"
        && schema.get("enum").is_none()
        && !TYPED.contains(&text("format"))
        && !schema.as_object().is_some_and(is_secret)
}

fn read(model: &Model, operation: &Operation, names: Names) -> Result<Pages, String> {
    let parameter = operation
        .parameters
        .iter()
        .find(|found| found.name == names.parameter && found.location == In::Query && !found.required)
        .filter(|found| found.list == List::No && found.reference.is_none() && is_cursor(&found.schema))
        .ok_or_else(|| format!("no optional query parameter `{}` takes a string", names.parameter))?;
    let page = operation
        .success()
        .and_then(|success| success.json())
        .and_then(|(_, name)| model.schema(name))
        .ok_or("the success has no JSON body")?;
    let member = |name: &str| {
        let found = page.value.get("properties").and_then(|properties| properties.get(name));
        found.ok_or_else(|| format!("`{}` has no member `{name}`", page.name))
    };
    let items = member(&names.items)?;
    let item = items
        .get("items")
        .and_then(reference)
        .ok_or_else(|| format!("`{}` is not an array of a component", names.items))?;
    let required = page.value.get("required").and_then(Value::as_array).into_iter().flatten();
    let mut required = required.filter_map(Value::as_str);
    if items.get("nullable").and_then(Value::as_bool) == Some(true) || !required.any(|name| name == names.items) {
        return Err(format!("`{}` may be missing", names.items));
    }
    let next = member(&names.next)?;
    let is_optional = next.get("nullable").and_then(Value::as_bool) == Some(true)
        || !page
            .value
            .get("required")
            .and_then(Value::as_array)
            .is_some_and(|all| all.contains(&names.next.as_str().into()));
    if !is_cursor(next) || !is_optional {
        return Err(format!("`{}` is not a string that the last page leaves out", names.next));
    }
    let field = |name: &str| ident(names::snake(name));
    let (cursor, items, next) = (field(&parameter.name), field(&names.items), field(&names.next));
    Ok(Pages { names, cursor, item: schema(item), items, next })
}

/// The implementation for the operation's type.
pub(super) fn tokens(shape: &Shape<'_>) -> Option<TokenStream> {
    let Pages { cursor, item, items, next, .. } = shape.pages.as_ref()?;
    let name = &shape.name;
    Some(quote! {
        impl crate::pages::Paged for #name {
            type Item = #item;

            fn turn(&mut self, cursor: String) {
                self.#cursor = Some(cursor);
            }

            fn next(page: &Self::Output) -> Option<String> {
                page.#next.clone()
            }

            fn into_items(page: Self::Output) -> Vec<Self::Item> {
                page.#items
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::sdk::tests::fixture;

    #[test]
    fn a_cursor_is_a_text_in_rust_too() {
        let text = include_str!("fixture.yaml");
        for (written, typed) in [
            (
                "in: query, schema: {type: string}}\n        - {name: limit",
                "in: query, schema: {type: string, format: uuid}}\n        - {name: limit",
            ),
            ("nextCursor: {type: string,", "nextCursor: {type: string, format: date-time,"),
        ] {
            let changed = text.replace(written, typed);
            assert_ne!(changed, text);
            let (document, model) = fixture(&changed).unwrap();
            let problem = crate::sdk::generate(&document, &model).unwrap_err().0.remove(0);
            assert_eq!(problem.rule, "pages", "{problem}");
        }
    }
}
