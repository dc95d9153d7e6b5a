//! Which operations dropshot's router can tell apart, and what is registered for those that it cannot.
//!
//! At one place of a path dropshot takes literals, or one variable of one name that is the whole segment. Where a document
//! has more, the paths that meet there are registered as one, with a variable at that place: a [`Junction`], which finds
//! the template that fits best and hands the request on.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Model, Operation};

/// One path of dropshot's that stands for several templates, or for one that dropshot cannot read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Junction {
    /// As it is registered.
    pub(crate) path: String,
    /// The templates that end here, the most specific one first.
    pub(crate) templates: Vec<String>,
}

/// The junctions that a document needs, by path.
pub(crate) fn junctions(model: &Model) -> Vec<Junction> {
    let paths: BTreeSet<&str> = model.operations.iter().map(|operation| operation.path.as_str()).collect();
    let mut registered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let all: Vec<(&str, Vec<&str>)> = paths.iter().map(|path| (*path, segments(path))).collect();
    place(&all, 0, String::new(), &mut registered);
    let mut found = Vec::new();
    for (path, mut templates) in registered {
        let is_plain = templates.iter().all(|template| segments(template) == segments(&path));
        if !is_plain {
            templates.sort_by_cached_key(|template| (specificity(template), template.clone()));
            found.push(Junction { path, templates });
        }
    }
    found
}

impl Junction {
    /// The templates to choose from with one method, each with its operation. Of those that differ in the names of variables
    /// only, the one with the method stands for all.
    pub(crate) fn operations<'a>(&self, model: &'a Model, method: &str) -> Vec<(&str, Option<&'a Operation>)> {
        let of = |template: &str| {
            model.operations.iter().find(|operation| operation.path == template && operation.method == method)
        };
        let mut found: Vec<(&str, Option<&Operation>)> = Vec::new();
        for template in &self.templates {
            match found.iter_mut().find(|(known, _)| form(known) == form(template)) {
                Some(same) if same.1.is_none() => *same = (template, of(template)),
                Some(_) => {}
                None => found.push((template, of(template))),
            }
        }
        found
    }
}

/// The templates of all operations that a junction hands on to.
pub(crate) fn handed_on(model: &Model) -> BTreeSet<String> {
    junctions(model).into_iter().flat_map(|junction| junction.templates).collect()
}

/// A template without the names of its variables.
fn form(template: &str) -> Vec<String> {
    let nameless = |segment: &str| {
        let parts = segment.split('{').map(|part| part.split_once('}').map_or(part, |(_, rest)| rest));
        parts.collect::<Vec<_>>().join("{}")
    };
    segments(template).into_iter().map(nameless).collect()
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

fn variable(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}').filter(|name| !name.contains(['{', '}']))
}

/// Puts `paths`, which are alike up to `depth`, below `prefix`.
fn place(paths: &[(&str, Vec<&str>)], depth: usize, prefix: String, out: &mut BTreeMap<String, Vec<String>>) {
    let (ended, going): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|(_, segments)| segments.len() == depth);
    for (path, _) in ended {
        let registered = if prefix.is_empty() { "/".to_owned() } else { prefix.clone() };
        out.entry(registered).or_default().push(path.to_owned());
    }
    let next: BTreeSet<&str> = going.iter().map(|(_, segments)| segments[depth]).collect();
    if next.iter().all(|segment| !segment.contains('{')) {
        for segment in next {
            let same: Vec<_> = going.iter().filter(|(_, segments)| segments[depth] == segment).cloned().collect();
            place(&same, depth + 1, format!("{prefix}/{segment}"), out);
        }
        return;
    }
    let mut alone = next.iter();
    let name = match (alone.next().and_then(|segment| variable(segment)), alone.next()) {
        (Some(name), None) => name.to_owned(),
        _ => made_name(paths, depth),
    };
    place(&going, depth + 1, format!("{prefix}/{{{name}}}"), out);
}

/// A name for the variable at `depth` that none of the paths has.
fn made_name(paths: &[(&str, Vec<&str>)], depth: usize) -> String {
    let mut name = format!("segment{depth}");
    while paths.iter().any(|(path, _)| path.contains(&format!("{{{name}}}"))) {
        name.push('_');
    }
    name
}

/// Literals come before parts of a segment, those before whole variables; the first segment decides.
fn specificity(template: &str) -> Vec<(u8, usize)> {
    let rank = |segment: &str| match (segment.contains('{'), variable(segment)) {
        (false, _) => (0, 0),
        // The more literal characters, the fewer values fit.
        (true, None) => (1, usize::MAX - literal_length(segment)),
        (true, Some(_)) => (2, 0),
    };
    segments(template).into_iter().map(rank).collect()
}

fn literal_length(segment: &str) -> usize {
    let inside: usize = segment.split('{').skip(1).filter_map(|rest| rest.find('}')).map(|end| end + 2).sum();
    segment.len().saturating_sub(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registered(paths: &[&str]) -> Vec<(String, Vec<String>)> {
        let mut out = BTreeMap::new();
        let all: Vec<(&str, Vec<&str>)> = paths.iter().map(|path| (*path, segments(path))).collect();
        place(&all, 0, String::new(), &mut out);
        out.into_iter().collect()
    }

    #[test]
    fn paths_that_dropshot_can_tell_apart_stay() {
        for path in ["/", "/a", "/a/{id}", "/a/{id}/b"] {
            assert_eq!(
                registered(&["/", "/a", "/a/{id}", "/a/{id}/b"]).iter().filter(|(name, _)| name == path).count(),
                1
            );
        }
    }

    #[test]
    fn a_literal_beside_a_variable_is_registered_as_one() {
        let found = registered(&["/pet/{id}", "/pet/search", "/pet/{pet}/photo", "/pet/{name}.json"]);
        assert_eq!(found[0].0, "/pet/{segment1}");
        assert_eq!(found[0].1.len(), 3);
        assert_eq!(found[1], ("/pet/{segment1}/photo".to_owned(), vec!["/pet/{pet}/photo".to_owned()]));
    }

    #[test]
    fn the_most_specific_template_comes_first() {
        let mut templates = ["/a/{x}/c", "/a/{x}.json/c", "/{y}/b/c", "/a/b/c", "/a/{x}.tar.json/c"];
        templates.sort_by_cached_key(|template| specificity(template));
        assert_eq!(templates, ["/a/b/c", "/a/{x}.tar.json/c", "/a/{x}.json/c", "/a/{x}/c", "/{y}/b/c"]);
    }

    #[test]
    fn of_templates_that_are_one_path_the_one_with_the_method_is_chosen() {
        let operation = |method: &str| format!("{method}: {{responses: {{'204': {{description: Done.}}}}}}");
        let item = |name: &str, method: &str| {
            let parameter = format!("{{name: {name}, in: path, required: true, schema: {{type: string}}}}");
            format!("  /a/{{{name}}}: {{parameters: [{parameter}], {}}}\n", operation(method))
        };
        let head = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths:\n";
        let text = format!("{head}{}{}  /a/b: {{{}}}\n", item("id", "get"), item("other", "delete"), operation("get"));
        let document = crate::Document::parse("a.yaml", &text).unwrap();
        let model = crate::read::model(&document).unwrap();
        let junction = &junctions(&model)[0];
        let chosen = |method: &str| -> Vec<(String, bool)> {
            let chosen = junction.operations(&model, method).into_iter();
            chosen.map(|(template, operation)| (template.to_owned(), operation.is_some())).collect()
        };
        assert_eq!(chosen("GET"), [("/a/b".to_owned(), true), ("/a/{id}".to_owned(), true)]);
        assert_eq!(chosen("DELETE"), [("/a/b".to_owned(), false), ("/a/{other}".to_owned(), true)]);
    }
}
