//! The files of the pages, inside the binary.

/// The canonical document, as written.
pub(super) const OPENAPI_YAML: &str = include_str!("../../../openapi/invite.yaml");
/// The canonical document as JSON.
pub(super) const OPENAPI_JSON: &str = include_str!("../../../openapi/generated/openapi.json");
pub(super) const ACTIVATE_HTML: &str = include_str!("../../assets/activate.html");
pub(super) const NEW_USER_HTML: &str = include_str!("../../assets/new-user.html");
/// What the pages for people say.
const TEXTS: &str = include_str!("../../assets/texts.js");

/// A file below `/assets`, with its media type.
pub(super) fn find(name: &str) -> Option<(&'static str, &'static str)> {
    const CSS: &str = "text/css; charset=utf-8";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    Some(match name {
        "pages.css" => (CSS, include_str!("../../assets/pages.css")),
        "pages.js" => (SCRIPT, include_str!("../../assets/pages.js")),
        "password.js" => (SCRIPT, include_str!("../../assets/password.js")),
        "texts.js" => (SCRIPT, TEXTS),
        "activate.js" => (SCRIPT, include_str!("../../assets/activate.js")),
        "new-user.js" => (SCRIPT, include_str!("../../assets/new-user.js")),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use invite_domain::challenge;
    use invite_domain::flow::unleash;
    use invite_domain::names::check_name;
    use invite_domain::password::PasswordProblem;
    use invite_domain::refusal::Refusal;

    use super::*;

    #[test]
    fn the_pages_know_the_servers_sentences_word_for_word() {
        let refusals = [
            challenge::unknown("challenge"),
            challenge::used(),
            challenge::declined(),
            challenge::expired(),
            challenge::revoked(),
            Refusal::wrong_credentials(),
            unleash::check_token(None, chrono::DateTime::UNIX_EPOCH).expect_err("no token"),
        ];
        let mut sentences: Vec<String> = refusals.iter().map(|refusal| refusal.detail.to_string()).collect();
        let passwords = [PasswordProblem::TooShort, PasswordProblem::TooLong, PasswordProblem::Guessable];
        sentences.extend(passwords.iter().map(ToString::to_string));
        sentences.push(check_name("Example.Com").expect_err("a web address").to_string());
        for sentence in sentences {
            assert!(TEXTS.contains(&format!("\n  \"{sentence}\": {{ ")), "texts.js lacks: {sentence}");
        }
    }
}
