//! Enumerations of texts: progenitor's are closed, these keep a value that they do not know.
//!
//! What a server sends is kept (`Deserialize`), what a person writes is checked (`FromStr`, `TryFrom`): a program that
//! reads an answer must not break on a newer server, and a misspelt request should be found out before it is sent.

mod unions;

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Fields, Ident, Item, ItemEnum, LitStr, Path, Token, Type, parse_quote};

/// Opens every enumeration of texts among `items`.
pub(super) fn open(items: &mut Vec<Item>) {
    let mut opened = Opened::new();
    let mut added: Vec<Item> = Vec::new();
    for item in items.iter_mut() {
        if let Item::Enum(item) = item
            && let Some(values) = values(item)
        {
            added.extend(behaviour(item, &values));
            opened.insert(item.ident.to_string(), values.into_iter().map(|(_, text)| text).collect());
            keep_unrecognized(item);
        }
    }
    unions::close(items, &opened);
    // Progenitor's `Display` copies out of `self`, which a text does not allow.
    items.retain(|item| !is_display_of_any(item, &opened));
    items.extend(added);
}

/// The enumerations that were opened, each with the values that it knows.
type Opened = BTreeMap<String, Vec<String>>;

/// Variants and their texts, if it is an enumeration of texts and nothing else.
fn values(item: &ItemEnum) -> Option<Vec<(Ident, String)>> {
    let plain = item.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit))
        && !item.variants.is_empty()
        && !item.attrs.iter().any(|attribute| attribute.path().is_ident("serde"));
    plain.then(|| {
        item.variants.iter().map(|variant| (variant.ident.clone(), wire_name(&variant.ident, &variant.attrs))).collect()
    })
}

/// `rename` of serde, else the name in Rust.
pub(crate) fn wire_name(ident: &Ident, attributes: &[Attribute]) -> String {
    let mut name = ident.to_string();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Other keys have values too, which must be read to reach the next; what cannot be read has no rename.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.input.peek(Token![=]) {
                let value: LitStr = meta.value()?.parse()?;
                if meta.path.is_ident("rename") {
                    name = value.value();
                }
            }
            Ok(())
        });
    }
    name.trim_start_matches("r#").to_owned()
}

/// The variant that is left when no other fits; its name yields to one of the document.
fn rest(item: &ItemEnum) -> Ident {
    let taken = item.variants.iter().any(|variant| variant.ident == "Unrecognized");
    let name = if taken { "UnrecognizedValue" } else { "Unrecognized" };
    Ident::new(name, item.ident.span())
}

fn keep_unrecognized(item: &mut ItemEnum) {
    let rest = rest(item);
    for variant in &mut item.variants {
        variant.attrs.retain(|attribute| !attribute.path().is_ident("serde"));
    }
    // A text cannot be copied, and serde's derives know no rest.
    without_derives(&mut item.attrs, &["Copy", "Deserialize", "Serialize"]);
    item.attrs.push(parse_quote!(#[non_exhaustive]));
    item.variants.push(parse_quote! {
        /// A value that the document does not know. A server sent it; it goes back as it came.
        #rest(crate::Unrecognized)
    });
}

/// Takes `names` out of the derives.
pub(crate) fn without_derives(attributes: &mut [Attribute], names: &[&str]) {
    for attribute in attributes.iter_mut().filter(|attribute| attribute.path().is_ident("derive")) {
        let Ok(derives) = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated) else { continue };
        let kept = derives
            .into_iter()
            .filter(|path| !path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name)));
        *attribute = parse_quote!(#[derive(#(#kept),*)]);
    }
}

fn known_only(name: &str) -> Attribute {
    let path = format!("{name}::known");
    parse_quote!(#[serde(deserialize_with = #path)])
}

fn type_name(kind: &Type) -> Option<String> {
    match kind {
        Type::Path(kind) => kind.path.get_ident().map(Ident::to_string),
        _ => None,
    }
}

fn is_display_of_any(item: &Item, opened: &Opened) -> bool {
    let Item::Impl(implementation) = item else { return false };
    let implemented = implementation.trait_.as_ref().and_then(|(path, _)| path.segments.last());
    implemented.is_some_and(|last| last.ident == "Display")
        && type_name(&implementation.self_ty).is_some_and(|name| opened.contains_key(&name))
}

fn behaviour(item: &ItemEnum, values: &[(Ident, String)]) -> Vec<Item> {
    let (name, rest) = (&item.ident, rest(item));
    let arms: Vec<TokenStream> = values.iter().map(|(variant, text)| quote!(Self::#variant => #text)).collect();
    let inherent: Item = parse_quote! {
        impl #name {
            /// The value as it is sent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { #(#arms,)* Self::#rest(value) => value.as_str() }
            }

            fn known<'de, D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(<D::Error as ::serde::de::Error>::custom)
            }
        }
    };
    let display: Item = parse_quote! {
        impl ::std::fmt::Display for #name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
    let serialize: Item = parse_quote! {
        impl ::serde::Serialize for #name {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
    let deserialize: Item = parse_quote! {
        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)?;
                Ok(text.parse().unwrap_or_else(|_| Self::#rest(crate::Unrecognized::new(text))))
            }
        }
    };
    vec![inherent, display, serialize, deserialize]
}
