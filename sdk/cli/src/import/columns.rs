//! Names of columns, and what each means for a call.

use serde_json::{Map, Value};

use crate::command::{Command, Field, Kind, Place};
use crate::failure::Failure;

/// Where the values of a column go.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) field: &'static Field,
    /// A member of the value, for `permissions.group`.
    inner: Option<String>,
}

/// Finds the column of a name.
pub(super) fn find(command: &'static Command, name: &str) -> Option<Column> {
    let (outer, inner) = name.split_once('.').map_or((name, None), |(outer, inner)| (outer, Some(inner.trim())));
    let wanted = plain(outer);
    // A parameter goes before a member of the same name, as its flag does.
    let field = command.fields.iter().find(|field| plain(field.flag) == wanted || plain(field.name) == wanted)?;
    let holds_members = field.kind == Kind::Json && field.place == Place::Body;
    match inner {
        Some(_) if !holds_members => None,
        inner => Some(Column { field, inner: inner.map(str::to_owned) }),
    }
}

/// All columns of a line of names.
pub(super) fn all(command: &'static Command, names: &[String]) -> Result<Vec<Column>, Failure> {
    let found: Vec<Option<Column>> = names.iter().map(|name| find(command, name)).collect();
    let unknown: Vec<String> = names
        .iter()
        .zip(&found)
        .filter(|(_, column)| column.is_none())
        .map(|(name, _)| format!("`{name}` is not known"))
        .collect();
    if !unknown.is_empty() {
        return Err(Failure::usage("the columns cannot be understood").details(unknown).hint(known(command)));
    }
    let columns: Vec<Column> = found.into_iter().flatten().collect();
    for (index, column) in columns.iter().enumerate() {
        let twice = |other: &&Column| other.field.id() == column.field.id() && other.inner == column.inner;
        if columns[..index].iter().find(twice).is_some() {
            return Err(Failure::usage(format!("two columns are `{}`", column.field.name)));
        }
    }
    Ok(columns)
}

/// The names that there are.
pub(super) fn known(command: &Command) -> String {
    let names: Vec<&str> = command.fields.iter().map(|field| field.name).collect();
    format!("there are {}", names.join(", "))
}

impl Column {
    /// Reads a cell.
    pub(super) fn parse(&self, text: &str) -> Result<Value, String> {
        // Only secrets are taken with the blanks around them.
        let text = if self.field.sensitive { text } else { text.trim() };
        if self.inner.is_some() {
            return Ok(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
        }
        if !self.field.repeated {
            return self.field.kind.parse(text);
        }
        let items: Result<Vec<Value>, String> =
            text.split(';').map(|item| self.field.kind.parse(item.trim())).collect();
        items.map(Value::Array)
    }

    /// The value of the whole field, with this value in it.
    pub(super) fn merged(&self, present: Option<&Value>, value: Value) -> Value {
        let Some(inner) = &self.inner else { return value };
        let mut members = present.and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
        members.insert(inner.clone(), value);
        Value::Object(members)
    }
}

/// The name without what people write differently.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::arguments::by_id;

    #[test]
    fn names_are_found_however_they_are_written() {
        let command = by_id("nexus_invite_organization_member").unwrap();
        for name in ["emailAddress", "email-address", "Email Address", "EMAIL_ADDRESS"] {
            assert_eq!(find(command, name).unwrap().field.name, "emailAddress", "{name}");
        }
        assert_eq!(find(command, "organizationId").unwrap().field.place, Place::Path);
        assert!(find(command, "email").is_none() && find(command, "emailAddress.x").is_none());
    }

    #[test]
    fn members_of_members_come_together() {
        let command = by_id("kare_invite_user_organization").unwrap();
        let column = |name: &str| find(command, name).unwrap();
        let value = column("permissions.group").merged(None, json!(1));
        let value = column("permissions.read").merged(Some(&value), column("permissions.read").parse("[1,2]").unwrap());
        assert_eq!(value, json!({"group": 1, "read": [1, 2]}));
        let twice = ["permissions.group".to_owned(), "Permissions.group".to_owned()];
        assert!(all(command, &twice).is_err());
    }
}
