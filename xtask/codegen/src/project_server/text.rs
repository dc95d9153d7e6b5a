//! Paths and texts as dropshot writes them.

use crate::model::Operation;
use crate::server::doc_lines;

/// dropshot knows no difference between a path and the same with a slash at its end.
pub(super) fn path(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() }
}

/// Summary and description as dropshot reads them from the lines of a doc comment: the first line is the summary, and
/// lines of one paragraph become one.
pub(super) fn documentation(operation: &Operation) -> (Option<String>, Option<String>) {
    let lines = doc_lines(operation);
    let mut lines = lines.iter().map(|line| line.trim()).skip_while(|line| line.is_empty());
    let summary = lines.next().map(str::to_owned);
    let mut lines = lines.skip_while(|line| line.is_empty());
    let description = lines.next().map(|first| {
        let joined = lines.fold(first.to_owned(), |text, line| {
            if text.ends_with('-') || text.ends_with('\n') || text.is_empty() {
                text + line
            } else if line.is_empty() {
                text + "\n\n"
            } else {
                format!("{text} {line}")
            }
        });
        joined.trim_end().to_owned()
    });
    (summary, description)
}
