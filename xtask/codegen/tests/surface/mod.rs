//! What people see of generated code: types and signatures, without the bodies of functions.

use std::fmt::Write as _;

use dropshot_codegen::{Files, Output};
use syn::{File, ImplItem, Item};

/// The surface of both sides, and what dropshot cannot say.
pub(crate) fn of(output: &Output) -> String {
    let mut out = String::new();
    let mut part = |title: &str, items: Vec<Item>| {
        if !items.is_empty() {
            let file = File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
            let _ = write!(out, "// {title}\n\n{}\n", prettyplease::unparse(&file));
        }
    };
    part("server: the trait", items(&output.server, "api.rs", &|item| matches!(item, Item::Trait(_))));
    part("server: what is implemented", items(&output.server, "service.rs", &is_implemented));
    part("server: parameters", items(&output.server, "params.rs", &is_type));
    part("server: answers", items(&output.server, "responses.rs", &is_type));
    part(
        "client: methods",
        items(&output.sdk, "operations.rs", &|item| {
            matches!(item, Item::Impl(item) if item.trait_.is_none()) || matches!(item, Item::Enum(_))
        }),
    );
    part("client: errors", items(&output.sdk, "errors.rs", &is_type));
    for (class, places) in &output.losses {
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let _ = writeln!(out, "// dropshot cannot say: {class} at {}", places.join(", "));
    }
    out
}

fn is_implemented(item: &Item) -> bool {
    match item {
        Item::Trait(item) => matches!(item.vis, syn::Visibility::Public(_)),
        item => is_type(item),
    }
}

fn is_type(item: &Item) -> bool {
    match item {
        Item::Enum(item) => matches!(item.vis, syn::Visibility::Public(_)),
        Item::Struct(item) => matches!(item.vis, syn::Visibility::Public(_)),
        _ => false,
    }
}

fn items(files: &Files, name: &str, wanted: &dyn Fn(&Item) -> bool) -> Vec<Item> {
    let file = syn::parse_file(&files[name]).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut items: Vec<Item> = file.items.into_iter().filter(|item| wanted(item)).collect();
    for item in &mut items {
        if let Item::Impl(item) = item {
            for item in &mut item.items {
                if let ImplItem::Fn(function) = item {
                    function.block.stmts.clear();
                }
            }
        }
    }
    items
}
