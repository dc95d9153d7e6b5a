//! Tells what happens: requests, answers and mails, with passwords hidden and tokens shortened.

use std::error::Error;

use invite_sdk::serde_json::{self, Value};
use invite_sdk::{Call, Operation, Response};
use serde::Serialize;

pub(crate) fn chapter(flow: &str, summary: &str) {
    println!("\n{flow}: {summary}\n");
}

pub(crate) fn mail(subject: &str, address: &str, link: &str) {
    println!("  mail  \"{subject}\" to {address}\n        {link}\n");
}

/// Calls an operation and tells of it.
pub(crate) async fn step<O, B>(call: Call<O>, body: Option<&B>) -> Result<Response<O::Output>, Box<dyn Error>>
where
    O: Operation,
    O::Output: Serialize,
    B: Serialize,
{
    println!("  ──▶   {} {}   ({})", O::INFO.method, O::INFO.path, O::INFO.id);
    if let Some(body) = body {
        show(body)?;
    }
    match call.await {
        Ok(response) => {
            println!("  ◀──   {}", response.status());
            show(&*response)?;
            println!();
            Ok(response)
        }
        Err(error) => {
            println!("  ◀──   {error}");
            println!("        {}", String::from_utf8_lossy(error.body().unwrap_or_default()));
            Err(error.into())
        }
    }
}

/// Prints a body as JSON; an answer without one is null and not shown.
fn show(body: &impl Serialize) -> Result<(), Box<dyn Error>> {
    let mut value = serde_json::to_value(body)?;
    if value.is_null() {
        return Ok(());
    }
    hide(&mut value);
    for line in serde_json::to_string_pretty(&value)?.lines() {
        println!("        {line}");
    }
    Ok(())
}

fn hide(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let secret = name.to_lowercase();
                match member {
                    Value::String(text) if secret.contains("password") => *text = "********".to_owned(),
                    Value::String(text) if secret.contains("token") || secret == "challenge" => {
                        *text = text.chars().take(12).chain(['…']).collect();
                    }
                    other => hide(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
