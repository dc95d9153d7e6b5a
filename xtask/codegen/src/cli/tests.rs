//! The command line of the client's fixture, and names that are taken.

use crate::Files;
use crate::load::Document;

const FIXTURE: &str = include_str!("../sdk/fixture.yaml");

fn generated(text: &str) -> Files {
    let document = Document::parse("fixture.yaml", text).unwrap();
    let model = crate::read::model(&document).unwrap();
    super::generate(&document, &model).unwrap()
}

/// The text with runs of blanks as one, so that line breaks of the formatter do not matter.
fn file(text: &str, name: &str) -> String {
    generated(text)[name].split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The entry of an operation in the table.
fn entry<'a>(commands: &'a str, id: &str) -> &'a str {
    let start = format!("Command {{ id: \"{id}\"");
    let rest = &commands[commands.find(&start).unwrap_or_else(|| panic!("{id} is missing:\n{commands}"))..];
    rest[1..].find("Command {").map_or(rest, |end| &rest[..=end])
}

/// The entry of a flag in that of its operation.
fn flag<'a>(entry: &'a str, flag: &str) -> &'a str {
    let start = format!("Field {{ flag: \"{flag}\"");
    let rest = &entry[entry.find(&start).unwrap_or_else(|| panic!("--{flag} is missing:\n{entry}"))..];
    // Its help is the last member, and may hold anything.
    &rest[..rest.find("help:").unwrap()]
}

#[test]
fn parameters_and_members_are_flags_of_their_kind() {
    let commands = file(FIXTURE, "commands.rs");
    let create = entry(&commands, "create_thing");
    assert!(create.contains("name: \"create-thing\", summary: \"Create a thing\""), "{create}");
    assert!(create.contains("body: Body::Json { required: true }") && create.contains("call: calls::create_thing"));
    for (name, says) in [
        ("id", "place: Place::Path, kind: Kind::Integer { from: Some(1i64), to: None, }, required: true"),
        ("dry-run", "place: Place::Query, kind: Kind::Boolean, required: false"),
        ("idempotency-key", "name: \"Idempotency-Key\", place: Place::Header, kind: Kind::Text, required: false"),
        ("name", "place: Place::Body, kind: Kind::Text, required: true"),
        ("kind", "kind: Kind::Choice(&[\"big\", \"small\"]), required: true"),
    ] {
        let found = flag(create, name);
        assert!(found.contains(says), "{found}");
    }
    let change = entry(&commands, "change_thing");
    assert!(flag(change, "size").contains("nullable: true"), "{change}");
    assert!(flag(change, "tags").contains("kind: Kind::Text, required: false, repeated: true"), "{change}");
    assert!(flag(change, "until").contains("kind: Kind::Time"), "{change}");
}

#[test]
fn flags_of_the_engine_are_not_taken_twice() {
    let commands = file(FIXTURE, "commands.rs");
    let timeout = flag(entry(&commands, "create_thing"), "query-timeout");
    assert!(timeout.contains("name: \"timeout\"") && timeout.contains("deprecated: true"), "{timeout}");
    let tagged = FIXTURE.replacen("tags: [things]", "tags: [import]", 1);
    assert!(file(&tagged, "commands.rs").contains("Group { name: \"import-operations\""));
    let untagged = FIXTURE.replacen("      tags: [things]\n", "", 1);
    assert!(file(&untagged, "commands.rs").contains("Group { name: \"operations\""));
}

#[test]
fn commands_leave_out_the_tag_unless_two_would_be_alike() {
    let one = FIXTURE.replace("operationId: create_thing", "operationId: things_create");
    assert!(file(&one, "commands.rs").contains("id: \"things_create\", name: \"create\""));
    let two = one.replace("operationId: get_thing", "operationId: create");
    let commands = file(&two, "commands.rs");
    assert!(commands.contains("id: \"create\", name: \"create-operation\""), "{commands}");
}

#[test]
fn lists_say_how_one_page_leads_to_the_next() {
    let commands = file(FIXTURE, "commands.rs");
    let pages = r#"pages: Some(crate::command::Pages { cursor: "query/cursor", items: "items", next: "nextCursor", })"#;
    assert!(entry(&commands, "list_all_things").contains(pages), "{commands}");
    assert!(entry(&commands, "create_thing").contains("pages: None"));
    let all = FIXTURE.replacen("{name: limit, in: query", "{name: all, in: query", 1);
    flag(entry(&file(&all, "commands.rs"), "list_all_things"), "query-all");
}

#[test]
fn secrets_are_known_on_their_way_in_and_out() {
    let commands = file(FIXTURE, "commands.rs");
    let change = entry(&commands, "change_thing");
    for (name, sensitive) in [("note", true), ("weight", true), ("owner", true), ("name", false)] {
        assert!(flag(change, name).contains(&format!("sensitive: {sensitive}")), "{name}: {change}");
    }
    let get = entry(&commands, "get_thing");
    let names = r#"secrets: &["account", "codes", "door", "pin", "place", "serial", "year"], issues: false"#;
    assert!(get.contains(names), "{get}");
    let times = r#"times: &["mark"]"#;
    assert!(get.contains(times), "{get}");
    // The pin is always there once the owner is.
    let issuing = FIXTURE.replacen("      required: [name]\n      properties:\n        name: {type: string, minLength: 1, maxLength: 250}\n        kind: {type: string, enum: [big, small]}\n        tags", "      required: [name, owner]\n      properties:\n        name: {type: string, minLength: 1, maxLength: 250}\n        kind: {type: string, enum: [big, small]}\n        tags", 1);
    assert_ne!(issuing, FIXTURE);
    let commands = file(&issuing, "commands.rs");
    assert!(entry(&commands, "create_thing").contains("issues: true"));
    assert!(entry(&commands, "get_thing").contains("issues: false"), "reading makes no secret");
}

#[test]
fn calls_hand_on_what_was_given() {
    let calls = file(FIXTURE, "calls.rs");
    let call = r#".create_thing(input.value("path/id")?, input.body::<types::NewThing>()?);"#;
    assert!(calls.contains(call), "{calls}");
    assert!(
        calls.contains("if let Some(value) = input.value_if_given(\"query/dry-run\")? { call = call.dry_run(value); }"),
        "{calls}"
    );
    assert!(calls.contains("call = call.timeout_(value);"), "{calls}");
    let checks = file(FIXTURE, "checks.rs");
    assert!(checks.contains("input.value_if_given::<bool>(\"query/dry-run\")?;"), "{checks}");
    let schemes = file(FIXTURE, "schemes.rs");
    assert!(schemes.contains("scheme: Scheme::Basic, username: true, description: \"A key pair.\""), "{schemes}");
}
