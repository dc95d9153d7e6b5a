//! All pages, put together.

use anyhow::{Result, ensure};
use minijinja::value::Serde;
use minijinja::{Value, context};

use crate::coverage;
use crate::document::{examples, members, problem_code, text};
use crate::facts;
use crate::highlight;
use crate::markdown::{Links, Markdown, words};
use crate::operation::{Operation, Reader};
use crate::page::{self, Draft, Entry, Frame, Group, Source};
use crate::prose::{self, mention, problem_title, status_and_text};
use crate::search;

/// The files of the site by path, and what is covered.
pub(crate) struct Site {
    pub(crate) files: Vec<(String, String)>,
    pub(crate) coverage: Vec<(String, Vec<String>)>,
}

/// What stands in the page about an address that leads nowhere where others say how they reach the root of the site.
const ANYWHERE: &str = "{root}";

pub(crate) fn make(source: &Source) -> Result<Site> {
    let links = page::links(&source.document)?;
    let operations = operations(source, &links);
    for limited in facts::limited() {
        ensure!(operations.iter().any(|operation| operation.id == limited), "a limit is on no operation: {limited}");
    }
    let explaining = prose::pages(source, &links, &operations)?;
    let guides = guides(source, &links);
    let frame = Frame::new(source, &navigation(source, &operations, &explaining, &guides))?;
    let found = drafts(source, &links, &operations, explaining, guides)?;

    let mut files = Vec::new();
    for (draft, _, _) in &found {
        files.push((draft.path.clone(), frame.render(draft)?));
    }
    files.push(("missing.html".to_owned(), frame.render_at(ANYWHERE, &missing())?));
    let searched: Vec<_> = found.iter().map(|(draft, kind, words)| (draft, kind.clone(), words.clone())).collect();
    files.push(("assets/search-index.js".to_owned(), search::script(&searched)?));
    files.extend(source.assets.iter().map(|(name, text)| (format!("assets/{name}"), text.clone())));
    files.push(("openapi.yaml".to_owned(), source.yaml.clone()));
    let coverage = operations.iter().map(|operation| (operation.id.clone(), coverage::row(operation))).collect();
    Ok(Site { files, coverage })
}

fn operations(source: &Source, links: &Links) -> Vec<Operation> {
    let markdown = Markdown { links, root: "../", below: 2 };
    let reader = Reader { document: &source.document, markdown: &markdown, samples: &source.samples };
    source.document.operations().iter().map(|entry| reader.operation(entry)).collect()
}

/// Every page with its kind and the words by which it is found.
fn drafts(
    source: &Source,
    links: &Links,
    operations: &[Operation],
    explaining: Vec<Draft>,
    guides: Vec<(Draft, String)>,
) -> Result<Vec<(Draft, String, String)>> {
    let mut drafts = vec![(index(source, links, operations), "Overview".to_owned(), String::new())];
    drafts.extend(guides.into_iter().map(|(draft, text)| (draft, "Guide".to_owned(), words(&text))));
    for draft in explaining {
        let html = draft.content.get_attr("html").ok().and_then(|html| html.as_str().map(without_tags));
        drafts.push((draft, "Explanation".to_owned(), html.unwrap_or_default()));
    }
    for operation in operations {
        let found_by = format!("{} {} {} {}", operation.id, operation.method, operation.path, operation.tag);
        let description = without_tags(&operation.description);
        drafts.push((operation_page(source, operation), operation.method.clone(), format!("{found_by} {description}")));
    }
    for (code, said) in source.document.problems()? {
        let draft = problem(source, links, operations, &code, &said);
        drafts.push((draft, "Problem".to_owned(), format!("{code} {}", words(&said))));
    }
    Ok(drafts)
}

/// The words of HTML that was made here.
fn without_tags(html: &str) -> String {
    let text: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect();
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn navigation(
    source: &Source,
    operations: &[Operation],
    explaining: &[Draft],
    guides: &[(Draft, String)],
) -> Vec<Group> {
    let entry = |draft: &Draft| Entry { title: draft.title.clone(), path: draft.path.clone(), method: None };
    let overview = Entry { title: "Overview".to_owned(), path: "index.html".to_owned(), method: None };
    let texts = [
        ("Guides", [overview].into_iter().chain(guides.iter().map(|(draft, _)| entry(draft))).collect()),
        ("Basics", explaining.iter().map(entry).collect()),
    ];
    let texts = texts.into_iter().map(|(title, entries)| Group { title: title.to_owned(), entries });
    let by_tag = source.document.tags().iter().map(|tag| Group {
        title: text(tag, "x-displayName").to_owned(),
        entries: operations
            .iter()
            .filter(|operation| operation.tag == text(tag, "name"))
            .map(|operation| Entry {
                title: operation.summary.clone(),
                path: format!("operations/{}.html", operation.id),
                method: Some(operation.method.clone()),
            })
            .collect(),
    });
    texts.chain(by_tag).collect()
}

fn index(source: &Source, links: &Links, operations: &[Operation]) -> Draft {
    let markdown = Markdown { links, root: "", below: 1 };
    let tags = source.document.tags().iter().map(|tag| {
        let of_tag = operations.iter().filter(|operation| operation.tag == text(tag, "name"));
        let mentions: Vec<_> = of_tag.map(mention).collect();
        context! { title => tag["x-displayName"].as_str(), html => markdown.html(text(tag, "description")), mentions => Serde(mentions) }
    });
    let guides =
        source.guides.iter().map(|(name, text)| context! { name, title => title_of(text), about => about(text) });
    Draft {
        path: "index.html".to_owned(),
        title: "Invite API".to_owned(),
        about: "Reference and guides of the API of Invite.".to_owned(),
        template: "index.html",
        content: context! {
            html => markdown.html(source.document.introduction()), tags => tags.collect::<Vec<_>>(),
            guides => guides.collect::<Vec<_>>(),
        },
    }
}

fn guides(source: &Source, links: &Links) -> Vec<(Draft, String)> {
    let markdown = Markdown { links, root: "../", below: 0 };
    let guide = |(name, text): &(String, String)| {
        let body = text.split_once('\n').map_or("", |(_, body)| body);
        let path = format!("guides/{name}.html");
        (prose::prose(&markdown, &path, title_of(text), &about(text), body, Value::UNDEFINED), body.to_owned())
    };
    source.guides.iter().map(guide).collect()
}

fn title_of(guide: &str) -> &str {
    guide.lines().next().unwrap_or_default().trim_start_matches("# ")
}

/// The first paragraph of a guide, as plain words.
fn about(guide: &str) -> String {
    words(guide.split("\n\n").nth(1).unwrap_or_default())
}

fn operation_page(source: &Source, operation: &Operation) -> Draft {
    let tag = source.document.tags().iter().find(|tag| text(tag, "name") == operation.tag);
    let titles: Vec<(String, String)> = operation
        .answers
        .iter()
        .flat_map(|answer| &answer.problems)
        .map(|code| (code.clone(), problem_title(&source.document, code)))
        .collect();
    Draft {
        path: format!("operations/{}.html", operation.id),
        title: operation.summary.clone(),
        about: format!("{} {}", operation.method, operation.path),
        template: "operation.html",
        content: context! {
            operation => Serde(operation), titles => titles.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            tag => tag.and_then(|tag| tag["x-displayName"].as_str()),
        },
    }
}

fn problem(source: &Source, links: &Links, operations: &[Operation], code: &str, said: &str) -> Draft {
    let markdown = Markdown { links, root: "../", below: 1 };
    let (status, said) = status_and_text(said);
    let answers = |operation: &&Operation| {
        operation.answers.iter().any(|answer| answer.problems.iter().any(|problem| problem == code))
    };
    let mentions: Vec<_> = operations.iter().filter(answers).map(mention).collect();
    let example = example_of(source, code).map(|example| highlight::html("json", &example));
    Draft {
        path: format!("problems/{code}.html"),
        title: problem_title(&source.document, code),
        about: words(&said),
        template: "problem.html",
        content: context! { code, status, html => markdown.html(&said), mentions => Serde(mentions), example },
    }
}

/// The first example of an answer with this code.
fn example_of(source: &Source, code: &str) -> Option<String> {
    let responses = members(&source.document.root()["components"]["responses"]);
    let contents = responses.flat_map(|(_, response)| members(&response["content"]).map(|(_, content)| content));
    let example =
        contents.flat_map(examples).map(|(_, _, value)| value).find(|value| problem_code(value) == Some(code))?;
    serde_json::to_string_pretty(example).ok()
}

fn missing() -> Draft {
    Draft {
        path: "missing.html".to_owned(),
        title: "There is no such page".to_owned(),
        about: "The address leads nowhere.".to_owned(),
        template: "missing.html",
        content: Value::UNDEFINED,
    }
}
