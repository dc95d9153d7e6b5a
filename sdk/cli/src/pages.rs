//! Lists that come in pages: one page with what leads on from it, or all of them as one list.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::{Command, Pages};
use crate::exchange::{Answer, Content};
use crate::failure::{Code, Failure};
use crate::input::Input;
use crate::sdk::Client;

/// Makes the call and, if `all` pages are wanted, those of the pages after it: the last answer then has the items of all.
pub(crate) async fn call(command: &Command, client: &Client, input: &mut Input, all: bool) -> Result<Answer, Failure> {
    let mut answer = (command.call)(client, input).await?;
    let Some(pages) = command.pages.filter(|_| all) else { return Ok(answer) };
    let (mut items, mut cursors) = (Vec::new(), BTreeSet::new());
    while let Some(cursor) = next(pages, &answer.content) {
        if !cursors.insert(cursor.clone()) {
            return Err(Failure::new(Code::Fault, "the pages lead in a circle"));
        }
        items.extend(on(pages, &mut answer.content).into_iter().flat_map(std::mem::take));
        input.parameters.insert(pages.cursor.to_owned(), Value::String(cursor));
        answer = (command.call)(client, input).await?;
    }
    if let Some(last) = on(pages, &mut answer.content) {
        last.splice(..0, items);
    }
    Ok(answer)
}

/// The flags that get the page after this one.
pub(crate) fn more(command: &Command, body: &Value) -> Option<String> {
    let pages = command.pages?;
    let cursor = body.get(pages.next)?.as_str()?;
    let flag = command.fields.iter().find(|field| field.id() == pages.cursor)?.flag;
    // A value that begins as flags do is none by itself.
    let between = if cursor.starts_with('-') { '=' } else { ' ' };
    Some(format!("--{flag}{between}{cursor}"))
}

/// The items of a page, and what else the page says.
pub(crate) fn parted(pages: Pages, mut body: Value) -> (Value, Value) {
    let Some(members) = body.as_object_mut() else { return (Value::Array(Vec::new()), body) };
    members.remove(pages.next);
    let items = members.remove(pages.items).unwrap_or_else(|| Value::Array(Vec::new()));
    (items, body)
}

fn next(pages: Pages, content: &Content) -> Option<String> {
    match content {
        Content::Json(body) => body.get(pages.next)?.as_str().map(str::to_owned),
        Content::Nothing | Content::Bytes(_) => None,
    }
}

fn on(pages: Pages, content: &mut Content) -> Option<&mut Vec<Value>> {
    match content {
        Content::Json(body) => body.get_mut(pages.items)?.as_array_mut(),
        Content::Nothing | Content::Bytes(_) => None,
    }
}
