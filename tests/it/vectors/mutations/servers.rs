//! Broken servers.

use contract_tests::http::{Answer, Recorded};
use contract_tests::vectors::intermediary::Fault;
use contract_tests::world::Tenant;
use invite_api::security::Scheme;
use reqwest::header::HeaderValue;
use serde_json::{Map, Value, json};

use super::{Mutation, mutation};

/// The table.
pub(super) fn all(acme: &Tenant) -> Vec<Mutation<Fault>> {
    let mut all = answers();
    all.extend(requests());
    all.extend(credentials(acme));
    all
}

#[expect(clippy::too_many_lines, reason = "one table")]
fn answers() -> Vec<Mutation<Fault>> {
    vec![
        mutation(
            "answers 422 where 400 is declared",
            "activate/body/password/missing",
            Fault::of_answers(|_, answer| answer.status = if answer.status == 400 { 422 } else { answer.status }),
        ),
        mutation(
            "names another member than the one at fault",
            "muninx_create_token/body/name/missing",
            Fault::of_answers(|_, answer| {
                let body = String::from_utf8_lossy(&answer.body).replace("\"/name\"", "\"/nickname\"");
                answer.body = body.into_bytes();
            }),
        ),
        mutation(
            "says another status in the problem than it has",
            "activate/body/password/missing",
            Fault::of_answers(|_, answer| {
                let body = String::from_utf8_lossy(&answer.body).replace("\"status\":400", "\"status\":422");
                answer.body = body.into_bytes();
            }),
        ),
        mutation(
            "forgets WWW-Authenticate",
            "muninx_create_token/credentials/none",
            Fault::of_answers(|_, answer| drop(answer.headers.remove("www-authenticate"))),
        ),
        mutation(
            "sends problems as plain JSON",
            "muninx_create_token/body/cut-short",
            Fault::of_answers(|_, answer| {
                answer.headers.insert("content-type", HeaderValue::from_static("application/json"));
            }),
        ),
        mutation(
            "sends errors of another shape",
            "kare_invite_user_organization/body/firstName/missing",
            Fault::of_answers(|_, answer| {
                if answer.status >= 400 {
                    answer.body = json!({ "error": "no" }).to_string().into_bytes();
                }
            }),
        ),
        mutation(
            "answers 201 where 200 is declared",
            "muninx_create_token/valid/example",
            Fault::of_answers(|_, answer| answer.status = if answer.status == 200 { 201 } else { answer.status }),
        ),
        mutation(
            "leaves a required member out of a success",
            "muninx_create_token/valid/example",
            Fault::of_answers(|_, answer| {
                if let Ok(Value::Object(mut members)) = serde_json::from_slice(&answer.body) {
                    members.shift_remove("created_at");
                    answer.body = Value::Object(members).to_string().into_bytes();
                }
            }),
        ),
        mutation(
            "sends a body with 204",
            "nexus_invite_organization_member/valid/short",
            Fault::of_answers(|_, answer| {
                if answer.status == 204 {
                    *answer = Answer { status: 200, body: b"{}".to_vec(), ..answer.clone() };
                }
            }),
        ),
        mutation(
            "refuses the largest body that is allowed",
            "muninx_create_token/body/as-large-as-allowed",
            Fault::of_answers(|request, answer| {
                if request.body.len() >= 65_536 {
                    answer.status = 413;
                }
            }),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "one table")]
fn requests() -> Vec<Mutation<Fault>> {
    vec![
        mutation(
            "cuts what is too long",
            "muninx_create_token/body/name/too-long",
            mended(|value| {
                if let Value::String(text) = value {
                    *text = text.chars().take(200).collect();
                }
            }),
        ),
        mutation(
            "washes characters that a pattern refuses",
            "muninx_create_token/body/name/pattern",
            mended(|value| {
                if let Value::String(text) = value {
                    text.retain(|c| !c.is_control());
                }
            }),
        ),
        mutation(
            "turns numbers into texts",
            "muninx_create_token/body/name/wrong-type",
            mended(|value| {
                if value.is_number() {
                    *value = value.to_string().into();
                }
            }),
        ),
        mutation(
            "takes null for absent",
            "unleash_signup/body/username/null",
            mended(|value| {
                if let Value::Object(members) = value {
                    members.retain(|_, value| !value.is_null());
                }
            }),
        ),
        mutation(
            "lets unknown members into a closed body",
            "unleash_signup/body/x-unknown/unknown-member",
            mended(|value| {
                if let Value::Object(members) = value {
                    members.shift_remove("x-unknown");
                }
            }),
        ),
        mutation(
            "guesses the media type",
            "muninx_create_token/body/no-media-type",
            Fault::of_requests(|request| {
                request.headers.retain(|(name, _)| name != "content-type");
                request.headers.push(("content-type".to_owned(), "application/json".to_owned()));
            }),
        ),
        mutation(
            "reads bodies of any size",
            "muninx_create_token/body/oversize",
            Fault::of_requests(|request| request.body = request.body.trim_ascii_end().to_vec()),
        ),
        mutation(
            "stops reading after the first value",
            "muninx_create_token/body/trailing-text",
            Fault::of_requests(|request| {
                let first = serde_json::Deserializer::from_slice(&request.body).into_iter::<Value>().next();
                if let Some(Ok(first)) = first {
                    request.body = first.to_string().into_bytes();
                }
            }),
        ),
    ]
}

fn credentials(acme: &Tenant) -> Vec<Mutation<Fault>> {
    let session = acme.header(Scheme::KareSession);
    let bearer = acme.header(Scheme::MuninxBearer);
    vec![
        mutation(
            "is content with half a credential",
            "kare_invite_user_organization/credentials/only-kareBearer",
            Fault::of_requests(move |request| complete(request, &session)),
        ),
        mutation(
            "asks nobody for a credential",
            "muninx_create_token/credentials/none",
            Fault::of_requests(move |request| complete(request, &bearer)),
        ),
        mutation(
            "does not know the second alternative",
            "nexus_invite_organization_member/credentials/nexusBasic",
            Fault::of_requests(|request| request.headers.retain(|(_, value)| !value.starts_with("Basic "))),
        ),
    ]
}

/// Adds a credential that is missing.
fn complete(request: &mut Recorded, (name, value): &(&'static str, String)) {
    if request.header(name).is_none() {
        request.headers.push(((*name).to_owned(), value.clone()));
    }
}

/// A server that mends every value of a JSON body before it looks at it.
fn mended(mend: fn(&mut Value)) -> Fault {
    Fault::of_requests(move |request| {
        if let Some(mut body) = request.json() {
            everywhere(&mut body, mend);
            request.body = body.to_string().into_bytes();
        }
    })
}

fn everywhere(value: &mut Value, change: fn(&mut Value)) {
    change(value);
    match value {
        Value::Object(members) => Map::values_mut(members).for_each(|value| everywhere(value, change)),
        Value::Array(items) => items.iter_mut().for_each(|value| everywhere(value, change)),
        _ => {}
    }
}
