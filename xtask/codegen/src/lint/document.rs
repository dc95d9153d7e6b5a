//! The form of OpenAPI: version, members and their forms.

use super::context::Context;
use super::walk::Fault;
use super::{Report, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule::error("openapi-version", "the document is of OpenAPI 3.0", version),
    Rule::error("unknown-member", "no object has a member that OpenAPI 3.0 does not know", unknown_member),
    Rule::error("member-form", "each member has the form that OpenAPI gives it", member_form),
    Rule::error("member-missing", "members that OpenAPI demands are there", member_missing),
    Rule::error("openapi-31", "nothing is used that only OpenAPI 3.1 has", newer),
];

fn version(context: &Context<'_>, report: &mut Report<'_>) {
    if let Some(version) = context.document.value.get("openapi").and_then(|version| version.as_str()) {
        let patch = version.strip_prefix("3.0.").unwrap_or_default();
        if patch.is_empty() || !patch.chars().all(|c| c.is_ascii_digit()) {
            report.value(
                "/openapi",
                format!("OpenAPI version `{version}` is not supported"),
                "write the document for OpenAPI 3.0 and say `openapi: 3.0.3`",
            );
        }
    }
}

fn faults(context: &Context<'_>, report: &mut Report<'_>, fault: Fault) {
    for found in context.walk.found.iter().filter(|found| found.fault == fault) {
        if fault == Fault::Form {
            report.value(&found.pointer, &found.message, &found.fix);
        } else {
            report.key(&found.pointer, &found.message, &found.fix);
        }
    }
}

fn unknown_member(context: &Context<'_>, report: &mut Report<'_>) {
    faults(context, report, Fault::Unknown);
}

fn member_form(context: &Context<'_>, report: &mut Report<'_>) {
    faults(context, report, Fault::Form);
}

fn member_missing(context: &Context<'_>, report: &mut Report<'_>) {
    faults(context, report, Fault::Missing);
}

fn newer(context: &Context<'_>, report: &mut Report<'_>) {
    faults(context, report, Fault::Newer);
}
