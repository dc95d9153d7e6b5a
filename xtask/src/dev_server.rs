//! A development server for one step: started, waited for, and stopped with it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::postgres::Database;
use crate::process::build;

/// How long a server may take from start to `dev.json`.
const START: Duration = Duration::from_secs(60);

/// A program that cargo built, by its path below the folder that this one was built into: wherever `CARGO_TARGET_DIR` or a
/// configuration of cargo puts it.
///
/// # Errors
/// The system does not say where this program is.
pub(crate) fn built(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find the folder of the built programs")?;
    Ok(own.with_file_name(name))
}

pub(crate) struct DevServer {
    child: Child,
    folder: PathBuf,
    world: Value,
}

impl DevServer {
    /// Builds and starts `invite-server dev` with a fresh world in `folder`.
    ///
    /// # Errors
    /// It does not build, or is not ready in time; its output is in `folder/server.log`.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        Self::start_on(folder, None)
    }

    /// The same on an empty database of PostgreSQL, if there is one.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub(crate) fn start_on(folder: &Path, database: Option<&Database>) -> Result<Self> {
        build(&["--bin", "invite-server"])?;
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let log = folder.join("server.log");
        let output = File::create(&log)?;
        let binary = built("invite-server")?;
        let child = Command::new(&binary)
            .args(["dev", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder)
            .args(database.iter().flat_map(|database| ["--database", database.url()]))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self { child, folder: folder.to_owned(), world: Value::Null };
        server.world = server.wait_until_ready(&log)?;
        Ok(server)
    }

    fn wait_until_ready(&mut self, log: &Path) -> Result<Value> {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server stopped with {status}:\n{}", fs::read_to_string(log).unwrap_or_default());
            }
            // The file appears whole: the server renames it into place when it is ready.
            if let Ok(text) = fs::read_to_string(self.world_file()) {
                return Ok(serde_json::from_str(&text)?);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the server was not ready within {} s; see {}", START.as_secs(), log.display())
    }

    /// `dev.json`.
    pub(crate) fn world_file(&self) -> PathBuf {
        self.folder.join("dev.json")
    }

    /// What `dev.json` says.
    pub(crate) fn world(&self) -> &Value {
        &self.world
    }

    /// Where it listens.
    pub(crate) fn base_url(&self) -> &str {
        self.world["base_url"].as_str().unwrap_or_default()
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        // Both fail only if it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
