//! The pages that explain: sections of the document's description, each with the operations that it is about.

use anyhow::Result;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;

use crate::document::{Document, members};
use crate::facts;
use crate::markdown::{Links, Markdown};
use crate::operation::{Operation, Scheme, scheme};
use crate::page::{Draft, Source};

/// A page of running text: path, title, what it is about, and the text of the document or of the page's own file.
type Text<'a> = (&'a str, &'a str, &'a str, String);

/// A reference to an operation.
#[derive(Serialize)]
pub(crate) struct Mention {
    id: String,
    method: String,
    path: String,
    summary: String,
    /// What is said of it in a list.
    notes: Vec<&'static str>,
}

pub(crate) fn mention(operation: &Operation) -> Mention {
    Mention {
        id: operation.id.clone(),
        method: operation.method.clone(),
        path: operation.path.clone(),
        summary: operation.summary.clone(),
        notes: Vec::new(),
    }
}

/// All pages that explain.
pub(crate) fn pages(source: &Source, links: &Links, operations: &[Operation]) -> Result<Vec<Draft>> {
    let markdown = Markdown { links, root: "", below: 1 };
    let document = &source.document;
    let keyed = operations.iter().filter(|operation| operation.keyed).map(mention).collect();
    let paged = operations.iter().filter(|operation| operation.pages.is_some()).map(mention).collect();
    let limited = operations
        .iter()
        .map(|operation| Mention { notes: facts::limits(&operation.id, &operation.method), ..mention(operation) })
        .collect();
    let texts: [(Text<'_>, &str, Vec<Mention>); 4] = [
        (
            (
                "requests.html",
                "Requests",
                "Bodies, names, times, addresses and passwords.",
                document.section("Requests")?,
            ),
            "",
            Vec::new(),
        ),
        (
            (
                "idempotency.html",
                "Repeating a request",
                "What an Idempotency-Key does, and which operations take one.",
                document.section("Repeating a request")?,
            ),
            "Operations that take a key",
            keyed,
        ),
        (
            (
                "limits.html",
                "Rate limits",
                "What is limited, for whom, and what 429 means.",
                document.section("Limits")?,
            ),
            "What counts for each operation",
            limited,
        ),
        (
            ("pagination.html", "Pagination", "How lists are read page by page.", source.pagination.clone()),
            "Operations that answer in pages",
            paged,
        ),
    ];
    let mut drafts = vec![credentials(document, &markdown, operations)?];
    drafts.extend(texts.into_iter().map(|((path, title, about, text), heading, mentions)| {
        prose(&markdown, path, title, about, &text, context! { heading, mentions => Serde(mentions) })
    }));
    drafts.push(errors(document, &markdown, operations)?);
    Ok(drafts)
}

/// A page of running text; `more` is shown below it.
pub(crate) fn prose(markdown: &Markdown<'_>, path: &str, title: &str, about: &str, text: &str, more: Value) -> Draft {
    let marked = markdown.render(text);
    Draft {
        path: path.to_owned(),
        title: title.to_owned(),
        about: about.to_owned(),
        template: "prose.html",
        content: context! { html => marked.html, headings => marked.headings, more },
    }
}

fn credentials(document: &Document, markdown: &Markdown<'_>, operations: &[Operation]) -> Result<Draft> {
    let schemes = members(&document.root()["components"]["securitySchemes"]).map(|(id, _)| {
        let takes = |operation: &&Operation| operation.alternatives.iter().flatten().any(|scheme| scheme.id == id);
        let mentions: Vec<Mention> = operations.iter().filter(takes).map(mention).collect();
        let scheme: Scheme = scheme(document, markdown, id);
        context! { scheme => Serde(scheme), mentions => Serde(mentions) }
    });
    Ok(Draft {
        path: "auth.html".to_owned(),
        title: "Credentials".to_owned(),
        about: "How callers say who they are, scheme by scheme.".to_owned(),
        template: "auth.html",
        content: context! { html => markdown.html(&document.section("Credentials")?), schemes => schemes.collect::<Vec<_>>() },
    })
}

/// The overview of errors: bodies, problems, and the statuses of flows whose errors name no problem.
fn errors(document: &Document, markdown: &Markdown<'_>, operations: &[Operation]) -> Result<Draft> {
    let problems: Vec<Value> = document
        .problems()?
        .iter()
        .map(|(code, text)| {
            let (status, said) = status_and_text(text);
            context! { code, status, title => problem_title(document, code), html => markdown.html(&said) }
        })
        .collect();
    let unnamed = document.tags().iter().filter_map(|tag| {
        let (name, title) = (tag["name"].as_str()?, tag["x-displayName"].as_str()?);
        let of_tag = || operations.iter().filter(|operation| operation.tag == name);
        let mut statuses: Vec<(String, Vec<String>)> = Vec::new();
        for answer in of_tag().flat_map(|operation| &operation.answers).filter(|answer| answer.explained.is_some()) {
            let index = statuses.iter().position(|(status, _)| *status == answer.status).unwrap_or(statuses.len());
            if index == statuses.len() {
                statuses.push((answer.status.clone(), Vec::new()));
            }
            if !statuses[index].1.contains(&answer.description) {
                statuses[index].1.push(answer.description.clone());
            }
        }
        statuses.sort();
        let example = of_tag().flat_map(|operation| &operation.answers).find(|answer| answer.explained.is_some());
        let example = example.and_then(|answer| answer.examples.first());
        (!statuses.is_empty()).then(|| context! { name, title, statuses, example => Serde(example) })
    });
    Ok(Draft {
        path: "errors.html".to_owned(),
        title: "Errors".to_owned(),
        about: "The bodies of errors, every problem type, and the order in which requests are checked.".to_owned(),
        template: "errors.html",
        content: context! {
            html => markdown.html(&document.section("Errors")?), types => markdown.html(&before_first(&document.section("Problem types")?)),
            problems, unnamed => unnamed.collect::<Vec<_>>(),
        },
    })
}

fn before_first(section: &str) -> String {
    section.split("## ").next().unwrap_or_default().to_owned()
}

/// `Status 400. The rest.` as the two that it says.
pub(crate) fn status_and_text(text: &str) -> (String, String) {
    let text = text.trim();
    let split = text.strip_prefix("Status ").and_then(|rest| rest.split_once(". "));
    split.map_or_else(|| (String::new(), text.to_owned()), |(status, said)| (status.to_owned(), said.to_owned()))
}

/// The title that answers with this code have.
pub(crate) fn problem_title(document: &Document, code: &str) -> String {
    let known = facts::TITLES.iter().find(|(known, _)| *known == code).map(|(_, title)| *title);
    let title = known.or_else(|| title_in_examples(&document.root()["components"]["responses"], code));
    title.map_or_else(|| code.replace('_', " "), str::to_owned)
}

fn title_in_examples<'a>(node: &'a serde_json::Value, code: &str) -> Option<&'a str> {
    if crate::document::problem_code(node) == Some(code) {
        return node["title"].as_str();
    }
    match node {
        serde_json::Value::Object(members) => members.values().find_map(|member| title_in_examples(member, code)),
        _ => None,
    }
}
