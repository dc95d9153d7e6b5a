//! What the pages are made of, and how one page is put into the frame that all have.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context, escape_formatter};
use serde::Serialize;

use crate::document::{Document, text};
use crate::markdown::{Links, escape};

/// Everything that is read.
pub(crate) struct Source {
    pub(crate) document: Document,
    /// The document as it is written.
    pub(crate) yaml: String,
    pub(crate) samples: serde_json::Value,
    /// File name without its ending, and text.
    pub(crate) guides: Vec<(String, String)>,
    pub(crate) pagination: String,
    /// Name and text of what is served as it is.
    pub(crate) assets: Vec<(String, String)>,
    templates: Vec<(String, String)>,
}

impl Source {
    pub(crate) fn read(here: &Path, root: &Path) -> Result<Self> {
        let samples = read(&root.join("openapi/generated/samples.json"))?;
        let json = read(&root.join("openapi/generated/openapi.json"))?;
        Ok(Self {
            document: Document::read(&json)?,
            yaml: read(&root.join("openapi/invite.yaml"))?,
            samples: serde_json::from_str(&samples).context("the samples are not JSON")?,
            guides: guides(&here.join("guides"))?,
            pagination: read(&here.join("pages/pagination.md"))?,
            assets: folder(&here.join("assets"))?,
            templates: folder(&here.join("templates"))?,
        })
    }
}

/// The guides in the order in which they are read: the first steps, the flows, what all of them share, and from where one comes.
fn guides(here: &Path) -> Result<Vec<(String, String)>> {
    const FIRST: [&str; 5] = ["getting-started", "muninx", "kare", "nexus", "unleash"];
    let files = folder(here)?.into_iter();
    let mut guides: Vec<_> =
        files.filter_map(|(name, text)| Some((name.strip_suffix(".md")?.to_owned(), text))).collect();
    guides.sort_by_key(|(name, _)| {
        let place = FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len());
        (name == "changelog", name.starts_with("migrate"), place)
    });
    Ok(guides)
}

fn read(file: &Path) -> Result<String> {
    println!("cargo::rerun-if-changed={}", file.display());
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// The files of a folder by name.
fn folder(folder: &Path) -> Result<Vec<(String, String)>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        files.push((entry.file_name().to_string_lossy().into_owned(), read(&entry.path())?));
    }
    files.sort();
    Ok(files)
}

/// A page before it is in its frame.
pub(crate) struct Draft {
    pub(crate) path: String,
    pub(crate) title: String,
    /// One sentence for search results, here and elsewhere.
    pub(crate) about: String,
    pub(crate) template: &'static str,
    pub(crate) content: Value,
}

/// A group of the navigation.
#[derive(Serialize)]
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) entries: Vec<Entry>,
}

/// A line of the navigation.
#[derive(Serialize)]
pub(crate) struct Entry {
    pub(crate) title: String,
    pub(crate) path: String,
    /// Of an operation.
    pub(crate) method: Option<String>,
}

/// Puts drafts into frames.
pub(crate) struct Frame<'a> {
    environment: Environment<'a>,
    navigation: Value,
    version: String,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(source: &'a Source, navigation: &[Group]) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        // As the default, but a slash stays as it is: links are half of these pages.
        environment.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if !value.is_safe() => out.write_str(&escape(text)).map_err(Into::into),
            _ => escape_formatter(out, state, value),
        });
        for (name, text) in &source.templates {
            environment.add_template(name, text)?;
        }
        Ok(Self {
            environment,
            navigation: Value::from(Serde(navigation)),
            version: text(&source.document.root()["info"], "version").to_owned(),
        })
    }

    pub(crate) fn render(&self, draft: &Draft) -> Result<String> {
        self.render_at(&root_of(&draft.path), draft)
    }

    /// The page as one whose site begins at `root`.
    pub(crate) fn render_at(&self, root: &str, draft: &Draft) -> Result<String> {
        let page = context! {
            root, title => &draft.title, about => &draft.about, path => &draft.path, content => &draft.content,
            navigation => &self.navigation, version => &self.version,
        };
        let template = self.environment.get_template(draft.template)?;
        template.render(page).with_context(|| format!("cannot make {}", draft.path))
    }
}

/// How the page at `path` reaches the root of the site.
fn root_of(path: &str) -> String {
    "../".repeat(path.matches('/').count())
}

/// What leads from words in code to pages.
pub(crate) fn links(document: &Document) -> Result<Links> {
    let mut links = Links::new();
    for operation in document.operations() {
        let target = format!("operations/{}.html", operation.id);
        links.insert(format!("{} {}", operation.method, operation.path), target.clone());
        links.insert(operation.id.to_owned(), target);
    }
    for (code, _) in document.problems()? {
        let target = format!("problems/{code}.html");
        links.insert(code, target);
    }
    Ok(links)
}
