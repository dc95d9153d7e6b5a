//! Cuts progenitor's client down to what makes a request.
//!
//! Progenitor writes a builder an operation, which collects the inputs, puts the request together, sends it and reads the
//! answer. Collecting, sending and reading are done around it, in ways that the document asks for and progenitor does not
//! know, so of each builder only the lines that put the request together are kept, as one function:
//!
//! 1. Inputs are taken by reference, so that the same operation can be asked for its request again. Bytes and streams of
//!    the caller are not: they can be sent once.
//! 2. Where it goes is known already, put together so that no value can redirect it: progenitor's URL, and with it the
//!    inputs of the path, are left out. So is the header `api-version`, which no document asks for.
//! 3. Queries and forms are reqwest's own, so that the client does not need progenitor's crate.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::{
    Expr, ExprMethodCall, Ident, ImplItem, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, ItemStruct, Local, Member, Pat,
    ReturnType, Stmt, Type, TypeParamBound, WherePredicate, parse_quote,
};

use super::polish::{argument, content, only_argument};

/// What no parameter is called: names that end so are keywords, and this is none.
const DRAFT: &str = "draft_";

/// Progenitor's tokens with nothing in the bodies of the functions that [`cut`] does not look into: to parse them, only to
/// throw them away, would take as long as all the rest.
pub(super) fn trim(tokens: TokenStream) -> TokenStream {
    // The two words before a brace tell the module `types`, which is kept; the word after `fn` whose body a brace opens.
    let mut words: [Option<Ident>; 2] = [None, None];
    let mut function = None;
    let trimmed = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) => {
            if is(&words[1], "fn") {
                function = Some(ident.clone());
            }
            words = [words[1].take(), Some(ident.clone())];
            TokenTree::Ident(ident)
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => match function.take() {
            Some(name) if name == "send" => TokenTree::Group(group),
            Some(_) => Group::new(Delimiter::Brace, TokenStream::new()).into(),
            None if is(&words[0], "mod") && is(&words[1], "types") => TokenTree::Group(group),
            None => Group::new(Delimiter::Brace, trim(group.stream())).into(),
        },
        other => other,
    });
    trimmed.collect()
}

fn is(word: &Option<Ident>, text: &str) -> bool {
    word.as_ref().is_some_and(|word| word == text)
}

/// Of progenitor's file, the module `types` as it is and the functions in a module `requests`; a sentence about what is
/// not as expected.
pub(super) fn cut(mut file: syn::File) -> Result<syn::File, String> {
    let functions = functions(&mut file)?;
    let types = file.items.into_iter().find(|item| matches!(item, Item::Mod(module) if module.ident == "types"));
    let has_lists = functions.iter().any(|function| mentions(function.to_token_stream(), "repeated"));
    let lists: Option<Item> = has_lists.then(|| {
        parse_quote!(
            use crate::body::Repeated as _;
        )
    });
    let requests: ItemMod = parse_quote! {
        /// The requests of the operations, without what all requests have in common.
        pub mod requests {
            use super::types;
            use crate::draft::{Draft, Unmade};
            #lists

            #(#functions)*
        }
    };
    file.items = types.into_iter().chain([Item::Mod(requests)]).collect();
    Ok(file)
}

fn functions(file: &mut syn::File) -> Result<Vec<ItemFn>, String> {
    let names = names(&file.items);
    let Some(builders) = content(&mut file.items, "builder") else { return Ok(Vec::new()) };
    let fields: BTreeMap<Ident, ItemStruct> = builders
        .iter()
        .filter_map(|item| match item {
            Item::Struct(item) => Some((item.ident.clone(), item.clone())),
            _ => None,
        })
        .collect();
    let implementations = builders.iter().filter_map(|item| match item {
        Item::Impl(item) => Some(item),
        _ => None,
    });
    implementations
        .filter_map(|item| {
            let kind = last(&item.self_ty)?;
            Some(
                function(names.get(&kind)?, fields.get(&kind)?, item)
                    .ok_or_else(|| format!("progenitor's builder `{kind}` is not as the generator knows it")),
            )
        })
        .collect()
}

/// The names of the operations, by their builders: what the methods of progenitor's client return.
fn names(items: &[Item]) -> BTreeMap<Ident, Ident> {
    let implementations = items.iter().filter_map(|item| match item {
        Item::Impl(item) => Some(&item.items),
        _ => None,
    });
    let methods = implementations.flatten().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(&method.sig),
        _ => None,
    });
    methods
        .filter_map(|signature| match &signature.output {
            ReturnType::Type(_, builder) => Some((last(builder)?, signature.ident.clone())),
            ReturnType::Default => None,
        })
        .collect()
}

/// The last segment of a path.
pub(super) fn last(kind: &Type) -> Option<Ident> {
    match kind {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.clone()),
        _ => None,
    }
}

/// The function of one operation, from its builder.
fn function(name: &Ident, fields: &ItemStruct, builder: &ItemImpl) -> Option<ItemFn> {
    let send = method(builder, "send")?;
    let inputs = fields.fields.iter().filter_map(|field| field.ident.as_ref()).count() - 1;
    // First the builder is taken apart, then each input is unwrapped.
    let mut lines = send.block.stmts.iter().skip(1 + inputs);
    let Stmt::Local(url) = lines.next()? else { return None };
    let path = encoded(url.to_token_stream());
    let mut kept = Vec::new();
    let mut request = None;
    for line in lines {
        if let Some(value) = built(line) {
            request = Some(value.clone());
            break;
        }
        kept.push(line.clone());
    }
    let mut request = request?;
    let has_headers = without_version(&mut kept);
    let mut arguments: Vec<(&Ident, Type)> = Vec::new();
    // The first field is the client.
    for field in fields.fields.iter().skip(1) {
        let ident = field.ident.as_ref()?;
        if !path.contains(&ident.to_string()) {
            arguments.push((ident, input(ident, &field.ty, builder)?));
        }
    }
    let lists = arguments.iter().filter(|(_, kind)| mentions(kind.to_token_stream(), "Vec"));
    rewrite(&mut request, &Rewriting { has_headers, lists: lists.map(|(ident, _)| ident.to_string()).collect() })?;
    arguments.sort_by_key(|(ident, _)| ident.to_string());
    let (idents, types): (Vec<_>, Vec<_>) = arguments.into_iter().unzip();
    let docs = send.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let draft = format_ident!("{DRAFT}");
    Some(parse_quote! {
        #(#docs)*
        pub fn #name(#draft: &Draft<'_>, #(#idents: #types),*) -> Result<::reqwest::Request, Unmade> {
            #(#kept)*
            Ok(#request)
        }
    })
}

fn method<'a>(builder: &'a ItemImpl, name: &str) -> Option<&'a ImplItemFn> {
    builder.items.iter().find_map(|item| match item {
        ImplItem::Fn(method) if method.sig.ident == name => Some(method),
        _ => None,
    })
}

/// The type of an input: what the builder's setter asks for, by reference.
fn input(name: &Ident, field: &Type, builder: &ItemImpl) -> Option<Type> {
    let mut field = field.clone();
    let held = argument(&mut field, "Result")?;
    if last(held).is_some_and(|kind| kind == "Body") && mentions(held.to_token_stream(), "reqwest") {
        return Some(held.clone());
    }
    if argument(held, "Option").is_some() {
        return Some(parse_quote!(&#held));
    }
    let mut setter = method(builder, &name.to_string())?.sig.generics.where_clause.clone()?;
    let WherePredicate::Type(predicate) = setter.predicates.first_mut()? else { return None };
    let TypeParamBound::Trait(bound) = predicate.bounds.first_mut()? else { return None };
    let given = only_argument(&mut bound.path, "TryInto")?;
    Some(parse_quote!(&#given))
}

/// The value of `let mut request = ….build()?;`.
fn built(line: &Stmt) -> Option<&Expr> {
    let Stmt::Local(Local { init: Some(init), .. }) = line else { return None };
    let Expr::Try(attempt) = &*init.expr else { return None };
    matches!(&*attempt.expr, Expr::MethodCall(call) if call.method == "build").then_some(&*init.expr)
}

/// Leaves out `api-version`, and the map of headers if it has no other; whether it has.
fn without_version(lines: &mut Vec<Stmt>) -> bool {
    // A header of the document is named by a text, this one by a call.
    let is_version = |line: &Stmt| match line {
        Stmt::Expr(Expr::MethodCall(call), _) => {
            call.method == "append" && matches!(call.args.first(), Some(Expr::Call(_)))
        }
        _ => false,
    };
    lines.retain(|line| !is_version(line));
    let is_map = |line: &Stmt| match line {
        Stmt::Local(Local { pat: Pat::Ident(pattern), .. }) => pattern.ident == "header_map",
        _ => false,
    };
    let has_headers = lines.iter().any(|line| !is_map(line));
    if !has_headers {
        lines.clear();
    }
    has_headers
}

/// What must be known to rewrite a request.
struct Rewriting {
    has_headers: bool,
    /// Inputs that are lists.
    lists: BTreeSet<String>,
}

/// Puts the draft in the place of `client.client.post(url)`, leaves out the headers if there are none, and writes queries
/// and forms as reqwest does, without progenitor's crate.
fn rewrite(value: &mut Expr, how: &Rewriting) -> Option<()> {
    let call = match value {
        Expr::MethodCall(call) => call,
        Expr::Try(attempt) => {
            rewrite(&mut attempt.expr, how)?;
            // Its form can fail where it stands, reqwest's says so in the end.
            if matches!(&*attempt.expr, Expr::MethodCall(call) if call.method == "form") {
                *value = (*attempt.expr).clone();
            }
            return Some(());
        }
        _ => return None,
    };
    if is_client(call) {
        let draft = format_ident!("{DRAFT}");
        let verb = format_ident!("{}", call.method.to_string().to_uppercase());
        *value = parse_quote!(#draft.begin(::reqwest::Method::#verb));
        return Some(());
    }
    rewrite(&mut call.receiver, how)?;
    if call.method == "headers" && !how.has_headers {
        *value = (*call.receiver).clone();
    } else if call.method == "form_urlencoded" {
        call.method = format_ident!("form");
        // serde's form of a query knows no lists.
        let body = call.args.first_mut()?;
        *body = parse_quote!(&crate::body::pairs(#body)?);
    } else if call.method == "query" {
        let argument = call.args.first_mut()?;
        *argument = query(argument, how)?;
    }
    Some(())
}

/// `&[("name", name)]` of `&progenitor_client::QueryParam::new("name", &name)`; a list has its name before each item.
fn query(parameter: &Expr, how: &Rewriting) -> Option<Expr> {
    let Expr::Reference(reference) = parameter else { return None };
    let Expr::Call(call) = &*reference.expr else { return None };
    let (name, Expr::Reference(input)) = (call.args.first()?, call.args.last()?) else { return None };
    let input = &*input.expr;
    if how.lists.contains(&input.to_token_stream().to_string()) {
        return Some(parse_quote!(&#input.repeated(#name)));
    }
    Some(parse_quote!(&[(#name, #input)]))
}

fn is_client(call: &ExprMethodCall) -> bool {
    matches!(&*call.receiver, Expr::Field(field) if matches!(&field.member, Member::Named(name) if name == "client"))
}

fn mentions(tokens: TokenStream, name: &str) -> bool {
    identifiers(tokens).contains(name)
}

/// The inputs of the path: `id` of `format!("{}/things/{}", client.baseurl, encode_path(&id.to_string()))`.
fn encoded(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_encoded = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => is_encoded = ident == "encode_path",
            TokenTree::Group(group) if is_encoded => {
                let ident = group.stream().into_iter().find_map(|token| match token {
                    TokenTree::Ident(ident) => Some(ident.to_string()),
                    _ => None,
                });
                found.extend(ident);
            }
            TokenTree::Group(group) => found.extend(encoded(group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    found
}

/// Every identifier among the tokens.
fn identifiers(tokens: TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = vec![tokens];
    while let Some(tokens) = rest.pop() {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    found.insert(ident.to_string());
                }
                TokenTree::Group(group) => rest.push(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::sdk::tests::file;

    #[test]
    fn a_request_takes_inputs_by_reference_and_none_of_the_path() {
        let client = file("client.rs");
        assert!(
            client.contains("pub fn create_thing( draft_: &Draft<'_>, body: &types::NewThing, dry_run: &Option<bool>,")
        );
        assert!(
            client.contains("pub fn get_thing(draft_: &Draft<'_>) -> Result<::reqwest::Request, Unmade>"),
            "{client}"
        );
    }

    #[test]
    fn nothing_of_progenitors_client_is_left_but_its_requests() {
        let client = file("client.rs");
        for gone in ["api-version", "baseurl", "async fn", "ClientHooks", "ByteStream", "body_map", "progenitor_client"]
        {
            assert!(!client.contains(gone), "{gone}");
        }
        assert!(client.contains(r#"header_map.append("Idempotency-Key","#));
    }
}
