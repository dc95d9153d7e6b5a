//! What a verdict is made of, and how it is told to people and to programs.

use serde_json::{Value, json};

/// How much a change asks of those who use what is published, by the words of semantic versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Nobody has to do or know anything: prose, examples.
    Patch,
    /// Something new; what worked goes on working.
    Minor,
    /// Something that worked may stop working.
    Major,
}

impl Level {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

/// Where a reason stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The base as the caller named it, if the line is of the base: what was removed has no line any more.
    pub(crate) at: Option<String>,
}

impl Site {
    pub(crate) fn new(file: &str, line: usize) -> Self {
        Self { file: file.to_owned(), line, at: None }
    }

    pub(crate) fn in_base(file: &str, line: usize, base: &str) -> Self {
        Self { file: file.to_owned(), line, at: Some(base.to_owned()) }
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)?;
        match &self.at {
            Some(base) => write!(formatter, " at {base}"),
            None => Ok(()),
        }
    }
}

/// One difference and its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) level: Level,
    /// `document`, `sdk`, or the name of a program.
    pub(crate) artefact: String,
    /// Operations of the document that it concerns; none if it is no operation's, or everybody's.
    pub(crate) operations: Vec<String>,
    pub(crate) what: String,
    pub(crate) site: Option<Site>,
}

impl Reason {
    /// Subject, place and change as one clause.
    pub(crate) fn clause(&self) -> String {
        let subject = match self.operations.as_slice() {
            [] => self.artefact.clone(),
            [one] => format!("operation `{one}`"),
            [first, second] => format!("operations `{first}` and `{second}`"),
            [first, second, rest @ ..] => format!("operations `{first}`, `{second}` and {} more", rest.len()),
        };
        match &self.site {
            Some(site) => format!("{subject} ({site}): {}", self.what),
            None => format!("{subject}: {}", self.what),
        }
    }

    fn json(&self) -> Value {
        let site = self.site.as_ref().map(|site| json!({ "file": site.file, "line": site.line, "at": site.at }));
        json!({
            "level": self.level.name(),
            "artefact": self.artefact,
            "operations": self.operations,
            "what": self.what,
            "place": site,
        })
    }
}

/// Why the change cannot go out as it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) what: String,
    pub(crate) fix: String,
}

/// The one answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// The base as the caller named it.
    pub(crate) revision: String,
    pub(crate) commit: String,
    pub(crate) base_version: String,
    /// The lowest version that the change may carry.
    pub(crate) needed: String,
    /// What the rule of versions says here, in words.
    pub(crate) rule: &'static str,
    /// Heaviest first.
    pub(crate) reasons: Vec<Reason>,
    /// Parts that were not compared, because no file of theirs differs.
    pub(crate) unchanged: Vec<&'static str>,
    pub(crate) failures: Vec<Failure>,
}

/// How many reasons of one weight a person is shown.
const SHOWN: usize = 20;

impl Answer {
    /// Heaviest first; within a weight the document before what follows from it.
    pub(crate) fn sort(&mut self) {
        let rank = |reason: &Reason| match reason.artefact.as_str() {
            "document" => 0,
            "sdk" => 1,
            _ => 2,
        };
        self.reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.level), rank(reason)));
        self.reasons.dedup();
    }

    pub(crate) fn level(&self) -> Option<Level> {
        self.reasons.iter().map(|reason| reason.level).max()
    }

    fn name(&self) -> &'static str {
        self.level().map_or("none", Level::name)
    }

    /// The answer in one line.
    pub(crate) fn sentence(&self) -> String {
        let Some(level) = self.level() else {
            return format!("none: nothing that is published differs from {}", self.revision);
        };
        let heaviest: Vec<_> = self.reasons.iter().filter(|reason| reason.level == level).collect();
        let mut artefacts: Vec<&str> = Vec::new();
        let mut clauses = Vec::new();
        for reason in &heaviest {
            if !artefacts.contains(&reason.artefact.as_str()) {
                artefacts.push(&reason.artefact);
                clauses.push(reason.clause());
            }
        }
        match heaviest.len() - clauses.len() {
            0 => {}
            more => clauses.push(format!("{more} more")),
        }
        format!("{}: {}", level.name(), clauses.join("; "))
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("verdict against {} ({}, version {})\n", self.revision, self.commit, self.base_version);
        out += &format!("{}\n", self.sentence());
        if self.level().is_some() {
            out += &format!("needs at least {}: {}\n", self.needed, self.rule);
        }
        for level in [Level::Major, Level::Minor, Level::Patch] {
            let reasons: Vec<_> = self.reasons.iter().filter(|reason| reason.level == level).collect();
            if !reasons.is_empty() {
                out += &format!("\n{} ({})\n", level.name(), reasons.len());
            }
            for reason in reasons.iter().take(SHOWN) {
                out += &format!("  - {}\n", reason.clause());
            }
            if reasons.len() > SHOWN {
                out += &format!("  … and {} more; --json lists all\n", reasons.len() - SHOWN);
            }
        }
        if !self.unchanged.is_empty() {
            out += &format!("\nno file differs: {}\n", self.unchanged.join(", "));
        }
        out
    }

    /// What the changelog of the API says of the version that the change needs, as Markdown: the document's part, without prose.
    pub(crate) fn changelog(&self) -> String {
        let mut out = format!("## {}\n", self.needed);
        for (level, title) in [(Level::Major, "May break what worked"), (Level::Minor, "New")] {
            let is_meant = |reason: &&Reason| reason.level == level && reason.artefact == "document";
            let reasons: Vec<_> = self.reasons.iter().filter(is_meant).collect();
            if !reasons.is_empty() {
                out += &format!("\n### {title}\n\n");
            }
            for reason in reasons {
                let operations: Vec<String> = reason.operations.iter().map(|id| format!("`{id}`")).collect();
                let subject = if operations.is_empty() { "Everywhere".to_owned() } else { operations.join(", ") };
                out += &format!("- {subject}: {}\n", reason.what);
            }
        }
        out
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let failures: Vec<_> =
            self.failures.iter().map(|failure| json!({ "what": failure.what, "fix": failure.fix })).collect();
        json!({
            "verdict": self.name(),
            "sentence": self.sentence(),
            "base": { "revision": self.revision, "commit": self.commit, "version": self.base_version },
            "needed": self.needed,
            "rule": self.rule,
            "reasons": self.reasons.iter().map(Reason::json).collect::<Vec<_>>(),
            "unchanged": self.unchanged,
            "failures": failures,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(level: Level, artefact: &str, operations: &[&str], what: &str) -> Reason {
        let operations = operations.iter().map(|&id| id.to_owned()).collect();
        let site = (artefact == "document").then(|| Site::in_base("openapi/invite.yaml", 337, "v0.1.0"));
        Reason { level, artefact: artefact.to_owned(), operations, what: what.to_owned(), site }
    }

    #[test]
    fn the_answer_is_one_sentence_with_the_heaviest_reason_of_each_part() {
        let mut answer = Answer {
            reasons: vec![
                reason(Level::Minor, "document", &["b"], "answer `404` was added"),
                reason(Level::Major, "sdk", &[], "removed: pub fn f()"),
                reason(Level::Major, "sdk", &[], "removed: pub fn g()"),
                reason(Level::Major, "document", &["a"], "response `409` was removed"),
            ],
            ..Answer::default()
        };
        answer.sort();
        assert_eq!(
            answer.sentence(),
            "major: operation `a` (openapi/invite.yaml:337 at v0.1.0): response `409` was removed; \
             sdk: removed: pub fn f(); 1 more"
        );
        assert_eq!(answer.json()["verdict"], "major");
        assert_eq!(answer.json()["reasons"][0]["place"]["line"], 337);
        assert!(
            answer.text().ends_with(
                "minor (1)\n  - operation `b` (openapi/invite.yaml:337 at v0.1.0): answer `404` was added\n"
            )
        );
    }

    #[test]
    fn the_entry_for_the_changelog_of_the_api_has_the_document_alone() {
        let answer = Answer {
            needed: "0.2.0".to_owned(),
            reasons: vec![
                reason(Level::Major, "sdk", &[], "removed: pub fn f()"),
                reason(Level::Major, "document", &["a", "c"], "response `409` was removed"),
                reason(Level::Minor, "document", &[], "a tag was added"),
                reason(Level::Patch, "document", &["b"], "prose"),
            ],
            ..Answer::default()
        };
        assert_eq!(
            answer.changelog(),
            "## 0.2.0\n\n### May break what worked\n\n- `a`, `c`: response `409` was removed\n\n\
             ### New\n\n- Everywhere: a tag was added\n"
        );
    }

    #[test]
    fn without_a_difference_the_answer_is_none() {
        let answer = Answer { revision: "v1".to_owned(), ..Answer::default() };
        assert_eq!(answer.sentence(), "none: nothing that is published differs from v1");
        assert_eq!(answer.json()["verdict"], "none");
    }

    #[test]
    fn many_operations_are_counted_and_not_listed() {
        let many = reason(Level::Minor, "document", &["a", "b", "c", "d"], "x");
        assert!(many.clause().starts_with("operations `a`, `b` and 2 more (openapi/"));
    }
}
