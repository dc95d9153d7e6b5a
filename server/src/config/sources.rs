//! Where settings come from: flags over environment over file over defaults, and which of them gave each value.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};

use super::Problem;
use super::keys::{BESIDE, FILE_VARIABLE, KEYS, Key};

/// Where a value comes from; a later one wins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(&'static str),
    /// A flag on the command line.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// What was given on the command line, in the environment and in the file.
#[derive(Debug, Default)]
pub struct Given {
    /// Values of flags, by the name of their key.
    pub flags: BTreeMap<&'static str, String>,
    /// Environment variables; only those that begin with `INVITE_` are looked at.
    pub environment: Vec<(String, String)>,
    /// The configuration file.
    pub file: Option<PathBuf>,
}

const FLAG: &str = "flag";
const ENVIRONMENT: &str = "environment";
const FILE: &str = "file";

/// All layers, merged.
pub(super) struct Merged {
    figment: Figment,
    file: Option<PathBuf>,
}

impl Merged {
    /// Reads all layers. Unknown keys of the file and a broken file are problems; unknown variables are `strangers` and none,
    /// because other programs may have variables that begin alike.
    pub(super) fn read(given: &Given, problems: &mut Vec<Problem>, strangers: &mut Vec<String>) -> Self {
        let mut figment = Figment::new();
        if let Some(path) = &given.file {
            match read_file(path) {
                Ok(dict) => {
                    check_keys(path, &dict, "", problems);
                    figment = figment.merge(Layer { name: FILE, dict });
                }
                Err(problem) => problems.push(problem),
            }
        }
        let mut environment = BTreeMap::new();
        for (variable, value) in &given.environment {
            match KEYS.iter().find(|key| key.variable == variable) {
                Some(key) => {
                    environment.insert(key.name, value.clone());
                }
                None if variable.starts_with("INVITE_") && !BESIDE.contains(&variable.as_str()) => {
                    strangers.push(variable.clone());
                }
                None => {}
            }
        }
        figment = figment
            .merge(Layer { name: ENVIRONMENT, dict: nested(&environment) })
            .merge(Layer { name: FLAG, dict: nested(&given.flags) });
        Self { figment, file: given.file.clone() }
    }

    /// The value of a key as text, with its source; `None` if nobody gave one.
    pub(super) fn get(&self, key: &'static Key, problems: &mut Vec<Problem>) -> Option<(String, Source)> {
        let value = self.figment.find_value(key.name).ok()?;
        let source = self.source(key, &value);
        let text = match &value {
            Value::String(_, text) => text.clone(),
            Value::Bool(_, value) => value.to_string(),
            Value::Num(_, number) => number
                .to_i128()
                .map(|number| number.to_string())
                .or_else(|| number.to_f64().map(|number| number.to_string()))
                .unwrap_or_default(),
            Value::Char(..) | Value::Empty(..) | Value::Dict(..) | Value::Array(..) => {
                problems.push(Problem::at(key, &source, "the value is not a string", format!("write {}", key.form)));
                return None;
            }
        };
        Some((text, source))
    }

    fn source(&self, key: &'static Key, value: &Value) -> Source {
        let name = self.figment.get_metadata(value.tag()).map(|metadata| metadata.name.as_ref());
        match (name, &self.file) {
            (Some(FLAG), _) => Source::Flag(key.flag),
            (Some(ENVIRONMENT), _) => Source::Environment(key.variable),
            (Some(FILE), Some(path)) => Source::File(path.clone()),
            _ => Source::Default,
        }
    }
}

fn read_file(path: &Path) -> Result<Dict, Problem> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let fix = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "run this as the user that the server runs as, who may read it".to_owned()
            }
            _ => format!("give the right path with --config or {FILE_VARIABLE}"),
        };
        Problem::new(format!("cannot read the configuration file {}: {error}", path.display()), fix)
    })?;
    toml::from_str(&text).map_err(|error| {
        let (line, column) = error.span().map_or((1, 1), |span| position(&text, span.start));
        Problem::new(
            format!("{}:{line}:{column}: {}", path.display(), error.message()),
            "mend the file; it is TOML, with text in quotes: listen = \"127.0.0.1:8080\"".to_owned(),
        )
    })
}

/// Line and column, both from 1, the column in characters.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Reports each key of the file that no setting has.
fn check_keys(path: &Path, dict: &Dict, section: &str, problems: &mut Vec<Problem>) {
    for (name, value) in dict {
        let name = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        let is_section = KEYS.iter().any(|key| key.name.starts_with(&format!("{name}.")));
        match value {
            Value::Dict(_, below) if is_section => check_keys(path, below, &name, problems),
            _ if KEYS.iter().any(|key| key.name == name) => {}
            _ => {
                let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
                problems.push(Problem::new(
                    format!("{name} (file {}): unknown key", path.display()),
                    format!("remove it, or use one of: {}", known.join(", ")),
                ));
            }
        }
    }
}

fn nested(values: &BTreeMap<&'static str, String>) -> Dict {
    let mut dict = Dict::new();
    for (name, value) in values {
        match name.split_once('.') {
            None => {
                dict.insert((*name).to_owned(), Value::from(value.clone()));
            }
            Some((section, name)) => {
                let below = dict.entry(section.to_owned()).or_insert_with(|| Value::from(Dict::new()));
                if let Value::Dict(_, below) = below {
                    below.insert(name.to_owned(), Value::from(value.clone()));
                }
            }
        }
    }
    dict
}

struct Layer {
    name: &'static str,
    dict: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Profile::Default.collect(self.dict.clone()))
    }
}
