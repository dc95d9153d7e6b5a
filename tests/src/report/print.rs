//! What a report says to people. Scripts get it as JSON, as it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Finding, Report, Why};

/// Cases that are named of those that depart alike.
const NAMED: usize = 3;

/// The report as text, with colours if they are wanted.
#[must_use]
pub fn text(report: &Report, colours: bool) -> String {
    let paint = |code: &str, text: &str| if colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    let mut out = String::new();
    let mode = if report.writes { "with requests that write" } else { "read-only" };
    say(&mut out, format!("{} at {}, held against {}, {mode}", report.flow, report.base_url, report.document));
    for (finding, cases) in alike(report) {
        let heading = format!("DEPARTS {} {}", finding.operation, finding.code);
        say(&mut out, format!("\n{}", paint("1;31", &heading)));
        say(&mut out, format!("  the document says  {}", finding.says));
        say(&mut out, format!("  what came          {}", finding.came));
        say(&mut out, format!("  because of         {}", finding.because));
        let more = cases.len().saturating_sub(NAMED);
        let named = cases.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        say(&mut out, format!("  in                 {named}{more}"));
    }
    let mut missing: BTreeMap<(Why, &str), usize> = BTreeMap::new();
    for not_made in &report.not_made {
        *missing.entry((not_made.why, &not_made.text)).or_default() += 1;
    }
    if !missing.is_empty() {
        say(&mut out, format!("\n{}", paint("1;33", "NOT MADE, which says nothing about the server")));
    }
    for ((why, text), count) in missing {
        let hint = if why == Why::Writes { "; add --write to try" } else { "" };
        say(&mut out, format!("  {count:>4}  {text}{hint}"));
    }
    if !report.untried.is_empty() {
        say(&mut out, format!("\n{}", paint("1;33", "UNTRIED, documented answers that no case asks for")));
    }
    for untried in &report.untried {
        let (first, count) = (untried.operations.first().map_or("", String::as_str), untried.operations.len());
        let more = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        say(&mut out, format!("   {}  {first}{more}", untried.status));
    }
    let (kept, departed, not_made) = (report.kept.len(), report.departed(), report.not_made.len());
    let summary = format!("{kept} cases keep the document, {departed} depart from it, {not_made} could not be made");
    let colour = ["1;32", "1;31", "1;33"][usize::from(report.exit_code())];
    say(&mut out, format!("\n{}", paint(colour, &summary)));
    out
}

/// Departures that differ in their case alone are told once.
fn alike(report: &Report) -> Vec<(&Finding, Vec<&str>)> {
    let mut groups: Vec<(&Finding, Vec<&str>)> = Vec::new();
    for finding in &report.findings {
        let same = |other: &Finding| {
            (&other.operation, other.code, &other.says, &other.came)
                == (&finding.operation, finding.code, &finding.says, &finding.came)
        };
        match groups.iter_mut().find(|(other, _)| same(other)) {
            Some((_, cases)) => cases.push(&finding.case),
            None => groups.push((finding, vec![&finding.case])),
        }
    }
    groups
}

fn say(out: &mut String, line: String) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{line}");
}
