//! The site through its public surface: what is covered, that links lead somewhere, that no text becomes markup.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;

use invite_docs::{coverage, find, missing, pages};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../openapi/generated/openapi.json");

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

fn html(path: &str) -> &'static str {
    std::str::from_utf8(find(path).unwrap_or_else(|| panic!("there is no page {path}")).bytes).unwrap()
}

/// The values of an attribute on a page.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<&'a str> {
    let mark = format!(" {attribute}=\"");
    page.split(mark.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

fn operations() -> Vec<(String, Value)> {
    let document = document();
    let paths = document["paths"].as_object().unwrap().values().cloned();
    let items = paths.flat_map(|item| item.as_object().unwrap().values().cloned().collect::<Vec<_>>());
    items.map(|operation| (operation["operationId"].as_str().unwrap().to_owned(), operation)).collect()
}

#[test]
fn nothing_is_missing_on_the_page_of_any_operation() {
    let covered: BTreeSet<&str> = coverage().rows.iter().map(|row| row.operation).collect();
    let declared = operations();
    assert_eq!(covered, declared.iter().map(|(id, _)| id.as_str()).collect());
    assert!(coverage().rows.iter().all(|row| row.cells.len() == coverage().columns.len()));
    assert_eq!(coverage().holes().collect::<Vec<_>>(), []);
}

#[test]
fn the_page_of_an_operation_has_what_the_table_says() {
    for (id, operation) in operations() {
        let page = html(&format!("operations/{id}.html"));
        let statuses = operation["responses"].as_object().unwrap().keys();
        for status in statuses {
            assert!(page.contains(&format!(">{status}</span>")), "{id} does not show {status}");
        }
        assert!(page.contains("id=\"console\"") && page.contains("Rate limits") && page.contains("Repeating"), "{id}");
        let errors = page.matches("href=\"../problems/").count() + page.matches("href=\"../errors.html#").count();
        assert!(errors > 0, "{id} leads to no error");
        let row = coverage().rows.iter().find(|row| row.operation == id).unwrap();
        let examples = page.matches("class=\"panel\"").count();
        assert!(examples > 0 || row.cells[2] == "-", "{id} shows no example");
    }
}

#[test]
fn every_problem_of_the_document_has_a_page_by_both_addresses() {
    let text = document()["info"]["description"].as_str().unwrap().to_owned();
    let codes: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert!(codes.len() > 30, "{codes:?}");
    for code in codes {
        assert!(html(&format!("problems/{code}")).contains(&format!("<code>{code}</code>")), "{code}");
        assert_eq!(html(&format!("problems/{code}")), html(&format!("problems/{code}.html")));
    }
}

#[test]
fn every_link_leads_to_a_file_and_every_anchor_to_an_element() {
    let mut broken = Vec::new();
    for page in pages().iter().filter(|page| page.path.ends_with(".html") && page.path != "missing.html") {
        let text = html(page.path);
        for link in values(text, "href").into_iter().chain(values(text, "src")) {
            if link.starts_with("https://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.path.to_owned() } else { resolve(page.path, path) };
            let there = find(&target).is_some_and(|found| {
                anchor.is_empty() || values(std::str::from_utf8(found.bytes).unwrap(), "id").contains(&anchor)
            });
            if !there {
                broken.push(format!("{}: {link}", page.path));
            }
        }
    }
    broken.truncate(10);
    assert_eq!(broken, Vec::<String>::new());
}

fn resolve(from: &str, link: &str) -> String {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in link.split('/') {
        if part == ".." {
            folders.pop();
        } else {
            folders.push(part);
        }
    }
    folders.join("/")
}

#[test]
fn nothing_is_loaded_from_elsewhere_and_no_script_or_style_is_in_a_page() {
    for page in pages().iter().filter(|page| page.path.ends_with(".html")) {
        let text = html(page.path);
        let linked = text.split("<link ").skip(1).filter_map(|rest| rest.split('>').next());
        let linked = linked.flat_map(|link| values(link, "href"));
        for loaded in values(text, "src").into_iter().chain(values(text, "action")).chain(linked) {
            assert!(!loaded.contains(':'), "{} loads {loaded}", page.path);
        }
        assert!(text.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"), "{}", page.path);
        for inline in ["<script>", "<style", " style=\"", " onclick", "javascript:"] {
            assert!(!text.contains(inline), "{} has {inline}", page.path);
        }
        let ids = values(text, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{} uses an id twice", page.path);
    }
}

#[test]
fn a_page_that_is_not_there_shows_nothing_of_its_address() {
    for (path, root) in [("<script>", ""), ("a/b/<script>", "../../")] {
        assert!(find(path).is_none());
        let text = missing(path);
        assert!(text.contains(&format!("href=\"{root}assets/docs.css\"")) && !text.contains("<script>"), "{text}");
        assert!(!text.contains('{'), "{text}");
    }
}
