//! How a sample of each language is run.

use std::path::{Path, PathBuf};
use std::process::Command;

use contract_tests::document::root;
use contract_tests::tools;
use serde_json::{Map, Value};
use tempfile::TempDir;

const TYPESCRIPT: &str = "typescript";

/// What came of a program.
pub(crate) struct Ended {
    pub(crate) succeeded: bool,
    /// Standard output, then standard error.
    pub(crate) output: String,
}

/// A language, and the folder in which its programs are.
pub(crate) struct Language {
    folder: TempDir,
    command: fn(&Path, &str) -> Command,
}

/// The samples by operation and language.
pub(crate) fn samples() -> Map<String, Value> {
    let text = std::fs::read_to_string(root().join("openapi/generated/samples.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The file that is compiled for an operation.
pub(crate) fn compiled(operation: &str) -> String {
    std::fs::read_to_string(root().join(format!("tests/src/generated/samples/{operation}.rs"))).unwrap()
}

impl Language {
    pub(crate) fn curl() -> Self {
        Self::written("curl", "sh", |folder, operation| {
            let mut shell = Command::new("sh");
            shell.arg(folder.join(operation).with_extension("sh"));
            shell
        })
    }

    /// Compiled with this test, from the files that the samples are in.
    pub(crate) fn rust() -> Self {
        let command = |_: &Path, operation: &str| {
            let mut program = Command::new(env!("CARGO_BIN_EXE_sample-under-test"));
            program.arg(operation);
            program
        };
        Self { folder: TempDir::new().unwrap(), command }
    }

    /// Held against its types in strict mode and compiled before anything runs.
    pub(crate) fn typescript() -> Self {
        let language = Self::written(TYPESCRIPT, "mts", |folder, operation| {
            let mut node = Command::new("node");
            node.arg(folder.join(operation).with_extension("mjs"));
            node
        });
        let modules = tools::node_modules();
        let folder = language.folder.path();
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let files: Vec<PathBuf> = files.collect();
        let compiled = Command::new(modules.join(".bin/tsc"))
            .args(["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "--typeRoots"])
            .arg(modules.join("@types"))
            .args(files)
            .output()
            .unwrap();
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));
        language
    }

    pub(crate) fn python() -> Self {
        Self::written("python", "py", |folder, operation| {
            let mut python = Command::new(tools::python());
            python.arg(folder.join(operation).with_extension("py"));
            python
        })
    }

    /// Every sample as a file of its own.
    fn written(language: &str, extension: &str, command: fn(&Path, &str) -> Command) -> Self {
        let folder = TempDir::new().unwrap();
        for (operation, by_language) in samples() {
            let text = by_language[language].as_str().unwrap();
            std::fs::write(folder.path().join(&operation).with_extension(extension), text).unwrap();
        }
        Self { folder, command }
    }

    pub(crate) fn run(&self, operation: &str, variables: &[(String, String)]) -> Ended {
        let mut command = (self.command)(self.folder.path(), operation);
        let output = command.envs(variables.iter().cloned()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        Ended { succeeded: output.status.success(), output: String::from_utf8_lossy(&text).into_owned() }
    }
}
