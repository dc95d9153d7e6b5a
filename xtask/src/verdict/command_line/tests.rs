//! Surfaces of command lines, and what a change of one means.

use super::surface::{Help, Surface};
use super::*;

const SERVE: &str = "\
Run the server

Usage: prog serve [OPTIONS] --data-dir <DIR> [FILE]...

Arguments:
  [FILE]...  What to read

Options:
      --config <FILE>       TOML file with settings [env: PROG_CONFIG]
  -l, --listen <ADDR:PORT>  Where to listen [default: 127.0.0.1:8080]
      --data-dir <DIR>      Where files are kept
      --format <FORMAT>     How to log [possible values: json, text]
  -v, --verbose...          Say more
  -h, --help                Print help

Flags win over --everything else:
see the manual.
";

fn surface(pages: &[(&str, &str)]) -> Surface {
    let commands = pages.iter().map(|(command, help)| ((*command).to_owned(), Help::parse(help).entries));
    Surface { commands: commands.collect() }
}

fn told(before: &str, after: &str) -> Vec<(Level, String)> {
    let reasons = compare("prog", &surface(&[("serve", before)]), &surface(&[("serve", after)]));
    reasons.into_iter().map(|reason| (reason.level, reason.what)).collect()
}

#[test]
fn help_is_read_with_everything_that_matters_about_a_flag() {
    let help = Help::parse(SERVE);
    let names: Vec<_> = help.entries.keys().map(String::as_str).collect();
    assert_eq!(names, ["--config", "--data-dir", "--format", "--help", "--listen", "--verbose", "argument 1"]);
    assert!(help.entries["--data-dir"].required && !help.entries["--listen"].required);
    assert!(help.entries["argument 1"].repeats && !help.entries["argument 1"].required);
    assert!(help.entries["--verbose"].repeats && help.entries["--verbose"].value.is_none());
    assert_eq!(help.entries["--listen"].value.as_deref(), Some("<ADDR:PORT>"));
    assert_eq!(help.entries["--listen"].default.as_deref(), Some("127.0.0.1:8080"));
    assert!(help.entries["--listen"].names.contains("-l"));
    assert!(help.entries["--config"].variables.contains("PROG_CONFIG"));
    assert_eq!(help.entries["--format"].values.len(), 2);
}

#[test]
fn long_help_is_read_like_short_help() {
    let help = Help::parse(
        "Usage: prog --mode <MODE>\n\nLimits:\n      --mode <MODE>\n          How it works\n\n          Possible values:\n          \
         - fast: at once\n          - slow: in time\n          \n          [default: fast]\n",
    );
    let mode = &help.entries["--mode"];
    assert!(mode.required);
    assert_eq!(mode.values.iter().map(String::as_str).collect::<Vec<_>>(), ["fast", "slow"]);
    assert_eq!(mode.default.as_deref(), Some("fast"));
}

#[test]
fn each_change_of_a_flag_has_its_weight() {
    let table = [
        (
            "      --config <FILE>       TOML file with settings [env: PROG_CONFIG]\n",
            "",
            Level::Major,
            "removed: `--config`",
        ),
        ("  -l, --listen", "      --listen", Level::Major, "lost the name `-l`"),
        ("      --config", "  -c, --config", Level::Minor, "gained the name `-c`"),
        ("[OPTIONS] --data-dir", "[OPTIONS]", Level::Minor, "may be left out now"),
        ("--data-dir <DIR> [FILE]", "--data-dir <DIR> --config <FILE> [FILE]", Level::Major, "must be given now"),
        (" [env: PROG_CONFIG]", "", Level::Major, "lost the variable `PROG_CONFIG`"),
        ("json, text", "json", Level::Major, "lost the value `text`"),
        ("json, text", "json, pretty, text", Level::Minor, "gained the value `pretty`"),
        (" [possible values: json, text]", "", Level::Minor, "takes any value now"),
        ("127.0.0.1:8080", "127.0.0.1:80", Level::Minor, "defaults to `127.0.0.1:80`"),
        ("--config <FILE>", "--config <PATH>", Level::Patch, "calls its value <PATH>"),
        ("--verbose...", "--verbose   ", Level::Major, "may be given only once now"),
        ("  -h, --help", "      --quiet  Say less\n  -h, --help", Level::Minor, "added: `--quiet`"),
        ("How to log", "How the log looks", Level::Patch, ""),
    ];
    for (from, to, level, what) in table {
        let after = SERVE.replacen(from, to, 1);
        assert_ne!(after, SERVE, "`{from}` is not in the help");
        let told = told(SERVE, &after);
        if what.is_empty() {
            assert!(told.is_empty(), "{from} -> {to}: {told:?}");
            continue;
        }
        assert_eq!(told.len(), 1, "{from} -> {to}: {told:?}");
        assert_eq!(told[0].0, level, "{from} -> {to}: {told:?}");
        assert!(told[0].1.contains(what), "{from} -> {to}: {told:?}");
    }
}

#[test]
fn a_removed_command_is_told_once_and_an_added_one_is_minor() {
    let before = surface(&[("", "Usage: prog\n"), ("config", "Usage: prog\n"), ("config check", SERVE)]);
    let after = surface(&[("", "Usage: prog\n"), ("settings", "Usage: prog\n"), ("settings check", SERVE)]);
    let told: Vec<_> = compare("prog", &before, &after).into_iter().map(|reason| (reason.level, reason.what)).collect();
    assert_eq!(
        told,
        [(Level::Major, "removed: `prog config`".to_owned()), (Level::Minor, "added: `prog settings`".to_owned())]
    );
}

#[test]
fn a_new_flag_that_must_be_given_breaks_every_call() {
    let after = SERVE.replacen("--data-dir <DIR> [FILE]", "--data-dir <DIR> --key <K> [FILE]", 1);
    let after = after.replacen("  -h, --help", "      --key <K>  A key\n  -h, --help", 1);
    assert_eq!(told(SERVE, &after), [(Level::Major, "added: `prog serve` must be given `--key`".to_owned())]);
}
