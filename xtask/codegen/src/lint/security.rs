//! Security schemes and requirements.

use super::context::Context;
use super::grammar::Kind;
use super::walk::Node;
use super::{Report, Rule};
use crate::load::escape;

pub(super) const RULES: &[Rule] = &[
    Rule::error("security-scheme", "credentials travel as bearer or basic, or in a header of their own", scheme),
    Rule::error("security-scheme-member", "a security scheme says what its type demands", member),
    Rule::error("security-unknown", "a requirement names schemes that are defined", unknown),
    Rule::error("security-names", "security schemes have different names in Rust", names),
    Rule::warning("security-scopes", "only OAuth 2 and OpenID Connect have scopes", scopes),
];

fn scheme(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::SecurityScheme) {
        let (kind, at) = match (node.text("type"), node.text("scheme"), node.text("in")) {
            (Some("http"), Some(scheme), _) if !is_http(scheme) => (format!("http {scheme}"), "scheme"),
            (Some("apiKey"), _, Some(place)) if place != "header" => (format!("an API key in `{place}`"), "in"),
            (Some("http" | "apiKey" | "oauth2" | "openIdConnect") | None, ..) => continue,
            (Some(other), ..) => (format!("of type `{other}`"), "type"),
        };
        report.value(
            &node.at(at),
            format!("security scheme `{}` is {kind}, which is not supported", node.name()),
            "use http bearer, http basic, an apiKey in a header, oauth2 or openIdConnect",
        );
    }
}

fn is_http(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("basic")
}

fn member(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::SecurityScheme) {
        let wanted: &[&str] = match node.text("type") {
            Some("http") => &["scheme"],
            Some("apiKey") => &["name", "in"],
            Some("oauth2") => &["flows"],
            Some("openIdConnect") => &["openIdConnectUrl"],
            _ => &[],
        };
        for key in wanted.iter().filter(|key| !node.has(key)) {
            let message = format!("security scheme `{}` has no `{key}`", node.name());
            report.key(&node.pointer, message, &format!("add `{key}:`"));
        }
    }
}

fn unknown(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::SecurityRequirement) {
        for name in node.value.keys() {
            if !context.components("securitySchemes").any(|(known, ..)| known == name) {
                report.key(
                    &format!("{}/{}", node.pointer, escape(name)),
                    format!("security scheme `{name}` is not defined"),
                    "define it under `components.securitySchemes`, or correct the name",
                );
            }
        }
    }
}

fn names(context: &Context<'_>, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeMap::new();
    for (name, _, pointer) in context.components("securitySchemes") {
        if let Some(other) = seen.insert(crate::names::pascal(name), name) {
            let message = format!("security schemes `{name}` and `{other}` have one name in Rust");
            report.key(&pointer, message, "rename one of them");
        }
    }
}

fn scopes(context: &Context<'_>, report: &mut Report<'_>) {
    for node in context.nodes(Kind::SecurityRequirement) {
        for (name, value) in node.value {
            let scopes = value.as_array().is_some_and(|scopes| !scopes.is_empty());
            let pointer = format!("/components/securitySchemes/{}", escape(name));
            let scheme = context.document.value.pointer(&pointer);
            let scheme = scheme.and_then(|scheme| context.node(scheme, &pointer, ""));
            let scoped = |scheme: &Node<'_>| matches!(scheme.text("type"), Some("oauth2" | "openIdConnect"));
            if scopes && scheme.is_some_and(|scheme| !scoped(&scheme)) {
                report.key(
                    &format!("{}/{}", node.pointer, escape(name)),
                    format!("the scopes of `{name}` have no effect: its type has none"),
                    "write `[]`, and say who may call with `x-access`",
                );
            }
        }
    }
}
