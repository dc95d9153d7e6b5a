//! Every public method of the crates for others has an example in its documentation, which the tests compile.
//!
//! Public is what `lib.rs` hands on with `pub use`: inherent methods and provided or required methods of traits, in
//! hand-written and in generated files. Not asked: implementations of traits, what is `#[doc(hidden)]`, and the types of
//! bodies in `client.rs`, whose builders and setters the examples of the operations use.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use syn::{
    Attribute, Expr, ExprLit, File, ImplItem, ImplItemFn, Item, ItemImpl, Lit, Meta, TraitItem, Type, UseTree,
    Visibility,
};

/// Sources of the crates that others depend on.
pub(super) const CRATES: [&str; 3] = ["sdk/src/", "sdk/cli/src/", "sdk/mock/src/"];

/// Written by progenitor, with hundreds of setters.
const BODIES: &str = "generated/client.rs";

/// What a crate hands on: names of types, traits and functions, and of modules.
pub(super) struct Exported(BTreeSet<String>);

impl Exported {
    /// # Errors
    /// `lib.rs` is not Rust.
    pub(super) fn of(root: &str) -> Result<Self> {
        let file = syn::parse_file(root).context("a crate's root cannot be parsed")?;
        let mut names = BTreeSet::new();
        for item in file.items {
            match item {
                Item::Use(item) if is_public(&item.vis) => leaves(&item.tree, &mut names),
                _ => {}
            }
        }
        Ok(Self(names))
    }

    /// Names of public methods in the file at `path`, below the crate's sources, that have no example.
    ///
    /// # Errors
    /// The file is not Rust.
    pub(super) fn without_example(&self, path: &str, text: &str) -> Result<Vec<String>> {
        if path.ends_with(BODIES) {
            return Ok(Vec::new());
        }
        let File { items, .. } = syn::parse_file(text).with_context(|| format!("{path} cannot be parsed"))?;
        let module = path.rsplit('/').next().and_then(|file| file.strip_suffix(".rs")).unwrap_or_default();
        // All of a module that is handed on is public as far as it says so.
        let is_exported = |name: &str| self.0.contains(name) || self.0.contains(module);
        let mut found = Vec::new();
        for item in &items {
            match item {
                Item::Impl(item) if item.trait_.is_none() => {
                    let Some(kind) = last(&item.self_ty).filter(|kind| is_exported(kind)) else { continue };
                    found.extend(bare(item).map(|method| format!("{kind}::{}", method.sig.ident)));
                }
                Item::Trait(item) if is_public(&item.vis) && is_exported(&item.ident.to_string()) => {
                    let methods = item.items.iter().filter_map(|item| match item {
                        TraitItem::Fn(method) => Some(method),
                        _ => None,
                    });
                    let bare = methods.filter(|method| !is_shown(&method.attrs));
                    found.extend(bare.map(|method| format!("{}::{}", item.ident, method.sig.ident)));
                }
                Item::Fn(item) if is_public(&item.vis) && is_exported(&item.sig.ident.to_string()) => {
                    found.extend((!is_shown(&item.attrs)).then(|| item.sig.ident.to_string()));
                }
                _ => {}
            }
        }
        Ok(found)
    }
}

/// Public methods without an example.
fn bare(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) if is_public(&method.vis) && !is_shown(&method.attrs) => Some(method),
        _ => None,
    })
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The names at the ends of a `use`, as they are called where they come from.
fn leaves(tree: &UseTree, names: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, names),
        UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
        UseTree::Rename(rename) => drop(names.insert(rename.ident.to_string())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
        UseTree::Glob(_) => {}
    }
}

/// The last name of a type's path.
fn last(kind: &Type) -> Option<String> {
    match kind {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

/// Whether the documentation has a block that is compiled, or there is none to see.
fn is_shown(attributes: &[Attribute]) -> bool {
    let mut text = String::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        match &attribute.meta {
            Meta::NameValue(pair) => {
                if let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value {
                    text += line.value().trim();
                    text.push('\n');
                }
            }
            Meta::List(list) if list.tokens.to_string() == "hidden" => return true,
            Meta::List(_) | Meta::Path(_) => {}
        }
    }
    // Every second fence ends a block.
    let opening = text.lines().filter_map(|line| line.strip_prefix("```")).step_by(2);
    opening.into_iter().any(|language| matches!(language, "" | "no_run" | "rust" | "rust,no_run"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "mod a;\npub use a::{Thing, does};\npub use generated::list as things;\nuse a::Hidden;\n";

    fn found(path: &str, text: &str) -> Vec<String> {
        Exported::of(ROOT).unwrap().without_example(path, text).unwrap()
    }

    #[test]
    fn a_public_method_without_an_example_is_found() {
        let text = "impl Thing {\n/// One.\npub fn one() {}\n/// Two.\n///\n/// ```\n/// ```\npub fn two() {}\n}";
        assert_eq!(found("a.rs", text), ["Thing::one"]);
        assert_eq!(found("a.rs", "impl<T> a::Thing<T> { pub const fn one() {} }"), ["Thing::one"]);
        assert_eq!(found("a.rs", "pub trait Thing { fn one(); }\npub fn does() {}"), ["Thing::one", "does"]);
        assert_eq!(found("generated/list.rs", "impl When { pub fn one() {} }"), ["When::one"]);
    }

    #[test]
    fn a_block_that_is_not_compiled_is_no_example() {
        for language in ["text", "ignore", "console"] {
            let text = format!("impl Thing {{\n/// ```{language}\n/// ```\npub fn one() {{}}\n}}");
            assert_eq!(found("a.rs", &text), ["Thing::one"]);
        }
    }

    #[test]
    fn what_nobody_can_call_or_see_needs_none() {
        for text in [
            "impl Thing { pub(crate) fn one() {} fn two() {} #[doc(hidden)] pub fn three() {} }",
            "impl Hidden { pub fn one() {} }",
            "impl Clone for Thing { fn clone(&self) -> Self { Thing } }",
            "pub trait Thing { #[doc(hidden)] fn one(); }",
        ] {
            assert_eq!(found("a.rs", text), Vec::<String>::new(), "{text}");
        }
    }
}
