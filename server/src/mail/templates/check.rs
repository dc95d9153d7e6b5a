//! The check of templates: every mail in every language, with every name and with none, in both parts.
//!
//! 1. Each name that a template uses is one that its mail has. This looks at all branches, also those no sample takes.
//! 2. Each mail can be rendered.
//! 3. A mail that has a link shows it, in both parts: without it the mail is good for nothing.

use std::collections::{BTreeMap, BTreeSet};

use invite_domain::mail::{Locale, MailKind};
use minijinja::{UndefinedBehavior, Value};

use super::super::values::{sample, values};
use super::{Compiled, Part, TemplateProblem, escape, words};

/// What every template has.
const COMMON: [&str; 4] = ["language", "part", "subject", "words"];
/// What every layout lends to the words.
const MACROS: [&str; 2] = ["link", "code"];
const PUBLIC_URL: &str = "https://invite.example.com";

/// Everything that is wrong, each thing once.
pub(super) fn check(compiled: &Compiled) -> Vec<TemplateProblem> {
    let mut problems = BTreeSet::new();
    check_names(compiled, &mut problems);
    if problems.is_empty() {
        check_renderings(compiled, &mut problems);
    }
    problems.into_iter().collect()
}

fn check_names(compiled: &Compiled, problems: &mut BTreeSet<TemplateProblem>) {
    let kinds: Vec<BTreeSet<&str>> = MailKind::ALL.into_iter().map(names).collect();
    let everywhere = kinds.iter().skip(1).fold(kinds.first().cloned().unwrap_or_default(), |all, one| &all & one);
    // Words may use what only one of the layouts lends them, in a branch for its part.
    let mut lent = BTreeSet::new();
    for part in Part::ALL {
        check_template(compiled, part.layout(), &everywhere, &BTreeSet::new(), problems);
        // A layout that cannot be rendered is told of when it is rendered with words.
        let Some(macros) = macros(compiled, part) else { return };
        let missing = MACROS.into_iter().find(|name| !macros.contains(*name));
        if let (Some(name), Some(source)) = (missing, compiled.sources.get(part.layout())) {
            let fix =
                format!("write {{% macro {name}(text) %}}{{{{ text }}}}{{% endmacro %}}: the words of mails use it");
            problems.insert(source.problem(None, format!("the macro `{name}` is missing"), &fix));
        }
        lent.extend(macros);
    }
    for (kind, names) in MailKind::ALL.into_iter().zip(&kinds) {
        for locale in Locale::ALL {
            check_template(compiled, &words(kind, locale), names, &lent, problems);
        }
    }
}

fn check_template(
    compiled: &Compiled,
    name: &str,
    values: &BTreeSet<&str>,
    macros: &BTreeSet<String>,
    problems: &mut BTreeSet<TemplateProblem>,
) {
    // Both environments hold the same.
    let environment = &compiled.text;
    let (Ok(template), Some(source)) = (environment.get_template(name), compiled.sources.get(name)) else { return };
    let globals: BTreeSet<&str> = environment.globals().map(|(name, _)| name).collect();
    for used in template.undeclared_variables(false) {
        let known = values.contains(used.as_str())
            || macros.contains(&used)
            || globals.contains(used.as_str())
            || COMMON.contains(&used.as_str());
        if !known {
            let all: Vec<&str> =
                values.iter().copied().chain(macros.iter().map(String::as_str)).chain(COMMON).collect();
            let fix = format!("use one of: {}", all.join(", "));
            problems.insert(source.problem(source.line_of(&used), format!("unknown variable `{used}`"), &fix));
        }
    }
}

/// What the words of a kind may name.
fn names(kind: MailKind) -> BTreeSet<&'static str> {
    values(&sample(kind, true), PUBLIC_URL).into_keys().collect()
}

/// What a layout lends to the words: the macros that it defines, found out by rendering it without any.
fn macros(compiled: &Compiled, part: Part) -> Option<BTreeSet<String>> {
    let mut environment = compiled.environment(part).clone();
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    environment.add_template("nothing", "").ok()?;
    let layout = environment.get_template(part.layout()).ok()?;
    let rendered = layout.render_captured(Value::from(BTreeMap::from([("words", "nothing")]))).ok()?;
    Some(rendered.state().exports().into_iter().map(str::to_owned).collect())
}

fn check_renderings(compiled: &Compiled, problems: &mut BTreeSet<TemplateProblem>) {
    for kind in MailKind::ALL {
        for locale in Locale::ALL {
            for (part, named) in Part::ALL.into_iter().flat_map(|part| [(part, true), (part, false)]) {
                let mail = sample(kind, named);
                let rendered = compiled.render(part, &mail, locale, PUBLIC_URL);
                let link = mail.link(PUBLIC_URL).map(|link| if part == Part::Html { escape(&link) } else { link });
                match (rendered, link) {
                    (Ok(rendered), Some(link)) if !rendered.contains(&link) => {
                        let found = compiled.sources.get(&words(kind, locale)).map(|source| {
                            let message = format!("the link is missing in the {} part", part.as_str());
                            source.problem(None, message, "write {{ link(url) }} where it belongs")
                        });
                        problems.extend(found);
                    }
                    (Ok(_), _) => {}
                    (Err(problem), _) => {
                        problems.insert(problem);
                    }
                }
            }
        }
    }
}
