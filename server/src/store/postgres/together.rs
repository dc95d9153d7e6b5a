//! Several statements as one: fewer messages, each of which wakes two processes.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use super::super::Error;
use super::super::sql::{Expected, Queued, Row, Statement, sql};

/// Rows that one statement adds at most. A connection remembers each combination, so a long queue has none: it is an
/// import's, and of many kinds.
const MOST: usize = 16;

/// The column that says whether a question has an answer.
const FOUND: &str = "found_";

/// Several questions that have one row at most as one, with one row.
pub(super) fn question(questions: &[Statement]) -> Statement {
    let (mut columns, mut tables, mut values) = (String::new(), String::from("(VALUES (0)) one (row)"), Vec::new());
    for (number, question) in questions.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        let text = renumbered(&question.text, values.len());
        let _ = write!(columns, "{comma}a{number}.*");
        let _ = write!(tables, " LEFT JOIN (SELECT TRUE AS {FOUND}, q.* FROM ({text}) q) a{number} ON TRUE");
        values.extend(question.values.iter().cloned());
    }
    Statement { values, ..sql(format!("SELECT {columns} FROM {tables}")) }
}

/// The answers to the questions, in their order.
pub(super) fn answers(rows: Vec<Row>, questions: usize) -> Result<Vec<Option<Row>>, Error> {
    let failed = || Error::Failed("questions that were asked together have no single answer".into());
    let mut rows = rows.into_iter();
    let (Some(Row::Postgres(row)), None) = (rows.next(), rows.next()) else { return Err(failed()) };
    let row = Arc::new(row);
    let parts = parts(&row);
    if parts.len() != questions {
        return Err(failed());
    }
    let answer = |part: Range<usize>| {
        let is_found: Option<bool> = row.try_get(part.start)?;
        Ok(is_found.map(|_| Row::PostgresPart(row.clone(), part.start + 1..part.end)))
    };
    parts.into_iter().map(answer).collect()
}

/// The columns of each answer, from that which says whether there is one.
fn parts(row: &tokio_postgres::Row) -> Vec<Range<usize>> {
    let columns = row.columns();
    let starts = (0..columns.len()).filter(|index| columns.get(*index).is_some_and(|column| column.name() == FOUND));
    let starts: Vec<usize> = starts.collect();
    let ends = starts.iter().skip(1).copied().chain([columns.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// The same writes, where rows that are added one after another are added by one statement.
pub(super) fn inserts(queued: Vec<Queued>) -> Vec<Queued> {
    if queued.len() > MOST {
        return queued;
    }
    let mut merged: Vec<Vec<Queued>> = Vec::new();
    for write in queued {
        match merged.last_mut() {
            Some(group) if adds(&write) && group.iter().all(|earlier| adds(earlier) && !reads(&write, earlier)) => {
                group.push(write);
            }
            _ => merged.push(vec![write]),
        }
    }
    merged.into_iter().flat_map(as_one).collect()
}

/// Whether it adds a row and nothing else.
fn adds(write: &Queued) -> bool {
    let text = &write.statement.text;
    write.expected.is_none()
        && write.statement.is_kept
        && text.starts_with("INSERT INTO")
        && !text.contains("ON CONFLICT")
}

/// Whether a write reads the table that an earlier one adds to: in one statement it would not see that row.
fn reads(write: &Queued, earlier: &Queued) -> bool {
    let table = earlier.statement.text.split_whitespace().nth(2);
    let question = write.statement.text.split_once("SELECT ").map_or("", |(_, question)| question);
    question.split(|char: char| !char.is_alphanumeric() && char != '_').any(|word| Some(word) == table)
}

fn as_one(mut group: Vec<Queued>) -> Vec<Queued> {
    if group.len() < 2 {
        return group;
    }
    // PostgreSQL does the last first. In the order of the queue rows of one kind are locked as everywhere else.
    group.reverse();
    let (mut text, mut values) = (String::from("WITH "), Vec::new());
    for (number, Queued { statement, .. }) in group.into_iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}w{number} AS ({})", renumbered(&statement.text, values.len()));
        values.extend(statement.values);
    }
    text.push_str(" SELECT 1");
    vec![Queued { statement: Statement { values, ..sql(text) }, expected: None }]
}

/// A write that fails, dividing by zero, if it does not change as many rows as it has to.
pub(super) fn all_or_nothing(write: &Queued) -> Statement {
    let Queued { statement, expected } = write;
    let rows = expected.map_or(0, |Expected { rows, .. }| rows);
    let text = &statement.text;
    let text = format!(
        "WITH written AS ({text} RETURNING 1) SELECT 1 / (CASE WHEN COUNT(*) = {rows} THEN 1 ELSE 0 END) FROM written"
    );
    Statement { values: statement.values.clone(), ..sql(text) }
}

/// A text whose parameters come after so many others.
fn renumbered(text: &str, before: usize) -> String {
    let mut parts = text.split('$');
    let mut renumbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        match number.parse::<usize>() {
            Ok(number) => drop(write!(renumbered, "${}{rest}", number + before)),
            Err(_) => drop(write!(renumbered, "${part}")),
        }
    }
    renumbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_move_up_together() {
        assert_eq!(renumbered("SELECT $1, $12 WHERE a = $1", 3), "SELECT $4, $15 WHERE a = $4");
        assert_eq!(renumbered("SELECT 'no parameter: $'", 3), "SELECT 'no parameter: $'");
    }

    #[test]
    fn what_reads_a_row_that_is_added_before_it_is_a_statement_of_its_own() {
        let write = |text: &'static str| Queued { statement: sql(text), expected: None };
        let (organization, user) = ("INSERT INTO organizations (id) VALUES (1)", "INSERT INTO users (id) VALUES (1)");
        let event = "INSERT INTO events (id, tenant_id) VALUES (1, (SELECT o.id FROM organizations o))";
        for (texts, statements) in [
            (&[user, event] as &[&'static str], 1),
            (&[organization, event], 2),
            (&[organization, user, event, event], 2),
            (&[event, organization], 1),
        ] {
            let queued = texts.iter().map(|text| write(text)).collect();
            assert_eq!(inserts(queued).len(), statements, "{texts:?}");
        }
    }
}
