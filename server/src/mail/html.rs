//! The HTML form of a mail: the paragraphs of the text form, escaped.

use std::fmt::Write as _;

use super::text::{Paragraph, Written};

/// Writes a whole HTML document.
pub(super) fn document(written: &Written) -> String {
    let mut html = format!(
        "<!DOCTYPE html>\r\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head><body>\r\n",
        written.language,
        escape(written.subject)
    );
    for paragraph in &written.paragraphs {
        // Writing into a string does not fail.
        let _ = match paragraph {
            Paragraph::Text(text) => write!(html, "<p>{}</p>\r\n", escape(text)),
            Paragraph::Link(link) => write!(html, "<p><a href=\"{0}\">{0}</a></p>\r\n", escape(link)),
            Paragraph::Code(code) => write!(html, "<p><code>{}</code></p>\r\n", escape(code)),
        };
    }
    html.push_str("</body></html>\r\n");
    html
}

/// Escapes text for element content and for quoted attribute values.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
