//! `operations.rs`: the methods that people call, what they send, and how an answer is read.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::shape::{Argument, Retry, Shape, Type, schema};
use crate::load::Document;
use crate::model::In;

/// Methods and operations.
pub(super) fn tokens(document: &Document, shapes: &[Shape<'_>]) -> TokenStream {
    let methods = shapes.iter().map(|shape| method(document, shape));
    let operations = shapes.iter().map(operation);
    let body = shapes.iter().any(|shape| shape.body.is_some()).then(|| quote!(IntoBody,));
    quote! {
        use super::{client::{self as wire, types}, errors, security};
        use crate::answer::{Answer, Verdict};
        use crate::call::Call;
        use crate::operation::{#body Operation, OperationInfo, Sent};
        use crate::target::Target;

        impl crate::Client { #(#methods)* }

        #(#operations)*
    }
}

/// One line of documentation, indented as rustfmt writes it.
fn doc(text: &str) -> TokenStream {
    let lines = text.trim_end().lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote!(#(#[doc = #lines])*)
}

fn documentation(document: &Document, shape: &Shape<'_>) -> String {
    let operation = shape.operation;
    let mut text = format!("{}\n\n", operation.summary);
    if !operation.description.trim().is_empty() {
        text += &format!("{}\n\n", operation.description.trim());
    }
    let described: Vec<&Argument<'_>> = shape
        .arguments
        .iter()
        .filter(|argument| argument.is_required() && !argument.parameter.description.is_empty())
        .collect();
    for argument in &described {
        text += &format!("- `{}`: {}\n", argument.name, argument.parameter.description.trim().replace('\n', " "));
    }
    if !described.is_empty() {
        text += "\n";
    }
    text += &format!("Who may call: {}\n\n", operation.access.rule.trim().replace('\n', " "));
    text += &format!("{}\n\n", repetition(shape.retry));
    text += &format!(
        "`{} {}`, defined at `{}`.",
        operation.method,
        operation.path,
        document.provenance(&operation.pointer)
    );
    text
}

/// `#[deprecated]` with the line that says so.
pub(super) fn deprecated(document: &Document, pointer: &str) -> TokenStream {
    let note = format!("deprecated by the document, at {}", document.provenance(&format!("{pointer}/deprecated")));
    quote!(#[deprecated = #note])
}

/// What a caller may count on when something goes wrong on the way.
fn repetition(retry: Retry) -> &'static str {
    match retry {
        Retry::Never => "Never sent twice.",
        Retry::Unsent => "Sent again only if no connection came about.",
        Retry::Idempotent => "Sent again when it may help: twice is as good as once.",
        Retry::Keyed => {
            "Sent again when it may help, with the same `Idempotency-Key`: one is made for each call unless you set it."
        }
    }
}

fn method(document: &Document, shape: &Shape<'_>) -> TokenStream {
    let (method, name, path) = (&shape.public, &shape.name, &shape.operation.path);
    let doc = doc(&documentation(document, shape));
    let required = || shape.arguments.iter().filter(|argument| argument.is_required());
    let taken = required().map(|argument| {
        let name = &argument.name;
        match &argument.kind {
            Type::String => quote!(#name: impl Into<String>),
            Type::Other(kind) => quote!(#name: #kind),
        }
    });
    let converted = required().filter(|argument| matches!(argument.kind, Type::String)).map(|argument| {
        let name = &argument.name;
        quote!(let #name = #name.into();)
    });
    let values = required().filter(|argument| argument.parameter.location == In::Path).map(|argument| {
        let (name, wire) = (&argument.name, &argument.parameter.name);
        quote!((#wire, &#name))
    });
    let fields = shape.arguments.iter().map(|argument| {
        let name = &argument.name;
        if argument.is_required() { quote!(#name) } else { quote!(#name: None) }
    });
    let taken_body = shape.body.as_ref().map(|body| quote!(body: impl IntoBody<#body>));
    let target = quote!(Target::new(#path, &[#(#values),*]));
    let operation = match shape.body {
        Some(_) => quote!(body.into_body().map(|body| #name { #(#fields,)* body })),
        None => quote!(Ok(#name { #(#fields),* })),
    };
    let deprecated = shape.deprecated.then(|| deprecated(document, &shape.operation.pointer));
    quote! {
        #doc
        #deprecated
        pub fn #method(&self, #(#taken,)* #taken_body) -> Call<#name> {
            #(#converted)*
            Call::new(self, #target, #operation)
        }
    }
}

fn operation(shape: &Shape<'_>) -> TokenStream {
    let (name, error, constant) = (&shape.name, &shape.error, &shape.constant);
    let doc = format!(" The operation of [`Client::{0}`](crate::Client::{0}).", shape.public);
    let fields = shape.arguments.iter().map(|argument| {
        let (name, kind) = (&argument.name, argument.kind.tokens());
        if argument.is_required() { quote!(#name: #kind) } else { quote!(#name: Option<#kind>) }
    });
    let body = shape.body.as_ref().map(|body| quote!(body: #body));
    let output = shape.success.map_or_else(|| quote!(()), schema);
    let (send, decode, setters) = (send(shape), decode(shape), setters(shape));
    quote! {
        #[doc = #doc]
        pub struct #name { #(#fields,)* #body }

        impl Operation for #name {
            type Output = #output;
            type Error = errors::#error;
            const INFO: OperationInfo = security::#constant;

            #send
            #decode
        }

        #setters
    }
}

/// Puts the request on the wire through progenitor's builder.
fn send(shape: &Shape<'_>) -> TokenStream {
    let method = &shape.method;
    let required = shape.arguments.iter().filter(|argument| argument.is_required()).map(|argument| {
        let name = &argument.name;
        quote!(.#name(self.#name))
    });
    let body = shape.body.as_ref().map(|_| quote!(.body(self.body)));
    let request = quote!(wire.#method() #(#required)* #body);
    let optional: Vec<TokenStream> = shape
        .arguments
        .iter()
        .filter(|argument| !argument.is_required())
        .map(|argument| {
            let name = &argument.name;
            quote!(if let Some(value) = self.#name { request = request.#name(value); })
        })
        .collect();
    let sent = if optional.is_empty() {
        quote!(#request.send().await)
    } else {
        quote! {
            let mut request = #request;
            #(#optional)*
            request.send().await
        }
    };
    quote! {
        async fn send(self, wire: wire::Client) -> Sent {
            #sent
        }
    }
}

/// Reads an answer by its status; what the document does not say is left to the caller.
fn decode(shape: &Shape<'_>) -> TokenStream {
    let successes = shape
        .operation
        .responses
        .iter()
        .filter(|response| response.is_success())
        .map(|response| Literal::u16_unsuffixed(response.status));
    let success = if shape.success.is_some() { quote!(answer.success()) } else { quote!(Verdict::Success(())) };
    let error = &shape.error;
    let errors = shape.errors.iter().map(|answer| {
        let (variant, status) = (&answer.variant, Literal::u16_unsuffixed(answer.response.status));
        match &answer.body {
            Some(_) => quote!(#status => answer.refusal(errors::#error::#variant)),
            None => quote!(#status => Verdict::Refused(errors::#error::#variant)),
        }
    });
    quote! {
        fn decode(answer: &Answer) -> Verdict<Self::Output, Self::Error> {
            match answer.status().as_u16() {
                #(#successes)|* => #success,
                #(#errors,)*
                _ => Verdict::Undeclared,
            }
        }
    }
}

/// Setters of optional parameters.
fn setters(shape: &Shape<'_>) -> TokenStream {
    let optional: Vec<TokenStream> =
        shape.arguments.iter().filter(|argument| !argument.is_required()).map(setter).collect();
    if optional.is_empty() {
        return TokenStream::new();
    }
    let name = &shape.name;
    quote!(impl Call<#name> { #(#optional)* })
}

fn setter(argument: &Argument<'_>) -> TokenStream {
    let (name, setter) = (&argument.name, argument.setter());
    let deprecated = argument.deprecated.then(|| quote!(#[deprecated = "deprecated by the document"]));
    let text = if argument.parameter.description.is_empty() {
        format!("Sets `{}`.", argument.parameter.name)
    } else {
        argument.parameter.description.clone()
    };
    let doc = doc(&text);
    let (kind, value) = match &argument.kind {
        Type::String => (quote!(impl Into<String>), quote!(value.into())),
        Type::Other(kind) => (kind.clone(), quote!(value)),
    };
    quote! {
        #doc
        #deprecated
        pub fn #setter(mut self, value: #kind) -> Self {
            if let Ok((_, operation)) = &mut self.prepared {
                operation.#name = Some(#value);
            }
            self
        }
    }
}
