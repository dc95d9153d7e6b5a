//! One page for each problem `type`: what the document says about it, and nothing else.

use http::StatusCode;
use invite_domain::refusal::RefusalCode;

use super::assets::OPENAPI_YAML;
use crate::http::error::{TRANSPORT_CODES, refusal_title};

/// The page about `code`, or about there being none.
pub(super) fn page(code: &str) -> (StatusCode, String) {
    match section(code) {
        Some(text) => {
            let body = format!("<p>{}</p>\n<p class=\"hint\">Code: <code>{code}</code></p>", marked_up(&text));
            (StatusCode::OK, render(&title(code), &body))
        }
        None => {
            let body = "<p>The <a href=\"../../docs\">reference</a> lists the answers of every operation.</p>";
            (StatusCode::NOT_FOUND, render("There is no such problem", body))
        }
    }
}

/// What the document's section about the code says, on one line.
fn section(code: &str) -> Option<String> {
    let mut lines = OPENAPI_YAML.lines().skip_while(|line| line.trim_end() != "    # Problem types");
    lines.find(|line| line.strip_prefix("    ## ") == Some(code))?;
    // The section ends at the next heading, or where the description does.
    let text: Vec<_> = lines
        .take_while(|line| line.is_empty() || (line.starts_with("    ") && !line.starts_with("    #")))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    Some(text.join(" "))
}

/// Escaped, with code between backticks, the only markup of these sections.
fn marked_up(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut html = String::with_capacity(escaped.len());
    for (index, part) in escaped.split('`').enumerate() {
        if index % 2 == 1 {
            html.push_str("<code>");
            html.push_str(part);
            html.push_str("</code>");
        } else {
            html.push_str(part);
        }
    }
    html
}

/// As answers have it; a code that this server does not send yet is its own title.
fn title(code: &str) -> String {
    let transport = TRANSPORT_CODES.iter().find(|(name, _)| *name == code).map(|(_, title)| *title);
    let refusal = || RefusalCode::ALL.iter().find(|refusal| refusal.as_str() == code).map(|code| refusal_title(*code));
    transport.or_else(refusal).map_or_else(|| code.replace('_', " "), str::to_owned)
}

/// `title` and `body` are constants or parts of the document: nothing of the visitor's is echoed.
fn render(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"../../assets/pages.css\">\n</head>\n<body>\n\
         <main>\n<h1>{title}</h1>\n{body}\n<p><a href=\"../../docs\">Reference of the API</a></p>\n</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sent by Unleash operations only, whose errors have no `type`.
    const WITHOUT_TYPE: [RefusalCode; 3] =
        [RefusalCode::SignupTokenUnusable, RefusalCode::SignupTokenNotFound, RefusalCode::UsernameTaken];

    #[test]
    fn every_code_that_is_sent_as_a_type_has_a_page() {
        let refusals = RefusalCode::ALL.iter().filter(|code| !WITHOUT_TYPE.contains(code)).map(|code| code.as_str());
        for code in refusals.chain(TRANSPORT_CODES.map(|(code, _)| code)) {
            let (status, body) = page(code);
            assert_eq!(status, StatusCode::OK, "{code}");
            assert!(body.contains(&format!("<h1>{}</h1>\n<p>Status ", title(code))), "{body}");
        }
    }

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = section("invalid_request").expect("a section");
        assert!(text.starts_with("Status 400. ") && text.ends_with("with `/path/`."), "{text}");
        let last = section("unavailable").expect("a section");
        assert!(last.ends_with("nothing was done."), "{last}");
    }

    #[test]
    fn an_unknown_code_is_not_echoed() {
        for code in ["<script>", "", "Problem types", "too many"] {
            let (status, body) = page(code);
            assert_eq!(status, StatusCode::NOT_FOUND, "{code}");
            assert!(!body.contains("<script>"), "{body}");
        }
    }
}
