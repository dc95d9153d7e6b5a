//! Where types and their members stand in the document, written into their docs.
//!
//! typify makes the types of both sides and tells nobody which schema each came from. The names it gives are known: a
//! component's, and for an inline schema its title, or the name of its parent and of its member.

use std::collections::BTreeMap;

use serde_json::Value;
use syn::{Attribute, Expr, Fields, Ident, ImplItem, Item, Lit, Meta, Type, parse_quote};

use crate::load::{Document, escape};
use crate::model::Model;
use crate::names;
use crate::sdk::wire_name;

/// `file:line` of types and of what is in them.
#[derive(Debug, Default)]
pub(crate) struct Places {
    types: BTreeMap<String, String>,
    /// Members of structs and values of enumerations, by type and name on the wire.
    members: BTreeMap<(String, String), String>,
    /// Names of members on the wire, by type and name of the setter.
    setters: BTreeMap<(String, String), String>,
}

impl Places {
    /// The places of all schemas.
    pub(crate) fn of(document: &Document, model: &Model) -> Self {
        let mut places = Self::default();
        // The named ones first: where two have one name, typify gives it to the component.
        for schema in &model.schemas {
            places.types.insert(names::pascal(&schema.name), document.provenance(&schema.pointer));
        }
        for schema in &model.schemas {
            places.schema(document, &schema.typed, &schema.pointer, &names::pascal(&schema.name));
        }
        places
    }

    fn schema(&mut self, document: &Document, schema: &Value, pointer: &str, name: &str) {
        let Some(object) = schema.as_object() else { return };
        self.types.entry(name.to_owned()).or_insert_with(|| document.provenance(pointer));
        for (member, value) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let pointer = format!("{pointer}/properties/{}", escape(member));
            self.members.insert((name.to_owned(), member.clone()), document.provenance(&pointer));
            self.setters.insert((name.to_owned(), plain(&names::ident_snake(member))), member.clone());
            self.schema(document, value, &pointer, &titled(value, &format!("{name}{}", names::pascal(member))));
        }
        for (index, value) in object.get("enum").and_then(Value::as_array).into_iter().flatten().enumerate() {
            if let Some(text) = value.as_str() {
                let place = document.provenance(&format!("{pointer}/enum/{index}"));
                self.members.insert((name.to_owned(), text.to_owned()), place);
            }
        }
        for (key, suffix) in [("items", "Item"), ("additionalProperties", "Value")] {
            if let Some(value) = object.get(key) {
                self.schema(document, value, &format!("{pointer}/{key}"), &titled(value, &format!("{name}{suffix}")));
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for (index, branch) in object.get(key).and_then(Value::as_array).into_iter().flatten().enumerate() {
                let name =
                    if key == "allOf" { name.to_owned() } else { titled(branch, &format!("{name}Variant{index}")) };
                self.schema(document, branch, &format!("{pointer}/{key}/{index}"), &name);
            }
        }
    }

    /// Says in the docs of types, members and setters where they stand.
    pub(crate) fn cite(&self, items: &mut [Item]) {
        for item in items {
            match item {
                Item::Struct(item) => {
                    let name = item.ident.to_string();
                    self.cite_type(&name, &mut item.attrs);
                    for field in &mut item.fields {
                        let Some(ident) = field.ident.clone() else { continue };
                        self.cite_member(&name, &ident, &mut field.attrs);
                    }
                }
                Item::Enum(item) => {
                    let name = item.ident.to_string();
                    self.cite_type(&name, &mut item.attrs);
                    for variant in &mut item.variants {
                        self.cite_member(&name, &variant.ident.clone(), &mut variant.attrs);
                        if let Fields::Named(fields) = &mut variant.fields {
                            fields.named.iter_mut().for_each(|field| self.cite_field_of_variant(&name, field));
                        }
                    }
                }
                Item::Impl(item) if item.trait_.is_none() => self.cite_setters(item),
                Item::Mod(module) => {
                    if let Some((_, items)) = &mut module.content {
                        self.cite(items);
                    }
                }
                _ => {}
            }
        }
    }

    fn cite_type(&self, name: &str, attributes: &mut Vec<Attribute>) {
        if let Some(place) = self.types.get(name) {
            let text = format!(" Defined at `{place}`.");
            let end = documented(attributes);
            let gap: Option<Attribute> = (end > 0).then(|| parse_quote!(#[doc = ""]));
            attributes.splice(end..end, gap.into_iter().chain([parse_quote!(#[doc = #text])]));
        }
    }

    /// A member that is known, or else the type that holds it.
    fn cite_member(&self, name: &str, ident: &Ident, attributes: &mut Vec<Attribute>) {
        let wire = wire_name(ident, attributes);
        let place = self.members.get(&(name.to_owned(), wire.clone())).or_else(|| self.types.get(name));
        if let Some(place) = place {
            note(attributes, &wire, place);
        }
    }

    fn cite_field_of_variant(&self, name: &str, field: &mut syn::Field) {
        if let (Some(ident), Some(place)) = (field.ident.clone(), self.types.get(name)) {
            let wire = wire_name(&ident, &field.attrs);
            note(&mut field.attrs, &wire, place);
        }
    }

    /// The setters of a builder, which has the name of its type.
    fn cite_setters(&self, item: &mut syn::ItemImpl) {
        let Type::Path(kind) = &*item.self_ty else { return };
        let Some(name) = kind.path.get_ident().map(Ident::to_string) else { return };
        for item in &mut item.items {
            let ImplItem::Fn(method) = item else { continue };
            let setter = plain(&method.sig.ident);
            let member = [setter.as_str(), setter.trim_end_matches("_null")]
                .into_iter()
                .find_map(|setter| self.setters.get(&(name.clone(), setter.to_owned())));
            if let Some(wire) = member
                && let Some(place) = self.members.get(&(name.clone(), wire.clone()))
            {
                note(&mut method.attrs, wire, place);
            } else if setter == "builder" {
                self.cite_type(&name, &mut method.attrs);
            } else if method.sig.receiver().is_some() && method.sig.inputs.len() == 2 {
                // Further members, which the type as a whole allows.
                self.cite_member(&name, &method.sig.ident.clone(), &mut method.attrs);
            }
        }
    }
}

/// A name without what keeps it apart from keywords.
fn plain(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").trim_end_matches('_').to_owned()
}

/// Behind the last attribute that is documentation.
fn documented(attributes: &[Attribute]) -> usize {
    attributes.iter().rposition(|attribute| attribute.path().is_ident("doc")).map_or(0, |last| last + 1)
}

/// Adds the place to the last line of the docs, or makes one of the wire name.
fn note(attributes: &mut Vec<Attribute>, wire: &str, place: &str) {
    let end = documented(attributes);
    let last = end.checked_sub(1).and_then(|index| attributes.get_mut(index));
    if let Some(attribute) = last
        && let Meta::NameValue(pair) = &mut attribute.meta
        && let Expr::Lit(literal) = &pair.value
        && let Lit::Str(text) = &literal.lit
    {
        let text = format!("{} (`{place}`)", text.value().trim_end());
        pair.value = parse_quote!(#text);
        return;
    }
    let text = format!(" `{wire}` (`{place}`)");
    attributes.insert(end, parse_quote!(#[doc = #text]));
}

/// The name that typify gives to an inline type.
fn titled(schema: &Value, name: &str) -> String {
    schema.get("title").and_then(Value::as_str).map_or_else(|| name.to_owned(), names::pascal)
}
