//! The parser: the generated tables and the engine's own commands as one definition, which help, completions and the
//! manual are made of too.

use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Arg, ArgAction, ArgGroup, Args, Command as Parser, Subcommand, value_parser};
use serde_json::Value;

use crate::command::{Body, Command, Field, Kind, Place};
use crate::connection::variable;
use crate::generated::commands::GROUPS;
use crate::generated::schemes::SCHEMES;
use crate::globals::Globals;
use crate::program::Own;

/// Ids of the arguments that commands have beside their fields.
pub(crate) const FILE: &str = "file";
pub(crate) const NULL: &str = "null";
pub(crate) const ALL: &str = "all";
pub(crate) const SHOW_SECRETS: &str = "show-secrets";
pub(crate) const SECRETS_FILE: &str = "secrets-file";
pub(crate) const REDACT_SECRETS: &str = "redact-secrets";

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  the service refused (a status of the 400s)
    2  the command line, the configuration or a local file is wrong; nothing was sent
    3  no connection, a broken one, or no answer in time
    4  the service failed, or answered what its document does not know; or its answer cannot be written
    5  an import ended, but not every row succeeded
  130  interrupted with Ctrl-C

With `--output json`, answers on standard output and errors on standard error are JSON.

Secrets are never taken from the command line, which other users of the machine can read.
They come from files, standard input, the environment or a profile, or are asked for without echo.";

/// The whole command line.
pub(crate) fn parser() -> Parser {
    let parser = Parser::new("invite")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(110);
    // The derived parts bring the documentation of their types along.
    let parser = Own::augment_subcommands(Globals::augment_args(parser))
        .about("Invite people through MuninX, Kare, Nexus and Unleash")
        .long_about(None)
        .after_help(EXIT_CODES)
        .after_long_help(format!("{EXIT_CODES}\n\n{}", credentials()));
    parser.subcommands(GROUPS.iter().map(|group| {
        Parser::new(group.name)
            .about(first_sentence(group.about))
            .long_about(format!("{}\n\nDefined at {}.", paragraphs(group.about), group.defined).trim_start().to_owned())
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(group.commands.iter().map(command))
    }))
}

/// Every scheme with its variable and what it wants.
fn credentials() -> String {
    let lines = SCHEMES.iter().map(|entry| {
        let form = if entry.username { " Written `name:password`." } else { "" };
        format!(
            "  {}, {}\n      {}{form} ({})",
            entry.scheme.name(),
            variable(entry.scheme),
            entry.description,
            entry.defined
        )
    });
    format!("Credentials, each with its environment variable:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// The generated command of a group and a name.
pub(crate) fn find(group: &str, name: &str) -> Option<&'static Command> {
    let group = GROUPS.iter().find(|known| known.name == group)?;
    group.commands.iter().find(|command| command.name == name)
}

/// The generated command of an operation.
pub(crate) fn by_id(id: &str) -> Option<&'static Command> {
    GROUPS.iter().flat_map(|group| group.commands).find(|command| command.id == id)
}

fn command(command: &'static Command) -> Parser {
    let mut parser = Parser::new(command.name).about(command.summary).long_about(long_about(command));
    let has_file = !matches!(command.body, Body::None);
    if command.deprecated {
        parser = parser.about(format!("{} (deprecated)", command.summary));
    }
    for field in command.fields {
        parser = parser.args(arguments(field));
    }
    if has_file {
        parser = parser.arg(file(command));
    }
    let nullable: Vec<&str> = command.members().filter(|member| member.nullable).map(|member| member.name).collect();
    if !nullable.is_empty() {
        parser = parser.arg(
            Arg::new(NULL)
                .long(NULL)
                .value_name("MEMBER")
                .action(ArgAction::Append)
                .value_parser(PossibleValuesParser::new(nullable))
                .help("Send this member as null"),
        );
    }
    if command.pages.is_some() {
        let help = "Follow the pages to the last one, and print them as one list";
        parser = parser.arg(Arg::new(ALL).long(ALL).action(ArgAction::SetTrue).help(help));
    }
    if command.secrets.is_empty() { parser } else { secrets(parser, command) }
}

/// What to do with the secrets of an answer. Where they come only once, the caller has to say.
fn secrets(parser: Parser, command: &Command) -> Parser {
    let show = Arg::new(SHOW_SECRETS).long(SHOW_SECRETS).action(ArgAction::SetTrue);
    let keep =
        Arg::new(SECRETS_FILE).long(SECRETS_FILE).value_name("FILE").value_parser(value_parser!(std::path::PathBuf));
    let redact = Arg::new(REDACT_SECRETS).long(REDACT_SECRETS).action(ArgAction::SetTrue);
    parser
        .arg(show.help("Print the secrets of the answer"))
        .arg(keep.help("Write the answer with its secrets to a new file that only you can read"))
        .arg(redact.help("Print the answer without its secrets").hide(!command.issues))
        .group(ArgGroup::new("secrets").args([SHOW_SECRETS, SECRETS_FILE, REDACT_SECRETS]).required(command.issues))
}

fn file(command: &Command) -> Arg {
    let (help, required) = match command.body {
        Body::Raw { required } => ("The body, `-` for standard input", required),
        // What is required of the members can come from the file or from their flags.
        Body::Json { required } => (
            "The body as JSON, `-` for standard input; members given as flags replace those of the file",
            required && command.members().next().is_none(),
        ),
        Body::None => ("", false),
    };
    Arg::new(FILE)
        .long(FILE)
        .value_name("FILE")
        .value_parser(value_parser!(std::path::PathBuf))
        .required(required)
        .help(help)
}

fn arguments(field: &'static Field) -> Vec<Arg> {
    let help = if field.help.is_empty() { format!("Sets `{}`", field.name) } else { paragraphs(field.help) };
    let short = match (field.help.is_empty(), field.deprecated) {
        (true, _) => help.clone(),
        (false, false) => first_sentence(field.help),
        (false, true) => format!("{} (deprecated)", first_sentence(field.help)),
    };
    let limits = limits(field.kind);
    let (help, short) = (format!("{help}{limits} [{}]", field.defined), format!("{short}{limits}"));
    let short = match (field.place, field.required, field.sensitive) {
        (Place::Body, true, false) => format!("{short} [required, here or in the file]"),
        _ => short,
    };
    if field.sensitive {
        return secret_arguments(field, &short, &help);
    }
    let mut argument = Arg::new(field.id()).long(field.flag).help(short).long_help(help);
    argument = argument.value_name(field.kind.placeholder()).value_parser(values(field.kind));
    argument = argument.action(if field.repeated { ArgAction::Append } else { ArgAction::Set });
    if field.kind == Kind::Boolean {
        argument = argument.num_args(0..=1).require_equals(true).default_missing_value("true");
    }
    match (field.kind, field.place, field.required) {
        (Kind::Integer { .. } | Kind::Number, ..) => argument = argument.allow_negative_numbers(true),
        (Kind::Text | Kind::Email | Kind::Json, ..) => argument = argument.allow_hyphen_values(false),
        _ => {}
    }
    vec![match (field.place, field.required) {
        (_, false) => argument,
        (Place::Body, true) => argument.required_unless_present(FILE),
        (Place::Path | Place::Query | Place::Header, true) => argument.required(true),
    }]
}

/// Between what a number has to be, where the document says it and it is not only what its type can hold.
fn limits(kind: Kind) -> String {
    match kind {
        Kind::Integer { from: Some(from), to: Some(to) } if to < i64::from(i32::MAX) => format!(" [{from} to {to}]"),
        _ => String::new(),
    }
}

/// A secret comes from a file. The flag with its bare name is there to say so.
fn secret_arguments(field: &'static Field, short: &str, long: &str) -> Vec<Arg> {
    let otherwise = if field.required { "asked for if left out" } else { "optional" };
    let from = format!("From a file, `-` for standard input; {otherwise}.");
    let read = Arg::new(field.id())
        .long(format!("{}-file", field.flag))
        .value_name("FILE")
        .value_parser(value_parser!(std::path::PathBuf))
        .help(format!("{short} [secret: from a file, `-` for standard input; {otherwise}]"))
        .long_help(format!("{long}\n\n{from}"));
    let guard = Arg::new(guard(field)).long(field.flag).num_args(0..=1).allow_hyphen_values(true).hide(true);
    vec![read, guard]
}

/// The id of the flag that takes no secret.
pub(crate) fn guard(field: &Field) -> String {
    format!("refused/{}", field.id())
}

fn values(kind: Kind) -> ValueParser {
    match kind {
        Kind::Choice(values) => PossibleValuesParser::new(values).map(Value::String).into(),
        Kind::Boolean => PossibleValuesParser::new(["true", "false"]).map(|text| Value::Bool(text == "true")).into(),
        _ => ValueParser::new(move |text: &str| kind.parse(text)),
    }
}

fn long_about(command: &Command) -> String {
    let mut parts = vec![command.summary.to_owned()];
    if !command.description.is_empty() {
        parts.push(paragraphs(command.description));
    }
    if !command.access.is_empty() {
        parts.push(format!("Who may call: {}", paragraphs(command.access)));
    }
    let alternatives: Vec<String> = command
        .info
        .security
        .iter()
        .map(|alternative| alternative.iter().map(|scheme| scheme.name()).collect::<Vec<_>>().join(" and "))
        .collect();
    if !alternatives.is_empty() {
        parts.push(format!("Credentials: {}.", alternatives.join(", or ")));
    }
    parts.push(format!("Sends {} {}, defined at {}.", command.info.method, command.info.path, command.defined));
    parts.join("\n\n")
}

/// Lines of a paragraph joined, so that they can be wrapped anew; lists keep theirs.
fn paragraphs(text: &str) -> String {
    let mut joined = String::new();
    for line in text.trim().lines().map(str::trim) {
        let starts_item = line.starts_with("- ") || line.starts_with('|');
        match (joined.is_empty() || joined.ends_with('\n'), line.is_empty(), starts_item) {
            (true, false, _) => {}
            (_, true, _) => joined += if joined.ends_with("\n\n") { "" } else { "\n\n" },
            (false, false, true) => joined.push('\n'),
            (false, false, false) => joined.push(' '),
        }
        joined += line;
    }
    joined
}

/// Up to the first full stop that ends a sentence, without it.
fn first_sentence(text: &str) -> String {
    let text = paragraphs(text);
    let first = text.split("\n\n").next().unwrap_or_default();
    let end = first.find(". ").unwrap_or(first.len());
    first[..end].trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        parser().debug_assert();
    }

    #[test]
    fn every_operation_is_a_command() {
        let known: Vec<&str> = crate::sdk::OPERATIONS.iter().map(|operation| operation.id).collect();
        let mut commands: Vec<&str> =
            GROUPS.iter().flat_map(|group| group.commands).map(|command| command.id).collect();
        assert_eq!(commands.len(), known.len());
        commands.retain(|id| !known.contains(id));
        assert!(commands.is_empty(), "{commands:?}");
    }

    #[test]
    fn sentences_end_where_they_end() {
        assert_eq!(first_sentence("The address\nof a user. It counts."), "The address of a user");
        assert_eq!(first_sentence("One.\n\nTwo."), "One");
        assert_eq!(paragraphs("a\nb\n\n- c\n  d\n- e"), "a b\n\n- c d\n- e");
    }
}
