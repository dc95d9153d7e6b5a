//! What operators' commands print: a table for people, JSON for programs.
//!
//! A list is an array of objects, a single thing an object; members are the same as the columns. Control characters are shown as
//! such: the words of a mail server must not command a terminal.

use serde_json::{Map, Value};

use super::failure::Failure;

/// Rows with the names of their columns.
pub(super) struct Table {
    columns: &'static [&'static str],
    rows: Vec<Vec<Value>>,
}

/// What a command has to say.
pub(super) enum Output {
    /// Many things, and how to ask for those after them.
    List(Table, Option<String>),
    /// One thing, the only row.
    One(Table),
    /// The same with a secret in it, which is shown this once, and the command that ends it.
    Secret(Table, String),
}

impl Table {
    /// A table of these rows.
    pub(super) fn new(columns: &'static [&'static str], rows: impl IntoIterator<Item = Vec<Value>>) -> Self {
        Self { columns, rows: rows.into_iter().collect() }
    }

    /// The rows as a page: a full one may have others after it, which `next` asks for.
    pub(super) fn page(self, limit: u32, next: impl FnOnce() -> Option<String>) -> Output {
        let is_full = usize::try_from(limit).is_ok_and(|limit| self.rows.len() >= limit);
        let next = if is_full { next() } else { None };
        Output::List(self, next)
    }

    fn objects(&self) -> impl Iterator<Item = Value> + '_ {
        self.rows.iter().map(|row| {
            let members = self.columns.iter().map(|column| (*column).to_owned()).zip(row.iter().cloned());
            Value::Object(members.collect::<Map<_, _>>())
        })
    }

    /// Columns side by side, one line a row, under their names.
    fn lines(&self) -> String {
        let rows: Vec<Vec<String>> = self.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(index, name)| {
                let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count());
                cells.chain([name.len()]).max().unwrap_or(0)
            })
            .collect();
        let header: Vec<String> = self.columns.iter().map(|name| name.to_uppercase()).collect();
        let mut text = String::new();
        for row in std::iter::once(&header).chain(&rows) {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        text
    }

    /// One line a column.
    fn record(&self) -> String {
        let width = self.columns.iter().map(|name| name.len()).max().unwrap_or(0);
        let row = self.rows.iter().flatten();
        self.columns.iter().zip(row).map(|(name, value)| format!("{name:width$}  {}\n", shown(value))).collect()
    }
}

impl Output {
    /// The text for standard output.
    pub(super) fn text(&self, json: bool) -> String {
        let value = match self {
            Self::List(table, _) if !json => return table.lines(),
            Self::One(table) | Self::Secret(table, _) if !json => return table.record(),
            Self::List(table, _) => table.objects().collect(),
            Self::One(table) | Self::Secret(table, _) => table.objects().next().unwrap_or_default(),
        };
        format!("{value:#}\n")
    }

    /// What to say beside it.
    pub(super) fn remark(&self) -> Option<String> {
        match self {
            Self::List(_, next) => next.as_ref().map(|next| format!("there may be more: {next}")),
            Self::One(_) | Self::Secret(..) => None,
        }
    }

    /// Prints it. A secret that nobody has seen is lost, also where the reader closed the pipe.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        let text = self.text(json);
        let Self::Secret(_, end) = self else { return super::print(&text) };
        super::write(&text).map_err(|error| {
            let failure = Failure::unexpected("it was made, but its secret could not be printed and is lost", &error);
            failure.with_hint(format!("`{end}` ends it; then make another one"))
        })
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table() -> Table {
        Table::new(&["id", "name"], [vec![json!(1), json!("Ann")], vec![json!(20), Value::Null]])
    }

    #[test]
    fn people_get_a_table_and_programs_json() {
        let list = table().page(100, || Some("--after 20".to_owned()));
        assert_eq!(list.text(false), "ID  NAME\n1   Ann\n20  -\n");
        assert_eq!(
            serde_json::from_str::<Value>(&list.text(true)).unwrap(),
            json!([{"id": 1, "name": "Ann"}, {"id": 20, "name": null}])
        );
        assert_eq!(list.remark(), None);
        assert!(table().page(2, || Some("--after 20".to_owned())).remark().unwrap().contains("--after 20"));
        let one = Output::One(Table::new(&["ids", "rights"], [vec![json!([1, 2]), json!([])]]));
        assert_eq!(one.text(false), "ids     1, 2\nrights  -\n");
        assert_eq!(serde_json::from_str::<Value>(&one.text(true)).unwrap(), json!({"ids": [1, 2], "rights": []}));
    }

    #[test]
    fn nothing_commands_the_terminal() {
        let bad = Output::One(Table::new(&["reason"], [vec![json!("550 \u{1b}[2J\r\ngo\u{9b}away")]]));
        assert_eq!(bad.text(false), "reason  550 \\u{1b}[2J\\r\\ngo\\u{9b}away\n");
    }
}
