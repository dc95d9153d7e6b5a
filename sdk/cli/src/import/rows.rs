//! From a file to the input of one call a row.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::columns::{self, Column};
use super::lines::Lines;
use super::{Arguments, Form};
use crate::command::{Command, Field, Kind, Place};
use crate::failure::Failure;
use crate::gather::{put, remember};
use crate::input::Input;
use crate::secret::Reader;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// One row.
pub(super) struct Row {
    /// From 1, without the line of names.
    pub(super) number: usize,
    /// Where it begins in the file.
    pub(super) line: u64,
    /// Whom it is about.
    pub(super) label: String,
    /// What to send, or what is wrong with it.
    pub(super) input: Result<Input, Failure>,
    /// Every secret in it, also in one that is wrong.
    pub(super) secrets: Vec<String>,
}

impl Row {
    /// Gives it a key of its own, unless the file did, by which the service knows it however often it is sent.
    pub(super) fn add_key(&mut self, command: &Command) {
        let is_key = |field: &&Field| field.place == Place::Header && field.name.eq_ignore_ascii_case(IDEMPOTENCY_KEY);
        if let (Ok(input), Some(field)) = (&mut self.input, command.fields.iter().find(is_key)) {
            input.parameters.entry(field.id()).or_insert_with(|| Value::String(Uuid::new_v4().to_string()));
        }
    }
}

/// Rows about somebody whom a row before is about, in the same place: of two that are sent, the service refuses one.
pub(super) fn repeated(rows: &[Row]) -> BTreeMap<usize, usize> {
    let (mut first, mut found) = (BTreeMap::new(), BTreeMap::new());
    for row in rows.iter().filter(|row| row.label.contains('@')) {
        let Ok(input) = &row.input else { continue };
        let place: Vec<String> = input
            .parameters
            .iter()
            .filter(|(id, _)| id.starts_with("path/"))
            .map(|(id, value)| format!("{id}={value}"))
            .collect();
        let before = *first.entry((row.label.to_lowercase(), place)).or_insert(row.number);
        if before != row.number {
            found.insert(row.number, before);
        }
    }
    found
}

type Given = Vec<(Column, Value)>;

/// Reads all rows.
///
/// # Errors
/// The file cannot be read, or its columns cannot be understood. What is wrong with one row is in that row.
pub(super) fn read(command: &'static Command, arguments: &Arguments, reader: &Reader) -> Result<Vec<Row>, Failure> {
    let constants = constants(command, arguments, reader)?;
    let bytes = reader.bytes(&arguments.file, &arguments.file.display().to_string())?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let form = arguments.format.unwrap_or_else(|| by_name(&arguments.file));
    let rows = match form {
        Form::Csv => csv_rows(command, bytes, &constants)?,
        Form::Jsonl => json_rows(command, bytes, &constants),
    };
    if rows.is_empty() {
        return Err(Failure::usage(format!("{} has no rows", arguments.file.display())));
    }
    Ok(rows)
}

fn by_name(path: &Path) -> Form {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("json" | "jsonl" | "ndjson") => Form::Jsonl,
        _ => Form::Csv,
    }
}

/// What `--set` and `--set-file` give to every row.
fn constants(command: &'static Command, arguments: &Arguments, reader: &Reader) -> Result<Given, Failure> {
    let mut found = Vec::new();
    let split = |text: &str, flag: &str| -> Result<(Column, String), Failure> {
        let (name, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("`{flag}` wants a name, an equals sign and a value")))?;
        let column = columns::find(command, name).ok_or_else(|| {
            Failure::usage(format!("`{flag}` names `{name}`, which is not known")).hint(columns::known(command))
        })?;
        Ok((column, value.to_owned()))
    };
    for text in &arguments.set {
        let (column, value) = split(text, "--set")?;
        if column.field.sensitive {
            let name = column.field.name;
            return Err(Failure::usage(format!(
                "`{name}` is a secret, which `--set` would show to other users of the machine"
            ))
            .hint(format!("use `--set-file {name}=FILE`")));
        }
        found.push((column, value));
    }
    for text in &arguments.set_file {
        let (column, path) = split(text, "--set-file")?;
        let value = reader.secret(Path::new(&path), &format!("the file with `{}`", column.field.name))?;
        found.push((column, value));
    }
    let parsed = found.into_iter().map(|(column, text)| {
        let value = column.parse(&text);
        let value = value.map_err(|error| Failure::usage(format!("`{}` is not valid: {error}", column.field.name)))?;
        Ok((column, value))
    });
    parsed.collect()
}

fn csv_rows(command: &'static Command, bytes: &[u8], constants: &Given) -> Result<Vec<Row>, Failure> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(bytes)).flexible(true).from_reader(bytes);
    let unreadable = |error: csv::Error| Failure::usage(format!("the line of names cannot be read: {error}"));
    let names: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(|name| name.trim().to_owned()).collect();
    let columns = columns::all(command, &names)?;
    complete(command, &columns, constants)?;
    let (mut rows, mut lines) = (Vec::new(), Lines::new(bytes));
    for (index, record) in reader.byte_records().enumerate() {
        let place = match &record {
            Ok(record) => record.position(),
            Err(error) => error.position(),
        };
        let line = place.map_or(0, |place| lines.of(place.byte()));
        let label = record.as_ref().map(|record| about(&columns, record)).unwrap_or_default();
        let given = record
            .map_err(|error| format!("the row cannot be read: {error}"))
            .and_then(|record| cells(&columns, &record));
        rows.push(row(command, (index + 1, line), label, given, constants));
    }
    Ok(rows)
}

/// What separates the names of the first line most often.
fn delimiter(bytes: &[u8]) -> u8 {
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: &u8| first.iter().filter(|byte| *byte == delimiter).count();
    // The first of equals is the last candidate.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Columns that every row would lack are said once.
fn complete(command: &Command, columns: &[Column], constants: &Given) -> Result<(), Failure> {
    let has = |id: &str| {
        columns.iter().chain(constants.iter().map(|(column, _)| column)).any(|column| column.field.id() == id)
    };
    let lacking: Vec<String> = command
        .fields
        .iter()
        .filter(|field| field.required && !has(&field.id()))
        .map(|field| format!("`{}`", field.name))
        .collect();
    if lacking.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(format!("no column is {}", lacking.join(", "))).hint(
        "add a column, or give one value for all rows with `--set NAME=VALUE`, a secret with `--set-file NAME=FILE`",
    ))
}

fn cells(columns: &[Column], record: &csv::ByteRecord) -> Result<Given, String> {
    if record.len() != columns.len() {
        return Err(format!("the row has {} cells, the line of names {}", record.len(), columns.len()));
    }
    let mut given = Vec::new();
    for (column, cell) in columns.iter().zip(record) {
        let name = column.field.name;
        let text = std::str::from_utf8(cell).map_err(|_| format!("`{name}` is not text in UTF-8"))?;
        if text.trim().is_empty() {
            continue;
        }
        let value = column.parse(text).map_err(|error| format!("`{name}` is not valid: {error}"))?;
        given.push((column.clone(), value));
    }
    Ok(given)
}

fn json_rows(command: &'static Command, bytes: &[u8], constants: &Given) -> Vec<Row> {
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..).filter(|(line, _)| !line.trim_ascii().is_empty());
    lines
        .enumerate()
        .map(|(index, (text, line))| {
            let given = members(command, text);
            let label = given.as_ref().map(label).unwrap_or_default();
            row(command, (index + 1, line), label, given, constants)
        })
        .collect()
}

fn members(command: &'static Command, text: &[u8]) -> Result<Given, String> {
    let members: Map<String, Value> = serde_json::from_slice(text)
        .map_err(|error| format!("the row is not a JSON object, at column {}", error.column()))?;
    members
        .into_iter()
        .map(|(name, value)| {
            let column = columns::find(command, &name).ok_or_else(|| format!("`{name}` is not known"))?;
            Ok((column, value))
        })
        .collect()
}

/// Makes a row of what it was given, or of why that is not known.
fn row(
    command: &'static Command,
    (number, line): (usize, u64),
    label: String,
    given: Result<Given, String>,
    constants: &Given,
) -> Row {
    let mut secrets = Vec::new();
    for (column, value) in constants.iter().chain(given.iter().flatten()) {
        if column.field.sensitive {
            remember(value, &mut secrets);
        }
    }
    let input = given.map_err(Failure::usage).and_then(|given| input(command, given, constants));
    let input = input.map(|input| Input { secrets: secrets.clone(), ..input });
    Row { number, line, label, input, secrets }
}

/// Puts the input of a row together and checks all that can be checked here.
fn input(command: &'static Command, given: Given, constants: &Given) -> Result<Input, Failure> {
    let (mut input, mut body) = (Input::default(), None);
    for (column, value) in constants.iter().cloned().chain(given) {
        let members: Option<&Map<String, Value>> = body.as_ref();
        let present = members.and_then(|members| members.get(column.field.name)).cloned();
        let value = match column.field.place {
            Place::Body => column.merged(present.as_ref(), value),
            Place::Path | Place::Query | Place::Header => value,
        };
        put(column.field, value, &mut input, &mut body);
    }
    input.body = body.map(Value::Object);
    input.check(command)?;
    (command.check)(&input)?;
    Ok(input)
}

/// Whom a row is about: a text that is no secret, an address before all others.
fn subject<'a>(columns: impl Iterator<Item = &'a Column> + Clone) -> Option<usize> {
    let is_text = |column: &&Column| matches!(column.field.kind, Kind::Text | Kind::Email) && !column.field.sensitive;
    let is_address = |column: &Column| column.field.name.to_lowercase().contains("email");
    let address = columns.clone().position(|column| is_text(&column) && is_address(column));
    address.or_else(|| columns.clone().position(|column| is_text(&column)))
}

/// The subject of a row that may be wrong. Where cells are missing, any may be a secret.
fn about(columns: &[Column], record: &csv::ByteRecord) -> String {
    if record.len() != columns.len() && columns.iter().any(|column| column.field.sensitive) {
        return String::new();
    }
    let cell = subject(columns.iter()).and_then(|index| record.get(index)).unwrap_or_default();
    String::from_utf8_lossy(cell).trim().to_owned()
}

/// The subject of a row that was read.
fn label(given: &Given) -> String {
    let chosen = subject(given.iter().map(|(column, _)| column)).and_then(|index| given.get(index));
    chosen.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::arguments::by_id;

    fn csv(text: &str) -> Result<Vec<Row>, Failure> {
        csv_rows(by_id("muninx_invite_user").unwrap(), text.as_bytes(), &Vec::new())
    }

    #[test]
    fn rows_become_bodies() {
        let rows = csv("email;Name;last_name;type;organization\na@x.example;\"O;Neil\"; Doe ;customer;\n").unwrap();
        let input = rows[0].input.as_ref().unwrap_or_else(|failure| panic!("{}", failure.text()));
        let body = json!({"email": "a@x.example", "name": "O;Neil", "last-name": "Doe", "type": "customer"});
        assert_eq!(input.body, Some(body));
        assert_eq!((rows[0].number, rows[0].line, rows[0].label.as_str()), (1, 2, "a@x.example"));
    }

    #[test]
    fn a_row_that_is_wrong_is_wrong_alone() {
        let rows = csv("email,name,last-name,type\na,b\nb@x.example,B,C,boss\n\"c@x.example\",C,D,customer\n").unwrap();
        let texts: Vec<String> =
            rows.iter().map(|row| row.input.as_ref().err().map(Failure::line).unwrap_or_default()).collect();
        assert_eq!(
            texts,
            [
                "the row has 2 cells, the line of names 4",
                "`type` is not valid: it is none of admin, agent, customer",
                ""
            ]
        );
    }

    #[test]
    fn lines_are_counted_alike_however_they_end() {
        let text = "email,name,last-name,type\na@x.example,A,B,customer\n\nb@x.example,\"B\nC\",D,customer\n\
                    c@x.example,C\nd@x.example,D,E,customer";
        for end in ["\n", "\r\n", "\r"] {
            let rows = csv(&text.replace('\n', end)).unwrap();
            let lines: Vec<(usize, u64)> = rows.iter().map(|row| (row.number, row.line)).collect();
            assert_eq!(lines, [(1, 2), (2, 4), (3, 6), (4, 7)], "{end:?}");
        }
    }

    #[test]
    fn columns_are_held_against_the_table_once() {
        let refused = |text: &str| csv(text).err().unwrap().text();
        assert!(refused("email,nickname\n").contains("`nickname` is not known"));
        assert!(refused("email\n").contains("no column is `name`, `last-name`, `type`"));
    }

    #[test]
    fn lines_of_json_are_rows_too() {
        let command = by_id("nexus_invite_organization_member").unwrap();
        let text =
            b"{\"organizationId\":1,\"emailAddress\":\"a@x.example\",\"displayName\":null}\n\n{\"x\":1}\nnot json";
        let rows = json_rows(command, text, &Vec::new());
        let input = rows[0].input.as_ref().unwrap_or_else(|failure| panic!("{}", failure.text()));
        assert_eq!(input.parameters["path/organizationId"], json!(1));
        assert_eq!(input.body, Some(json!({"emailAddress": "a@x.example", "displayName": null})));
        assert_eq!(rows[1].input.as_ref().err().unwrap().line(), "`x` is not known");
        assert_eq!((rows[2].number, rows[2].line), (3, 4));
        assert_eq!(rows[2].input.as_ref().err().unwrap().line(), "the row is not a JSON object, at column 2");
    }
}
