//! One page for each problem `type`.

use http::StatusCode;
use invite_domain::refusal::RefusalCode;

use crate::http::error::{TRANSPORT_CODES, refusal_status, refusal_title};

const TRANSPORT_STATUSES: [u16; TRANSPORT_CODES.len()] = [400, 400, 415, 413, 503, 500];

/// The page about `code`, or about there being none.
pub(super) fn page(code: &str) -> (StatusCode, String) {
    match find(code) {
        Some((status, title)) => (
            StatusCode::OK,
            render(title, &format!("<p>Code <code>{code}</code>, answered with HTTP status {status}.</p>")),
        ),
        None => (
            StatusCode::NOT_FOUND,
            render(
                "There is no such problem",
                "<p>The <a href=\"/docs\">reference</a> lists the answers of every operation.</p>",
            ),
        ),
    }
}

fn find(code: &str) -> Option<(u16, &'static str)> {
    let transport = TRANSPORT_CODES
        .iter()
        .zip(TRANSPORT_STATUSES)
        .find(|((name, _), _)| *name == code)
        .map(|((_, title), status)| (status, *title));
    transport.or_else(|| {
        let refusal = RefusalCode::ALL.iter().find(|refusal| refusal.as_str() == code)?;
        Some((refusal_status(*refusal), refusal_title(*refusal)))
    })
}

/// `title` and `body` are constants or codes found in the tables above: nothing of the visitor's is echoed.
fn render(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/assets/pages.css\">\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n\
         <p><a href=\"/docs\">Reference of the API</a></p>\n</main>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_page_and_an_unknown_one_is_not_echoed() {
        for code in RefusalCode::ALL {
            assert_eq!(page(code.as_str()).0, StatusCode::OK, "{code:?}");
        }
        let (status, body) = page("<script>");
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(!body.contains("<script>"), "{body}");
    }
}
