//! Enumerations that tell the variants of a union apart take known values only.
//!
//! A union tries its variants in turn, so one that takes every text would keep those after it from their own.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Field, Fields, GenericArgument, Item, ItemEnum, Meta, PathArguments, Type};

use super::{Opened, known_only, type_name};

/// Members of a variant that are open enumerations: name, and type.
type Members = Vec<(String, String)>;

/// Where a variant has its members, and what they are.
struct Leaf {
    /// The struct; none: they stand in the variant.
    holder: Option<String>,
    /// The union and the place in it.
    variant: (String, usize),
    members: Members,
}

/// The type of a holder and the name of a member of it.
type Closed = BTreeSet<(Option<String>, Option<(String, usize)>, String)>;

/// Closes what decides between variants.
pub(super) fn close(items: &mut [Item], opened: &Opened) {
    let types: BTreeMap<String, Item> = items.iter().filter_map(|item| Some((name(item)?, item.clone()))).collect();
    let mut closed = Closed::new();
    for item in items.iter_mut() {
        let Item::Enum(item) = item else { continue };
        if !is_untagged(item) {
            continue;
        }
        close_texts(item, opened);
        let mut leaves = Vec::new();
        collect(item, &types, opened, 0, &mut leaves);
        for (index, left) in leaves.iter().enumerate() {
            leaves[index + 1..].iter().for_each(|right| decide(left, right, opened, &mut closed));
        }
    }
    items.iter_mut().for_each(|item| write(item, opened, &closed));
}

fn name(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

fn is_untagged(item: &ItemEnum) -> bool {
    item.attrs.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("serde") && list.tokens.to_string().contains("untagged"),
        Meta::Path(_) | Meta::NameValue(_) => false,
    })
}

/// Of variants that are texts, all but the last take known values only.
fn close_texts(item: &mut ItemEnum, opened: &Opened) {
    let last = item.variants.len().saturating_sub(1);
    for variant in item.variants.iter_mut().take(last) {
        let Fields::Unnamed(fields) = &variant.fields else { continue };
        let kind = fields.unnamed.first().and_then(|field| type_name(&field.ty));
        if let Some(name) = kind.filter(|name| opened.contains_key(name)) {
            variant.attrs.push(known_only(&name));
        }
    }
}

/// The variants of a union, those of unions in it among them. A recursive schema may hold itself.
fn collect(item: &ItemEnum, types: &BTreeMap<String, Item>, opened: &Opened, depth: usize, leaves: &mut Vec<Leaf>) {
    if depth > 8 {
        return;
    }
    for (index, variant) in item.variants.iter().enumerate() {
        let place = (item.ident.to_string(), index);
        match &variant.fields {
            Fields::Named(fields) => {
                leaves.push(Leaf { holder: None, variant: place, members: members(&fields.named, opened) });
            }
            Fields::Unnamed(fields) => {
                let kind = fields.unnamed.first().and_then(|field| type_name(unboxed(&field.ty)));
                match kind.as_ref().and_then(|name| types.get(name)) {
                    Some(Item::Struct(found)) => {
                        let members = members(&found.fields, opened);
                        leaves.push(Leaf { holder: kind, variant: place, members });
                    }
                    Some(Item::Enum(found)) if is_untagged(found) => collect(found, types, opened, depth + 1, leaves),
                    _ => {}
                }
            }
            Fields::Unit => {}
        }
    }
}

fn members<'a>(fields: impl IntoIterator<Item = &'a Field>, opened: &Opened) -> Members {
    let member = |field: &Field| Some((field.ident.as_ref()?.to_string(), type_name(&field.ty)?));
    fields.into_iter().filter_map(member).filter(|(_, kind)| opened.contains_key(kind)).collect()
}

fn unboxed(kind: &Type) -> &Type {
    let Type::Path(path) = kind else { return kind };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Box") else { return kind };
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) => inner,
            _ => kind,
        },
        PathArguments::None | PathArguments::Parenthesized(_) => kind,
    }
}

/// A member whose values differ tells two variants apart, and the others stay open; where there is none, each may.
fn decide(left: &Leaf, right: &Leaf, opened: &Opened, closed: &mut Closed) {
    let values = |kind: &String| opened.get(kind).map(Vec::as_slice).unwrap_or_default();
    let differs = |(name, kind): &&(String, String)| {
        right
            .members
            .iter()
            .any(|(other, others)| other == name && values(kind).iter().all(|value| !values(others).contains(value)))
    };
    let tags: BTreeSet<&String> = left.members.iter().filter(differs).map(|(name, _)| name).collect();
    for leaf in [left, right] {
        let variant = leaf.holder.is_none().then(|| leaf.variant.clone());
        let names = leaf.members.iter().map(|(name, _)| name);
        let names = names.filter(|name| tags.is_empty() || tags.contains(name));
        closed.extend(names.map(|name| (leaf.holder.clone(), variant.clone(), name.clone())));
    }
}

fn write(item: &mut Item, opened: &Opened, closed: &Closed) {
    match item {
        Item::Struct(item) => {
            let holder = Some(item.ident.to_string());
            for field in &mut item.fields {
                write_field(field, opened, |name| closed.contains(&(holder.clone(), None, name)));
            }
        }
        Item::Enum(item) => {
            let union = item.ident.to_string();
            for (index, variant) in item.variants.iter_mut().enumerate() {
                let Fields::Named(fields) = &mut variant.fields else { continue };
                let place = Some((union.clone(), index));
                for field in &mut fields.named {
                    write_field(field, opened, |name| closed.contains(&(None, place.clone(), name)));
                }
            }
        }
        _ => {}
    }
}

fn write_field(field: &mut Field, opened: &Opened, is_closed: impl FnOnce(String) -> bool) {
    let Some(kind) = type_name(&field.ty).filter(|kind| opened.contains_key(kind)) else { return };
    if field.ident.as_ref().is_some_and(|name| is_closed(name.to_string())) {
        field.attrs.push(known_only(&kind));
    }
}
