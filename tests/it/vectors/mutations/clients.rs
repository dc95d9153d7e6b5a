//! Broken clients.

use contract_tests::http::Recorded;
use contract_tests::vectors::calls::{Report, Unsent};
use contract_tests::vectors::client::{Between, Observed};
use contract_tests::vectors::{Request, Word};
use serde_json::Value;

use super::{Mutation, mutation};

/// The table.
pub(super) fn all() -> Vec<Mutation<Between>> {
    let mut all = repetition();
    all.extend(reading());
    all.extend(reporting());
    all.extend(sending());
    all
}

fn repetition() -> Vec<Mutation<Between>> {
    vec![
        mutation(
            "repeats a POST blindly",
            "activate/retry/503-is-final",
            Between { again: |report| report.status == Some(503), ..Between::default() },
        ),
        mutation(
            "repeats what failed for good",
            "liveness/retry/500-is-final",
            Between { again: |report| report.status == Some(500), ..Between::default() },
        ),
        mutation(
            "never repeats",
            "liveness/retry/closed",
            Between { configuration: |configuration| configuration.repetitions = 0, ..Between::default() },
        ),
        mutation(
            "ignores Retry-After",
            "liveness/retry/429-seconds",
            Between { answer: |exchange| drop(exchange.headers.remove("retry-after")), ..Between::default() },
        ),
        mutation(
            "knows Retry-After in seconds only",
            "liveness/retry/503-date",
            Between {
                answer: |exchange| exchange.headers.retain(|name, value| name != "retry-after" || !value.contains(' ')),
                ..Between::default()
            },
        ),
    ]
}

fn reading() -> Vec<Mutation<Between>> {
    vec![
        mutation(
            "takes half an answer for the whole",
            "muninx_create_token/success/cut-off",
            Between {
                answer: |exchange| {
                    if let (Some(size), Some(text)) = (exchange.cut_to_bytes.take(), &mut exchange.text) {
                        text.truncate(size);
                    }
                },
                ..Between::default()
            },
        ),
        mutation(
            "reads JSON whatever the content type says",
            "muninx_create_token/success/wrong-content-type",
            Between {
                answer: |exchange| {
                    if let Some(content_type) = exchange.headers.get_mut("content-type") {
                        "application/json".clone_into(content_type);
                    }
                },
                ..Between::default()
            },
        ),
        mutation(
            "reads without end",
            "muninx_create_token/success/too-large",
            Between { configuration: |configuration| configuration.max_response_bytes = None, ..Between::default() },
        ),
        mutation(
            "follows redirects",
            "muninx_create_token/undeclared/307",
            Between {
                configuration: |configuration| configuration.http = reqwest::Client::builder().no_proxy().build().ok(),
                ..Between::default()
            },
        ),
    ]
}

/// A client that says something else of an outcome of this kind.
fn reports(of: Word, change: fn(&mut Report)) -> Between {
    Between::of_observed(move |_, seen| {
        seen.outcome.iter_mut().filter(|report| report.word == of).for_each(change);
    })
}

fn reporting() -> Vec<Mutation<Between>> {
    vec![
        mutation(
            "takes an undeclared 2xx for a success",
            "muninx_create_token/undeclared/206",
            reports(Word::Undeclared, |report| {
                if report.status == Some(206) {
                    report.word = Word::Success;
                }
            }),
        ),
        mutation(
            "loses the body of a status that it does not know",
            "muninx_create_token/undeclared/418",
            reports(Word::Undeclared, |report| report.bytes.clear()),
        ),
        mutation(
            "has one error without a body for every status",
            "muninx_create_token/answer/401/example",
            reports(Word::Error, |report| report.body = Value::Null),
        ),
        mutation(
            "drops values that it does not know",
            "unleash_signup/success/unknown-value/accountType",
            reports(Word::Success, |report| {
                if let Some(members) = report.body.as_object_mut() {
                    members.retain(|_, value| value != "value-of-tomorrow");
                }
            }),
        ),
    ]
}

fn sending() -> Vec<Mutation<Between>> {
    vec![
        mutation(
            "lets dots in a path name another resource",
            "unleash_validate_signup_token/path/token/dots",
            sends_all_the_same(|request| request.path.values().any(|value| value == "..")),
        ),
        mutation(
            "sends half a credential",
            "kare_invite_user_organization/credentials/only-kareSession",
            sends_all_the_same(|request| request.credentials.len() == 1),
        ),
        mutation(
            "cuts what is too long and sends the rest",
            "muninx_create_token/body/name/too-long",
            sends_all_the_same(|request| {
                let patches = request.body.iter().flat_map(|body| &body.patch);
                patches.into_iter().any(|patch| patch.times.is_some())
            }),
        ),
        mutation(
            "splits a path at reserved characters",
            "unleash_validate_signup_token/path/token/reserved",
            sends(|request| request.target = request.target.replace("%2F", "/").replace("%3F", "?")),
        ),
        mutation(
            "sends a credential that nobody asked for",
            "create_session/valid/example",
            sends(|request| {
                let credential = ("authorization".to_owned(), "Bearer canary-muninxBearer".to_owned());
                request.headers.push(credential);
            }),
        ),
        mutation(
            "accepts one media type only",
            "muninx_create_token/valid/example",
            sends(|request| {
                for (_, value) in request.headers.iter_mut().filter(|(name, _)| name == "accept") {
                    "application/json".clone_into(value);
                }
            }),
        ),
        mutation(
            "leaves out what is null",
            "nexus_invite_organization_member/valid/short",
            sends(|request| {
                if let Some(Value::Object(mut members)) = request.json() {
                    members.retain(|_, value| !value.is_null());
                    request.body = Value::Object(members).to_string().into_bytes();
                }
            }),
        ),
    ]
}

/// A client that puts something else on the wire.
fn sends(change: fn(&mut Recorded)) -> Between {
    Between::of_observed(move |_, seen| seen.requests.iter_mut().for_each(change))
}

/// A client that sends what it should refuse, if `this` is true of it; what exactly it sends is of no interest.
fn sends_all_the_same(this: fn(&Request) -> bool) -> Between {
    Between::of_observed(move |request, seen: &mut Observed| {
        if matches!(seen.outcome, Err(Unsent::Refused(_))) && this(request) {
            seen.requests.push(Recorded::default());
        }
    })
}
