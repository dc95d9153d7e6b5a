//! Writes damaged copies of generated types, so that a test can show that the independent leg notices the damage.
//!
//! Each copy is cut out of the generated file with all the types it needs, changed in one place, and put into a module
//! of its own. A place that is no longer found fails the build: the list below then needs a new victim.
#![expect(clippy::expect_used, reason = "a build script reports by failing")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// One damage.
struct Mutation {
    /// What it claims, as a module name.
    name: &'static str,
    /// The component that is read and written.
    component: &'static str,
    /// The type whose text is changed; the component or one of its parts.
    victim: &'static str,
    /// What is replaced, once, and by what.
    change: (&'static str, &'static str),
}

const fn mutation(
    name: &'static str,
    component: &'static str,
    victim: &'static str,
    from: &'static str,
    to: &'static str,
) -> Mutation {
    Mutation { name, component, victim, change: (from, to) }
}

const MUTATIONS: &[Mutation] = &[
    mutation(
        "a_required_member_is_renamed",
        "MuninxNewUser",
        "MuninxNewUser",
        r#"rename = "last-name""#,
        r#"rename = "lastname""#,
    ),
    mutation(
        "an_optional_member_is_renamed",
        "MuninxNewUser",
        "MuninxNewUser",
        "pub organization:",
        "pub organisation:",
    ),
    mutation("a_name_may_be_five_characters_long", "MuninxNewUser", "MuninxNewUserName", "> 250usize", "> 5usize"),
    mutation(
        "a_name_may_be_one_character_longer",
        "KareInviteUserOrganization",
        "KareInviteUserOrganizationFirstName",
        "> 250usize",
        "> 251usize",
    ),
    mutation("an_address_may_be_one_character_shorter", "NewSession", "NewSessionEmail", "< 3usize", "< 2usize"),
    mutation(
        "lengths_count_bytes",
        "MuninxNewToken",
        "MuninxNewTokenName",
        "value.chars().count() > 250usize",
        "value.len() > 250usize",
    ),
    mutation(
        "a_required_member_is_optional",
        "KareInviteUserOrganization",
        "KareInviteUserOrganization",
        "pub permissions: KareInvitedPermissions",
        "pub permissions: ::std::option::Option<KareInvitedPermissions>",
    ),
    mutation(
        "an_optional_member_is_required",
        "KareInvitedPermissions",
        "KareInvitedPermissions",
        "default, skip_serializing_if",
        "skip_serializing_if",
    ),
    mutation(
        "an_enum_value_is_missing",
        "MuninxNewUser",
        "MuninxNewUserAgentType",
        r#"#[serde(rename = "ai-autonomous")]"#,
        "#[serde(skip)]",
    ),
    mutation(
        "an_enum_value_is_misspelt",
        "KareAcceptInvitation",
        "KareAcceptInvitationLang",
        r#"rename = "fr""#,
        r#"rename = "FR""#,
    ),
    mutation(
        "a_closed_body_is_open",
        "UnleashCreateInvitedUser",
        "UnleashCreateInvitedUser",
        "#[serde(deny_unknown_fields)]",
        "",
    ),
    mutation(
        "a_pattern_is_looser",
        "KareInviteUserOrganization",
        "KareInviteUserOrganizationEmail",
        r"(?!.*\\.\\.)",
        "",
    ),
    mutation(
        "an_integer_is_narrower",
        "KareInvitedPermissions",
        "KareInvitedPermissions",
        "pub group: i64",
        "pub group: i32",
    ),
    mutation(
        "a_list_holds_strings",
        "KareInvitedPermissions",
        "KareInvitedPermissions",
        "pub read: ::std::vec::Vec<i64>",
        "pub read: ::std::vec::Vec<String>",
    ),
    mutation(
        "a_time_is_any_string",
        "UnleashCreateSignupToken",
        "UnleashCreateSignupToken",
        "pub expires_at: crate::timestamp::Timestamp",
        "pub expires_at: String",
    ),
    mutation(
        "an_id_is_any_string",
        "MuninxCreatedToken",
        "MuninxCreatedToken",
        "pub id: ::uuid::Uuid",
        "pub id: String",
    ),
    mutation(
        "an_empty_member_is_written_as_null",
        "UnleashCreateInvitedUser",
        "UnleashCreateInvitedUser",
        "skip_serializing_if = \"::std::option::Option::is_none\"",
        "default",
    ),
];

fn main() {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let source = Path::new(&manifest).join("../server/api/src/generated/types.rs");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", source.display());
    let text = std::fs::read_to_string(&source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    let items = items(&text);
    let target = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&target).join("mutants.rs"), render(&items)).expect("OUT_DIR can be written");
}

/// A top-level item of the generated file and the type it belongs to.
struct Item {
    subject: String,
    text: String,
}

/// Cuts formatted code into its items: each ends where a line closes at the left edge.
fn items(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut current = String::new();
    for line in text.lines().filter(|line| !line.starts_with("//!") && !line.starts_with("// ")) {
        current.push_str(line);
        current.push('\n');
        if line == "}" || line.starts_with("pub struct") && line.ends_with(");") {
            let text = std::mem::take(&mut current);
            items.push(Item { subject: subject(&text), text });
        }
    }
    items
}

/// The type that an item declares or implements something for; `error` is the module that all of them use.
fn subject(item: &str) -> String {
    let head =
        item.lines().find(|line| ["pub ", "impl"].iter().any(|start| line.starts_with(start))).unwrap_or_default();
    let words: Vec<&str> =
        head.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let conversion_out = head.starts_with("impl ::std::convert::From<") && head.contains("for ::std::string::String");
    let word = if conversion_out {
        words.iter().position(|word| *word == "From").map_or("", |at| words[at + 1])
    } else {
        words.last().copied().unwrap_or_default()
    };
    if head.starts_with("pub ") { words[2.min(words.len() - 1)].to_owned() } else { word.to_owned() }
}

/// `component` and every type that its text names, and theirs.
fn closure<'a>(items: &'a [Item], component: &'a str) -> BTreeSet<&'a str> {
    let mut wanted = BTreeSet::from([component, "error"]);
    loop {
        let words: BTreeSet<&str> = items
            .iter()
            .filter(|item| wanted.contains(item.subject.as_str()))
            .flat_map(|item| item.text.split(|c: char| !c.is_alphanumeric() && c != '_'))
            .collect();
        let before = wanted.len();
        wanted.extend(items.iter().map(|item| item.subject.as_str()).filter(|subject| words.contains(subject)));
        if wanted.len() == before {
            return wanted;
        }
    }
}

fn render(items: &[Item]) -> String {
    let mut modules = String::new();
    let mut table = String::new();
    let unharmed: BTreeSet<&str> = MUTATIONS.iter().map(|mutation| mutation.component).collect();
    for component in unharmed {
        let name = format!("unharmed_{}", component.to_lowercase());
        module(&mut modules, &mut table, &name, component, false, &copy(items, component, |_| None));
    }
    for Mutation { name, component, victim, change: (from, to) } in MUTATIONS {
        let mut hit = false;
        let text = copy(items, component, |item| {
            let here = !hit && item.subject == *victim && item.text.contains(from);
            hit |= here;
            here.then(|| item.text.replacen(from, to, 1))
        });
        assert!(hit, "{name}: `{from}` is not in {victim}; name another place in tests/build.rs");
        module(&mut modules, &mut table, name, component, true, &text);
    }
    format!("{modules}\n/// Every copy.\npub(super) const MUTANTS: &[Mutant] = &[\n{table}];\n")
}

fn copy(items: &[Item], component: &str, mut change: impl FnMut(&Item) -> Option<String>) -> String {
    let wanted = closure(items, component);
    let kept = items.iter().filter(|item| wanted.contains(item.subject.as_str()));
    let text: String = kept.map(|item| change(item).unwrap_or_else(|| item.text.clone())).collect();
    // Hand-written parts are taken from where they are.
    text.replace("crate::", "::invite_api::")
}

fn module(modules: &mut String, table: &mut String, name: &str, component: &str, harmed: bool, text: &str) {
    // Formatting into a string cannot fail.
    let _ = write!(
        modules,
        "mod {name} {{\n#![allow(dead_code, unused_imports, unreachable_pub, missing_docs, clippy::all, clippy::unwrap_used)]\nuse ::serde::Deserialize as _;\n{text}}}\n"
    );
    let _ = writeln!(
        table,
        "    Mutant {{ name: \"{name}\", component: \"{component}\", harmed: {harmed}, round_trip: contract_tests::components::round_trip::<{name}::{component}> }},"
    );
}
