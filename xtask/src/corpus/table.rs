//! The table of a corpus, for people and for programs.

use anyhow::Result;
use serde_json::{Value, json};

use super::Outcome;

const HEADS: [&str; 9] =
    ["document", "operations", "schemas", "generated", "compiled", "differences", "raw", "losses", "time"];

/// The table, and below it what went wrong and what was refused.
pub(super) fn text(outcomes: &[Outcome]) -> String {
    let rows: Vec<Vec<String>> = outcomes.iter().map(row).collect();
    let heads: Vec<String> = HEADS.iter().map(|head| (*head).to_owned()).collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| rows.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in [&heads].into_iter().chain(&rows) {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(
                |(column, (cell, width))| {
                    if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
                },
            )
            .collect();
        out += &format!("{}\n", cells.join("  ").trim_end());
    }
    for outcome in outcomes {
        out += &notes(outcome);
    }
    out
}

fn row(outcome: &Outcome) -> Vec<String> {
    let number = |count: Option<usize>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let compiled = match &outcome.compiled {
        None => "-",
        Some(Ok(warnings)) if warnings.is_empty() => "yes",
        Some(Ok(_)) => "warnings",
        Some(Err(_)) => "no",
    };
    vec![
        outcome.document.clone(),
        outcome.operations.to_string(),
        outcome.schemas.to_string(),
        if outcome.refused.is_empty() { "yes" } else { "refused" }.to_owned(),
        compiled.to_owned(),
        number(outcome.differences.as_ref().map(Vec::len)),
        number(outcome.raw),
        outcome.losses.to_string(),
        format!("{:.2} s", outcome.generation.as_secs_f64()),
    ]
}

/// How much of a message is shown.
const LINES: usize = 12;

fn notes(outcome: &Outcome) -> String {
    let mut out = String::new();
    if let Some(reason) = &outcome.reason {
        out += &format!("\n{} is refused by {}\n  {reason}\n", outcome.document, outcome.refused.join(", "));
    }
    let said = match &outcome.compiled {
        Some(Ok(warnings)) if !warnings.is_empty() => Some(("compiles with warnings", warnings)),
        Some(Err(errors)) => Some(("does not compile", errors)),
        _ => None,
    };
    if let Some((what, said)) = said {
        let head: Vec<&str> = said.lines().take(LINES).collect();
        out += &format!("\n{} {what}\n{}\n", outcome.document, head.join("\n"));
    }
    for difference in outcome.differences.iter().flatten().take(LINES) {
        out += &format!("\n{difference}\n");
    }
    out
}

/// One object a document.
pub(super) fn json(outcomes: &[Outcome]) -> Result<String> {
    let rows: Vec<Value> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "document": outcome.document,
                "operations": outcome.operations,
                "schemas": outcome.schemas,
                "generated": outcome.refused.is_empty(),
                "refused": outcome.refused,
                "reason": outcome.reason,
                "compiled": outcome.compiled.as_ref().map(Result::is_ok),
                "compiler": outcome.compiled.as_ref().map(|said| said.as_ref().unwrap_or_else(|errors| errors)),
                "differences": outcome.differences,
                "raw_differences": outcome.raw,
                "losses": outcome.losses,
                "generation_seconds": outcome.generation.as_secs_f64(),
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)?)
}

/// What must not be; `support` holds the reasons for which a document may be refused.
pub(super) fn failures(outcomes: &[Outcome], support: &str) -> Vec<String> {
    let mut failures = Vec::new();
    for outcome in outcomes {
        let document = &outcome.document;
        for rule in outcome.refused.iter().filter(|rule| !support.contains(&format!("`{rule}`"))) {
            failures.push(format!("{document} is refused by `{rule}`, which SUPPORT.md does not hold"));
        }
        match &outcome.compiled {
            Some(Err(_)) => failures.push(format!("the crates of {document} do not compile")),
            Some(Ok(warnings)) if !warnings.is_empty() => {
                failures.push(format!("the crates of {document} compile with warnings"));
            }
            _ => {}
        }
        let differences = outcome.differences.as_ref().map_or(0, Vec::len);
        if differences > 0 {
            failures.push(format!("{document} comes back with {differences} differences"));
        }
        // Nothing was lost, so nothing may differ: this is what dropshot itself has written.
        if outcome.losses == 0 && outcome.raw.is_some_and(|raw| raw > 0) {
            failures.push(format!("{document} comes back different although dropshot can say all of it"));
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn outcome() -> Outcome {
        Outcome {
            document: "a.json".to_owned(),
            operations: 2,
            schemas: 3,
            refused: Vec::new(),
            reason: None,
            compiled: Some(Ok(String::new())),
            differences: Some(Vec::new()),
            raw: Some(0),
            losses: 0,
            generation: Duration::from_millis(120),
        }
    }

    #[test]
    fn a_clean_document_is_one_line() {
        let text = text(&[outcome()]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[1].starts_with("a.json") && lines[1].ends_with("0.12 s"), "{text}");
        assert!(failures(&[outcome()], "").is_empty());
    }

    #[test]
    fn whatever_must_not_be_is_named() {
        let refused = Outcome {
            refused: vec!["path-conflict".to_owned()],
            reason: Some("1:1: why; what".to_owned()),
            compiled: None,
            differences: None,
            raw: None,
            ..outcome()
        };
        assert_eq!(failures(&[refused], "`other`").len(), 1);
        let broken = Outcome { compiled: Some(Err("error".to_owned())), differences: None, raw: None, ..outcome() };
        assert_eq!(failures(&[broken], "").len(), 1);
        let warned = Outcome { compiled: Some(Ok("warning".to_owned())), ..outcome() };
        assert_eq!(failures(&[warned], "").len(), 1);
        let different = Outcome { differences: Some(vec!["x".to_owned()]), raw: Some(1), ..outcome() };
        assert_eq!(failures(&[different], "").len(), 2);
        let lossy = Outcome { raw: Some(9), losses: 4, ..outcome() };
        assert!(failures(&[lossy], "").is_empty());
    }
}
