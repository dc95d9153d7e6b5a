//! What each operation has on its page, as a table that tests read: a hole is an empty cell.

use crate::operation::{LANGUAGES, Operation};

/// The columns beside the operation's id and the languages of its samples.
const COLUMNS: [&str; 4] = ["description", "request example", "answer examples", "error pages"];

/// The names of all columns.
pub(crate) fn columns() -> Vec<&'static str> {
    COLUMNS.into_iter().chain(LANGUAGES.map(|(id, _)| id)).collect()
}

/// One cell for each column: what is there, `-` where nothing belongs, nothing where something is missing.
pub(crate) fn row(operation: &Operation) -> Vec<String> {
    let yes = |there: bool| if there { "yes".to_owned() } else { String::new() };
    let request = match &operation.body {
        None => "-".to_owned(),
        Some(body) if body.examples.is_empty() => String::new(),
        Some(body) => body.examples.len().to_string(),
    };
    let samples = LANGUAGES.map(|(id, _)| yes(operation.samples.iter().any(|sample| sample.id == id)));
    [yes(!operation.description.is_empty()), request, answers(operation), errors(operation)]
        .into_iter()
        .chain(samples)
        .collect()
}

/// How many examples the answers have, if each that has a body has one.
fn answers(operation: &Operation) -> String {
    let bare = operation.answers.iter().any(|answer| answer.has_body() && answer.examples.is_empty());
    let count: usize = operation.answers.iter().map(|answer| answer.examples.len()).sum();
    match count {
        _ if bare => String::new(),
        0 => "-".to_owned(),
        count => count.to_string(),
    }
}

/// How many errors lead to a page, if each does.
fn errors(operation: &Operation) -> String {
    let mut errors = operation.answers.iter().filter(|answer| answer.is_error()).peekable();
    if errors.peek().is_none() {
        return "-".to_owned();
    }
    let pages = |answer: &crate::operation::Answer| answer.problems.len() + usize::from(answer.explained.is_some());
    let counts: Vec<usize> = errors.map(pages).collect();
    if counts.contains(&0) { String::new() } else { counts.iter().sum::<usize>().to_string() }
}
