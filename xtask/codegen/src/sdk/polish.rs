//! Changes progenitor's types where the document says more than progenitor hears.
//!
//! 1. Enumerations are opened: `enums`.
//! 2. Members: absent and null kept apart, secrets hidden, `#[deprecated]`.
//! 3. Builders: the same members, setters that take the bare value of an optional member, and no further members unless
//!    they are given.
//! 4. Docs: where types and members are defined, by [`Places`].
//! 5. Paths: progenitor's `Default::default` means the trait, also where the document has a schema of that name.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Expr, Field, GenericArgument, Ident, ImplItem, ImplItemFn, Item, ItemImpl, ItemStruct, Member, Meta,
    PathArguments, Stmt, Type, TypeParamBound, WherePredicate, parse_quote,
};

use super::enums::{open, wire_name, without_derives};
use super::marks::{Mark, Marks};
use crate::cite::Places;

/// Polishes the module `types` and its `builder`. Returned are the JSON pointers of secrets that could not be hidden.
pub(super) fn polish(file: &mut syn::File, marks: &Marks, places: &Places) -> Vec<String> {
    DefaultOfTheTrait.visit_file_mut(file);
    let mut stray = marks.stray.clone();
    let Some(types) = content(&mut file.items, "types") else { return stray };
    open(types);
    let mut members = Members::new();
    let mut open_ended = BTreeSet::new();
    let mut added = Vec::new();
    for item in types.iter_mut() {
        let (ident, attributes) = match item {
            Item::Struct(item) => (item.ident.clone(), &mut item.attrs),
            Item::Enum(item) => (item.ident.clone(), &mut item.attrs),
            _ => continue,
        };
        let name = ident.to_string();
        if marks.hidden.contains(&name) {
            without_derives(attributes, &["Debug"]);
            added.push(redacted(&ident));
        }
        if let Item::Struct(item) = item {
            added.extend(from_text(item));
            mark_members(item, marks, &mut members);
            open_ended.extend(further_members(item));
        }
    }
    types.extend(added);
    if let Some(builders) = content(types, "builder") {
        let added = polish_builders(builders, marks, &members);
        open_ended.iter().for_each(|(kind, member)| leave_empty(builders, kind, member));
        builders.extend(added);
    }
    places.cite(types);
    let hidden: BTreeSet<&str> =
        members.values().filter(|mark| mark.sensitive).map(|mark| mark.pointer.as_str()).collect();
    let secrets = marks.members.values().filter(|mark| mark.sensitive).map(|mark| &mark.pointer);
    stray.extend(secrets.filter(|pointer| !hidden.contains(pointer.as_str())).cloned());
    stray
}

/// Writes `Default::default` out in full.
struct DefaultOfTheTrait;

impl VisitMut for DefaultOfTheTrait {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        if path.leading_colon.is_none() && path.segments.iter().map(|segment| &segment.ident).eq(["Default", "default"])
        {
            *path = parse_quote!(::std::default::Default::default);
        }
        syn::visit_mut::visit_path_mut(self, path);
    }
}

/// Marks of the members of structs, by the names of both in Rust.
type Members = BTreeMap<(String, String), Mark>;

/// The items of a module.
pub(super) fn content<'a>(items: &'a mut [Item], name: &str) -> Option<&'a mut Vec<Item>> {
    items.iter_mut().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => module.content.as_mut().map(|(_, items)| items),
        _ => None,
    })
}

/// A component that is a secret text wraps the client's type, and texts must be able to become it.
fn from_text(item: &ItemStruct) -> Vec<Item> {
    let name = &item.ident;
    let secret = |field: &Field| matches!(&field.ty, Type::Path(kind) if kind.path.segments.last().is_some_and(|last| last.ident == "Sensitive"));
    let wraps = item.fields.iter().all(|field| field.ident.is_none() && secret(field)) && !item.fields.is_empty();
    let texts: [Type; 2] = [parse_quote!(&str), parse_quote!(::std::string::String)];
    let from = |text: &Type| -> Item {
        parse_quote! {
            impl ::std::convert::From<#text> for #name {
                fn from(text: #text) -> Self {
                    Self(text.into())
                }
            }
        }
    };
    if wraps { texts.iter().map(from).collect() } else { Vec::new() }
}

/// A `Debug` that shows nothing.
pub(crate) fn redacted(name: &Ident) -> Item {
    parse_quote! {
        impl ::std::fmt::Debug for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("[redacted]")
            }
        }
    }
}

fn mark_members(item: &mut ItemStruct, marks: &Marks, members: &mut Members) {
    let kind = item.ident.to_string();
    for field in &mut item.fields {
        let Some(ident) = field.ident.clone() else { continue };
        let name = wire_name(&ident, &field.attrs);
        let Some(mark) = marks.members.get(&(kind.clone(), name.clone())) else { continue };
        let mut mark = mark.clone();
        mark.tri_state = mark.tri_state && argument(&mut field.ty, "Option").is_some() && keep_null(field, &name);
        wrap(&mut field.ty, &mark);
        if let Some(note) = &mark.deprecated {
            field.attrs.push(parse_quote!(#[deprecated = #note]));
        }
        members.insert((kind.clone(), ident.to_string()), mark);
    }
}

/// The field that takes members which the document does not name, by type.
fn further_members(item: &ItemStruct) -> Option<(Ident, Ident)> {
    let is_flat = |attribute: &Attribute| {
        attribute.path().is_ident("serde")
            && matches!(&attribute.meta, Meta::List(list) if list.tokens.to_string() == "flatten")
    };
    let field = item.fields.iter().find(|field| field.attrs.iter().any(is_flat))?;
    Some((item.ident.clone(), field.ident.clone()?))
}

/// A builder starts without further members, in place of demanding them.
fn leave_empty(builders: &mut [Item], kind: &Ident, member: &Ident) {
    let is_default = |item: &&mut ItemImpl| {
        matches!(&*item.self_ty, Type::Path(path) if path.path.is_ident(kind))
            && item.trait_.iter().any(|(of, _)| of.segments.last().is_some_and(|last| last.ident == "Default"))
    };
    let defaults = builders.iter_mut().filter_map(|item| match item {
        Item::Impl(item) => Some(item),
        _ => None,
    });
    for item in defaults.filter(is_default).flat_map(|item| &mut item.items) {
        if let ImplItem::Fn(method) = item
            && let Some(Stmt::Expr(Expr::Struct(value), None)) = method.block.stmts.first_mut()
        {
            for field in
                value.fields.iter_mut().filter(|field| matches!(&field.member, Member::Named(name) if name == member))
            {
                field.expr = parse_quote!(Ok(Default::default()));
            }
        }
    }
}

/// Lets serde leave out what is absent and not what is null; false if the member is never left out.
fn keep_null(field: &mut Field, name: &str) -> bool {
    let serde = field.attrs.iter_mut().filter(|attribute| attribute.path().is_ident("serde"));
    for attribute in serde {
        let Meta::List(list) = &attribute.meta else { continue };
        if list.tokens.to_string().contains("skip_serializing_if") {
            *attribute =
                parse_quote!(#[serde(rename = #name, default, skip_serializing_if = "crate::Patch::is_absent")]);
            return true;
        }
    }
    false
}

/// `Option<X>` becomes `Patch<X>`, and `X` in either case `Sensitive<X>`.
fn wrap(kind: &mut Type, mark: &Mark) {
    if mark.sensitive {
        let inner = match argument(kind, "Option") {
            Some(inner) => inner,
            None => kind,
        };
        *inner = parse_quote!(crate::Sensitive<#inner>);
    }
    if mark.tri_state
        && let Some(inner) = argument(kind, "Option")
    {
        *kind = parse_quote!(crate::Patch<#inner>);
    }
}

/// What must be added to the builders is returned.
fn polish_builders(items: &mut [Item], marks: &Marks, members: &Members) -> Vec<Item> {
    let mut added = Vec::new();
    for item in items.iter_mut() {
        match item {
            Item::Struct(item) => {
                let kind = item.ident.to_string();
                item.attrs.push(parse_quote!(#[must_use = "a builder does nothing by itself"]));
                if marks.hidden.contains(&kind) {
                    without_derives(&mut item.attrs, &["Debug"]);
                    added.push(redacted(&item.ident));
                }
                for field in &mut item.fields {
                    let mark = field.ident.as_ref().and_then(|ident| members.get(&(kind.clone(), ident.to_string())));
                    if let (Some(mark), Some(held)) = (mark, argument(&mut field.ty, "Result")) {
                        wrap(held, mark);
                    }
                }
            }
            Item::Impl(item) if item.trait_.is_none() => polish_setters(item, members),
            _ => {}
        }
    }
    added
}

fn polish_setters(item: &mut ItemImpl, members: &Members) {
    let Type::Path(kind) = &*item.self_ty else { return };
    let Some(kind) = kind.path.get_ident().map(Ident::to_string) else { return };
    let taken: BTreeSet<String> = item.items.iter().filter_map(method_name).collect();
    let mut added: Vec<ImplItem> = Vec::new();
    for item in &mut item.items {
        let ImplItem::Fn(method) = item else { continue };
        let mark = members.get(&(kind.clone(), method.sig.ident.to_string())).cloned().unwrap_or_default();
        if soften_setter(method, &mark).is_some() && mark.tri_state {
            added.push(null_setter(&method.sig.ident, &taken));
        }
        if let Some(note) = &mark.deprecated {
            method.attrs.push(parse_quote!(#[deprecated = #note]));
        }
    }
    item.items.extend(added);
}

fn method_name(item: &ImplItem) -> Option<String> {
    match item {
        ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
        _ => None,
    }
}

/// `name_null`, unless a member of the document is called so.
fn null_setter(member: &Ident, taken: &BTreeSet<String>) -> ImplItem {
    let mut name = quote::format_ident!("{member}_null");
    while taken.contains(&name.to_string()) {
        name = quote::format_ident!("{name}_");
    }
    let doc = format!(" Sends `null` for `{member}`, which is not the same as leaving it out.");
    parse_quote! {
        #[doc = #doc]
        pub fn #name(mut self) -> Self {
            self.#member = Ok(crate::Patch::Null);
            self
        }
    }
}

/// A setter of an optional member asks for `TryInto<Option<X>>`, which no text is: let it ask for `TryInto<X>`, so that
/// `.organization("acme")` compiles. Whoever has no value does not call the setter.
///
/// What all setters have in common is a function of the client: a hundred closures take longer to compile.
fn soften_setter(method: &mut ImplItemFn, mark: &Mark) -> Option<()> {
    let member = method.sig.ident.to_string();
    let predicates = &mut method.sig.generics.where_clause.as_mut()?.predicates;
    let WherePredicate::Type(predicate) = predicates.first_mut()? else { return None };
    let TypeParamBound::Trait(bound) = predicate.bounds.first_mut()? else { return None };
    let target = only_argument(&mut bound.path, "TryInto")?;
    let Stmt::Expr(Expr::Assign(assign), _) = method.block.stmts.first_mut()? else { return None };
    let mut converted: Expr = parse_quote!(crate::operation::converted(value, #member));
    if mark.sensitive {
        converted = parse_quote!(#converted.map(crate::Sensitive::from));
    }
    if let Some(inner) = argument(target, "Option").cloned() {
        *target = inner;
        let wrapper: Expr =
            if mark.tri_state { parse_quote!(crate::Patch::Value) } else { parse_quote!(::std::option::Option::Some) };
        converted = parse_quote!(#converted.map(#wrapper));
    }
    *assign.right = converted;
    Some(())
}

/// The argument of `name<…>`.
pub(crate) fn argument<'a>(kind: &'a mut Type, name: &str) -> Option<&'a mut Type> {
    match kind {
        Type::Path(path) => only_argument(&mut path.path, name),
        _ => None,
    }
}

/// The first argument of `name<…>` at the end of a path.
pub(super) fn only_argument<'a>(path: &'a mut syn::Path, name: &str) -> Option<&'a mut Type> {
    let last = path.segments.last_mut().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &mut last.arguments else { return None };
    match arguments.args.first_mut()? {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::sdk::tests::file;

    #[test]
    fn enumerations_are_open_and_have_the_default_of_the_document_or_none() {
        let client = file("client.rs");
        assert!(client.contains("impl ::std::default::Default for ThingChangeFinish"));
        for name in ["NewThingKind", "ThingKind", "ThingShape", "GoneReason", "ThingChangeColour"] {
            assert!(!client.contains(&format!("Default for {name} ")), "{name}");
            assert!(client.contains(&format!("#[non_exhaustive] pub enum {name} ")), "{name}");
        }
    }

    #[test]
    fn members_that_are_optional_and_nullable_have_three_states_in_requests_only() {
        let client = file("client.rs");
        assert!(client.contains("pub name: crate::Patch<ThingChangeName>"));
        assert!(client.contains("pub note: crate::Patch<crate::Sensitive>"));
        assert!(client.contains("pub weight: crate::Patch<crate::Sensitive<i64>>"));
        assert!(client.contains("pub until: ::std::option::Option<"), "optional only");
        assert!(client.contains("pub shape: ::std::option::Option<ThingShape>"), "an answer");
        assert!(client.contains("pub fn name_null(mut self) -> Self"));
    }

    #[test]
    fn what_the_document_deprecates_says_where() {
        assert!(file("client.rs").contains(
            r#"#[deprecated = "deprecated by the document, at fixture.yaml:215"] pub old: ::std::option::Option<"#
        ));
        let operations = file("operations.rs");
        assert!(
            operations
                .contains(r#"#[deprecated = "deprecated by the document, at fixture.yaml:135"] pub fn break_scales("#),
            "{operations}"
        );
        assert!(operations.contains(r#"#[deprecated = "deprecated by the document"] pub fn timeout_("#));
    }

    #[test]
    fn a_builder_demands_no_members_that_the_document_does_not_name() {
        let client = file("client.rs");
        assert!(client.contains("extra: Ok(Default::default()),"));
        assert!(!client.contains("no value supplied for extra"));
    }

    #[test]
    fn components_say_where_they_are_defined_and_builders_must_be_used() {
        let client = file("client.rs");
        assert!(client.contains("/// /// Defined at `fixture.yaml:231`. #[derive("));
        assert!(client.contains(r#"#[must_use = "a builder does nothing by itself"] pub struct NewThing "#));
    }
}
