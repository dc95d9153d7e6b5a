//! Request vectors about bodies: each rule broken alone, what is no JSON, media types, sizes.

use serde_json::json;

use super::super::violations::{self, Violation};
use super::super::{expected, rules};
use super::{Requests, Vector};

impl Requests<'_, '_> {
    /// Each rule of the body broken alone, on the first example that reaches it.
    pub(super) fn bodies(&mut self) {
        let (context, base) = (self.context, self.base);
        let Some(body) = &base.body else { return };
        let mut found: Vec<(&str, Violation)> = Vec::new();
        let first = body.examples.first();
        let passes = body.examples.iter().map(|example| (example, false)).chain(first.map(|example| (example, true)));
        for ((name, value), absent) in passes {
            let mut all = violations::of(&context.judge, body.schema.clone(), value, absent);
            if !absent {
                all.extend(rules::of(context, body.schema.clone(), value));
            }
            for violation in all {
                let same = |(_, known): &(&str, Violation)| {
                    (&known.pointer, &known.slug) == (&violation.pointer, &violation.slug)
                };
                if !found.iter().any(same) {
                    found.push((name, violation));
                }
            }
        }
        for (name, violation) in found {
            let mut sent = body.example(name);
            sent["patch"] = json!([violation.change.operation()]);
            self.push(Vector {
                name: format!("body{}/{}", violation.pointer, violation.slug),
                because: context.because(&violation.rule, &violation.place),
                request: base.request(base.credentials(), Some(sent)),
                violates: Some(format!("/body{}", violation.pointer)),
                server: self.broken(),
                client: Some("sends or refuses"),
            });
        }
    }

    /// Bodies that are no JSON.
    pub(super) fn texts(&mut self) {
        let base = self.base;
        let Some(body) = &base.body else { return };
        let first = body.examples.first().map(|(_, value)| value.to_string()).unwrap_or_default();
        let half: String = first.chars().take(first.chars().count() / 2).collect();
        let cases = [
            ("cut-short", "the JSON ends too early", json!({ "text": half })),
            ("trailing-text", "something follows the JSON", json!({ "text": format!("{first} x") })),
            ("twice", "two values instead of one", json!({ "text": format!("{first}{first}") })),
            ("empty", "there is no JSON", json!({ "text": "" })),
            ("no-utf-8", "the bytes are no UTF-8", json!({ "hex": "7b2261223a22ff227d" })),
        ];
        for (slug, what, mut sent) in cases {
            if slug == "empty" && base.operation.body.as_ref().is_some_and(|body| !body.required) {
                continue;
            }
            sent["media_type"] = json!(body.media_type);
            self.push(Vector {
                name: format!("body/{slug}"),
                because: self.answer(what, 400),
                request: base.request(base.credentials(), Some(sent)),
                violates: Some("/body".to_owned()),
                server: self.broken(),
                client: None,
            });
        }
    }

    pub(super) fn media_types(&mut self) {
        let base = self.base;
        let Some(body) = &base.body else { return };
        let declared = |media_type: &str| {
            let contents = base.operation.body.iter().flat_map(|body| &body.contents);
            contents.map(crate::model::Content::essence).any(|known| known == media_type)
        };
        for (slug, media_type) in [
            ("no-media-type", None),
            ("plain-text", Some("text/plain")),
            ("form", Some("application/x-www-form-urlencoded")),
            ("other-json", Some("application/vnd.other+json")),
        ] {
            if media_type.is_some_and(declared) {
                continue;
            }
            let mut sent = body.example(&body.examples[0].0);
            sent["media_type"] = json!(media_type);
            self.push(Vector {
                name: format!("body/{slug}"),
                because: self.answer("another media type than the declared one", 415),
                request: base.request(base.credentials(), Some(sent)),
                violates: Some("/body".to_owned()),
                server: expected(base.operation, &[415]),
                client: None,
            });
        }
    }

    /// As large as allowed, and one byte more.
    pub(super) fn sizes(&mut self) {
        let base = self.base;
        let limit = base.operation.max_body_bytes;
        let Some(too_large) = expected(base.operation, &[413]) else { return };
        let Some(sent) = base.first_body() else { return };
        for (slug, size, server) in
            [("as-large-as-allowed", limit, self.success()), ("oversize", limit.saturating_add(1), Some(too_large))]
        {
            let mut sent = sent.clone();
            sent["padded_to_bytes"] = json!(size);
            self.push(Vector {
                name: format!("body/{slug}"),
                because: self.answer(&format!("at most {limit} bytes"), 413),
                request: base.request(base.credentials(), Some(sent)),
                violates: (size > limit).then(|| "/body".to_owned()),
                server,
                client: None,
            });
        }
    }
}
