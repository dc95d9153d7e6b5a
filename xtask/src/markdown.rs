//! What pages for readers hold that can be looked up: links, headings, and code in backticks or blocks, with the commands in it.

use std::io;
use std::path::Path;
use std::process::Command;

/// A piece of a page and the number of its line.
pub(crate) type Placed<T> = (usize, T);

/// The hand-written pages of the tree, by their paths below `root`; those that the generator copies speak of other trees.
pub(crate) fn pages(root: &Path) -> io::Result<Vec<String>> {
    let mut list = Command::new("git");
    let listed =
        list.args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"]).current_dir(root).output()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let of_this_tree = |path: &&str| !path.starts_with("xtask/codegen/src/") && root.join(path).exists();
    Ok(listed.lines().filter(of_this_tree).map(str::to_owned).collect())
}

/// A page, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// What stands in backticks.
    pub(crate) spans: Vec<Placed<String>>,
    /// Command lines of blocks, without prompts; a line that goes on after a backslash is one.
    pub(crate) lines: Vec<Placed<String>>,
    /// Where links lead.
    pub(crate) links: Vec<Placed<String>>,
    /// What headings are called in links.
    pub(crate) anchors: Vec<String>,
}

impl Page {
    /// Of Markdown.
    pub(crate) fn of(text: &str) -> Self {
        let mut page = Self::default();
        let mut block: Option<String> = None;
        let mut prose = String::new();
        for (index, line) in text.lines().enumerate() {
            let fence = line.trim_start().strip_prefix("```");
            match (&block, fence) {
                (None, Some(language)) => block = Some(language.to_owned()),
                (Some(_), Some(_)) => block = None,
                (Some(language), None) => page.command_line(language, index + 1, line.trim()),
                (None, None) => {
                    if line.starts_with('#') {
                        page.anchors.push(anchor(line));
                    }
                    prose.push_str(line);
                }
            }
            // Lines of blocks stay empty, so that the numbers of the others are right.
            prose.push('\n');
        }
        page.prose(&prose);
        page
    }

    fn command_line(&mut self, language: &str, number: usize, line: &str) {
        let command = match language {
            "sh" => Some(line),
            "console" => line.strip_prefix("$ "),
            "text" => line.starts_with("cargo ").then_some(line),
            _ => None,
        };
        match (self.lines.last_mut(), command) {
            (Some((_, last)), Some(line)) if last.ends_with('\\') => {
                last.pop();
                last.push_str(line);
            }
            (_, Some(line)) => self.lines.push((number, line.to_owned())),
            (_, None) => {}
        }
    }

    fn prose(&mut self, prose: &str) {
        let mut number = 1;
        for (index, part) in prose.split('`').enumerate() {
            if index % 2 == 1 {
                self.spans.push((number, part.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
            number += part.matches('\n').count();
        }
        for (index, line) in prose.lines().enumerate() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            self.links.extend(targets.map(|target| (index + 1, target.to_owned())));
        }
    }

    /// Every command of the page, word by word.
    pub(crate) fn commands(&self) -> Vec<Placed<Vec<String>>> {
        self.spans.iter().chain(&self.lines).flat_map(placed).collect()
    }

    /// The commands of its blocks, in their order.
    pub(crate) fn block_commands(&self) -> Vec<Placed<Vec<String>>> {
        self.lines.iter().flat_map(placed).collect()
    }
}

/// The commands of a workflow: what its steps run.
pub(crate) fn workflow(text: &str) -> Vec<Placed<Vec<String>>> {
    let runs = text.lines().enumerate().filter_map(|(index, line)| Some((index + 1, line.split_once("run: ")?.1)));
    runs.flat_map(|(number, line)| commands(line).into_iter().map(move |words| (number, words))).collect()
}

fn placed((number, line): &Placed<String>) -> impl Iterator<Item = Placed<Vec<String>>> {
    commands(line).into_iter().map(|words| (*number, words))
}

/// A heading as links name it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The commands of one line, each up to what it leaves open (`…`), without variables, redirections and comments. What cargo
/// runs (`-- …`) or a task starts (`cargo xtask postgres …`) is a command, too.
fn commands(line: &str) -> Vec<Vec<String>> {
    let words = words(line);
    let ends = |word: &String| ["&&", "||", "|", ";", ">", "<", "&"].contains(&word.as_str());
    let mut found = Vec::new();
    for command in words.split(ends) {
        let is_variable = |word: &&String| word.contains('=') && !word.starts_with('-');
        let command = command.iter().skip_while(is_variable).take_while(|word| !word.contains('…'));
        nested(&command.cloned().collect::<Vec<_>>(), &mut found);
    }
    found
}

fn nested(command: &[String], found: &mut Vec<Vec<String>>) {
    let (outer, inner) = match command.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["cargo", "xtask", "postgres", ..] => (command, &command[3..]),
        ["runuser", "-u", _, "--", ..] => (&command[..0], &command[4..]),
        _ => (command, &command[..0]),
    };
    if !outer.is_empty() {
        found.push(outer.to_vec());
    }
    if !inner.is_empty() {
        nested(inner, found);
    }
}

/// The words of a line as a shell divides it, up to a comment.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, _) if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_apart() {
        let text = "# One, *two*!\nsee `a/b.rs` and [that](c.md#d), `cargo\nxtask check` too\n```sh\nA=1 cargo test \\\n  -p x # why\n```\n";
        let page = Page::of(text);
        assert_eq!(page.anchors, ["one-two"]);
        assert_eq!(page.links, [(2, "c.md#d".to_owned())]);
        assert_eq!(page.spans, [(2, "a/b.rs".to_owned()), (2, "cargo xtask check".to_owned())]);
        let commands: Vec<String> =
            page.commands().iter().map(|(line, words)| format!("{line}: {}", words.join(" "))).collect();
        assert_eq!(commands, ["2: a/b.rs", "2: cargo xtask check", "5: cargo test -p x"]);
    }

    #[test]
    fn a_command_inside_of_another_is_one_too() {
        let of = |line: &str| commands(line).iter().map(|words| words.join(" ")).collect::<Vec<_>>();
        assert_eq!(
            of("cargo xtask postgres cargo test -p 'a b' …"),
            ["cargo xtask postgres cargo test -p a b", "cargo test -p a b"]
        );
        assert_eq!(of("cd x && invite a > file"), ["cd x", "invite a", "file"]);
        assert_eq!(of("runuser -u invite -- invite-server docs"), ["invite-server docs"]);
    }
}
