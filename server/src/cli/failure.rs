//! How the program fails: one clear line for each problem, hints below it, and an exit code that scripts can tell apart. Where
//! a server logs in JSON, each problem is a line of its log.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use crate::causes::Causes;
use crate::config::Problem;
use crate::logging::{self, LogFormat};
use crate::mail::TemplateProblem;

/// Something that the caller can mend: usage, configuration, environment.
const MENDABLE: u8 = 2;
/// Something unexpected.
const UNEXPECTED: u8 = 1;

/// Why the program ends without success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    code: u8,
    problems: Vec<(String, Vec<String>)>,
    is_logged: bool,
}

impl Failure {
    fn new(code: u8, problems: Vec<(String, Vec<String>)>) -> Self {
        Self { code, problems, is_logged: false }
    }

    /// A problem that the caller can mend, with what to do.
    pub(crate) fn mendable(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(MENDABLE, vec![(message.into(), vec![hint.into()])])
    }

    /// Problems with the configuration.
    pub(crate) fn configuration(problems: Vec<Problem>) -> Self {
        let problems = problems.into_iter().map(|problem| (problem.message, vec![problem.fix])).collect();
        Self::new(MENDABLE, problems)
    }

    /// Problems with templates of mails.
    pub(crate) fn templates(problems: Vec<TemplateProblem>) -> Self {
        let problems = problems.into_iter().map(|problem| (problem.to_string(), vec![problem.fix])).collect();
        Self::new(MENDABLE, problems)
    }

    /// An error nobody could foresee, with its causes in one line.
    pub(crate) fn unexpected(doing: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        Self::unexpected_text(format!("{doing}: {}", Causes(error)))
    }

    /// An error nobody could foresee, in words.
    pub(crate) fn unexpected_text(message: String) -> Self {
        Self::new(UNEXPECTED, vec![(message, Vec::new())])
    }

    /// The same with something to do about it.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        if let Some((_, hints)) = self.problems.last_mut() {
            hints.push(hint.into());
        }
        self
    }

    /// All of them as one, each problem once; none: there are none. What has to be mended counts, whatever may go away by itself.
    pub(crate) fn all(failures: Vec<Self>) -> Option<Self> {
        let mut failures = failures.into_iter();
        let first = failures.next()?;
        Some(failures.fold(first, |mut all, failure| {
            all.code = all.code.max(failure.code);
            for problem in failure.problems {
                if !all.problems.contains(&problem) {
                    all.problems.push(problem);
                }
            }
            all
        }))
    }

    /// The same told in the log, if that is JSON: whoever looks for errors there finds it.
    pub(crate) fn in_log_of(mut self, format: LogFormat) -> Self {
        self.is_logged = format.is_json();
        self
    }

    /// Tells all problems on standard error. If that is closed there is nobody left to tell; the exit code still says it.
    pub(crate) fn tell(&self) {
        if !self.is_logged {
            let _ = write!(io::stderr(), "{self}");
            return;
        }
        logging::in_json(|| {
            for (message, hints) in &self.problems {
                let hint = (!hints.is_empty()).then(|| hints.join("; "));
                tracing::error!(hint, "{message}");
            }
        });
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (message, hints) in &self.problems {
            // One problem, one line, whatever a library put into its text.
            writeln!(f, "error: {}", message.replace('\n', " "))?;
            for hint in hints {
                writeln!(f, "hint: {}", hint.replace('\n', " "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_is_a_line_with_its_hints_below() {
        let failure = Failure::configuration(vec![
            Problem { message: "listen (flag --listen): wrong\nthing".to_owned(), fix: "mend it".to_owned() },
            Problem { message: "data_dir (default): wrong".to_owned(), fix: "mend that".to_owned() },
        ]);
        assert_eq!(
            failure.to_string(),
            "error: listen (flag --listen): wrong thing\nhint: mend it\nerror: data_dir (default): wrong\nhint: mend that\n"
        );
        assert_eq!(failure.exit_code(), ExitCode::from(2));
    }

    #[test]
    fn an_unexpected_error_tells_its_causes_once() {
        let error = std::io::Error::other("disk on fire");
        let failure = Failure::unexpected("cannot start", &error);
        assert_eq!(failure.to_string(), "error: cannot start: disk on fire\n");
        assert_eq!(failure.exit_code(), ExitCode::from(1));
    }
}
