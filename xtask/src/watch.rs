//! `cargo xtask watch`: regenerates whenever the document is saved, and goes on when it is broken, until Ctrl-C.
//!
//! The folder is watched, not the file: editors save by renaming a new file over the old one. Several events of one save
//! are one, and a save that changed nothing is none.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::generate::{self, DOCUMENT};
use crate::workspace::root;

/// A save is over when its folder was quiet for so long.
const QUIET: Duration = Duration::from_millis(30);
/// A folder that is never quiet does not hold up the work for longer.
const PATIENCE: Duration = Duration::from_millis(300);

pub(crate) fn run() -> Result<ExitCode> {
    let saves = Saves::of(&root().join(DOCUMENT))?;
    let regenerate = || {
        let start = Instant::now();
        // The problems of a document, and anything else that goes wrong, are told; the next save may mend them.
        if let Err(error) = generate::run(&generate::Arguments { check: false, timings: false }) {
            eprintln!("error: {error:#}");
        }
        println!("{:.2} s; waiting for {DOCUMENT} to be saved, Ctrl-C ends", start.elapsed().as_secs_f64());
        ControlFlow::Continue(())
    };
    let _: ControlFlow<()> = regenerate();
    follow(saves, |_| regenerate())?;
    Ok(ExitCode::SUCCESS)
}

/// Calls `work` with the text after each save until it has enough.
fn follow(mut saves: Saves, mut work: impl FnMut(&str) -> ControlFlow<()>) -> Result<()> {
    loop {
        saves.wait()?;
        if work(&saves.text).is_break() {
            return Ok(());
        }
    }
}

/// The saves of one file.
struct Saves {
    file: PathBuf,
    /// The file as it was when last read; empty if it could not be read.
    text: String,
    events: Receiver<notify::Result<notify::Event>>,
    /// Watches as long as it lives.
    _watcher: RecommendedWatcher,
}

impl Saves {
    /// Watches from now on.
    ///
    /// # Errors
    /// The folder is not there, or the system refuses to watch it.
    fn of(file: &Path) -> Result<Self> {
        let folder = file.parent().context("a file has a folder")?;
        let (sender, events) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(sender)?;
        watcher
            .watch(folder, RecursiveMode::NonRecursive)
            .with_context(|| format!("cannot watch {}", folder.display()))?;
        let text = fs::read_to_string(file).unwrap_or_default();
        Ok(Self { file: file.to_owned(), text, events, _watcher: watcher })
    }

    /// Waits until the file holds something else than before.
    ///
    /// # Errors
    /// The system stopped watching.
    fn wait(&mut self) -> Result<()> {
        loop {
            let event = self.events.recv().context("the system stopped watching")??;
            if !self.concerns(&event) {
                continue;
            }
            let deadline = Instant::now() + PATIENCE;
            while Instant::now() < deadline && self.events.recv_timeout(QUIET).is_ok() {}
            // A file that is away or empty for the moment is about to be written.
            let Ok(text) = fs::read_to_string(&self.file) else { continue };
            if !text.is_empty() && text != self.text {
                self.text = text;
                return Ok(());
            }
        }
    }

    fn concerns(&self, event: &notify::Event) -> bool {
        // Our own reading makes events too.
        !event.kind.is_access() && event.paths.iter().any(|path| path.file_name() == self.file.file_name())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Sender;
    use std::thread::{self, JoinHandle};

    use super::*;

    const GOOD: &str = "openapi: 3.0.3\ninfo:\n  title: t\n  version: 1.0.0\npaths: {}\n";
    const BROKEN: &str = "openapi: 3.0.3\ninfo:\n  title: [\n";
    /// Far more than a save takes; only a failing test waits for it.
    const LONG: Duration = Duration::from_secs(20);

    /// Follows a file in the background, telling of each save whether the document parses; ends on the text `end`.
    fn background(file: &Path) -> (Receiver<bool>, JoinHandle<Result<()>>) {
        let saves = Saves::of(file).unwrap();
        let (sender, told): (Sender<bool>, _) = mpsc::channel();
        let thread = thread::spawn(move || {
            follow(saves, |text| {
                if text == "end" {
                    return ControlFlow::Break(());
                }
                sender.send(dropshot_codegen::Document::parse("api.yaml", text).is_ok()).unwrap();
                ControlFlow::Continue(())
            })
        });
        (told, thread)
    }

    #[test]
    fn each_save_is_followed_through_a_broken_document_and_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("api.yaml");
        fs::write(&file, GOOD).unwrap();
        let (told, thread) = background(&file);

        fs::write(&file, BROKEN).unwrap();
        assert_eq!(told.recv_timeout(LONG), Ok(false));
        fs::write(&file, GOOD).unwrap();
        assert_eq!(told.recv_timeout(LONG), Ok(true));

        fs::write(&file, "end").unwrap();
        thread.join().unwrap().unwrap();
        assert_eq!(told.try_iter().count(), 0, "one save is told once");
    }

    #[test]
    fn a_save_by_rename_counts_and_neighbours_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("api.yaml");
        fs::write(&file, GOOD).unwrap();
        let (told, thread) = background(&file);

        fs::write(folder.path().join("other.yaml"), "nothing of ours").unwrap();
        // Saved without a change: nothing to do.
        fs::write(&file, GOOD).unwrap();
        fs::write(folder.path().join("api.yaml.new"), BROKEN).unwrap();
        fs::rename(folder.path().join("api.yaml.new"), &file).unwrap();
        assert_eq!(told.recv_timeout(LONG), Ok(false));

        fs::write(folder.path().join("api.yaml.new"), "end").unwrap();
        fs::rename(folder.path().join("api.yaml.new"), &file).unwrap();
        thread.join().unwrap().unwrap();
        assert_eq!(told.try_iter().count(), 0, "one save is told once");
    }
}
