//! An error with its causes, for lines that people read.

use std::error::Error;
use std::fmt;

/// An error and its causes in one line, each once. A line of the log in JSON has nothing of an error but its own words.
pub(crate) struct Causes<'a>(pub(crate) &'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = self.0.to_string();
        f.write_str(&said)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Some errors repeat their cause in their own text.
            if !said.contains(&text) {
                write!(f, ": {text}")?;
                said.push_str(&text);
            }
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{said}")]
    struct Said {
        said: &'static str,
        source: Option<Box<Said>>,
    }

    fn said(said: &'static str, source: Option<Said>) -> Said {
        Said { said, source: source.map(Box::new) }
    }

    #[test]
    fn each_cause_is_told_once() {
        let disk = said("no space left", None);
        let error = said("the database failed", Some(said("cannot write: no space left", Some(disk))));
        assert_eq!(Causes(&error).to_string(), "the database failed: cannot write: no space left");
        assert_eq!(Causes(&said("alone", None)).to_string(), "alone");
    }
}
