//! Names of people and of things, as far as they appear in mail and on pages.
//!
//! A name must not break a header, reorder the text around it, or carry a link: whoever may invite could otherwise send
//! any message to anyone under our sender. Letters of every script, blanks and apostrophes are fine and kept as given.

mod endings;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use endings::TOP_LEVEL_DOMAINS;

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 250;

/// Digits in a row from which a name looks like a telephone number.
const PHONE_DIGITS: usize = 7;

/// Combining marks in a row that a script needs at most. More of them cover the lines above and below.
const MAX_MARKS: usize = 4;

/// What people write with a dot and no blank after it, beside initials.
const DOTTED: &[&str] = &[
    "dipl.ing",
    "dipl.kfm",
    "dr.dr",
    "dr.ing",
    "dr.jur",
    "dr.med",
    "dr.phil",
    "dr.rer.nat",
    "prof.dr.med",
    "st.clair",
    "st.james",
    "st.john",
    "st.pierre",
];

/// Why a text is no usable name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing but blanks and characters that nobody sees.
    #[error("a name must not be blank")]
    Blank,
    /// More than [`MAX_NAME_CHARS`] characters.
    #[error("a name has at most 250 characters")]
    TooLong,
    /// A control, a line break or a character that reorders text.
    #[error("a name must not have control characters, line breaks or characters that change the direction of text")]
    Control,
    /// A web address.
    #[error("a name must not have a web address in it")]
    Link,
}

/// Checks a name without keeping it.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check_name(text: &str) -> Result<(), NameProblem> {
    if text.chars().count() > MAX_NAME_CHARS {
        return Err(NameProblem::TooLong);
    }
    if text.chars().any(is_forbidden) {
        return Err(NameProblem::Control);
    }
    if text.chars().all(|c| c.is_whitespace() || is_invisible(c)) {
        return Err(NameProblem::Blank);
    }
    if has_link(text) {
        return Err(NameProblem::Link);
    }
    Ok(())
}

/// Checks a text that no mail shows: a username, the name of a token. Links are fine in it.
///
/// # Errors
/// The first rule that the text breaks.
pub fn check_label(text: &str) -> Result<(), NameProblem> {
    match check_name(text) {
        Ok(()) | Err(NameProblem::Link) => Ok(()),
        Err(problem @ (NameProblem::Blank | NameProblem::TooLong | NameProblem::Control)) => Err(problem),
    }
}

/// A checked name, exactly as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

impl PersonName {
    /// Checks and keeps a name.
    ///
    /// # Errors
    /// The first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        check_name(text).map(|()| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, unless it could pass for a telephone number or a link, or would cover the text around it.
    #[must_use]
    pub fn shown_in_mail(&self) -> Option<String> {
        shown_in_mail(&self.0)
    }
}

/// A stored name as mail may show it: names from before a rule, or made from an address, are left out. Which endings there are
/// changes by the month, so that every name with a dotted word is left out that could be a domain: a greeting does without.
#[must_use]
pub fn shown_in_mail(name: &str) -> Option<String> {
    if has_phone_number(name) || has_pile_of_marks(name) || words(&folded(name)).any(may_be_domain) {
        return None;
    }
    check_name(name).ok().map(|()| name.trim().to_owned())
}

fn has_phone_number(name: &str) -> bool {
    let mut run = 0;
    for c in name.nfkc() {
        // Whatever is no letter does not end a telephone number: people write them with dashes, dots and blanks of any kind.
        if c.is_numeric() {
            run += 1;
        } else if c.is_alphabetic() {
            run = 0;
        }
        if run >= PHONE_DIGITS {
            return true;
        }
    }
    false
}

fn has_pile_of_marks(name: &str) -> bool {
    let mut run = 0;
    name.nfd().filter(|c| !is_invisible(*c)).any(|c| {
        run = if is_combining_mark(c) { run + 1 } else { 0 };
        run > MAX_MARKS
    })
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{feff}')
}

/// Whether a mail program would turn a part of the text into a link.
fn has_link(text: &str) -> bool {
    let folded = folded(text);
    if folded.contains("://") || folded.contains("www.") || folded.contains("mailto:") || folded.contains("javascript:")
    {
        return true;
    }
    words(&folded).any(is_domain)
        || folded.match_indices(['/', ':', '?', '#']).any(|(end, _)| {
            let before = folded.get(..end).unwrap_or_default();
            is_address(before.rsplit(ends_word).next().unwrap_or_default())
        })
}

/// A text without what would hide a domain from a test, but not from a reader: compatibility forms, invisible characters, capitals.
fn folded(text: &str) -> String {
    let shown = text.nfkc().filter(|c| !is_invisible(*c)).map(|c| if c == '。' { '.' } else { c });
    shown.collect::<String>().to_lowercase()
}

fn ends_word(c: char) -> bool {
    !(c.is_alphanumeric() || c == '.' || c == '-')
}

/// The words of a folded text as far as a domain could reach.
fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(ends_word).map(|word| word.trim_matches(|c| c == '.' || c == '-'))
}

/// Whether mail programs could take a word for a domain of an ending that they know. What follows initials is no domain.
fn may_be_domain(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let Some((_, before)) = labels.split_last() else { return false };
    let has_initials = before.iter().all(|label| label.chars().count() <= 1);
    let could_end_it = |label: &str| label.chars().take_while(|c| c.is_alphabetic()).count() >= 2;
    !has_initials
        && !DOTTED.contains(&word)
        && labels.windows(2).any(|pair| matches!(pair, [before, after] if !before.is_empty() && could_end_it(after)))
}

/// Whether a word is a link once a path follows it, whatever its ending is: mail programs ask no list then.
fn is_address(word: &str) -> bool {
    let ending = word.rsplit('.').next().unwrap_or_default();
    let may_be_name =
        word.contains('.') && word.split('.').all(|label| !label.is_empty()) && ending.chars().count() >= 2;
    may_be_name || is_number(word)
}

/// Whether a word is an address of IPv4.
fn is_number(word: &str) -> bool {
    word.split('.').count() == 4 && word.split('.').all(|part| part.parse::<u8>().is_ok())
}

/// Whether there is nothing to be seen of a character: what Unicode calls default ignorable, and the empty pattern of Braille.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_domain(word: &str) -> bool {
    let mut labels = word.rsplit('.');
    let (Some(last), Some(_)) = (labels.next(), labels.next()) else { return false };
    if word.split('.').any(str::is_empty) {
        return false;
    }
    let country = last.len() == 2 && last.chars().all(|c| c.is_ascii_alphabetic());
    let internationalized = last.starts_with("xn--");
    // A one-letter first label with a short ending is more often an initial ("J.Li") than a domain.
    let initials = country && word.split('.').all(|label| label.chars().count() <= 2);
    internationalized || (country && !initials) || TOP_LEVEL_DOMAINS.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_pass() {
        for name in [
            "Jane",
            "O'Brien",
            "Jean-Luc",
            "J.R.R. Tolkien",
            "St.John",
            "Ph.D. Müller",
            "李小龍",
            "محمد",
            "J. Li",
            "Sammy Davis Jr.",
            "M. and/or S.A./N.V.",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn names_that_break_headers_or_reorder_text_are_refused() {
        for name in ["a\r\nBcc: b", "a\0", "a\u{85}b", "a\u{202e}b", "a\u{2028}b", "a\u{2066}b", "\u{1b}[31m"] {
            assert_eq!(check_name(name), Err(NameProblem::Control), "{name:?}");
        }
    }

    #[test]
    fn names_that_carry_a_link_are_refused() {
        let names = [
            "http://x",
            "see www.evil",
            "evil.com",
            "Click Evil.Example now",
            "evil.com/login",
            "ｅvil．com",
            "ev\u{200b}il.c\u{200b}om",
            "evil.c\u{fe0f}om",
            "evil\u{34f}.c\u{e0041}om",
            "(bit.ly/x)",
            "8.8.8.8/login",
            "1.2.3.4:80",
            "Join T.Me/prize",
            "Wa.Me:1",
            "evil.tokyo/login",
            "win.xn--p1ai",
        ];
        for name in names {
            assert_eq!(check_name(name), Err(NameProblem::Link), "{name}");
        }
    }

    #[test]
    fn blank_and_overlong_names_are_refused() {
        assert_eq!(check_name(" \u{a0} "), Err(NameProblem::Blank));
        assert_eq!(check_name(""), Err(NameProblem::Blank));
        for nothing in ["\u{3164}", "\u{2800}", " \u{ffa0}\u{fe0f} ", "\u{e0001}\u{e0041}", "\u{200b}\u{ad}"] {
            assert_eq!(check_name(nothing), Err(NameProblem::Blank), "{nothing:?}");
            assert_eq!(check_label(nothing), Err(NameProblem::Blank), "{nothing:?}");
        }
        assert_eq!(check_name("Zoë \u{2764}\u{fe0f}"), Ok(()));
        assert_eq!(check_name(&"é".repeat(251)), Err(NameProblem::TooLong));
        assert_eq!(check_name(&"é".repeat(250)), Ok(()));
    }

    #[test]
    fn what_could_be_a_domain_of_any_ending_is_accepted_and_not_shown() {
        for name in [
            "Claim-Prize.Bet",
            "Evil.Casino",
            "Приз.РФ",
            "Wa.Me",
            "Visit Evil\u{200b}.Cas\u{fe0f}ino now",
            "Evil．Casino",
            "Win.A.Casino",
            "365.Bet",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
            assert_eq!(shown_in_mail(name), None, "{name}");
        }
        for name in [
            "J. Li",
            "J.Li",
            "J.R.R. Tolkien",
            "J.R.R.Tolkien",
            "Ph.D. Müller",
            "St.John",
            "Acme S.A.",
            "Dr.med. Weiß",
            "Prof.Dr.med. Weiß",
            "1.FC Köln",
            "Sammy Davis Jr.",
            "Wait... what",
            "Acme Inc. (Berlin)",
        ] {
            assert_eq!(shown_in_mail(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn marks_that_cover_other_lines_are_accepted_and_not_shown() {
        let pile = format!("a{}", "\u{30d}".repeat(240));
        let hidden = format!("a{}", "\u{30d}\u{200d}".repeat(100));
        for name in [pile.as_str(), &hidden, "e\u{301}\u{302}\u{303}\u{304}\u{305}"] {
            assert_eq!(check_name(name), Ok(()), "{name:?}");
            assert_eq!(shown_in_mail(name), None, "{name:?}");
        }
        for name in ["Nguyễn Thị Hiền", "བསྒྲུབས", "שָׁלוֹם", "किरण", "e\u{301}\u{302}\u{303}\u{304}"]
        {
            assert_eq!(shown_in_mail(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn telephone_numbers_are_accepted_and_not_shown() {
        let marks =
            ['\u{2010}', '\u{2011}', '\u{2013}', '\u{2212}', '\u{a0}', '\u{200b}', '_', ',', '·', '*', '~', '=', '|'];
        let marked = marks.map(|mark| format!("0800{mark}123{mark}4567"));
        let names = ["Call 0800 123-4567", "+1 (555) 010-9999", "Call ０８００ - １２３ - ４５６７"];
        for name in names.into_iter().chain(marked.iter().map(String::as_str)) {
            assert_eq!(check_name(name), Ok(()), "{name}");
            assert_eq!(shown_in_mail(name), None, "{name}");
        }
        for name in ["Agent 007", "Area 51, Unit 7", "Platform 9¾, gate 1", "Class of 1999 and 2001", "12,345 people"]
        {
            assert_eq!(shown_in_mail(name).as_deref(), Some(name));
        }
    }
}
