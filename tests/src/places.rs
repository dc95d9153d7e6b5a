//! Where an error says that a request is wrong, and where a vector says that it is.

use serde_json::Value;

/// The places that an error names: pointers of `errors`, paths of `details`.
#[must_use]
pub fn of(body: &Value) -> Vec<String> {
    let lists = [("errors", "pointer"), ("details", "path")];
    let named = lists.iter().flat_map(|(list, member)| {
        let items = body[*list].as_array().into_iter().flatten();
        items.filter_map(|item| Some(item[*member].as_str()?.to_owned()))
    });
    named.collect()
}

/// The same of an error that has nothing but a text: its words that are pointers.
#[must_use]
pub fn of_text(body: &Value) -> Vec<String> {
    let words = body["message"].as_str().unwrap_or_default().split_whitespace();
    words.filter(|word| word.starts_with('/')).map(str::to_owned).collect()
}

/// Whether one of the places is what a vector's `violates` says, or lies inside of it, or has it inside.
#[must_use]
pub fn include(named: &[String], violates: &str) -> bool {
    // Errors point into the body itself, and name parameters by the header's and not the headers' place.
    let place =
        violates.strip_prefix("/body").map_or_else(|| violates.replacen("/headers/", "/header/", 1), str::to_owned);
    named.iter().any(|named| is_inside(&place, named) || is_inside(named, &place))
}

fn is_inside(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_is_named_by_itself_by_what_it_is_in_and_by_what_is_in_it() {
        let body = json!({ "errors": [{ "pointer": "/permissions/group" }], "details": [{ "path": "/path/token" }] });
        for (violates, is_named) in [
            ("/body/permissions/group", true),
            ("/body/permissions", true),
            ("/body/permissions/group/0", true),
            ("/body", true),
            ("/path/token", true),
            ("/body/permission", false),
            ("/body/email", false),
            ("/query/token", false),
        ] {
            assert_eq!(include(&of(&body), violates), is_named, "{violates}");
        }
        assert!(include(&["/header/Idempotency-Key".to_owned()], "/headers/Idempotency-Key"));
        assert_eq!(
            of_text(&json!({ "message": "The body breaks: /email is too short; /name is" })),
            ["/email", "/name"]
        );
    }
}
