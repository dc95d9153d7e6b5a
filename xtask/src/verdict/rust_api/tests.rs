//! Each row is one module of one crate, changed in one way, so that rustdoc runs twice for all of them.

use std::path::PathBuf;
use std::process::Command;

use super::*;

/// Name of the module, its source before and after, weight (none: no reason at all), part of the wording.
const ROWS: &[(&str, &str, &str, Option<Level>, &str)] = &[
    ("same", "pub fn f() {}", "pub fn f() { let _ = 1; }", None, ""),
    (
        "function_removed",
        "pub fn f() {} pub fn g() {}",
        "pub fn f() {}",
        Some(Level::Major),
        "removed: pub fn api::function_removed::g()",
    ),
    ("function_added", "pub fn f() {}", "pub fn f() {} pub fn g() {}", Some(Level::Minor), "added: pub fn"),
    (
        "signature",
        "pub fn f(a: u8) -> u8 { a }",
        "pub fn f(a: u16) -> u16 { a }",
        Some(Level::Major),
        "(was: pub fn api::signature::f(u8) -> u8)",
    ),
    ("parameter_renamed", "pub fn f(a: u8) -> u8 { a }", "pub fn f(b: u8) -> u8 { b }", None, ""),
    ("made_const", "pub fn f() {}", "pub const fn f() {}", Some(Level::Minor), "changed: pub const fn"),
    ("private", "fn f() {} pub fn g() { f() }", "pub fn g() {}", None, ""),
    (
        "open_variant",
        "#[non_exhaustive] pub enum E { A }",
        "#[non_exhaustive] pub enum E { A, B }",
        Some(Level::Minor),
        "E::B",
    ),
    ("closed_variant", "pub enum E { A }", "pub enum E { A, B }", Some(Level::Major), "match this enum exhaustively"),
    (
        "variant_field",
        "pub enum E { A { x: u8 } }",
        "pub enum E { A { x: u8, y: u8 } }",
        Some(Level::Major),
        "match and write this variant",
    ),
    ("now_closed", "pub enum E { A }", "#[non_exhaustive] pub enum E { A }", Some(Level::Major), "non_exhaustive"),
    ("now_open", "#[non_exhaustive] pub enum E { A }", "pub enum E { A }", Some(Level::Minor), "non_exhaustive"),
    (
        "written_field",
        "pub struct S { pub x: u8 }",
        "pub struct S { pub x: u8, pub y: u8 }",
        Some(Level::Major),
        "write this struct in full",
    ),
    (
        "built_field",
        "pub struct S { pub x: u8, z: u8 }",
        "pub struct S { pub x: u8, pub y: u8, z: u8 }",
        Some(Level::Minor),
        "S::y",
    ),
    (
        "trait_demands",
        "pub trait T { fn a(&self); }",
        "pub trait T { fn a(&self); fn b(&self); }",
        Some(Level::Major),
        "must write it",
    ),
    (
        "trait_provides",
        "pub trait T { fn a(&self); }",
        "pub trait T { fn a(&self); fn b(&self) {} }",
        Some(Level::Minor),
        "T::b",
    ),
    (
        "derive_lost",
        "#[derive(Clone, Debug)] pub struct S;",
        "#[derive(Debug)] pub struct S;",
        Some(Level::Major),
        "Clone for",
    ),
    (
        "derive_gained",
        "#[derive(Debug)] pub struct S;",
        "#[derive(Clone, Debug)] pub struct S;",
        Some(Level::Minor),
        "Clone for",
    ),
    ("not_send", "pub struct S(u8);", "pub struct S(*const u8);", Some(Level::Major), "removed: impl Send for"),
    (
        "rewritten_impl",
        "pub struct S; impl std::hash::Hash for S { fn hash<A: std::hash::Hasher>(&self, _: &mut A) {} }",
        "pub struct S; impl std::hash::Hash for S { fn hash<B: std::hash::Hasher>(&self, _: &mut B) {} }",
        None,
        "",
    ),
    (
        "first_method",
        "pub struct S;",
        "pub struct S; impl S { pub fn f(&self) -> Option<String> { None } }",
        Some(Level::Minor),
        "added: pub fn api::first_method::S::f(&self) -> Option<String>",
    ),
    (
        "type_removed",
        "pub struct S; impl S { pub fn f() {} } pub fn g() {}",
        "pub fn g() {}",
        Some(Level::Major),
        "removed: pub struct",
    ),
];

/// Lets rustdoc describe a crate of all modules.
fn describe(folder: &Path, name: &str, source: impl Fn(&(&str, &str, &str, Option<Level>, &str)) -> String) -> PathBuf {
    let file = format!("{name}.rs");
    let modules: Vec<_> = ROWS.iter().map(|row| format!("pub mod {} {{ {} }}\n", row.0, source(row))).collect();
    fs::write(folder.join(&file), modules.concat()).unwrap();
    let cargo = PathBuf::from(cargo().get_program());
    let mut rustdoc = Command::new(cargo.with_file_name("rustdoc"));
    rustdoc.args(["--crate-name", "api", "--edition", "2024", "-Zunstable-options", "--output-format", "json"]);
    let out = folder.join(name);
    let status = rustdoc.arg("--out-dir").arg(&out).arg(&file).current_dir(folder).env("RUSTC_BOOTSTRAP", "1").status();
    assert!(status.unwrap().success());
    out.join("api.json")
}

#[test]
fn each_change_of_the_public_items_has_its_weight() {
    let folder = tempfile::tempdir().unwrap();
    let before = describe(folder.path(), "before", |row| row.1.to_owned());
    let after = describe(folder.path(), "after", |row| row.2.to_owned());
    let reasons = compare(&before, &after, "v1").unwrap();
    let mut wrong = Vec::new();
    for (module, _, _, level, wording) in ROWS {
        let of: Vec<_> = reasons.iter().filter(|reason| reason.what.contains(&format!("api::{module}"))).collect();
        let heaviest = of.iter().map(|reason| reason.level).max();
        let told = of.iter().map(|reason| reason.what.clone()).collect::<Vec<_>>().join("; ");
        if heaviest != *level || !told.contains(wording) {
            wrong.push(format!("{module}: expected {level:?} `{wording}`, got {heaviest:?}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_goes_with_its_type_is_not_told_apart_and_each_reason_has_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let before = describe(folder.path(), "before", |row| row.1.to_owned());
    let after = describe(folder.path(), "after", |row| row.2.to_owned());
    let reasons = compare(&before, &after, "v1").unwrap();
    let of = |module: &str| reasons.iter().filter(|reason| reason.what.contains(module)).collect::<Vec<_>>();
    let removed = of("api::type_removed");
    assert_eq!(removed.len(), 1, "{removed:?}");
    let site = removed[0].site.as_ref().unwrap();
    assert_eq!((site.line, site.at.as_deref()), (ROWS.len(), Some("v1")));
    assert_eq!(of("api::function_added")[0].site.as_ref().unwrap().line, 3);
}
