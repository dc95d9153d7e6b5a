//! Puts the builders of what only servers send behind a feature of the client.
//!
//! A client reads answers and never makes one; those who write mocks and tests do. Two thirds of our document's builders are
//! of that kind, and a program that only calls need not compile them.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit_mut::VisitMut;
use syn::{Attribute, Ident, ImplItem, Item, parse_quote};

use super::polish::content;
use super::requests::last;

/// Gates them in the module `types`. `sent` are the names of the types that requests begin with; what those hold is sent too.
pub(super) fn gate(types: &mut [Item], sent: BTreeSet<String>) {
    let sent = closure(types, sent);
    for item in types.iter_mut() {
        if let Item::Impl(item) = item
            && item.trait_.is_none()
            && last(&item.self_ty).is_some_and(|name| !sent.contains(&name.to_string()))
        {
            for method in item.items.iter_mut().filter_map(builder_of) {
                method.push(feature());
            }
        }
    }
    for item in content(types, "builder").into_iter().flatten() {
        let (name, attributes) = match item {
            Item::Struct(item) => (Some(item.ident.clone()), &mut item.attrs),
            Item::Impl(item) => (last(&item.self_ty), &mut item.attrs),
            _ => continue,
        };
        if name.is_some_and(|name| !sent.contains(&name.to_string())) {
            attributes.push(feature());
        }
    }
}

fn feature() -> Attribute {
    parse_quote!(#[cfg(feature = "answer-builders")])
}

/// The attributes of the method that starts a builder.
fn builder_of(item: &mut ImplItem) -> Option<&mut Vec<Attribute>> {
    match item {
        ImplItem::Fn(method) if method.sig.ident == "builder" && method.sig.inputs.is_empty() => {
            Some(&mut method.attrs)
        }
        _ => None,
    }
}

/// The types and all that they hold.
fn closure(types: &mut [Item], roots: BTreeSet<String>) -> BTreeSet<String> {
    let held: BTreeMap<String, Names> = types.iter_mut().filter_map(held).collect();
    let mut todo: Vec<String> = roots.iter().cloned().collect();
    let mut reached = roots;
    while let Some(name) = todo.pop() {
        for inner in held.get(&name).into_iter().flat_map(|names| &names.0) {
            if reached.insert(inner.clone()) {
                todo.push(inner.clone());
            }
        }
    }
    reached
}

fn held(item: &mut Item) -> Option<(String, Names)> {
    let mut names = Names::default();
    let name = match item {
        Item::Struct(item) => {
            names.visit_fields_mut(&mut item.fields);
            &item.ident
        }
        Item::Enum(item) => {
            item.variants.iter_mut().for_each(|variant| names.visit_fields_mut(&mut variant.fields));
            &item.ident
        }
        _ => return None,
    };
    Some((name.to_string(), names))
}

/// Every name in a type, the generic ones among them.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl VisitMut for Names {
    fn visit_ident_mut(&mut self, name: &mut Ident) {
        self.0.insert(name.to_string());
    }
}

#[cfg(test)]
mod tests {
    use crate::sdk::tests::file;

    #[test]
    fn builders_of_answers_are_behind_the_feature_and_those_of_requests_are_not() {
        let client = file("client.rs");
        let gated = |text: &str| client.contains(&format!(r#"#[cfg(feature = "answer-builders")] {text}"#));
        assert!(gated("pub fn builder() -> builder::Thing "));
        assert!(gated("pub struct Thing "));
        assert!(gated("impl ::std::default::Default for Thing "));
        assert!(gated("impl ::std::convert::From<super::Thing> for Thing "));
        // A request, an object inside of one, and one that has no name of its own.
        for sent in ["NewThing", "Owner", "OwnerBirth"] {
            let builder = format!("pub fn builder() -> builder::{sent} ");
            assert!(client.contains(&builder) && !gated(&builder), "{sent}");
        }
    }
}
