//! `cargo xtask nightly newcomer`: the README, followed word by word by somebody who has nothing but Rust, a C compiler and git.
//!
//! The commands are those of the README, down to its map, and after them those of its recipe for a program that uses the client,
//! with the files that it tells to take from other pages. The clone is of the last commit and stands in a folder of its own, with
//! a home of its own: no crate is downloaded yet, no program installed, no variable set. Rust's toolchains are the machine's, and
//! so is the configuration of cargo, which may name a mirror.
//!
//! Two things are not as they stand there: the address to clone is this repository's, and `cargo xtask check`, which is CI, is
//! left out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::markdown::Page;
use crate::process::run;
use crate::workspace::root;

/// The heading at which the way ends.
const END: &str = "\n## The map";
/// The heading of the recipe that is followed, too, up to the next one.
const RECIPE: &str = "\n### The client in a program of yours\n";
/// The files of the recipe's program, each with the page whose first example it is.
const FILES: [(&str, &str); 2] = [("src/main.rs", "sdk/README.md"), ("tests/invite.rs", "sdk/mock/README.md")];
/// How long the development server may take, with what is left to be built.
const START: Duration = Duration::from_secs(1800);
/// What a shell has that is of no project: where programs, certificates and the network are.
const KEPT: [&str; 9] =
    ["LANG", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "TERM"];

/// As a step of `nightly`.
pub(crate) fn check() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("invite-newcomer-{}", std::process::id()));
    let outcome = Newcomer::new(folder.clone()).and_then(Newcomer::follow);
    // Some gigabytes that nobody looks at again.
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    outcome
}

/// Somebody in front of a terminal.
struct Newcomer {
    home: PathBuf,
    /// Where the next command is typed.
    place: PathBuf,
    /// What goes on in another terminal.
    server: Option<Child>,
}

impl Newcomer {
    fn new(folder: PathBuf) -> Result<Self> {
        let home = folder.join("home");
        fs::create_dir_all(home.join(".cargo"))?;
        let machine = std::env::var_os("CARGO_HOME").map_or_else(|| owner().join(".cargo"), PathBuf::from);
        for file in ["config.toml", "config"].map(|name| machine.join(name)).iter().filter(|file| file.exists()) {
            fs::copy(file, home.join(".cargo/config.toml"))?;
        }
        Ok(Self { home, place: folder, server: None })
    }

    fn follow(mut self) -> Result<()> {
        let start = Instant::now();
        let mut times = Vec::new();
        for words in way()? {
            let begin = Instant::now();
            self.type_in(&words)?;
            times.push((words.join(" "), begin.elapsed()));
            if words.iter().any(|word| word == "--example") {
                println!(
                    "from the clone to the first invitation through the client: {:.0} s",
                    start.elapsed().as_secs_f64()
                );
            }
        }
        println!("\nthe README, command by command:");
        for (command, time) in &times {
            println!("{:>7.1} s  {command}", time.as_secs_f64());
        }
        Ok(())
    }

    fn type_in(&mut self, words: &[String]) -> Result<()> {
        let (program, arguments) = words.split_first().context("an empty command")?;
        match (program.as_str(), arguments) {
            ("cd", [folder]) => {
                self.place.push(folder);
                ensure!(self.place.is_dir(), "there is no folder `{folder}`");
                Ok(())
            }
            ("git", [clone, _]) if clone == "clone" => {
                run(self.command("git").arg("clone").arg("--quiet").arg(root()).arg("invite"))
            }
            ("cargo", [.., listen, _, flag, folder]) if listen == "--listen" && flag == "--data-dir" => {
                self.server = Some(self.command(program).args(arguments).spawn()?);
                self.wait_for(&self.place.join(folder).join("dev.json"))
            }
            ("cargo", [test]) if test == "test" => {
                for (file, page) in FILES {
                    self.save(file, &first_example(page)?)?;
                }
                run(self.command(program).args(arguments))
            }
            _ => run(self.command(program).args(arguments)),
        }
    }

    fn save(&self, file: &str, text: &str) -> Result<()> {
        let path = self.place.join(file);
        fs::create_dir_all(path.parent().unwrap_or(&self.place))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    fn command(&self, program: &str) -> Command {
        let variable = |name: &str| std::env::var_os(name).map(|value| (name.to_owned(), value));
        let programs = std::env::var("PATH").unwrap_or_default();
        let toolchains = std::env::var_os("RUSTUP_HOME").map_or_else(|| owner().join(".rustup"), PathBuf::from);
        let mut command = Command::new(program);
        command.current_dir(&self.place).env_clear().envs(KEPT.iter().filter_map(|name| variable(name)));
        command.env("HOME", &self.home).env("CARGO_HOME", self.home.join(".cargo")).env("RUSTUP_HOME", toolchains);
        command.env("PATH", format!("{}:{programs}", self.home.join(".cargo/bin").display()));
        command
    }

    fn wait_for(&mut self, file: &Path) -> Result<()> {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            let server = self.server.as_mut().context("there is no server")?;
            if let Some(status) = server.try_wait()? {
                bail!("the server stopped with {status}");
            }
            if file.exists() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the server was not ready within {} s", START.as_secs())
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // Both fail only if it has ended by itself.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// The commands of the README, in its order.
fn way() -> Result<Vec<Vec<String>>> {
    let text = fs::read_to_string(root().join("README.md"))?;
    let at = |heading: &'static str| {
        text.split_once(heading).with_context(|| format!("the README has no heading `{}`", heading.trim()))
    };
    let ((way, _), (_, recipe)) = (at(END)?, at(RECIPE)?);
    let recipe = recipe.split("\n### ").next().unwrap_or(recipe);
    let commands = [way, recipe].into_iter().flat_map(|part| Page::of(part).block_commands());
    Ok(commands.map(|(_, words)| words).filter(|words| *words != ["cargo", "xtask", "check"]).collect())
}

/// The first example of a page: what somebody copies who copies nothing else.
fn first_example(page: &str) -> Result<String> {
    let text = fs::read_to_string(root().join(page)).with_context(|| format!("cannot read {page}"))?;
    let example = text.split("\n```rust").nth(1).and_then(|block| block.split_once('\n')?.1.split("\n```").next());
    example.map(str::to_owned).with_context(|| format!("{page} has no example"))
}

/// The home of whoever runs this.
fn owner() -> PathBuf {
    std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_recipe_is_whole() {
        for (file, page) in FILES {
            let example = first_example(page).unwrap();
            assert!(example.contains("async fn ") && example.ends_with('}'), "{file}: {example}");
            assert!(
                !example.lines().any(|line| line.starts_with("# ")),
                "what only rustdoc hides is in {page}: {example}"
            );
        }
    }

    #[test]
    fn the_way_leads_from_the_clone_through_client_and_command_line_to_a_program() {
        let way: Vec<String> = way().unwrap().iter().map(|words| words.join(" ")).collect();
        let stations = [
            "git clone",
            "cd ",
            "cargo xtask demo",
            "-- dev",
            "--example",
            "cargo install",
            "invite profile",
            "invite muninx",
            "cd ..",
            "cargo new",
            "cd my-program",
            "invite/sdk",
            "cargo add tokio",
            "invite/sdk/mock",
            "cargo test",
        ];
        assert_eq!(way.len(), stations.len(), "{way:#?}");
        for (command, station) in way.iter().zip(stations) {
            assert!(command.contains(station), "{station}: {way:#?}");
        }
    }
}
