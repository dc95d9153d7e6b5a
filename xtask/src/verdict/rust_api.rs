//! The SDK's part of a verdict: its public items before and after, with what an addition breaks in Rust.
//!
//! rustdoc writes what is public as JSON, `public-api` lists it item by item. What that list cannot show is looked up in
//! the same JSON: whether an enum or a struct is open for additions, and whether a trait's new method has a body.
//!
//! The features are those that a program gets without asking: no public item stands behind another one, and one of the
//! others wants headers of OpenSSL.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use public_api::diff::PublicApiDiff;
use public_api::tokens::Token;
use public_api::{PublicApi, PublicItem};
use rustdoc_types::{Attribute, Crate, Id, Item, ItemEnum, StructKind, VariantKind};

use super::answer::{Level, Reason, Site};
use super::base::{self, Checkout};
use super::builds::Builds;
use crate::process::cargo;
use crate::workspace::write_if_changed;

pub(super) const ARTEFACT: &str = "sdk";
const PACKAGE: &str = "invite-sdk";

/// Implementations of these are not stable, so no one can rely on them.
const UNSTABLE: [&str; 3] = ["core::marker::Freeze", "core::marker::StructuralPartialEq", "core::marker::UnsafeUnpin"];

/// What decides the SDK's public interface.
pub(super) const PATHS: &[&str] = &["sdk/Cargo.toml", "sdk/src", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"];

/// Differences between the SDK of the base and of the working tree.
///
/// # Errors
/// One of them does not build.
pub(super) fn reasons(checkout: &Checkout<'_>) -> Result<Vec<Reason>> {
    let base = checkout.base;
    let before =
        base.kept(&format!("sdk-{}.json", toolchain()?), || Builds::of(checkout.tree()?).description(PACKAGE))?;
    let after = base::folder().join("sdk.json");
    write_if_changed(&after, &Builds::here().description(PACKAGE)?)?;
    compare(&before, &after, &base.revision)
}

/// Compares two crates by what rustdoc wrote of them.
///
/// # Errors
/// A file is not of the one known format.
pub(super) fn compare(before: &Path, after: &Path, revision: &str) -> Result<Vec<Reason>> {
    let (old, new) = (Side::read(before)?, Side::read(after)?);
    let diff = PublicApiDiff::between(api(before)?, api(after)?);
    let mut removed: Vec<_> = diff.removed.iter().collect();
    let mut added: Vec<_> = diff.added.iter().collect();
    // Implementations share the path of their type; a pair of different ones is one that went and one that came.
    let (pairs, changed): (Vec<_>, Vec<_>) =
        diff.changed.iter().partition(|changed| is_impl(&changed.old) || is_impl(&changed.new));
    removed.extend(pairs.iter().map(|pair| &pair.old));
    added.extend(pairs.iter().map(|pair| &pair.new));
    let mut reasons = Vec::new();
    for item in old.outermost(&removed) {
        let site = old.site(item.id()).map(|site| Site { at: Some(revision.to_owned()), ..site });
        reasons.push(reason(Level::Major, format!("removed: {}", brief(item)), site));
    }
    for change in changed.iter().filter(|change| !new.is_dictated(&change.new)) {
        let what = format!("changed: {} (was: {})", brief(&change.new), brief(&change.old));
        reasons.push(reason(weigh_change(&change.old, &change.new), what, new.site(change.new.id())));
    }
    for item in new.outermost(&added) {
        let (level, why) = new.weigh_addition(item);
        reasons.push(reason(level, format!("added: {}{why}", brief(item)), new.site(item.id())));
    }
    Ok(reasons)
}

fn reason(level: Level, what: String, site: Option<Site>) -> Reason {
    Reason { level, artefact: ARTEFACT.to_owned(), operations: Vec::new(), what, site }
}

fn api(json: &Path) -> Result<PublicApi> {
    let builder = public_api::Builder::from_rustdoc_json(json).omit_blanket_impls(true);
    builder.build().with_context(|| format!("cannot list the public items of {}", json.display()))
}

fn words(item: &PublicItem) -> impl Iterator<Item = &Token> {
    item.tokens().filter(|token| !matches!(token, Token::Annotation(_) | Token::Whitespace))
}

fn is_impl(item: &PublicItem) -> bool {
    matches!(words(item).next(), Some(Token::Keyword(keyword)) if keyword == "impl")
}

/// Whether nobody can rely on it: implementations of unstable traits, and statements that something is *not* implemented.
fn is_noise(item: &PublicItem) -> bool {
    let text = item.to_string();
    is_impl(item) && (text.contains(" !") || UNSTABLE.iter().any(|name| text.contains(&format!("{name} for "))))
}

/// The item as a person would write it: names of the standard library without their modules.
fn brief(item: &PublicItem) -> String {
    let text = item.to_string();
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|next: char| next.is_alphanumeric() || next == '_') {
        let (before, path) = rest.split_at(start);
        let end = path.find(|next: char| !(next.is_alphanumeric() || "_:".contains(next))).unwrap_or(path.len());
        let (path, after) = path.split_at(end);
        let standard = ["core::", "alloc::", "std::"].iter().any(|library| path.starts_with(library));
        out += before;
        out += if standard { path.rsplit("::").next().unwrap_or(path) } else { path };
        rest = after;
    }
    out + rest
}

fn weigh_change(old: &PublicItem, new: &PublicItem) -> Level {
    let closed = |item: &PublicItem| {
        item.tokens().any(|token| matches!(token, Token::Annotation(text) if text.contains("non_exhaustive")))
    };
    if words(old).eq(words(new)) {
        return if closed(new) && !closed(old) { Level::Major } else { Level::Minor };
    }
    let constant = |token: &&Token| matches!(token, Token::Qualifier(text) if text == "const");
    if words(old).eq(words(new).filter(|token| !constant(token))) { Level::Minor } else { Level::Major }
}

/// One state of the crate as rustdoc wrote it.
struct Side {
    documented: Crate,
}

impl Side {
    fn read(json: &Path) -> Result<Self> {
        let text = fs::read_to_string(json).with_context(|| format!("cannot read {}", json.display()))?;
        let documented = serde_json::from_str(&text).with_context(|| {
            format!(
                "rustdoc writes a format other than {}; renew `public-api` with the toolchain",
                rustdoc_types::FORMAT_VERSION
            )
        })?;
        Ok(Self { documented })
    }

    fn item(&self, id: Id) -> Option<&Item> {
        self.documented.index.get(&id)
    }

    /// Items that did not come or go with the one they belong to.
    fn outermost<'a>(&self, items: &[&'a PublicItem]) -> Vec<&'a PublicItem> {
        let ids: HashSet<Id> = items.iter().map(|item| item.id()).collect();
        let parents: HashMap<Id, Id> = items.iter().filter_map(|item| Some((item.id(), item.parent_id()?))).collect();
        // A block of methods is not what users see, the methods are; but it does come and go with its type.
        let follows = |item: &PublicItem| match item.parent_id() {
            Some(block) if self.is_methods(block) => parents.get(&block).is_some_and(|owner| ids.contains(owner)),
            Some(parent) => ids.contains(&parent),
            None => false,
        };
        let told = |item: &&&PublicItem| {
            !is_noise(item) && !self.is_methods(item.id()) && !self.is_dictated(item) && !follows(item)
        };
        items.iter().filter(told).copied().collect()
    }

    /// Whether it is an `impl` block without a trait.
    fn is_methods(&self, id: Id) -> bool {
        self.item(id).is_some_and(|item| matches!(&item.inner, ItemEnum::Impl(block) if block.trait_.is_none()))
    }

    /// Whether it is a function that a trait prescribes: the trait says what it is like, however it is written.
    fn is_dictated(&self, item: &PublicItem) -> bool {
        let inner = |id| self.item(id).map(|item| &item.inner);
        matches!(item.parent_id().and_then(inner), Some(ItemEnum::Impl(block)) if block.trait_.is_some())
            && matches!(inner(item.id()), Some(ItemEnum::Function(_)))
    }

    fn site(&self, id: Id) -> Option<Site> {
        let span = self.item(id)?.span.as_ref()?;
        let file = span.filename.to_string_lossy();
        // What a derive or a dependency wrote stands nowhere in this workspace.
        (!span.filename.is_absolute()).then(|| Site::new(&file, span.begin.0))
    }

    /// An addition to something that users may already name in full, or must implement in full, breaks them.
    fn weigh_addition(&self, added: &PublicItem) -> (Level, &'static str) {
        let Some(parent) = added.parent_id().and_then(|id| self.item(id)) else { return (Level::Minor, "") };
        let open = parent.attrs.contains(&Attribute::NonExhaustive);
        match &parent.inner {
            ItemEnum::Enum(_) if !open && self.is_variant(added.id()) => {
                (Level::Major, " (users match this enum exhaustively: it is not `#[non_exhaustive]`)")
            }
            ItemEnum::Struct(parent) if !open && self.is_field(added.id()) && all_public(&parent.kind) => {
                (Level::Major, " (users write this struct in full: it is not `#[non_exhaustive]`)")
            }
            ItemEnum::Variant(variant) if !open && !matches!(variant.kind, VariantKind::Plain) => {
                (Level::Major, " (users match and write this variant in full: it is not `#[non_exhaustive]`)")
            }
            ItemEnum::Trait(_) if self.is_required(added.id()) => {
                (Level::Major, " (who implements the trait must write it)")
            }
            _ => (Level::Minor, ""),
        }
    }

    fn is_variant(&self, id: Id) -> bool {
        self.item(id).is_some_and(|item| matches!(item.inner, ItemEnum::Variant(_)))
    }

    fn is_field(&self, id: Id) -> bool {
        self.item(id).is_some_and(|item| matches!(item.inner, ItemEnum::StructField(_)))
    }

    fn is_required(&self, id: Id) -> bool {
        self.item(id).is_some_and(|item| match &item.inner {
            ItemEnum::Function(function) => !function.has_body,
            ItemEnum::AssocType { type_, .. } => type_.is_none(),
            ItemEnum::AssocConst { value, .. } => value.is_none(),
            _ => false,
        })
    }
}

fn all_public(kind: &StructKind) -> bool {
    match kind {
        StructKind::Unit => false,
        StructKind::Tuple(fields) => fields.iter().all(Option::is_some),
        StructKind::Plain { has_stripped_fields, .. } => !has_stripped_fields,
    }
}

/// The version of the compiler: a base described by another one is described anew.
fn toolchain() -> Result<String> {
    let output = cargo().arg("--version").output().context("cannot run cargo")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split(' ').nth(1).unwrap_or("unknown").to_owned())
}
