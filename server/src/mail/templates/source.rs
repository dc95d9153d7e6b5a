//! The text of templates: which there are, and from where each comes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::TemplateProblem;

/// One file.
#[derive(Debug)]
pub(super) struct Source {
    /// Where it comes from, for people.
    place: String,
    /// The subject, if it is a file of words.
    pub(super) subject: String,
    /// What the engine gets: the file, with an empty line in place of the subject, so that line numbers stay.
    pub(super) template: String,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        /// Every template there is, with its built-in text.
        const BUILT_IN: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../assets/mail/", $name)))),*];
    };
}

built_in! {
    "layout.html.jinja", "layout.text.jinja",
    "activation.en.jinja", "activation.fr.jinja", "activation.de.jinja", "activation.es.jinja",
    "added_notice.en.jinja", "added_notice.fr.jinja", "added_notice.de.jinja", "added_notice.es.jinja",
    "kare_invitation.en.jinja", "kare_invitation.fr.jinja", "kare_invitation.de.jinja", "kare_invitation.es.jinja",
    "import_finished.en.jinja", "import_finished.fr.jinja", "import_finished.de.jinja", "import_finished.es.jinja",
}

/// The built-in templates by name. Their form is checked with everything else.
pub(super) fn built_in() -> BTreeMap<String, Source> {
    BUILT_IN
        .iter()
        .filter_map(|(name, text)| {
            Some(((*name).to_owned(), Source::parse(format!("built-in {name}"), name, text).ok()?))
        })
        .collect()
}

/// Puts the files of a folder in the place of built-in ones. Hidden files are left to those who hide them.
pub(super) fn replace(sources: &mut BTreeMap<String, Source>, folder: &Path, problems: &mut Vec<TemplateProblem>) {
    let problem = |place: &Path, message: String, fix: &str| TemplateProblem {
        place: place.display().to_string(),
        line: None,
        message,
        fix: fix.to_owned(),
    };
    let files = fs::read_dir(folder).and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect());
    let mut files: Vec<_> = match files {
        Ok(files) => files,
        Err(error) => {
            problems.push(problem(folder, format!("cannot read the folder of templates: {error}"), "name a folder"));
            return;
        }
    };
    files.sort();
    for path in files {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        if !sources.contains_key(&name) {
            let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            let fix = format!("remove it, or use one of: {}", known.join(", "));
            problems.push(problem(&path, "no mail is made of a file of this name".to_owned(), &fix));
            continue;
        }
        let parsed = fs::read_to_string(&path)
            .map_err(|error| problem(&path, format!("cannot read the template: {error}"), "write a file of UTF-8 text"))
            .and_then(|text| Source::parse(path.display().to_string(), &name, &text));
        match parsed {
            Ok(source) => {
                sources.insert(name, source);
            }
            Err(found) => problems.push(found),
        }
    }
}

impl Source {
    fn parse(place: String, name: &str, text: &str) -> Result<Self, TemplateProblem> {
        if name.starts_with("layout.") {
            return Ok(Self { place, subject: String::new(), template: text.to_owned() });
        }
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let subject = first.strip_prefix("Subject: ").map(str::trim).unwrap_or_default();
        let source = Self { place, subject: subject.to_owned(), template: format!("\n{rest}") };
        if subject.is_empty() || rest.lines().next().is_some_and(|second| !second.trim().is_empty()) {
            return Err(source.problem(
                Some(1),
                "the file does not begin with a subject".to_owned(),
                "write `Subject: You have been invited` into the first line, and leave the second one empty",
            ));
        }
        if subject.chars().any(char::is_control) || ["{{", "{%", "{#"].iter().any(|mark| subject.contains(mark)) {
            return Err(source.problem(
                Some(1),
                "the subject is no plain text".to_owned(),
                "write it without tags: a subject says the same to everybody, so that no name can get into a header",
            ));
        }
        Ok(source)
    }

    /// Something that is wrong with this file.
    pub(super) fn problem(&self, line: Option<usize>, message: String, fix: &str) -> TemplateProblem {
        TemplateProblem { place: self.place.clone(), line, message, fix: fix.to_owned() }
    }

    /// The first line that has a tag and names `variable`.
    pub(super) fn line_of(&self, variable: &str) -> Option<usize> {
        let names = |line: &str| line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == variable);
        let is_tag = |line: &str| line.contains("{{") || line.contains("{%");
        self.template.lines().position(|line| is_tag(line) && names(line)).map(|index| index + 1)
    }
}

#[cfg(test)]
mod tests {
    use invite_domain::mail::{Locale, MailKind};

    use super::super::words;
    use super::*;

    #[test]
    fn every_kind_has_words_in_every_language() {
        for kind in MailKind::ALL {
            for locale in Locale::ALL {
                assert!(built_in().contains_key(&words(kind, locale)), "{}", words(kind, locale));
            }
        }
        assert_eq!(built_in().len(), BUILT_IN.len());
    }
}
