//! Colours of code: strings, numbers, comments and words of a language, each in an element of its own.

use crate::markdown::escape;

/// What tells the languages apart.
struct Language {
    names: &'static [&'static str],
    comment: &'static str,
    quotes: &'static [char],
    words: &'static [&'static str],
}

const LANGUAGES: [Language; 6] = [
    Language { names: &["json"], comment: "", quotes: &['"'], words: &["true", "false", "null"] },
    Language {
        names: &["sh", "shell", "bash", "curl", "console"],
        comment: "# ",
        quotes: &['"', '\''],
        words: &["curl", "export", "cargo", "npm", "pip"],
    },
    Language {
        names: &["rust"],
        comment: "//",
        quotes: &['"'],
        words: &[
            "as", "async", "await", "else", "enum", "false", "fn", "for", "if", "impl", "in", "let", "loop", "match",
            "mod", "move", "mut", "pub", "ref", "return", "self", "struct", "true", "use", "while",
        ],
    },
    Language {
        names: &["typescript", "ts", "javascript", "js"],
        comment: "//",
        quotes: &['"', '\'', '`'],
        words: &[
            "as",
            "async",
            "await",
            "catch",
            "const",
            "else",
            "export",
            "false",
            "for",
            "from",
            "function",
            "if",
            "import",
            "let",
            "new",
            "null",
            "of",
            "return",
            "throw",
            "true",
            "try",
            "type",
            "undefined",
        ],
    },
    Language {
        names: &["python", "py"],
        comment: "#",
        quotes: &['"', '\''],
        words: &[
            "False", "None", "True", "as", "assert", "def", "else", "except", "for", "from", "if", "import", "in",
            "not", "print", "raise", "return", "try", "while", "with",
        ],
    },
    Language { names: &["toml", "yaml"], comment: "#", quotes: &['"', '\''], words: &["true", "false"] },
];

/// `code` as HTML; in a language that is not known, without colours.
pub(crate) fn html(language: &str, code: &str) -> String {
    match LANGUAGES.iter().find(|known| known.names.contains(&language)) {
        Some(known) => colour(known, code),
        None => escape(code),
    }
}

fn colour(language: &Language, code: &str) -> String {
    let mut html = String::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let (class, length) = token(language, rest, first);
        let (this, after) = rest.split_at(length);
        match class {
            // The name of a member looks different from a string.
            "string" if language.names[0] == "json" && after.trim_start().starts_with(':') => {
                span("member", this, &mut html)
            }
            "" => html.push_str(&escape(this)),
            class => span(class, this, &mut html),
        }
        rest = after;
    }
    html
}

fn span(class: &str, text: &str, html: &mut String) {
    html.push_str(&format!("<span class=\"{class}\">{}</span>", escape(text)));
}

/// What `rest` begins with, and how many bytes of it that takes.
fn token(language: &Language, rest: &str, first: char) -> (&'static str, usize) {
    if !language.comment.is_empty() && rest.starts_with(language.comment) {
        return ("comment", rest.find('\n').unwrap_or(rest.len()));
    }
    if language.quotes.contains(&first) {
        return ("string", string_length(rest, first));
    }
    let word: usize = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
    if word > 0 && language.words.contains(&&rest[..word]) {
        return ("word", word);
    }
    if word > 0 && rest[..word].chars().all(|c| c.is_ascii_digit()) {
        return ("number", word);
    }
    ("", word.max(first.len_utf8()))
}

/// Up to the closing quote, or the end.
fn string_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (index, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return index + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}
