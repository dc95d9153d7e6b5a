//! The trait `Authorize`: one hook for each word of `x-access`, over the operations that have it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Caller, marker};
use crate::model::{Model, Operation};
use crate::names;
use crate::server::security::first_use;
use crate::server::{Context, api};

/// The word that says that there is nothing to check.
const ANYONE: &str = "anyone";

/// The words that demand a check, sorted.
pub(in crate::server) fn words(model: &Model) -> Vec<&str> {
    let mut words: Vec<&str> = model.operations.iter().filter_map(word).collect();
    words.sort_unstable_by_key(|word| names::pascal(word));
    words.dedup_by_key(|word| names::pascal(word));
    words
}

fn word(operation: &Operation) -> Option<&str> {
    operation.access.as_ref().map(|access| access.who.as_str()).filter(|who| *who != ANYONE)
}

/// The hook of one word.
pub(super) struct Hook {
    /// Name of the method.
    pub(super) method: Ident,
    /// Name of the type that proves its success.
    pub(super) found: Ident,
    /// Name of the enum of what it is asked.
    request: Ident,
}

impl Hook {
    fn of(word: &str) -> Self {
        Self {
            method: names::ident_snake(word),
            found: names::ident_pascal(word),
            request: format_ident!("{}Request", names::pascal(word)),
        }
    }

    /// What the hook is asked about an operation.
    pub(super) fn request(&self, operation: &Operation, arguments: &[api::Argument]) -> TokenStream {
        let (request, variant) = (&self.request, marker(operation));
        let caller = (!matches!(Caller::of(operation), Caller::Nobody)).then(|| quote!(caller,));
        let fields = arguments.iter().filter_map(|argument| {
            let name = &argument.name;
            let value = if argument.is_optional { quote!(#name.as_ref()) } else { quote!(&#name) };
            argument.checked.as_ref().map(|_| quote!(#name: #value))
        });
        quote!(#request::#variant { #caller #(#fields),* })
    }
}

/// The hook that an operation demands.
pub(super) fn hook(operation: &Operation) -> Option<Hook> {
    word(operation).map(Hook::of)
}

/// The trait, and what its hooks are asked.
pub(super) fn items(context: &Context<'_>) -> TokenStream {
    let words = words(context.model);
    if words.is_empty() {
        return quote!();
    }
    let hooks: Vec<(&str, Hook, Vec<&Operation>)> =
        words.into_iter().map(|word| (word, Hook::of(word), operations_of(context.model, word))).collect();
    let founds = hooks.iter().map(|(word, hook, _)| {
        let place = context.document.provenance(&first_use(context.model, word));
        let found = &hook.found;
        let doc = format!(" What proves that the caller is allowed in as `{word}`, first said at `{place}`.");
        quote!(#[doc = #doc] type #found: Send;)
    });
    let methods = hooks.iter().map(|(word, hook, operations)| {
        let Hook { method, found, request } = hook;
        let place = context.document.provenance(&first_use(context.model, word));
        let doc = format!(" Checks the rule of an operation whose `x-access` says `{word}`, first at `{place}`.");
        let generics = Generics::of(operations).given();
        quote! {
            #[doc = #doc]
            fn #method(
                rqctx: &RequestContext<Self::Context>,
                request: #request #generics,
            ) -> impl Future<Output = Result<Self::#found, Self::Error>> + Send;
        }
    });
    let requests = hooks.iter().map(|(word, hook, operations)| request(context, word, hook, operations));
    let parent = if super::has_callers(context.model) { quote!(Authenticate) } else { quote!(Serve) };
    let paths = format!(" The rules stand below `{}`.", context.document.provenance("/paths"));
    quote! {
        #(#requests)*

        /// The document's rules of access: one hook for each word of `x-access`.
        ///
        /// A hook is called when the credentials are valid and the request is as the document says. What it answers is all
        /// that lets the handler run, and reaches it. A new operation is a new variant of what the hook is asked.
        ///
        #[doc = #paths]
        pub trait Authorize: #parent {
            #(#founds)*

            #(#methods)*
        }
    }
}

fn operations_of<'a>(model: &'a Model, word: &str) -> Vec<&'a Operation> {
    let has_word =
        |operation: &&Operation| self::word(operation).is_some_and(|other| names::pascal(other) == names::pascal(word));
    model.operations.iter().filter(has_word).collect()
}

/// What an enum of requests is generic over.
struct Generics {
    borrows: bool,
    has_caller: bool,
}

impl Generics {
    fn of(operations: &[&Operation]) -> Self {
        let is_checked = |operation: &&Operation| api::arguments(operation).iter().any(|it| it.checked.is_some());
        let has_caller = |operation: &&Operation| !matches!(Caller::of(operation), Caller::Nobody);
        Self { borrows: operations.iter().any(is_checked), has_caller: operations.iter().any(has_caller) }
    }

    fn declared(&self) -> TokenStream {
        let (lifetime, caller) = (self.borrows.then(|| quote!('a,)), self.has_caller.then(|| quote!(C)));
        quote!(<#lifetime #caller>)
    }

    fn given(&self) -> TokenStream {
        let lifetime = self.borrows.then(|| quote!('_,));
        let caller = self.has_caller.then(|| quote!(<Self as Authenticate>::Caller));
        quote!(<#lifetime #caller>)
    }
}

fn request(context: &Context<'_>, word: &str, hook: &Hook, operations: &[&Operation]) -> TokenStream {
    let (name, generics) = (&hook.request, Generics::of(operations).declared());
    let place = context.document.provenance(&first_use(context.model, word));
    let doc = format!(
        " An operation whose `x-access` says `{word}`, first at `{place}`, with all that its rule can depend on."
    );
    let variants = operations.iter().map(|operation| {
        let ident = marker(operation);
        let access = context.document.provenance(&format!("{}/x-access", operation.pointer));
        let rule = operation.access.as_ref().map_or("", |access| access.rule.as_str());
        let doc = format!(" `{} {}`: {rule} (`{access}`)", operation.method, operation.path);
        let caller = match Caller::of(operation) {
            Caller::Nobody => None,
            Caller::Optional => Some(quote!(/** Who is calling, if anyone says so. */ caller: Option<C>,)),
            Caller::Required => Some(quote!(/** Who is calling. */ caller: C,)),
        };
        let fields = api::arguments(operation).into_iter().filter_map(|argument| {
            let (name, checked) = (argument.name, argument.checked?);
            let ty = if argument.is_optional { quote!(Option<&'a #checked>) } else { quote!(&'a #checked) };
            let doc = format!(" The request's {name}.");
            Some(quote!(#[doc = #doc] #name: #ty))
        });
        quote!(#[doc = #doc] #ident { #caller #(#fields),* })
    });
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug)]
        pub enum #name #generics { #(#variants),* }
    }
}

/// The trait's implementation for the stub: nobody is allowed anything yet.
pub(in crate::server) fn stub(context: &Context<'_>) -> TokenStream {
    let words = words(context.model);
    if words.is_empty() {
        return quote!();
    }
    let founds = words.iter().map(|word| {
        let found = Hook::of(word).found;
        quote!(type #found = ();)
    });
    let methods = words.iter().map(|word| {
        let Hook { method, found, request } = Hook::of(word);
        let generics = Generics::of(&operations_of(context.model, word)).given();
        quote! {
            async fn #method(
                _: &RequestContext<Self::Context>,
                _: #request #generics,
            ) -> Result<Self::#found, Self::Error> {
                Err(PlainError::not_implemented())
            }
        }
    });
    quote! {
        impl Authorize for Stub {
            #(#founds)*

            #(#methods)*
        }
    }
}
