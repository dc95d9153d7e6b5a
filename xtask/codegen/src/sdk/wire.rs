//! Runs progenitor on the lowered document, and makes its builders kinder.

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle};
use quote::quote;
use serde_json::Value;
use syn::{
    Expr, GenericArgument, ImplItem, ImplItemFn, Item, PathArguments, Stmt, Type, TypeParamBound, WherePredicate,
    parse_quote,
};

use crate::diagnostic::Problems;
use crate::load::Document;
use crate::render;

/// Progenitor's client. A syntax tree and not tokens: it is by far the largest file, and to read it twice would double
/// the time of the whole pass.
///
/// # Errors
/// Constructs that progenitor refuses; it says in words of its own which, and not where.
pub(super) fn file(document: &Document, lowered: &Value) -> Result<syn::File, Problems> {
    let refuse = |message: String| {
        Problems(vec![document.problem(
            "",
            "client-generator",
            message,
            "write the construct in another way, or report it together with the document",
        )])
    };
    let specification: openapiv3::OpenAPI = serde_json::from_value(lowered.clone())
        .map_err(|error| refuse(format!("the lowered document is not OpenAPI: {error}")))?;
    let sensitive: schemars::schema::SchemaObject = serde_json::from_value(super::lower::sensitive())
        .map_err(|error| refuse(format!("the schema of a secret is not a schema: {error}")))?;
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::hooks::Context))
        .with_conversion(sensitive, "crate::Sensitive", [].into_iter())
        // The default, HashMap, would make the order of members differ from run to run.
        .with_map_type("::std::collections::BTreeMap");
    let tokens = Generator::new(&settings)
        .generate_tokens(&specification)
        .map_err(|error| refuse(format!("progenitor: {error}")))?;
    let mut file: syn::File = syn::parse2(tokens)
        .map_err(|error| render::defect(document, &format!("progenitor's output does not parse: {error}")))?;
    file.items.iter_mut().for_each(soften_builders);
    file.items.iter_mut().for_each(undocument);
    Ok(file)
}

/// Progenitor's methods are private here, and its examples of them cannot be compiled.
fn undocument(item: &mut Item) {
    let Item::Impl(implementation) = item else { return };
    for item in &mut implementation.items {
        if let ImplItem::Fn(method) = item {
            method.attrs.retain(|attribute| !attribute.path().is_ident("doc"));
        }
    }
}

/// Finds the setters of `types::builder`.
fn soften_builders(item: &mut Item) {
    match item {
        Item::Mod(module) if module.ident == "types" || module.ident == "builder" => {
            module.content.iter_mut().flat_map(|(_, items)| items).for_each(soften_builders);
        }
        Item::Impl(implementation) if implementation.trait_.is_none() => {
            for item in &mut implementation.items {
                if let ImplItem::Fn(method) = item {
                    let _ = soften_setter(method);
                }
            }
        }
        _ => {}
    }
}

/// A setter of an optional member asks for `TryInto<Option<X>>`, which no text is: let it ask for `TryInto<X>`, so that
/// `.organization("acme")` compiles. Whoever has no value does not call the setter.
fn soften_setter(method: &mut ImplItemFn) -> Option<()> {
    let predicates = &mut method.sig.generics.where_clause.as_mut()?.predicates;
    let WherePredicate::Type(predicate) = predicates.first_mut()? else { return None };
    let TypeParamBound::Trait(bound) = predicate.bounds.first_mut()? else { return None };
    let target = only_argument(&mut bound.path, "TryInto")?;
    let Type::Path(optional) = &mut *target else { return None };
    let inner = only_argument(&mut optional.path, "Option")?.clone();
    let Stmt::Expr(Expr::Assign(assign), _) = method.block.stmts.first_mut()? else { return None };
    let Expr::MethodCall(map_err) = &mut *assign.right else { return None };
    let converted = &map_err.receiver;
    map_err.receiver = parse_quote!(#converted.map(::std::option::Option::Some));
    *target = inner;
    Some(())
}

/// The argument of `name<…>` at the end of a path.
fn only_argument<'a>(path: &'a mut syn::Path, name: &str) -> Option<&'a mut Type> {
    let last = path.segments.last_mut().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &mut last.arguments else { return None };
    match arguments.args.first_mut()? {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    }
}
