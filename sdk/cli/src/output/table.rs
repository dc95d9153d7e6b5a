//! Values as tables: an object becomes two columns, a list of objects one column a member.

use comfy_table::presets::{NOTHING, UTF8_FULL_CONDENSED};
use comfy_table::{ContentArrangement, Table};
use serde_json::{Map, Value};

use super::printable;

/// The table of a value, in at most `width` columns; with rules on a terminal, plain columns elsewhere.
pub(super) fn render(value: &Value, width: usize, terminal: bool) -> String {
    match value {
        Value::Object(members) => match rows_of(members) {
            Some(rows) => list(rows, width, terminal),
            None => object(members, width, terminal),
        },
        Value::Array(items) => list(items, width, terminal),
        other => cell(other),
    }
}

/// The list that an object is nothing but the envelope of.
fn rows_of(members: &Map<String, Value>) -> Option<&Vec<Value>> {
    let mut members = members.values();
    match (members.next(), members.next()) {
        (Some(Value::Array(items)), None) => Some(items),
        _ => None,
    }
}

fn table(width: usize, terminal: bool) -> Table {
    let mut table = Table::new();
    table.load_style(if terminal { UTF8_FULL_CONDENSED } else { NOTHING });
    if terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    table
}

fn object(members: &Map<String, Value>, width: usize, terminal: bool) -> String {
    let mut flat = Vec::new();
    flatten("", members, &mut flat);
    let mut table = table(width, terminal);
    for (name, value) in flat {
        table.add_row([printable(&name), value]);
    }
    trimmed(&table)
}

/// Without the blanks that fill up the last column.
fn trimmed(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn list(items: &[Value], width: usize, terminal: bool) -> String {
    let rows: Vec<Vec<(String, String)>> = items
        .iter()
        .map(|item| {
            let mut flat = Vec::new();
            match item {
                Value::Object(members) => flatten("", members, &mut flat),
                other => flat.push(("value".to_owned(), cell(other))),
            }
            flat
        })
        .collect();
    let mut columns: Vec<&String> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let mut table = table(width, terminal);
    table.set_header(columns.iter().map(|name| printable(name)));
    for row in &rows {
        let value = |column: &&String| row.iter().find(|(name, _)| name == *column).map(|(_, value)| value.clone());
        table.add_row(columns.iter().map(|column| value(column).unwrap_or_default()));
    }
    trimmed(&table)
}

/// `data.permissions.group`, as one row.
fn flatten(before: &str, members: &Map<String, Value>, flat: &mut Vec<(String, String)>) {
    for (name, value) in members {
        let name = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
        match value {
            Value::Object(inner) if !inner.is_empty() => flatten(&name, inner, flat),
            other => flat.push((name, cell(other))),
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        Value::Null => "-".to_owned(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(cell).collect::<Vec<_>>().join(", ")
        }
        other => printable(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(value: &Value) -> Vec<String> {
        let text = render(value, 80, false);
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn objects_have_a_row_for_each_member() {
        let value = json!({"data": {"id": 7, "permissions": {"read": [1, 2]}, "deletedAt": null}});
        assert_eq!(lines(&value), ["data.id 7", "data.permissions.read 1, 2", "data.deletedAt -"]);
    }

    #[test]
    fn lists_have_a_column_for_each_member() {
        let value = json!({"users": [{"name": "Jane"}, {"name": "Sam", "age": 3}]});
        assert_eq!(lines(&value), ["name age", "Jane", "Sam 3"]);
        assert_eq!(lines(&json!("a\u{1b}b")), ["a\u{fffd}b"]);
    }
}
