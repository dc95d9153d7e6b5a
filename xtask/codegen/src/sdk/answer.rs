//! Answers: which are successes, and how each becomes a value.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

use super::shape::schema;
use crate::load::Document;
use crate::model::{Operation, Response, Status};
use crate::names;

/// One documented answer.
pub(crate) struct Answer<'a> {
    pub(crate) response: &'a Response,
    pub(crate) is_success: bool,
    variant: Ident,
}

/// Successes, and everything else.
pub(crate) fn of(operation: &Operation) -> (Vec<Answer<'_>>, Vec<Answer<'_>>) {
    let only = operation.success().map(|success| success.status);
    operation
        .responses
        .iter()
        .map(|response| {
            let is_success = response.is_success() || Some(response.status) == only;
            Answer { response, is_success, variant: names::ident_pascal(&names::status(response.status)) }
        })
        .partition(|answer| answer.is_success)
}

impl Answer<'_> {
    /// Whether all give the same type.
    pub(crate) fn are_alike(answers: &[Self]) -> bool {
        let texts: Vec<Option<String>> =
            answers.iter().map(|answer| answer.body().map(|body| body.to_string())).collect();
        texts.windows(2).all(|pair| pair[0] == pair[1])
    }

    /// The type of its body: JSON if it has any, else bytes.
    pub(crate) fn body(&self) -> Option<TokenStream> {
        let json = self.response.json().map(|(_, name)| schema(name));
        json.or_else(|| (!self.response.contents.is_empty()).then(|| quote!(::std::vec::Vec<u8>)))
    }

    /// Whether its body is bytes as they came.
    pub(crate) fn is_bytes(&self) -> bool {
        self.response.json().is_none() && self.body().is_some()
    }

    /// Shows the variant, of bytes their number.
    pub(crate) fn debug_arm(&self) -> TokenStream {
        let (variant, name) = (&self.variant, self.variant.to_string());
        let status = (!self.is_exact()).then(|| quote!(status));
        let body = self.body().map(|_| quote!(body));
        let fields: Vec<_> = status.iter().chain(&body).collect();
        let pattern = (!fields.is_empty()).then(|| quote!((#(#fields),*)));
        let status = status.map(|status| quote!(.field(#status)));
        let body = match (body, self.is_bytes()) {
            (Some(body), true) => Some(quote!(.field(&format_args!("{} bytes", #body.len())))),
            (Some(body), false) => Some(quote!(.field(#body))),
            (None, _) => None,
        };
        quote!(Self::#variant #pattern => f.debug_tuple(#name) #status #body .finish())
    }

    /// The variant that stands for it.
    pub(crate) fn name(&self) -> &Ident {
        &self.variant
    }

    pub(crate) fn is_exact(&self) -> bool {
        matches!(self.response.status, Status::Exact(_))
    }

    /// Its variant; a range and the default carry the status.
    pub(crate) fn variant(&self, document: &Document) -> TokenStream {
        let variant = &self.variant;
        let doc = format!(
            " {}: {} (`{}`)",
            self.response.status,
            self.response.description.trim().replace('\n', "\n "),
            document.provenance(&self.response.pointer)
        );
        let status = (!self.is_exact()).then(|| quote!(u16));
        let fields: Vec<TokenStream> = status.into_iter().chain(self.body()).collect();
        let fields = (!fields.is_empty()).then(|| quote!((#(#fields),*)));
        quote!(#[doc = #doc] #variant #fields)
    }

    /// From the variant to its status.
    pub(crate) fn status_arm(&self) -> TokenStream {
        let variant = &self.variant;
        match (self.response.status, self.body()) {
            (Status::Exact(status), body) => {
                let status = Literal::u16_unsuffixed(status);
                let field = body.map(|_| quote!((_)));
                quote!(Self::#variant #field => #status)
            }
            (_, Some(_)) => quote!(Self::#variant(status, _) => *status),
            (_, None) => quote!(Self::#variant(status) => *status),
        }
    }

    /// From the variant of `target` to its body, by the function `json`.
    pub(super) fn body_arm(&self, target: &TokenStream) -> TokenStream {
        let variant = &self.variant;
        match (self.is_exact(), self.body().is_some()) {
            (true, true) => quote!(#target::#variant(body) => json(body)),
            (true, false) => quote!(#target::#variant => json(&())),
            (false, true) => quote!(#target::#variant(_, body) => json(body)),
            (false, false) => quote!(#target::#variant(_) => json(&())),
        }
    }

    /// The statuses that it stands for.
    pub(crate) fn pattern(&self) -> TokenStream {
        match self.response.status {
            Status::Exact(status) => {
                let status = Literal::u16_unsuffixed(status);
                quote!(#status)
            }
            Status::Range(digit) => {
                let (first, last) = (Literal::u16_unsuffixed(digit * 100), Literal::u16_unsuffixed(digit * 100 + 99));
                quote!(#first..=#last)
            }
            Status::Default => quote!(_),
        }
    }

    /// Reads it as the only kind of success.
    pub(crate) fn success(&self) -> TokenStream {
        match (self.response.json(), self.body()) {
            (Some(_), _) => quote!(answer.success()),
            (None, Some(_)) => quote!(Verdict::Success(answer.body().to_vec())),
            (None, None) => quote!(Verdict::Success(())),
        }
    }

    /// Reads it as a variant of `target`; `verdict` is what that means.
    pub(crate) fn arm(&self, target: &TokenStream, verdict: &TokenStream) -> TokenStream {
        let (pattern, variant) = (self.pattern(), &self.variant);
        let bound = match self.response.status {
            Status::Default => quote!(status),
            Status::Exact(_) | Status::Range(_) => quote!(status @ #pattern),
        };
        let is_success = verdict.to_string() == "Success";
        match (self.response.json(), self.body(), self.is_exact()) {
            (Some(_), _, exact) => {
                let method = match (is_success, exact) {
                    (true, true) => quote!(success_of),
                    (true, false) => quote!(success_with),
                    (false, true) => quote!(refusal),
                    (false, false) => quote!(refusal_with),
                };
                quote!(#pattern => answer.#method(#target::#variant))
            }
            (None, Some(_), true) => quote!(#pattern => Verdict::#verdict(#target::#variant(answer.body().to_vec()))),
            (None, Some(_), false) => {
                quote!(#bound => Verdict::#verdict(#target::#variant(status, answer.body().to_vec())))
            }
            (None, None, true) => quote!(#pattern => Verdict::#verdict(#target::#variant)),
            (None, None, false) => quote!(#bound => Verdict::#verdict(#target::#variant(status))),
        }
    }
}
