//! `security.rs`: the schemes, a setter for each on the client's builder, and the table of operations.

use proc_macro2::TokenStream;
use quote::quote;

use super::operations::doc;
use super::sample::CRATE;
use super::shape::{Shape, credential_setter};
use crate::load::Document;
use crate::model::{Model, Scheme, SchemeKind};
use crate::names;

/// Schemes, setters, table.
pub(super) fn tokens(document: &Document, model: &Model, shapes: &[Shape<'_>]) -> TokenStream {
    let schemes = schemes(document, model);
    let setters = model.schemes.iter().map(|scheme| setter(document, scheme));
    let table = table(shapes);
    let retry = (!shapes.is_empty()).then(|| {
        quote!(
            use crate::retry::RetryClass;
        )
    });
    let (imports, setters) = if model.schemes.is_empty() {
        (
            quote!(
                use crate::credentials::Placement;
            ),
            quote!(),
        )
    } else {
        let imports = quote! {
            use crate::builder::ClientBuilder;
            use crate::credentials::{Credential, Placement};
            use secrecy::SecretString;
        };
        (imports, quote!(impl ClientBuilder { #(#setters)* }))
    };
    quote! {
        #imports
        use crate::operation::OperationInfo;
        #retry

        #schemes

        #setters

        #table
    }
}

fn variant(scheme: &str) -> proc_macro2::Ident {
    names::ident_pascal(scheme)
}

fn schemes(document: &Document, model: &Model) -> TokenStream {
    let all_doc = format!(" A way to say who is calling (`{}`).", document.provenance("/components/securitySchemes"));
    let variants = model.schemes.iter().map(|scheme| {
        let place = document.provenance(&scheme.pointer);
        let (variant, doc) = (variant(&scheme.name), format!(" {} (`{place}`)", scheme.description));
        quote!(#[doc = #doc] #variant)
    });
    let names = model.schemes.iter().map(|scheme| {
        let (variant, name) = (variant(&scheme.name), &scheme.name);
        quote!(Self::#variant => #name)
    });
    let placements = model.schemes.iter().map(|scheme| {
        let variant = variant(&scheme.name);
        let placement = match &scheme.kind {
            SchemeKind::Bearer => quote!(Placement::Bearer),
            SchemeKind::Basic => quote!(Placement::Basic),
            SchemeKind::Header(name) => {
                let name = name.to_lowercase();
                quote!(Placement::Header(#name))
            }
        };
        quote!(Self::#variant => #placement)
    });
    let all = model.schemes.iter().map(|scheme| variant(&scheme.name));
    let name = doc(&format!(
        "The name in the document.\n\n```\nfor scheme in {CRATE}::Scheme::ALL {{\n    \
         println!(\"{{}}\", scheme.name());\n}}\n```"
    ));
    quote! {
        #[doc = #all_doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Scheme { #(#variants),* }

        impl Scheme {
            /// Every scheme of the document.
            pub const ALL: &'static [Self] = &[#(Self::#all),*];

            #name
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { #(#names),* }
            }

            /// Where its credential stands in a request.
            pub(crate) const fn placement(self) -> Placement {
                match self { #(#placements),* }
            }
        }
    }
}

fn setter(document: &Document, scheme: &Scheme) -> TokenStream {
    let (method, variant) = (credential_setter(&scheme.name), variant(&scheme.name));
    let given = if scheme.kind == SchemeKind::Basic { "\"the-name\", \"the-secret\"" } else { "\"the-token\"" };
    let doc = doc(&format!(
        "Credential of the scheme `{}`, defined at `{}`. {}\n\n```\n\
         let client = {CRATE}::Client::builder(\"https://api.example\").{method}({given}).build()?;\n\
         # Ok::<(), {CRATE}::ConfigurationError>(())\n```",
        scheme.name,
        document.provenance(&scheme.pointer),
        scheme.description
    ));
    match scheme.kind {
        SchemeKind::Basic => quote! {
            #doc
            pub fn #method(self, username: impl Into<String>, password: impl Into<SecretString>) -> Self {
                self.credential(Scheme::#variant, Credential::Password { username: username.into(), password: password.into() })
            }
        },
        SchemeKind::Bearer | SchemeKind::Header(_) => quote! {
            #doc
            pub fn #method(self, token: impl Into<SecretString>) -> Self {
                self.credential(Scheme::#variant, Credential::Token(token.into()))
            }
        },
    }
}

fn table(shapes: &[Shape<'_>]) -> TokenStream {
    let constants = shapes.iter().map(|shape| {
        let (constant, operation) = (&shape.constant, shape.operation);
        let (id, method, path, accept) =
            (&operation.id, &operation.method, &operation.path, shape.media_types().join(", "));
        let security = operation.security.iter().map(|alternative| {
            let schemes = alternative.iter().map(|scheme| variant(scheme));
            quote!(&[#(Scheme::#schemes),*])
        });
        let retry = shape.retry.variant();
        quote! {
            pub(super) const #constant: OperationInfo = OperationInfo {
                id: #id,
                method: #method,
                path: #path,
                accept: #accept,
                security: &[#(#security),*],
                retry: #retry,
            };
        }
    });
    let all = shapes.iter().map(|shape| &shape.constant);
    quote! {
        #(#constants)*

        /// Every operation of the document.
        pub const OPERATIONS: &[OperationInfo] = &[#(#all),*];
    }
}
