//! The OpenAPI document as the pages read it: references followed, operations in order, sections of its description.

use anyhow::{Context as _, Result};
use serde_json::Value;

/// Methods in the order in which operations of one path are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The document.
pub(crate) struct Document {
    root: Value,
}

/// An operation where it stands.
pub(crate) struct Entry<'a> {
    pub(crate) id: &'a str,
    pub(crate) method: String,
    pub(crate) path: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) node: &'a Value,
}

/// A part of the description, from its heading to the next one of the same level.
pub(crate) struct Section<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: String,
}

impl Document {
    pub(crate) fn read(text: &str) -> Result<Self> {
        Ok(Self { root: serde_json::from_str(text).context("the document is not JSON")? })
    }

    pub(crate) fn root(&self) -> &Value {
        &self.root
    }

    /// What a `$ref` leads to, or the node itself.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Value) -> &'a Value {
        let target = node["$ref"].as_str().and_then(|reference| self.root.pointer(reference.trim_start_matches('#')));
        target.map_or(node, |target| self.resolve(target))
    }

    /// All operations, by tag as the document lists them, then as they stand.
    pub(crate) fn operations(&self) -> Vec<Entry<'_>> {
        let mut entries = Vec::new();
        for tag in self.tags() {
            let name = text(tag, "name");
            for (path, item) in members(&self.root["paths"]) {
                let of_tag = METHODS.iter().filter(|method| item[**method]["tags"][0].as_str() == Some(name));
                entries.extend(of_tag.map(|method| Entry {
                    id: text(&item[*method], "operationId"),
                    method: method.to_uppercase(),
                    path,
                    tag: name,
                    node: &item[*method],
                }));
            }
        }
        entries
    }

    pub(crate) fn tags(&self) -> &[Value] {
        self.root["tags"].as_array().map_or(&[], Vec::as_slice)
    }

    /// What the description says before its first heading.
    pub(crate) fn introduction(&self) -> &str {
        let description = text(&self.root["info"], "description");
        description.split_once("\n# ").map_or(description, |(introduction, _)| introduction)
    }

    /// The section under a heading of the first level.
    pub(crate) fn section(&self, title: &str) -> Result<String> {
        let description = text(&self.root["info"], "description");
        let section = sections(description, "# ").into_iter().find(|section| section.title == title);
        Ok(section.with_context(|| format!("the description of the document has no section `{title}`"))?.text)
    }

    /// The codes of problems with what is said of each.
    pub(crate) fn problems(&self) -> Result<Vec<(String, String)>> {
        let section = self.section("Problem types")?;
        let problems = sections(&section, "## ").into_iter();
        Ok(problems.map(|problem| (problem.title.to_owned(), problem.text)).collect())
    }
}

/// The parts of `text` below headings that begin with `mark`.
pub(crate) fn sections<'a>(text: &'a str, mark: &str) -> Vec<Section<'a>> {
    let mut found: Vec<Section<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix(mark) {
            found.push(Section { title: title.trim(), text: String::new() });
        } else if let Some(section) = found.last_mut() {
            section.text.push_str(line);
            section.text.push('\n');
        }
    }
    found
}

/// A member that is a string, or nothing.
pub(crate) fn text<'a>(node: &'a Value, member: &str) -> &'a str {
    node[member].as_str().unwrap_or_default()
}

/// The members of an object, or none.
pub(crate) fn members(node: &Value) -> impl Iterator<Item = (&str, &Value)> {
    node.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// The items of an array, or none.
pub(crate) fn items(node: &Value) -> impl Iterator<Item = &Value> {
    node.as_array().into_iter().flatten()
}

/// The examples of a media type or parameter: name, summary, value.
pub(crate) fn examples(node: &Value) -> Vec<(String, String, &Value)> {
    let one = node.get("example").map(|value| (String::new(), String::new(), value));
    let named = members(&node["examples"])
        .map(|(name, example)| (name.to_owned(), text(example, "summary").to_owned(), &example["value"]));
    one.into_iter().chain(named).collect()
}

/// The code at the end of a problem's `type`.
pub(crate) fn problem_code(example: &Value) -> Option<&str> {
    Some(example["type"].as_str()?.rsplit_once("/problems/")?.1)
}
