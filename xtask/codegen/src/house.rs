//! What this project demands of its own document, beyond what the generator needs of any: one tag, one success, one media
//! type, named schemas, exact statuses, access and security in so many words.

use std::collections::BTreeSet;

use crate::diagnostic::{Problem, Problems};
use crate::load::Document;
use crate::model::{Body, Content, Model, Operation, Payload, Response, Status};

/// Holds the document to the rules.
///
/// # Errors
/// Every rule that is broken, with its place.
pub fn check(document: &Document, model: &Model) -> Result<(), Problems> {
    let mut house = House { document, model, problems: Vec::new() };
    for operation in &model.operations {
        house.operation(operation);
        house.responses(operation);
        if let Some(body) = &operation.body {
            house.body(body);
        }
    }
    if house.problems.is_empty() {
        return Ok(());
    }
    house.problems.sort();
    house.problems.dedup();
    Err(Problems(house.problems))
}

struct House<'a> {
    document: &'a Document,
    model: &'a Model,
    problems: Vec<Problem>,
}

impl House<'_> {
    fn demand(&mut self, is_kept: bool, pointer: &str, rule: &'static str, message: String, fix: &str) {
        if !is_kept {
            self.problems.push(self.document.problem(pointer, rule, message, fix));
        }
    }

    fn operation(&mut self, operation: &Operation) {
        let (id, at) = (&operation.wire_id, operation.pointer.as_str());
        let has = |key: &str| self.document.value.pointer(&format!("{at}/{key}")).is_some();
        let (has_id, has_security) = (has("operationId"), has("security"));
        self.demand(
            has_id && *id == operation.id,
            at,
            "operation-id",
            format!("operationId `{id}` is not in snake_case"),
            "write it as `flow_verb_noun`",
        );
        self.demand(
            !operation.summary.is_empty() && !operation.summary.contains('\n'),
            at,
            "operation-summary",
            format!("`{id}` has no one-line summary"),
            "add `summary: …`",
        );
        self.demand(
            operation.tags.len() == 1,
            at,
            "operation-tag",
            format!("`{id}` has {} tags", operation.tags.len()),
            "give it exactly one tag",
        );
        self.demand(
            has_security,
            at,
            "operation-security",
            format!("`{id}` does not state its security"),
            "add `security:`, or `security: []` if anyone may call it",
        );
        self.demand(
            operation.access.is_some(),
            at,
            "operation-access",
            format!("`{id}` does not say who may call it"),
            "add `x-access: {who: …, rule: …}`",
        );
    }

    fn body(&mut self, body: &Body) {
        let at = body.pointer.as_str();
        self.contents(at, &body.contents);
        self.demand(
            body.contents.iter().all(|content| content.media_type == "application/json"),
            at,
            "body-media-type",
            "a request body is not application/json".to_owned(),
            "use application/json",
        );
        self.demand(
            body.required,
            at,
            "body-required",
            "a request body may be left out".to_owned(),
            "add `required: true`",
        );
    }

    fn contents(&mut self, at: &str, contents: &[Content]) {
        self.demand(
            contents.len() <= 1,
            at,
            "one-media-type",
            format!("{} media types for one body", contents.len()),
            "declare exactly one",
        );
        for content in contents {
            let is_named = match &content.payload {
                Payload::Json(name) => self.model.schema(name).is_some_and(|schema| !schema.inline),
                Payload::Form(_) | Payload::Multipart | Payload::Raw => false,
            };
            self.demand(
                is_named,
                &content.pointer,
                "body-schema-ref",
                "the body's schema has no name".to_owned(),
                "move it to `components.schemas` and refer to it",
            );
        }
    }

    fn responses(&mut self, operation: &Operation) {
        let (id, at) = (&operation.wire_id, operation.pointer.as_str());
        for response in &operation.responses {
            self.contents(&response.pointer, &response.contents);
            self.demand(
                matches!(response.status, Status::Exact(_)),
                &response.pointer,
                "response-status",
                format!("response `{}` of `{id}` is not an exact status", response.status),
                "write out each status",
            );
        }
        self.demand(
            operation.success().is_some_and(Response::is_success),
            at,
            "response-success",
            format!("`{id}` has no success answer"),
            "declare one 2xx response",
        );
        let errors: BTreeSet<Option<&str>> =
            operation.errors().map(|response| response.json().map(|(_, name)| name)).collect();
        self.demand(
            errors.len() == 1 && !errors.contains(&None),
            at,
            "one-error-schema",
            format!("the errors of `{id}` do not share one body"),
            "give every 4xx and 5xx response the same schema",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_any_document_may_do_ours_may_not() {
        let text = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n  /a:\n    post:\n      requestBody:\n        content:\n          text/plain: {}\n      responses:\n        default: {description: d}\n";
        let document = Document::parse("a.yaml", text).unwrap();
        let problems = check(&document, &crate::read::model(&document).unwrap()).unwrap_err();
        let rules: BTreeSet<&str> = problems.0.iter().map(|problem| problem.rule).collect();
        let wanted = [
            "body-media-type",
            "body-required",
            "body-schema-ref",
            "one-error-schema",
            "operation-access",
            "operation-id",
            "operation-security",
            "operation-summary",
            "operation-tag",
            "response-status",
            "response-success",
        ];
        assert_eq!(rules.into_iter().collect::<Vec<_>>(), wanted);
    }
}
