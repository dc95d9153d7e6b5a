//! The state that a change is compared with: a commit, its files, and a tree of it to build in.

use std::cell::OnceCell;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::aside;
use crate::workspace::{root, set_apart, write_if_changed};

/// Everything that verdicts keep between runs.
pub(crate) fn folder() -> PathBuf {
    root().join("target/verdict")
}

/// A commit to compare with.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    /// As the caller named it.
    pub(crate) revision: String,
    /// Its full id.
    pub(crate) commit: String,
}

impl Base {
    /// The commit that `revision` names, or `None` if git knows none.
    ///
    /// # Errors
    /// git cannot be run.
    pub(crate) fn find(revision: &str) -> Result<Option<Self>> {
        let name = format!("{revision}^{{commit}}");
        let answer = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &name])?;
        Ok(answer.map(|commit| Self { revision: revision.to_owned(), commit: commit.trim().to_owned() }))
    }

    /// The newest released state that this one descends from: the highest tag `v*`.
    ///
    /// # Errors
    /// git cannot be run.
    pub(crate) fn newest_release() -> Result<Option<Self>> {
        let tags = git(&["tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname"])?.unwrap_or_default();
        match tags.lines().next() {
            Some(tag) => Self::find(tag),
            None => Ok(None),
        }
    }

    /// The first characters of the commit.
    pub(crate) fn short(&self) -> &str {
        self.commit.get(..12).unwrap_or(&self.commit)
    }

    /// The text of a file, or `None` if the base has no such file.
    ///
    /// # Errors
    /// git cannot be run.
    pub(crate) fn file(&self, path: &str) -> Result<Option<String>> {
        git(&["show", &format!("{}:{path}", self.commit)])
    }

    /// Whether anything below these paths differs from the working tree, new files included.
    ///
    /// # Errors
    /// git cannot be run.
    pub(crate) fn differs(&self, paths: &[&str]) -> Result<bool> {
        let mut known = vec!["diff", "--quiet", self.commit.as_str(), "--"];
        known.extend(paths);
        let mut new = vec!["ls-files", "--others", "--exclude-standard", "--"];
        new.extend(paths);
        Ok(git(&known)?.is_none() || git(&new)?.is_some_and(|files| !files.trim().is_empty()))
    }

    /// A tree of the base on disk, set apart for cargo and removed when dropped. Only one at a time exists: a second caller
    /// waits.
    ///
    /// # Errors
    /// git cannot make one.
    fn tree(&self) -> Result<Tree> {
        fs::create_dir_all(folder())?;
        let lock = File::create(folder().join("lock"))?;
        lock.lock().context("cannot lock target/verdict/lock")?;
        let tree = Tree { path: folder().join("base"), _lock: lock };
        // What an interrupted run has left. The path stays the same so that cargo knows its builds again.
        tree.remove();
        let path = tree.path.to_string_lossy().into_owned();
        let made = aside(git_command().args(["worktree", "add", "--quiet", "--detach", &path, &self.commit]))?;
        if !made.status.success() {
            bail!("git cannot check out {} into {path}", self.revision);
        }
        let manifest = tree.path.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        write_if_changed(&manifest, &set_apart(&text, "base")?)?;
        Ok(tree)
    }

    /// What was made of this commit before, by name; made by `make` if it was not.
    ///
    /// # Errors
    /// Whatever `make` fails with.
    pub(crate) fn kept(&self, name: &str, make: impl FnOnce() -> Result<String>) -> Result<PathBuf> {
        let path = folder().join("kept").join(self.short()).join(name);
        if !path.exists() {
            let text = make()?;
            write_if_changed(&path, &text)?;
        }
        Ok(path)
    }
}

/// The tree of a base, made when it is first asked for and then used by every part.
#[derive(Debug)]
pub(crate) struct Checkout<'a> {
    pub(crate) base: &'a Base,
    tree: OnceCell<Tree>,
}

impl<'a> Checkout<'a> {
    pub(crate) fn of(base: &'a Base) -> Self {
        Self { base, tree: OnceCell::new() }
    }

    /// The tree.
    ///
    /// # Errors
    /// git cannot make one.
    pub(crate) fn tree(&self) -> Result<&Tree> {
        match self.tree.get() {
            Some(tree) => Ok(tree),
            None => {
                let tree = self.base.tree()?;
                Ok(self.tree.get_or_init(|| tree))
            }
        }
    }
}

/// A checked-out base.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) path: PathBuf,
    _lock: File,
}

impl Tree {
    fn remove(&self) {
        // Errors are the ordinary case: most of the time there is nothing to remove.
        let _ = git_command().args(["worktree", "remove", "--force"]).arg(&self.path).output();
        let _ = fs::remove_dir_all(&self.path);
        let _ = git_command().args(["worktree", "prune"]).output();
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.remove();
    }
}

fn git_command() -> Command {
    let mut command = Command::new("git");
    command.current_dir(root());
    command
}

/// What git printed, or `None` if it answered no.
fn git(arguments: &[&str]) -> Result<Option<String>> {
    let output = git_command().args(arguments).output().context("cannot run `git`; install it and try again")?;
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}
