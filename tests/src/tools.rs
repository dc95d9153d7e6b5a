//! Outside tools: those that `cargo xtask check` installs, installed here at the same pins if they are not there yet.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::document::root;

/// Python with the packages of `xtask/tools/requirements.txt`, such as aiosmtpd and requests.
#[must_use]
pub fn python() -> PathBuf {
    static PYTHON: LazyLock<PathBuf> = LazyLock::new(install_python);
    PYTHON.clone()
}

/// Where the Node packages of `xtask/tools/package.json` are, such as TypeScript.
#[must_use]
pub fn node_modules() -> PathBuf {
    static MODULES: LazyLock<PathBuf> = LazyLock::new(install_node);
    MODULES.clone()
}

fn install_python() -> PathBuf {
    let folder = root().join("target/tools/python");
    let python = folder.join("bin/python");
    let has_it = || succeeds(Command::new(&python).args(["-c", "import aiosmtpd, requests"]));
    if !has_it() {
        assert!(
            succeeds(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder)),
            "the tests need Python 3.11 or newer with venv (Debian: apt-get install python3 python3-venv)"
        );
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        let is_installed = succeeds(pip.arg(settings().join("requirements.txt"))) && has_it();
        assert!(is_installed, "pip cannot install xtask/tools/requirements.txt");
    }
    python
}

fn install_node() -> PathBuf {
    let folder = root().join("target/tools/node");
    let modules = folder.join("node_modules");
    if !modules.join(".bin/tsc").exists() {
        copy_pins(&folder).expect("the folder of the tools can be written");
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        assert!(
            succeeds(&mut npm),
            "the tests need Node.js 20.19 or newer with npm, and xtask/tools/package.json installed by it"
        );
    }
    modules
}

fn copy_pins(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for pin in ["package.json", "package-lock.json"] {
        std::fs::copy(settings().join(pin), folder.join(pin))?;
    }
    Ok(())
}

fn settings() -> PathBuf {
    root().join("xtask/tools")
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}
