//! Complete crates of any document: a server with a stub, and a client.
//!
//! The parts that do not depend on the document are the hand-written files of this project's own crates, taken as they
//! are: there is one copy of each. Only their tests stay behind, for those speak of this project's document.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::Problems;
use crate::model::METHODS;
use crate::{Files, Output};

/// Versions and features of every dependency.
const WORKSPACE: &str = include_str!("../../../Cargo.toml");
const SERVER_MANIFEST: &str = include_str!("../../../server/api/Cargo.toml");
const SERVER_ROOT: &str = include_str!("../../../server/api/src/lib.rs");
const CLIENT_MANIFEST: &str = include_str!("../../../sdk/Cargo.toml");
const CLIENT_ROOT: &str = include_str!("../../../sdk/src/lib.rs");
const EMIT: &str = include_str!("../../../server/api/examples/emit.rs");
const SERVER_README: &str = include_str!("standalone/server.md");
/// What the examples in the client's hand-written files call their crate.
const CLIENT_CRATE: &str = "invite_sdk";
const CLIENT_README: &str = include_str!("standalone/client.md");
const SERVE: &str = include_str!("standalone/serve.rs");

const SERVER_FILES: &[(&str, &str)] = &[
    ("credentials.rs", include_str!("../../../server/api/src/credentials.rs")),
    ("reply.rs", include_str!("../../../server/api/src/reply.rs")),
    ("request.rs", include_str!("../../../server/api/src/request.rs")),
    ("request/body.rs", include_str!("../../../server/api/src/request/body.rs")),
    ("request/documentation.rs", include_str!("../../../server/api/src/request/documentation.rs")),
    ("request/input.rs", include_str!("../../../server/api/src/request/input.rs")),
    ("request/raw.rs", include_str!("../../../server/api/src/request/raw.rs")),
    ("request/route.rs", include_str!("../../../server/api/src/request/route.rs")),
    ("sensitive.rs", include_str!("../../../server/api/src/sensitive.rs")),
    ("serve.rs", include_str!("../../../server/api/src/serve.rs")),
    ("timestamp.rs", include_str!("../../../server/api/src/timestamp.rs")),
    ("validate.rs", include_str!("../../../server/api/src/validate.rs")),
];

pub(crate) const CLIENT_FILES: &[(&str, &str)] = &[
    ("answer.rs", include_str!("../../../sdk/src/answer.rs")),
    ("body.rs", include_str!("../../../sdk/src/body.rs")),
    ("builder.rs", include_str!("../../../sdk/src/builder.rs")),
    ("call.rs", include_str!("../../../sdk/src/call.rs")),
    ("client.rs", include_str!("../../../sdk/src/client.rs")),
    ("credentials.rs", include_str!("../../../sdk/src/credentials.rs")),
    ("draft.rs", include_str!("../../../sdk/src/draft.rs")),
    ("error.rs", include_str!("../../../sdk/src/error.rs")),
    ("operation.rs", include_str!("../../../sdk/src/operation.rs")),
    ("pages.rs", include_str!("../../../sdk/src/pages.rs")),
    ("patch.rs", include_str!("../../../sdk/src/patch.rs")),
    ("place.rs", include_str!("../../../sdk/src/place.rs")),
    ("retry.rs", include_str!("../../../sdk/src/retry.rs")),
    ("sensitive.rs", include_str!("../../../sdk/src/sensitive.rs")),
    ("target.rs", include_str!("../../../sdk/src/target.rs")),
    ("tls.rs", include_str!("../../../sdk/src/tls.rs")),
    ("trace.rs", include_str!("../../../sdk/src/trace.rs")),
    ("unrecognized.rs", include_str!("../../../sdk/src/unrecognized.rs")),
];

/// Two crates, file by file.
#[derive(Clone, Debug)]
pub struct Crates {
    /// Files below the server's folder.
    pub server: Files,
    /// Files below the client's folder.
    pub client: Files,
    /// What the passes made of the document.
    pub output: Output,
}

/// Makes the crates `<name>-server` and `<name>-client`; `file` is how messages and provenance name the document.
///
/// # Errors
/// All problems with the document, each with its place and what to do.
pub fn crates(name: &str, file: &str, text: &str) -> Result<Crates, Problems> {
    let output = crate::generate(file, text)?;
    Ok(Crates { server: server(name, file, &output), client: client(name, file, &output), output })
}

fn server(name: &str, file: &str, output: &Output) -> Files {
    let library = format!("{name}-server").replace('-', "_");
    let doc = format!(
        "The server of `{file}`: types, trait and answers in [`generated`], and an implementation to start from in [`stub`]."
    );
    let mut files = Files::from([
        ("Cargo.toml".to_owned(), manifest(&format!("{name}-server"), SERVER_MANIFEST, &["slog", "tokio"])),
        ("README.md".to_owned(), SERVER_README.replace("NAME", name).replace("FILE", file)),
        ("src/lib.rs".to_owned(), format!("{}pub mod stub;\n", root(SERVER_ROOT, &doc, output))),
        ("src/stub.rs".to_owned(), output.stub.clone()),
        ("examples/emit.rs".to_owned(), EMIT.replace("invite_api", &library)),
        ("examples/serve.rs".to_owned(), SERVE.replace("server_crate", &library)),
    ]);
    files.extend(SERVER_FILES.iter().map(|(path, text)| (format!("src/{path}"), without_tests(text))));
    files.extend(output.server.iter().map(|(path, text)| (format!("src/generated/{path}"), text.clone())));
    files
}

fn client(name: &str, file: &str, output: &Output) -> Files {
    let doc = format!("The client of `{file}`: one method an operation on [`Client`].");
    let mut files = Files::from([
        ("Cargo.toml".to_owned(), manifest(&format!("{name}-client"), CLIENT_MANIFEST, &["futures", "tokio"])),
        ("README.md".to_owned(), CLIENT_README.replace("NAME", name).replace("FILE", file)),
        ("src/lib.rs".to_owned(), root(CLIENT_ROOT, &doc, output)),
    ]);
    let library = format!("{name}-client").replace('-', "_");
    files.extend(
        CLIENT_FILES
            .iter()
            .map(|(path, text)| (format!("src/{path}"), without_tests(text).replace(CLIENT_CRATE, &library))),
    );
    files.extend(
        output
            .sdk
            .iter()
            .map(|(path, text)| (format!("src/generated/{path}"), text.replace(crate::sdk::sample::CRATE, &library))),
    );
    files
}

/// How deep the compiler must look through types that hold each other, if that is more than it does by itself: each may
/// lead to the next through an option, a list and a box.
fn recursion_limit(output: &Output) -> String {
    let types: usize = output.server.values().map(|text| text.matches("\npub struct ").count()).sum();
    if types <= 30 { String::new() } else { format!("#![recursion_limit = \"{}\"]\n", 128 + 4 * types) }
}

/// A crate root with its own documentation in place of ours.
fn root(text: &str, doc: &str, output: &Output) -> String {
    let rest = text.lines().skip_while(|line| line.starts_with("//!") || line.starts_with("#![doc") || line.is_empty());
    let allow = "#![allow(\n    unused,\n    unused_comparisons,\n    reason = \"not every document needs everything that is made for any\"\n)]";
    let limit = recursion_limit(output);
    format!("//! {doc}\n\n{limit}{allow}\n\n{}\n", without_tests(&rest.collect::<Vec<_>>().join("\n")).trim_end())
}

/// The text up to its tests, which stand last.
fn without_tests(text: &str) -> String {
    let end = text.find("\n#[cfg(test)]\n").map_or(text.len(), |end| end + 1);
    format!("{}\n", text[..end].trim_end())
}

/// The manifest of a crate of its own: dependencies as in `model`, with the versions of the workspace written out.
fn manifest(name: &str, model: &str, development: &[&str]) -> String {
    let versions = section(WORKSPACE, "[workspace.dependencies]");
    let spell = |line: &str| -> String {
        let own = line.split(".workspace").next().unwrap_or_default();
        let shared = line.ends_with(".workspace = true");
        shared.then(|| versions.get(own).cloned()).flatten().unwrap_or_else(|| line.to_owned())
    };
    let dependencies: Vec<String> = section(model, "[dependencies]").values().map(|line| spell(line)).collect();
    let edition = WORKSPACE.lines().find(|line| line.starts_with("edition")).unwrap_or_default();
    let mut out = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n{edition}\ndescription = \"Generated of an OpenAPI document\"\nreadme = \"README.md\"\npublish = false\n\n[dependencies]\n{}\n",
        dependencies.join("\n")
    );
    let features = section(model, "[features]");
    if !features.is_empty() {
        let lines: Vec<&str> = features.values().map(String::as_str).collect();
        out += &format!("\n[features]\n{}\n", lines.join("\n"));
    }
    if !development.is_empty() {
        let lines: Vec<String> = development.iter().filter_map(|name| versions.get(*name).cloned()).collect();
        out += &format!("\n[dev-dependencies]\n{}\n", lines.join("\n"));
    }
    out
}

/// The lines of one section of a manifest, by the name that each starts with.
fn section<'a>(text: &'a str, title: &str) -> BTreeMap<&'a str, String> {
    text.lines()
        .skip_while(|line| *line != title)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let name = line.split([' ', '.', '=']).next().filter(|name| !name.is_empty())?;
            Some((name, line.to_owned()))
        })
        .collect()
}

/// The manifest of a workspace that holds both crates.
#[must_use]
pub fn workspace() -> &'static str {
    "[workspace]\nresolver = \"3\"\nmembers = [\"client\", \"server\"]\n"
}

/// How many operations and schemas a document has; zero of both if it cannot be read.
#[must_use]
pub fn size(document: &Value) -> (usize, usize) {
    let items = document["paths"].as_object().into_iter().flat_map(|paths| paths.values());
    let operations = items.filter_map(Value::as_object).flat_map(|item| item.keys());
    let schemas = document["components"]["schemas"].as_object().map_or(0, serde_json::Map::len);
    (operations.filter(|key| METHODS.contains(&key.as_str())).count(), schemas)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "openapi: 3.0.3\ninfo: {title: A, version: 1.0.0}\npaths:\n  /a:\n    get:\n      operationId: a\n      responses:\n        '204': {description: Done.}\n";

    #[test]
    fn manifests_name_versions_and_no_path() {
        let crates = crates("a", "a.yaml", DOCUMENT).unwrap();
        for files in [&crates.server, &crates.client] {
            let manifest = &files["Cargo.toml"];
            assert!(!manifest.contains("workspace") && !manifest.contains("path ="), "{manifest}");
            assert!(manifest.contains("\nserde = {") && manifest.contains("\nuuid = {"), "{manifest}");
        }
        assert!(crates.server["Cargo.toml"].contains("dropshot = \""));
    }

    #[test]
    fn hand_written_parts_come_whole_and_without_tests() {
        let crates = crates("a", "a.yaml", DOCUMENT).unwrap();
        for (path, text) in crates.server.iter().chain(&crates.client) {
            assert!(!text.contains("#[cfg(test)]"), "{path}");
            assert!(!text.to_lowercase().contains("invite"), "{path} knows this project's document");
        }
        for (root, files) in [(SERVER_ROOT, &crates.server), (CLIENT_ROOT, &crates.client)] {
            for module in root.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")) {
                let name = module.trim_end_matches(';').trim_end_matches(" {");
                let there = [format!("src/{name}.rs"), format!("src/{name}/mod.rs")];
                assert!(there.iter().any(|path| files.contains_key(path)), "{name} is missing");
            }
        }
        assert!(crates.server["src/lib.rs"].ends_with("pub mod stub;\n"));
    }

    #[test]
    fn the_compiler_is_let_as_deep_as_the_schemas_are() {
        let chain: String = (0..80)
            .map(|i| {
                format!("    L{i}: {{type: object, properties: {{n: {{$ref: '#/components/schemas/L{}'}}}}}}\n", i + 1)
            })
            .collect();
        let text = format!("{DOCUMENT}\ncomponents:\n  schemas:\n{chain}    L80: {{type: string}}\n");
        let text = text.replace(
            "'204': {description: Done.}",
            "'200': {description: Done., content: {application/json: {schema: {$ref: '#/components/schemas/L0'}}}}",
        );
        let deep = crates("a", "a.yaml", &text).unwrap();
        for files in [&deep.server, &deep.client] {
            assert!(files["src/lib.rs"].contains("\n#![recursion_limit = \""), "{}", files["src/lib.rs"]);
        }
        assert!(!crates("a", "a.yaml", DOCUMENT).unwrap().server["src/lib.rs"].contains("recursion_limit"));
    }

    #[test]
    fn documents_are_counted_without_being_understood() {
        let document = crate::Document::parse("a.yaml", DOCUMENT).unwrap();
        assert_eq!(size(&document.value), (1, 0));
        assert_eq!(size(&Value::Null), (0, 0));
    }
}
