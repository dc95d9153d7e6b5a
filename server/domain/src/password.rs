//! Password rules after NIST SP 800-63B: length and guessability, no composition rules, taken as received but for the ways to
//! write one character ([`normalized`]).

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// The shortest password, in characters.
const MIN_CHARS: usize = 12;
/// The longest password, in characters; a bound on the work of hashing.
const MAX_CHARS: usize = 1024;

/// How many characters at either end are estimated.
const ESTIMATED_CHARS: usize = 28;

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// Fewer than 12 characters.
    #[error("a password has at least 12 characters")]
    TooShort,
    /// More than 1024 characters.
    #[error("a password has at most 1,024 characters")]
    TooLong,
    /// Among the commonest, or made of the address, the name or the organization.
    #[error(
        "the password is too easy to guess: leave out your name, your address and your organization, and use a few unrelated words"
    )]
    Guessable,
}

/// A password with each character written in one way (NFC): keyboards send `é` as one code point or as two, whichever they like.
#[must_use]
pub fn normalized(password: &str) -> Cow<'_, str> {
    if is_nfc(password) { Cow::Borrowed(password) } else { Cow::Owned(password.nfc().collect()) }
}

/// Checks a password. `context` holds what an attacker would try first: address, names, organization.
///
/// # Errors
/// The first rule that the password breaks.
pub fn check_password(password: &str, context: &[&str]) -> Result<(), PasswordProblem> {
    let password = &*normalized(password);
    let length = password.chars().count();
    if length < MIN_CHARS {
        return Err(PasswordProblem::TooShort);
    }
    if length > MAX_CHARS {
        return Err(PasswordProblem::TooLong);
    }
    let words = context_words(context);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if is_guessable(password, &words) || is_made_of(password, &words) {
        return Err(PasswordProblem::Guessable);
    }
    Ok(())
}

/// Whether neither end of the password withstands online guessing (score 2, "somewhat guessable"). The estimate takes
/// seconds on long passwords that are made for it, so it sees a bounded part at either end and never the whole. Of a
/// password that repeats itself it sees one round, because a part that begins amid a round looks like no repetition.
fn is_guessable(password: &str, words: &[&str]) -> bool {
    let characters: Vec<char> = password.chars().collect();
    let round = &characters[..period(&characters)];
    let weak = |part: &[char]| zxcvbn::zxcvbn(&part.iter().collect::<String>(), words).score() < zxcvbn::Score::Two;
    let bounded = round.len().min(ESTIMATED_CHARS);
    weak(&round[..bounded]) && (bounded == round.len() || weak(&round[round.len() - bounded..]))
}

/// The length of the shortest part that makes the whole text when it is repeated; the last round may be cut off.
fn period(text: &[char]) -> usize {
    // borders[i]: the longest proper prefix of text[..=i] that is also its suffix (Knuth, Morris, Pratt).
    let mut borders = vec![0; text.len()];
    for i in 1..text.len() {
        let mut border: usize = borders[i - 1];
        while border > 0 && text[i] != text[border] {
            border = borders[border - 1];
        }
        borders[i] = border + usize::from(text[i] == text[border]);
    }
    text.len() - borders.last().copied().unwrap_or_default()
}

/// The context and its parts, in lower case. Parts under three letters say nothing.
fn context_words(context: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in context {
        let text = text.to_lowercase();
        words.extend(text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        words.extend(text.split('@').map(str::to_owned));
        words.push(text);
    }
    words.retain(|word| word.chars().count() >= 3);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words
}

/// Whether fewer than six letters or digits are left once the context words are struck out. The estimator values a long
/// context word as highly as its neighbours, so that "acme-corporation-jane" would pass without this.
fn is_made_of(password: &str, words: &[&str]) -> bool {
    let mut rest = password.to_lowercase();
    for word in words {
        rest = rest.replace(word, "");
    }
    rest.len() < password.to_lowercase().len() && rest.chars().filter(|c| c.is_alphanumeric()).count() < 6
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: &[&str] = &["jane.doe@acme.example", "Jane", "Doe", "Acme Corporation"];

    #[test]
    fn length_counts_characters() {
        assert_eq!(check_password("short-one-1", &[]), Err(PasswordProblem::TooShort));
        assert_eq!(check_password("żółw-łódź-ćma-9", &[]), Ok(()));
        assert_eq!(
            check_password("e\u{301}a\u{301}o\u{301}u\u{301}i\u{301}z\u{301}", &[]),
            Err(PasswordProblem::TooShort)
        );
        assert_eq!(check_password(&"kX9 quilt ".repeat(103), &[]), Err(PasswordProblem::TooLong));
        assert_eq!(check_password(&"żółw-łódź-ćma-9 ".repeat(64), &[]), Ok(()));
    }

    #[test]
    fn common_passwords_are_refused() {
        for password in ["password1234", "qwertyuiop12", "aaaaaaaaaaaaaa", "123456789012", "iloveyou1234"] {
            assert_eq!(check_password(password, &[]), Err(PasswordProblem::Guessable), "{password}");
        }
    }

    #[test]
    fn passwords_made_of_the_context_are_refused() {
        for password in ["jane.doe@acme.example", "AcmeCorporation1", "jane-acme-corporation", "JaneDoeJaneDoe1"] {
            assert_eq!(check_password(password, CONTEXT), Err(PasswordProblem::Guessable), "{password}");
        }
    }

    #[test]
    fn a_strong_end_is_enough_and_a_long_weak_one_is_not() {
        assert_eq!(check_password(&format!("{}violet ladder seldom", "a".repeat(40)), &[]), Ok(()));
        assert_eq!(check_password(&"ab".repeat(500), &[]), Err(PasswordProblem::Guessable));
        assert_eq!(check_password(&"p@ssw0rd1!".repeat(10), &[]), Err(PasswordProblem::Guessable));
        assert_eq!(check_password(&"1234567890".repeat(10), &[]), Err(PasswordProblem::Guessable));
    }

    #[test]
    fn phrases_pass_without_composition_rules() {
        for password in ["correct horse battery staple", "violet ladder seldom", "tr0ub4dor-and-3-more"] {
            assert_eq!(check_password(password, CONTEXT), Ok(()), "{password}");
        }
    }
}
