//! Secrets in the types of the server: what the document marks does not show itself in `Debug`.
//!
//! A secret text has a redacting type from the start, because [`shape`] gives it the one schema that typify maps to that
//! type. Any other secret is wrapped where it is a member; a component that is a secret as a whole shows nothing.

use serde_json::{Map, Value};
use syn::{Item, parse_quote};

use crate::sdk::{Marks, argument, redacted, wire_name, without_derives};
use crate::{schema, secret};

/// The redacting type.
pub(super) const TYPE: &str = "crate::sensitive::Sensitive";

/// The shape of a secret text.
pub(super) fn shape(object: &Map<String, Value>) -> Option<Map<String, Value>> {
    let is_secret_text = secret::is_secret(object) && secret::is_text(object);
    is_secret_text.then(|| secret::lower_secret_text(object)).and_then(|lowered| lowered.as_object().cloned())
}

/// Lets a member that is wrapped later be an `Option`: a bare list with a default could not be wrapped.
pub(super) fn keep_optional(object: &Map<String, Value>, shape: &mut Map<String, Value>) {
    let required = |name: &str| {
        object.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|known| known == name))
    };
    let members = shape.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
    for (name, member) in members.filter(|(name, _)| !required(name)) {
        let written = object.get("properties").and_then(|properties| properties.get(name)).and_then(Value::as_object);
        if !written.is_some_and(|written| secret::is_secret(written) && !secret::is_text(written)) {
            continue;
        }
        let Some(mut inner) = member.as_object().cloned() else { continue };
        inner.shift_remove("default");
        let is_nullable = inner.get("type").is_none_or(Value::is_array);
        *member = if is_nullable { Value::Object(inner) } else { schema::nullable(inner) };
    }
}

/// Hides every other secret. Returned are the JSON pointers of those that could not be hidden.
pub(super) fn redact(file: &mut syn::File, marks: &Marks) -> Vec<String> {
    let mut hidden = Vec::new();
    let mut added = Vec::new();
    for item in &mut file.items {
        let (ident, attributes) = match item {
            Item::Struct(item) => (item.ident.clone(), &mut item.attrs),
            Item::Enum(item) => (item.ident.clone(), &mut item.attrs),
            _ => continue,
        };
        if marks.hidden.contains(&ident.to_string()) {
            without_derives(attributes, &["Debug"]);
            added.push(redacted(&ident));
        }
        let Item::Struct(item) = item else { continue };
        for field in &mut item.fields {
            let Some(name) = field.ident.as_ref().map(|name| wire_name(name, &field.attrs)) else { continue };
            let mark = marks.members.get(&(ident.to_string(), name)).filter(|mark| mark.sensitive);
            let Some(mark) = mark else { continue };
            let inner = match argument(&mut field.ty, "Option") {
                Some(inner) => inner,
                None => &mut field.ty,
            };
            *inner = parse_quote!(crate::sensitive::Sensitive<#inner>);
            hidden.push(mark.pointer.as_str());
        }
    }
    file.items.extend(added);
    let secrets = marks.members.values().filter(|mark| mark.sensitive).map(|mark| &mark.pointer);
    let missed = secrets.filter(|pointer| !hidden.contains(&pointer.as_str()));
    marks.stray.iter().chain(missed).cloned().collect()
}

#[cfg(test)]
mod tests {
    use crate::{Document, read, server};

    fn types() -> String {
        let document = Document::parse("fixture.yaml", include_str!("../sdk/fixture.yaml")).unwrap();
        let files = server::generate(&document, &read::model(&document).unwrap()).unwrap();
        files["types.rs"].split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn members_of_every_kind_are_wrapped() {
        let types = types();
        for member in [
            "pub codes: ::std::option::Option< crate::sensitive::Sensitive<::std::vec::Vec<::std::string::String>>, >",
            "pub year: ::std::option::Option<crate::sensitive::Sensitive<i64>>",
            "pub place: ::std::option::Option<crate::sensitive::Sensitive>",
            "pub door: ::std::option::Option<crate::sensitive::Sensitive<i64>>",
            "pub note: ::std::option::Option<crate::sensitive::Sensitive>",
            "pub struct Pin(pub crate::sensitive::Sensitive)",
        ] {
            assert!(types.contains(member), "{member}");
        }
    }

    #[test]
    fn a_component_that_is_a_secret_shows_nothing() {
        let types = types();
        let account = types.split("pub struct Account").next().unwrap().rsplit("#[derive(").next().unwrap();
        assert!(!account.contains("Debug"), "{account}");
        assert!(types.contains("impl ::std::fmt::Debug for Account"));
    }
}
