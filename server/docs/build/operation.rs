//! One operation as its page shows it.

use serde::Serialize;
use serde_json::Value;

use crate::document::{Document, Entry, examples, items, members, problem_code, text};
use crate::facts;
use crate::highlight;
use crate::markdown::{Markdown, escape, words};
use crate::schema::{Field, Schemas};

/// The page of an operation.
#[derive(Debug, Serialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) tag: String,
    pub(crate) summary: String,
    pub(crate) description: String,
    who: String,
    rule: String,
    /// Each is complete by itself; none, and nobody is asked for credentials.
    pub(crate) alternatives: Vec<Vec<Scheme>>,
    parameters: Vec<Group>,
    pub(crate) body: Option<Body>,
    pub(crate) answers: Vec<Answer>,
    /// Whether it takes an `Idempotency-Key`.
    pub(crate) keyed: bool,
    pub(crate) pages: Option<Pages>,
    limits: Vec<&'static str>,
    pub(crate) samples: Vec<Sample>,
}

/// One way to say who calls.
#[derive(Debug, Serialize)]
pub(crate) struct Scheme {
    pub(crate) id: String,
    /// `bearer`, `basic`, or `key`.
    pub(crate) kind: &'static str,
    pub(crate) header: String,
    pub(crate) description: String,
}

/// The parameters of one place.
#[derive(Debug, Serialize)]
struct Group {
    place: &'static str,
    title: &'static str,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Body {
    pub(crate) description: String,
    media_type: String,
    max_bytes: &'static str,
    schema: Field,
    pub(crate) examples: Vec<Example>,
}

/// What comes back with one status.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) status: String,
    /// `good` or `bad`.
    class: &'static str,
    pub(crate) description: String,
    /// The description without marks.
    said: String,
    /// Who else sends it, where this server does not.
    sent_by: Option<String>,
    headers: Vec<Field>,
    media_type: String,
    schema: Option<Field>,
    pub(crate) examples: Vec<Example>,
    pub(crate) problems: Vec<String>,
    /// Where the error is explained that names no problem.
    pub(crate) explained: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Example {
    id: String,
    summary: String,
    html: String,
    text: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Pages {
    parameter: String,
    next: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Sample {
    pub(crate) id: &'static str,
    title: &'static str,
    html: String,
    text: String,
}

/// The languages of samples, in the order of the tabs.
pub(crate) const LANGUAGES: [(&str, &str); 4] =
    [("curl", "curl"), ("rust", "Rust"), ("typescript", "TypeScript"), ("python", "Python")];

/// The places of parameters with their headings.
const PLACES: [(&str, &str); 3] = [("path", "Path"), ("query", "Query"), ("header", "Headers")];

/// Makes operations of the document.
pub(crate) struct Reader<'a> {
    pub(crate) document: &'a Document,
    pub(crate) markdown: &'a Markdown<'a>,
    pub(crate) samples: &'a Value,
}

impl Reader<'_> {
    pub(crate) fn operation(&self, entry: &Entry<'_>) -> Operation {
        let node = entry.node;
        let parameters: Vec<&Value> = items(&node["parameters"]).map(|one| self.document.resolve(one)).collect();
        let pages = node.get("x-pages");
        let page = |member: &str| pages.map(|pages| text(pages, member).to_owned()).unwrap_or_default();
        Operation {
            id: entry.id.to_owned(),
            method: entry.method.clone(),
            path: entry.path.to_owned(),
            tag: entry.tag.to_owned(),
            summary: text(node, "summary").to_owned(),
            description: self.markdown.html(text(node, "description")),
            who: facts::who(text(&node["x-access"], "who")).to_owned(),
            rule: self.markdown.html(text(&node["x-access"], "rule")),
            alternatives: self.alternatives(node),
            keyed: parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key"),
            parameters: self.groups(&parameters),
            body: node.get("requestBody").and_then(|body| self.body(node, self.document.resolve(body))),
            answers: members(&node["responses"]).map(|(status, answer)| self.answer(entry, status, answer)).collect(),
            pages: pages.map(|_| Pages { parameter: page("parameter"), next: page("next") }),
            limits: facts::limits(entry.id, &entry.method),
            samples: self.samples(entry.id),
        }
    }

    fn alternatives(&self, node: &Value) -> Vec<Vec<Scheme>> {
        let alternatives = items(&node["security"]).filter(|alternative| members(alternative).next().is_some());
        alternatives.map(|one| members(one).map(|(id, _)| scheme(self.document, self.markdown, id)).collect()).collect()
    }

    fn groups(&self, parameters: &[&Value]) -> Vec<Group> {
        let group = |(place, title)| {
            let here = parameters.iter().filter(|parameter| parameter["in"] == place);
            let fields: Vec<Field> = here.map(|parameter| self.parameter(parameter)).collect();
            (!fields.is_empty()).then_some(Group { place, title, fields })
        };
        PLACES.into_iter().filter_map(group).collect()
    }

    /// A parameter or a header of an answer: its own words count more than those of its schema.
    fn parameter(&self, node: &Value) -> Field {
        let mut field = self.schemas().field(text(node, "name"), &node["schema"], node["required"] == true);
        if let Some(description) = node["description"].as_str() {
            field.description = self.markdown.html(description);
        }
        if let Some((_, _, example)) = examples(node).into_iter().next() {
            field.example = Some(example.as_str().map_or_else(|| example.to_string(), str::to_owned));
        }
        field
    }

    fn body(&self, operation: &Value, body: &Value) -> Option<Body> {
        let (media_type, content) = members(&body["content"]).next()?;
        Some(Body {
            description: self.markdown.html(text(body, "description")),
            media_type: media_type.to_owned(),
            max_bytes: if operation.get("x-max-body-bytes").is_some() { "8 MiB" } else { "64 KiB" },
            schema: self.schemas().field("", &content["schema"], true),
            examples: shown("request", content),
        })
    }

    fn answer(&self, entry: &Entry<'_>, status: &str, answer: &Value) -> Answer {
        let answer = self.document.resolve(answer);
        let (media_type, content) = members(&answer["content"]).next().unwrap_or(("", &Value::Null));
        let problems = problems(entry, status, content);
        let refused = status.starts_with(['4', '5']);
        let explained = (refused && problems.is_empty()).then(|| format!("errors.html#{}-{status}", entry.tag));
        let headers = members(&answer["headers"]).map(|(name, header)| {
            let mut field = self.parameter(self.document.resolve(header));
            name.clone_into(&mut field.name);
            field
        });
        Answer {
            status: status.to_owned(),
            class: if refused { "bad" } else { "good" },
            description: self.markdown.html(text(answer, "description")),
            said: words(text(answer, "description")),
            sent_by: answer["x-sent-by"].as_str().map(str::to_owned),
            headers: headers.collect(),
            media_type: media_type.to_owned(),
            schema: content.get("schema").map(|schema| self.schemas().field("", schema, true)),
            examples: shown(status, content),
            problems,
            explained,
        }
    }

    fn samples(&self, id: &str) -> Vec<Sample> {
        let of = &self.samples[id];
        let sample = |(id, title): (&'static str, &'static str)| {
            let code = of[id].as_str()?.trim_end();
            Some(Sample { id, title, html: highlight::html(id, code), text: code.to_owned() })
        };
        LANGUAGES.into_iter().filter_map(sample).collect()
    }

    fn schemas(&self) -> Schemas<'_> {
        Schemas { document: self.document, markdown: self.markdown }
    }
}

/// The problems that an answer can name: those of its examples, and those that follow from other parts of the document.
fn problems(entry: &Entry<'_>, status: &str, content: &Value) -> Vec<String> {
    let shown = examples(content);
    let mut codes: Vec<&str> = shown.iter().filter_map(|(_, _, example)| problem_code(example)).collect();
    // Whatever reads a body finds out whether it is JSON before anything else of it.
    if status == "400" && !codes.is_empty() && entry.node.get("requestBody").is_some() {
        codes.push("malformed_json");
    }
    codes.extend(facts::ALSO.iter().filter(|also| (also.0, also.1) == (entry.id, status)).map(|also| also.2));
    let mut once: Vec<String> = Vec::new();
    for code in codes {
        if !once.iter().any(|known| known == code) {
            once.push(code.to_owned());
        }
    }
    once
}

/// A security scheme of the document.
pub(crate) fn scheme(document: &Document, markdown: &Markdown<'_>, id: &str) -> Scheme {
    let node = &document.root()["components"]["securitySchemes"][id];
    let (kind, header) = match (text(node, "type"), text(node, "scheme")) {
        ("http", "basic") => ("basic", "Authorization"),
        ("http", _) => ("bearer", "Authorization"),
        _ => ("key", text(node, "name")),
    };
    Scheme { id: id.to_owned(), kind, header: header.to_owned(), description: markdown.html(text(node, "description")) }
}

/// The examples of a media type, each with an id that is its own on the page.
fn shown(of: &str, content: &Value) -> Vec<Example> {
    let shown = examples(content).into_iter().map(|(name, summary, value)| {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        let summary = if summary.is_empty() { "Example".to_owned() } else { summary };
        Example { id: escape(&format!("{of}-{name}")), summary, html: highlight::html("json", &text), text }
    });
    shown.collect()
}

impl Answer {
    pub(crate) fn has_body(&self) -> bool {
        !self.media_type.is_empty()
    }

    pub(crate) fn is_error(&self) -> bool {
        self.class == "bad"
    }
}
