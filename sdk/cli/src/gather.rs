//! From what was typed to the input of a call: flags over the members of a file, secrets from files or asked for.

use std::path::PathBuf;

use clap::ArgMatches;
use serde_json::{Map, Value};

use crate::arguments::{FILE, NULL, guard};
use crate::command::{Body, Command, Field, Place};
use crate::failure::Failure;
use crate::input::Input;
use crate::secret::Reader;

/// Everything that a command was given.
pub(crate) fn input(command: &'static Command, matches: &ArgMatches, reader: &Reader) -> Result<Input, Failure> {
    refuse_plain_secrets(command, matches)?;
    let mut input = Input::default();
    let mut members = from_file(command, matches, reader, &mut input)?;
    for field in command.fields.iter().filter(|field| !field.sensitive) {
        if let Some(value) = typed(field, matches) {
            put(field, value, &mut input, &mut members);
        }
    }
    if command.members().any(|member| member.nullable) {
        for name in matches.get_many::<String>(NULL).into_iter().flatten() {
            members.get_or_insert_default().insert(name.clone(), Value::Null);
        }
    }
    for field in command.fields.iter().filter(|field| field.sensitive) {
        let is_there =
            field.place == Place::Body && members.as_ref().is_some_and(|members| members.contains_key(field.name));
        if let Some(value) = secret(field, matches, is_there, reader)? {
            put(field, value, &mut input, &mut members);
        }
    }
    for field in command.fields.iter().filter(|field| field.sensitive) {
        let value = match field.place {
            Place::Body => members.as_ref().and_then(|members| members.get(field.name)),
            Place::Path | Place::Query | Place::Header => input.parameters.get(&field.id()),
        };
        if let Some(value) = value {
            remember(value, &mut input.secrets);
        }
    }
    let required = matches!(command.body, Body::Json { required: true });
    if input.body.is_none() && (members.is_some() || required) {
        input.body = Some(Value::Object(members.unwrap_or_default()));
    }
    input.check(command)?;
    Ok(input)
}

/// Whoever writes `--password hunter2` is told why that is not taken.
fn refuse_plain_secrets(command: &Command, matches: &ArgMatches) -> Result<(), Failure> {
    let tried = command.fields.iter().filter(|field| field.sensitive).find(|field| matches.contains_id(&guard(field)));
    let Some(field) = tried else { return Ok(()) };
    Err(Failure::usage(format!("`--{}` is not taken: other users of the machine can read a command line", field.flag))
        .details(vec![
            "if it was a real secret, it is in the history of your shell too: consider renewing it".to_owned(),
        ])
        .hint(format!("use `--{}-file FILE`, `-` for standard input, or leave it out to be asked", field.flag)))
}

/// The members of the file, or the whole body if it is no object.
fn from_file(
    command: &Command,
    matches: &ArgMatches,
    reader: &Reader,
    input: &mut Input,
) -> Result<Option<Map<String, Value>>, Failure> {
    if command.body == Body::None {
        return Ok(None);
    }
    let Some(file) = matches.get_one::<PathBuf>(FILE) else { return Ok(None) };
    let bytes = reader.bytes(file, &format!("the body in {}", file.display()))?;
    if matches!(command.body, Body::Raw { .. }) {
        input.raw = Some(bytes);
        return Ok(None);
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::usage(format!("the body in {} is not JSON, at line {line} column {column}", file.display()))
    })?;
    match value {
        Value::Object(members) => Ok(Some(members)),
        other => {
            input.body = Some(other);
            Ok(None)
        }
    }
}

/// What a flag was given.
fn typed(field: &Field, matches: &ArgMatches) -> Option<Value> {
    let id = field.id();
    if !field.repeated {
        return matches.get_one::<Value>(&id).cloned();
    }
    let values: Vec<Value> = matches.get_many::<Value>(&id)?.cloned().collect();
    Some(Value::Array(values))
}

/// Puts a value where it belongs.
pub(crate) fn put(field: &Field, value: Value, input: &mut Input, members: &mut Option<Map<String, Value>>) {
    match field.place {
        Place::Body => drop(members.get_or_insert_default().insert(field.name.to_owned(), value)),
        Place::Path | Place::Query | Place::Header => drop(input.parameters.insert(field.id(), value)),
    }
}

/// A secret: from its file, or asked for if nothing else gives it.
fn secret(field: &Field, matches: &ArgMatches, is_there: bool, reader: &Reader) -> Result<Option<Value>, Failure> {
    let what = format!("`{}`", field.name);
    let text = match matches.get_one::<PathBuf>(&field.id()) {
        Some(file) => reader.secret(file, &format!("the file with {what}"))?,
        None if is_there || !field.required => return Ok(None),
        None => reader.ask(field.name, &format!("give it with `--{}-file`", field.flag))?,
    };
    let value = field.kind.parse(&text).map_err(|error| Failure::usage(format!("{what} is not valid: {error}")))?;
    Ok(Some(value))
}

/// Every text in a secret value.
pub(crate) fn remember(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) => secrets.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| remember(item, secrets)),
        Value::Object(members) => members.values().for_each(|member| remember(member, secrets)),
        Value::Number(number) => secrets.push(number.to_string()),
        Value::Null | Value::Bool(_) => {}
    }
}
