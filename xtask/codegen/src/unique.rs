//! The net below the rules about names: code that names two things alike is refused, with what it was made of.
//!
//! Names in Rust are put together from several in the document, and stand beside those of the hand-written parts, so that
//! no rule about a single kind of name can promise that the whole compiles.

use std::collections::BTreeSet;

use quote::ToTokens as _;
use serde_json::Value;
use syn::{Attribute, Fields, FnArg, Ident, ImplItem, Item, Pat, Signature, TraitItem, UseTree};

use crate::diagnostic::{Problem, Problems};
use crate::load::{Document, escape};
use crate::names;

/// The rule.
const RULE: &str = "rust-names";
/// Types that generated code takes from the prelude.
const PRELUDE: [&str; 5] = ["Box", "Into", "Option", "String", "Vec"];

/// Looks for names that stand twice where one thing may have them.
///
/// # Errors
/// Each of them.
pub(crate) fn check(document: &Document, file: &syn::File) -> Result<(), Problems> {
    let mut found = Found::default();
    found.module(&file.items);
    refused(document, found.twice.iter())
}

/// As [`check`], for a module that calls the types of the prelude by their bare names.
///
/// # Errors
/// As [`check`], and a type that would hide one of the prelude.
pub(crate) fn check_beside_prelude(document: &Document, file: &syn::File) -> Result<(), Problems> {
    check(document, file)?;
    let hiding = file.items.iter().filter_map(named).filter(|(_, ident)| PRELUDE.iter().any(|name| ident == name));
    let twice: Vec<Twice> = hiding.map(|(_, ident)| Twice { name: ident.to_string(), within: String::new() }).collect();
    refused(document, twice.iter())
}

/// Each name once, in the order of the document.
fn refused<'a>(document: &Document, twice: impl Iterator<Item = &'a Twice>) -> Result<(), Problems> {
    let mut problems = Problems(twice.map(|twice| problem(document, twice)).collect());
    problems.sort();
    if problems.0.is_empty() { Ok(()) } else { Err(problems) }
}

fn problem(document: &Document, twice: &Twice) -> Problem {
    let Twice { name, within } = twice;
    let place = if within.is_empty() { String::new() } else { format!(" in `{within}`") };
    document.problem(
        &pointer(document, twice),
        RULE,
        format!("two things would be called `{name}`{place} in Rust"),
        "rename what stands here, or what makes the same name beside it",
    )
}

/// A name that stands twice, and the type or the function that holds it; empty: a module.
struct Twice {
    name: String,
    within: String,
}

#[derive(Default)]
struct Found {
    twice: Vec<Twice>,
}

/// What has a name: types and modules apart from functions and constants.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Space {
    Types,
    Values,
}

impl Found {
    fn module(&mut self, items: &[Item]) {
        let mut names: BTreeSet<(Space, String)> = BTreeSet::new();
        let mut methods: BTreeSet<(String, String)> = BTreeSet::new();
        for item in items.iter().filter(|item| !is_conditional(attributes(item))) {
            let mut imported = Vec::new();
            if let Item::Use(import) = item {
                imports(&import.tree, &mut imported);
            }
            let own = named(item).into_iter().chain(imported.into_iter().map(|ident| (Space::Types, ident)));
            for (space, ident) in own {
                if !names.insert((space, ident.to_string())) {
                    self.twice.push(Twice { name: ident.to_string(), within: String::new() });
                }
            }
            self.inside(item, &mut methods);
        }
    }

    /// What has a name inside of an item; `methods` are those of all types of the module.
    fn inside(&mut self, item: &Item, methods: &mut BTreeSet<(String, String)>) {
        match item {
            Item::Struct(item) => self.fields(&item.fields, &item.ident),
            Item::Enum(item) => {
                self.distinct(item.variants.iter().map(|variant| &variant.ident), &item.ident.to_string());
                item.variants.iter().for_each(|variant| self.fields(&variant.fields, &item.ident));
            }
            Item::Trait(item) => {
                let signatures = item.items.iter().filter_map(|item| match item {
                    TraitItem::Fn(method) => Some(&method.sig),
                    _ => None,
                });
                self.distinct(signatures.clone().map(|signature| &signature.ident), &item.ident.to_string());
                signatures.for_each(|signature| self.inputs(signature));
            }
            Item::Fn(function) => self.inputs(&function.sig),
            Item::Impl(item) => {
                let of = item.trait_.as_ref().map(|(path, _)| path.to_token_stream().to_string());
                let kind = item.self_ty.to_token_stream().to_string();
                for item in &item.items {
                    let ImplItem::Fn(method) = item else { continue };
                    self.inputs(&method.sig);
                    let name = method.sig.ident.to_string();
                    if of.is_none() && !is_conditional(&method.attrs) && !methods.insert((kind.clone(), name.clone())) {
                        self.twice.push(Twice { name, within: kind.clone() });
                    }
                }
            }
            Item::Mod(module) => {
                if let Some((_, items)) = &module.content {
                    self.module(items);
                }
            }
            _ => {}
        }
    }

    fn fields(&mut self, fields: &Fields, within: &Ident) {
        self.distinct(fields.iter().filter_map(|field| field.ident.as_ref()), &within.to_string());
    }

    fn inputs(&mut self, signature: &Signature) {
        let idents = signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => match &*input.pat {
                Pat::Ident(pattern) => Some(&pattern.ident),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        });
        self.distinct(idents, &signature.ident.to_string());
    }

    fn distinct<'a>(&mut self, idents: impl Iterator<Item = &'a Ident>, within: &str) {
        let mut seen = BTreeSet::new();
        for ident in idents {
            if !seen.insert(ident) {
                self.twice.push(Twice { name: ident.to_string(), within: within.to_owned() });
            }
        }
    }
}

/// Of two things with conditions, one may be there at a time.
fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn named(item: &Item) -> Option<(Space, Ident)> {
    Some(match item {
        Item::Enum(item) => (Space::Types, item.ident.clone()),
        Item::Mod(item) => (Space::Types, item.ident.clone()),
        Item::Struct(item) => (Space::Types, item.ident.clone()),
        Item::Trait(item) => (Space::Types, item.ident.clone()),
        Item::Type(item) => (Space::Types, item.ident.clone()),
        Item::Const(item) if item.ident != "_" => (Space::Values, item.ident.clone()),
        Item::Fn(item) => (Space::Values, item.sig.ident.clone()),
        Item::Static(item) => (Space::Values, item.ident.clone()),
        _ => return None,
    })
}

/// The names that an import brings.
fn imports(tree: &UseTree, found: &mut Vec<Ident>) {
    match tree {
        UseTree::Path(path) => imports(&path.tree, found),
        UseTree::Name(name) if name.ident != "self" => found.push(name.ident.clone()),
        UseTree::Rename(rename) if rename.rename != "_" => found.push(rename.rename.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| imports(tree, found)),
        _ => {}
    }
}

/// The operation, the schema or the security scheme that a name is made of: the one whose own name begins it and is the
/// longest; the document as a whole if there is none.
fn pointer(document: &Document, twice: &Twice) -> String {
    let wanted: BTreeSet<String> =
        [&twice.within, &twice.name].into_iter().flat_map(|name| name.split(' ')).map(names::pascal).collect();
    let candidates = candidates(&document.value).into_iter().filter(|(name, _)| {
        let name = names::pascal(name);
        wanted.iter().any(|wanted| wanted.starts_with(&name))
    });
    candidates.max_by_key(|(name, _)| name.len()).map(|(_, pointer)| pointer).unwrap_or_default()
}

/// Everything that names in Rust begin with, and its place.
fn candidates(document: &Value) -> Vec<(String, String)> {
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let mut found = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, operation) in members(&item) {
            if let Some(id) = operation["operationId"].as_str() {
                found.push((id.to_owned(), format!("/paths/{}/{method}", escape(&path))));
            }
        }
    }
    for kind in ["schemas", "responses", "securitySchemes"] {
        for (name, _) in members(&document["components"][kind]) {
            let pointer = format!("/components/{kind}/{}", escape(&name));
            found.push((name, pointer));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(file: &syn::File) -> Vec<String> {
        let text = "paths:\n  /a:\n    get: {operationId: call}\ncomponents:\n  schemas:\n    Thing: {}\n";
        let document = Document::parse("a.yaml", text).unwrap();
        let problems = check_beside_prelude(&document, file).err().map(|problems| problems.0).unwrap_or_default();
        problems.iter().map(|problem| format!("{}: {}", problem.place.line, problem.message)).collect()
    }

    #[test]
    fn names_that_stand_twice_are_refused_where_they_come_from() {
        let imported = said(&syn::parse_quote!(
            use crate::call::Call;
            pub struct Call {}
        ));
        assert_eq!(imported, ["3: two things would be called `Call` in Rust"]);
        let member = said(&syn::parse_quote!(
            pub struct Thing {
                extra: u8,
                extra: u8,
            }
        ));
        assert_eq!(member, ["6: two things would be called `extra` in `Thing` in Rust"]);
        let method = said(&syn::parse_quote!(
            impl Thing {
                fn a() {}
            }
            impl Thing {
                fn a() {}
            }
        ));
        assert_eq!(method, ["6: two things would be called `a` in `Thing` in Rust"]);
        assert_eq!(
            said(&syn::parse_quote!(
                struct Option;
            )),
            ["1: two things would be called `Option` in Rust"]
        );
    }

    #[test]
    fn names_of_different_things_may_be_alike() {
        let file = syn::parse_quote!(
            use crate::types;
            fn types(value: types::A, other: types::A) {}
            #[cfg(a)]
            struct A;
            #[cfg(not(a))]
            struct A;
            impl From<u8> for A {
                fn from(value: u8) -> Self {}
            }
            impl From<u16> for A {
                fn from(value: u16) -> Self {}
            }
        );
        assert_eq!(said(&file), Vec::<String>::new());
    }
}
