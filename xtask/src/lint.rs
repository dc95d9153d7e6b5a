//! `cargo xtask lint`: everything that is wrong with a document, each problem with its place and what to do.

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use dropshot_codegen::lint::Set;
use dropshot_codegen::{Problem, Problems};

use crate::generate::DOCUMENT;
use crate::workspace::root;

/// Rules, passes and what they mean stand in `openapi/README.md`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit status:
  0  no errors (there may be warnings)
  1  errors; each names its rule, its place and what to do
  2  the file cannot be read, or the arguments are wrong

Colour is used on terminals only, and not if NO_COLOR is set.")]
pub(crate) struct Arguments {
    /// The document, YAML or JSON; openapi/invite.yaml with the strict rules if none is given
    file: Option<PathBuf>,
    /// Apply the conventions of this project's own document to FILE too, and take warnings as errors
    #[arg(long)]
    strict: bool,
    /// Print a JSON array of objects with rule, severity, file, line, column, end_column, pointer, message and fix
    #[arg(long)]
    json: bool,
    /// Print the rules with what each demands, and read no document
    #[arg(long, conflicts_with_all = ["file", "strict"])]
    rules: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.rules {
        print_rules(arguments.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (path, name) = match &arguments.file {
        Some(file) => (file.clone(), file.display().to_string()),
        None => (root().join(DOCUMENT), DOCUMENT.to_owned()),
    };
    let set = if arguments.strict || arguments.file.is_none() { Set::Strict } else { Set::General };
    let text = match read(&path, &name) {
        Ok(text) => text,
        Err(problems) => {
            print(&problems, arguments.json)?;
            return Ok(ExitCode::from(2));
        }
    };
    let problems = dropshot_codegen::lint(&name, &text, set);
    print(&problems, arguments.json)?;
    let errors = problems.0.iter().filter(|problem| problem.is_error()).count();
    let warnings = problems.0.len() - errors;
    if !arguments.json {
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        eprintln!("{name}: {}, {}", count(errors, "error"), count(warnings, "warning"));
    }
    Ok(if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The text of a document, or what is wrong with the file as a whole.
pub(crate) fn read(path: &Path, name: &str) -> std::result::Result<String, Problems> {
    fs::read_to_string(path).map_err(|error| {
        let message = format!("the document cannot be read: {error}");
        let fix = "name a file that is there and holds UTF-8 text";
        Problems(vec![Problem::of_file(name, "document-unreadable", message, fix)])
    })
}

fn print(problems: &Problems, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(&problems.json())?);
    } else if !problems.0.is_empty() {
        let colour =
            std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        println!("{}\n", problems.render(colour));
    }
    Ok(())
}

fn print_rules(json: bool) -> Result<()> {
    let rules: Vec<_> = dropshot_codegen::lint::rules().collect();
    if json {
        let rules: Vec<_> = rules
            .iter()
            .map(|rule| {
                let set = if rule.set == Set::Strict { "strict" } else { "general" };
                serde_json::json!({"rule": rule.id, "set": set, "severity": rule.severity.word(), "says": rule.says})
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rules)?);
        return Ok(());
    }
    for rule in rules {
        let note = match (rule.set, rule.severity.word()) {
            (Set::Strict, _) => " (strict)",
            (Set::General, "warning") => " (warning)",
            (Set::General, _) => "",
        };
        println!("{:<24} {}{note}", rule.id, rule.says);
    }
    Ok(())
}
