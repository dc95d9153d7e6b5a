//! `operations.rs`: the methods that people call, what they send, and how an answer is read.

use proc_macro2::TokenStream;
use quote::quote;

use super::answer::Answer;
use super::parameter;
use super::sample::Samples;
use super::shape::{Argument, Retry, Shape, Type};
use crate::load::Document;
use crate::model::{In, List, Status};
use crate::names;

/// Methods and operations.
pub(super) fn tokens(samples: &Samples<'_>, shapes: &[Shape<'_>]) -> TokenStream {
    let methods: TokenStream = shapes.iter().map(|shape| method(samples, shape)).collect();
    let operations: TokenStream = shapes.iter().map(|shape| operation(samples, shape)).collect();
    if shapes.is_empty() {
        return TokenStream::new();
    }
    let types = [&methods, &operations].into_iter().any(super::errors::names_types).then(|| quote!(types));
    let body = shapes.iter().any(|shape| shape.body.is_some()).then(|| quote!(IntoBody,));
    let raw = shapes.iter().any(|shape| shape.body.is_some_and(|body| body.is_raw())).then(|| {
        quote!(
            pub use crate::body::RawBody;
        )
    });
    let media =
        shapes.iter().any(|shape| shape.body.is_some_and(|body| body.has_media_type())).then(|| quote!(MediaType,));
    quote! {
        use super::{client::{requests, #types}, errors, security};
        use crate::answer::{Answer, Verdict};
        use crate::call::Call;
        use crate::draft::Draft;
        use crate::operation::{#body #media Operation, OperationInfo, Requested};
        use crate::target::Target;
        #raw

        impl crate::Client { #methods }

        #operations
    }
}

/// One line of documentation, indented as rustfmt writes it.
pub(crate) fn doc(text: &str) -> TokenStream {
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
    if let Some(access) = &operation.access {
        text += &format!("Who may call: {}\n\n", access.rule.trim().replace('\n', " "));
    }
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

/// What a method takes, and how the same is handed on to another.
pub(super) struct Signature {
    pub(super) taken: Vec<TokenStream>,
    pub(super) given: Vec<TokenStream>,
}

/// Arguments that are required, then the body if it is.
pub(super) fn signature(shape: &Shape<'_>) -> Signature {
    let (mut taken, mut given) = (Vec::new(), Vec::new());
    for argument in shape.arguments.iter().filter(|argument| argument.is_required()) {
        let name = &argument.name;
        taken.push(match &argument.kind {
            Type::String => quote!(#name: impl Into<String>),
            Type::Other(kind) => quote!(#name: #kind),
        });
        given.push(quote!(#name));
    }
    if let Some(body) = shape.body.filter(|body| !body.is_optional()) {
        let ty = body.rust_type();
        taken.push(quote!(body: impl IntoBody<#ty>));
        given.push(quote!(body));
    }
    Signature { taken, given }
}

fn method(samples: &Samples<'_>, shape: &Shape<'_>) -> TokenStream {
    let document = samples.document;
    let (method, name, path) = (&shape.public, &shape.name, &shape.operation.path);
    let sample = samples.fenced(shape, "client", &shape.public.to_string());
    let doc = doc(&format!("{}\n\n{sample}", documentation(document, shape)));
    let required = || shape.arguments.iter().filter(|argument| argument.is_required());
    let taken = signature(shape).taken;
    let converted = required().filter(|argument| matches!(argument.kind, Type::String)).map(|argument| {
        let name = &argument.name;
        quote!(let #name = #name.into();)
    });
    let values = required().filter(|argument| argument.parameter.location == In::Path).map(|argument| {
        let (name, wire) = (&argument.name, &argument.parameter.name);
        match argument.parameter.list {
            List::Separated(separator) => {
                let joined = joined(argument, &quote!(&#name), separator);
                quote!((#wire, &#joined))
            }
            List::No if parameter::is_as_in_json(argument.parameter) => {
                quote!((#wire, &crate::body::written(&#name)))
            }
            List::No | List::Repeated => quote!((#wire, &#name)),
        }
    });
    let fields = kept(shape).map(|argument| {
        let name = &argument.name;
        if argument.is_required() { quote!(#name) } else { quote!(#name: None) }
    });
    let target = quote!(Target::new(#path, &[#(#values),*]));
    let operation = match shape.body {
        Some(body) if body.is_optional() => quote!(Ok(#name { #(#fields,)* body: None })),
        Some(_) => quote!(body.into_body().map(|body| #name { #(#fields,)* body })),
        None => quote!(Ok(#name { #(#fields),* })),
    };
    let deprecated = shape.deprecated.then(|| deprecated(document, &shape.operation.pointer));
    quote! {
        #doc
        #deprecated
        pub fn #method(&self, #(#taken),*) -> Call<#name> {
            #(#converted)*
            Call::new(self, #target, #operation)
        }
    }
}

fn operation(samples: &Samples<'_>, shape: &Shape<'_>) -> TokenStream {
    let document = samples.document;
    let (name, error, constant) = (&shape.name, &shape.error, &shape.constant);
    let place = document.provenance(&shape.operation.pointer);
    let doc = format!(" The operation of [`Client::{0}`](crate::Client::{0}), defined at `{place}`.", shape.public);
    let fields = kept(shape).map(|argument| {
        let (name, kind) = (&argument.name, argument.kind.tokens());
        if argument.is_required() { quote!(#name: #kind) } else { quote!(#name: Option<#kind>) }
    });
    let body = shape.body.map(|body| {
        let ty = body.rust_type();
        if body.is_optional() { quote!(body: Option<#ty>) } else { quote!(body: #ty) }
    });
    let media_type = shape.body.map(|body| body.media_type());
    let (output, success) = output(document, shape);
    let pages = super::pages::tokens(shape);
    let clone = pages.is_some().then(|| quote!(#[derive(Clone)]));
    let request_id = request_id(shape);
    let (request, decode, setters) = (request(shape), decode(shape), setters(samples, shape));
    quote! {
        #[doc = #doc]
        #clone
        pub struct #name { #(#fields,)* #body }

        impl Operation for #name {
            type Output = #output;
            type Error = errors::#error;
            const INFO: OperationInfo = security::#constant;

            #media_type
            #request_id
            #request
            #decode
        }

        #pages

        #success

        #setters
    }
}

/// What an operation holds on to until it is sent; the values of the path are in the target already.
fn kept<'a>(shape: &'a Shape<'a>) -> impl Iterator<Item = &'a Argument<'a>> {
    shape.arguments.iter().filter(|argument| argument.parameter.location != In::Path)
}

/// An argument of the function that makes the request.
fn given(argument: &Argument<'_>) -> TokenStream {
    let name = &argument.name;
    match argument.parameter.list {
        List::Separated(separator) if argument.is_required() => {
            let joined = joined(argument, &quote!(&self.#name), separator);
            quote!(&#joined)
        }
        List::Separated(separator) => {
            let joined = joined(argument, &quote!(items), separator);
            quote!(&self.#name.as_ref().map(|items| #joined))
        }
        List::No if parameter::is_written(argument.parameter) && argument.is_required() => {
            quote!(&crate::body::written(&self.#name))
        }
        List::No if parameter::is_written(argument.parameter) => {
            quote!(&self.#name.as_ref().map(crate::body::written))
        }
        List::No | List::Repeated => quote!(&self.#name),
    }
}

/// The items of a list in one value; those that may be times have another form on the wire than for people.
fn joined(argument: &Argument<'_>, items: &TokenStream, separator: char) -> TokenStream {
    let item = argument.parameter.schema.get("items");
    if item.is_some_and(|item| parameter::is_time(item) || crate::schema::reference(item).is_some()) {
        quote!(crate::body::joined_written(#items, #separator))
    } else {
        quote!(crate::body::joined(#items, #separator))
    }
}

/// The parameter by which the caller names the request, as the client would otherwise do by itself.
fn request_id(shape: &Shape<'_>) -> TokenStream {
    let is_id = |argument: &&Argument<'_>| {
        let parameter = argument.parameter;
        parameter.location == In::Header && parameter.name.eq_ignore_ascii_case("x-request-id")
    };
    let Some(argument) = kept(shape).find(is_id) else { return quote!() };
    let value = given(argument);
    let text = if argument.is_required() {
        quote!(Some(given.to_string()))
    } else {
        quote!(given.as_ref().map(ToString::to_string))
    };
    quote! {
        fn request_id(&self) -> Option<String> {
            let given = #value;
            #text
        }
    }
}

/// Makes the request by progenitor's lines, whose arguments stand in the order of their names.
fn request(shape: &Shape<'_>) -> TokenStream {
    let method = &shape.method;
    let mut arguments: Vec<(String, TokenStream)> =
        kept(shape).map(|argument| (argument.name.to_string(), given(argument))).collect();
    arguments.extend(shape.body.map(|body| ("body".to_owned(), body.value())));
    arguments.sort_by(|(one, _), (other, _)| one.cmp(other));
    let arguments = arguments.into_iter().map(|(_, argument)| argument);
    let once = shape.body.filter(|body| body.is_raw()).map(|_| {
        quote!(
            const ONCE: bool = true;
        )
    });
    quote! {
        #once

        fn request(&mut self, draft: &Draft<'_>) -> Requested {
            requests::#method(draft, #(#arguments),*)
        }
    }
}

/// Reads an answer by its status; what the document does not say is left to the caller.
fn decode(shape: &Shape<'_>) -> TokenStream {
    let (output, error) = (names::ident_pascal(&format!("{}Success", shape.name)), &shape.error);
    let mut arms: Vec<(Status, TokenStream)> = Vec::new();
    let single = Answer::are_alike(&shape.successes);
    let exact = |answer: &&Answer<'_>| matches!(answer.response.status, Status::Exact(_));
    if single && let Some(first) = shape.successes.iter().find(exact) {
        let patterns = shape.successes.iter().filter(exact).map(Answer::pattern);
        let value = first.success();
        arms.push((Status::Exact(0), quote!(#(#patterns)|* => #value)));
    }
    for answer in shape.successes.iter().filter(|answer| !single || !exact(answer)) {
        let (pattern, value) = (answer.pattern(), answer.success());
        let arm = if single { quote!(#pattern => #value) } else { answer.arm(&quote!(#output), &quote!(Success)) };
        arms.push((answer.response.status, arm));
    }
    for answer in &shape.errors {
        arms.push((answer.response.status, answer.arm(&quote!(errors::#error), &quote!(Refused))));
    }
    // Exact statuses before ranges, the default last.
    arms.sort_by_key(|(status, _)| *status);
    let is_open = arms.last().is_none_or(|(status, _)| *status != Status::Default);
    let arms = arms.into_iter().map(|(_, arm)| arm);
    let undeclared = is_open.then(|| quote!(_ => Verdict::Undeclared));
    quote! {
        fn decode(answer: &Answer) -> Verdict<Self::Output, Self::Error> {
            match answer.status().as_u16() {
                #(#arms,)*
                #undeclared
            }
        }
    }
}

/// The type of what a success gives, and the enumeration behind it if there are several.
fn output(document: &Document, shape: &Shape<'_>) -> (TokenStream, TokenStream) {
    if Answer::are_alike(&shape.successes) {
        let body = shape.successes.first().and_then(Answer::body);
        return (body.unwrap_or_else(|| quote!(())), quote!());
    }
    let name = names::ident_pascal(&format!("{}Success", shape.name));
    let doc = format!(" What a success of [`Client::{0}`](crate::Client::{0}) gives.", shape.public);
    let variants = shape.successes.iter().map(|answer| answer.variant(document));
    let item = quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #name { #(#variants),* }
    };
    (quote!(#name), item)
}

/// Setters of optional parameters.
fn setters(samples: &Samples<'_>, shape: &Shape<'_>) -> TokenStream {
    let mut optional: Vec<TokenStream> = shape
        .arguments
        .iter()
        .filter(|argument| !argument.is_required())
        .map(|argument| setter(samples, shape, argument))
        .collect();
    optional.extend(shape.body.filter(|body| body.is_optional()).map(|body| body_setter(&body.rust_type())));
    if optional.is_empty() {
        return TokenStream::new();
    }
    let name = &shape.name;
    quote!(impl Call<#name> { #(#optional)* })
}

fn body_setter(ty: &TokenStream) -> TokenStream {
    quote! {
        /// Sets the body; without one the request has none.
        pub fn body(mut self, body: impl IntoBody<#ty>) -> Self {
            self.prepared = self.prepared.and_then(|(target, mut operation)| {
                operation.body = Some(body.into_body()?);
                Ok((target, operation))
            });
            self
        }
    }
}

fn setter(samples: &Samples<'_>, shape: &Shape<'_>, argument: &Argument<'_>) -> TokenStream {
    let (name, setter) = (&argument.name, argument.setter());
    let deprecated = argument.deprecated.then(|| quote!(#[deprecated = "deprecated by the document"]));
    let text = if argument.parameter.description.is_empty() {
        format!("Sets `{}`.", argument.parameter.name)
    } else {
        argument.parameter.description.trim().to_owned()
    };
    let place = samples.document.provenance(&argument.parameter.pointer);
    let sample = samples.fenced_setter(shape, argument);
    let doc = doc(&format!("{text}\n\nDefined at `{place}`.\n\n{sample}"));
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
