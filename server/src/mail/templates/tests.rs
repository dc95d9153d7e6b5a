//! Templates of an operator: what they can change, and what is told of those that cannot be used.

use std::path::PathBuf;

use invite_domain::secret::PlainSecret;

use super::super::values::{SAMPLE_TIME, sample};
use super::*;

const URL: &str = "https://invite.example.com";

struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn load(&self) -> Result<Templates, Vec<TemplateProblem>> {
        Templates::load(Some(self.folder.path()))
    }
}

/// What is told of one file, and what to do.
fn told(name: &str, text: &str) -> (String, String) {
    let folder = Folder::with(&[(name, text)]);
    let problems = folder.load().expect_err("refused");
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (all[0].replace(&format!("{}/", folder.folder.path().display()), ""), problems[0].fix.clone())
}

fn activation(name: &str) -> Mail {
    Mail::Activation {
        invitee: Some(name.to_owned()),
        inviter: None,
        organization: "Acme".to_owned(),
        challenge: PlainSecret::from_caller("act_secret"),
        expires_at: SAMPLE_TIME,
    }
}

#[test]
fn a_file_takes_the_place_of_the_built_in_one_and_of_no_other() {
    let folder = Folder::with(&[
        (
            "activation.en.jinja",
            "Subject: Welcome aboard\r\n\r\nDear {{ invitee or \"guest\" }},\r\nwelcome.\r\n\r\n{{ link(url) }}\r\n",
        ),
        (".notes", "hidden files are nobody's business"),
    ]);
    let templates = folder.load().unwrap();
    let written = templates.write(&activation("O'Brien"), Locale::En, URL).unwrap();
    assert_eq!(written.subject, "Welcome aboard");
    assert_eq!(written.text, format!("Dear O'Brien,\r\nwelcome.\r\n\r\n{URL}/activate#challenge=act_secret\r\n"));
    assert!(written.html.contains("<p>Dear O&#39;Brien,\r\nwelcome.</p>\r\n<p><a href="), "{}", written.html);
    let built_in = Templates::load(None).unwrap();
    for locale in [Locale::Fr, Locale::De, Locale::Es] {
        let (one, other) =
            (templates.write(&activation("J"), locale, URL), built_in.write(&activation("J"), locale, URL));
        assert_eq!(one.unwrap().html, other.unwrap().html);
    }
}

#[test]
fn a_layout_dresses_every_mail_and_lends_its_macros() {
    let layout = "{% macro link(url) %}<a class=\"button\" href=\"{{ url }}\">go</a>{% endmacro %}\
        {% macro code(text) %}<kbd>{{ text }}</kbd>{% endmacro %}\
        {% macro shout(text) %}<b>{{ text }}</b>{% endmacro %}\
        {% set body %}{% include words %}{% endset %}<h1>{{ subject }}</h1>{{ body | paragraphs | join }}";
    let words = "Subject: One & two\n\n{% if part == \"html\" %}{{ shout(organization or \"us\") }}{% endif %} {{ link(url) }} {{ code(token) }}\n";
    let folder = Folder::with(&[("layout.html.jinja", layout), ("kare_invitation.de.jinja", words)]);
    let templates = folder.load().unwrap();
    let html = templates.write(&sample(MailKind::KareInvitation, true), Locale::De, URL).unwrap().html;
    assert!(
        html.starts_with("<h1>One &amp; two</h1><b>Sample Organization</b> <a class=\"button\" href=\"https://"),
        "{html}"
    );
    assert!(html.contains("<kbd>sample-secret"), "{html}");
}

/// A file's name, a text that cannot be used there, how what is told of it begins, and a piece of what to do.
const UNUSABLE: &[[&str; 4]] = &[
    [
        "activation.en.jinja",
        "Subject: Hi\n\n{{ link(url) }}\n\n{% if invitee %}",
        "activation.en.jinja:5: syntax error: ",
        "Jinja",
    ],
    [
        "activation.en.jinja",
        "Subject: Hi\n\n{{ link(url) }}\n{% if false %}{{ nobody }}{% endif %}",
        "activation.en.jinja:4: unknown variable `nobody`",
        "use one of: expires_at, invitee, inviter, organization, url",
    ],
    [
        "added_notice.en.jinja",
        "Subject: Hi\n\nfollow {{ url }}",
        "added_notice.en.jinja:3: unknown variable `url`",
        "use one of: invitee",
    ],
    [
        "added_notice.en.jinja",
        "Subject: Hi\n\n{{ organization | shorten }}",
        "added_notice.en.jinja:3: unknown filter: ",
        "Jinja",
    ],
    [
        "added_notice.en.jinja",
        "Subject: Hi\n\nDear {{ invitee }}",
        "added_notice.en.jinja:3: a value that not every mail has",
        "{% if invitee %}",
    ],
    [
        "added_notice.en.jinja",
        "Subject: Hi\n\n{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
        "added_notice.en.jinja:3: the template does too much",
        "shorter",
    ],
    [
        "activation.en.jinja",
        "Subject: Hi\n\nhello",
        "activation.en.jinja: the link is missing in the html part",
        "{{ link(url) }}",
    ],
    [
        "activation.en.jinja",
        "Hi\n\n{{ link(url) }}",
        "activation.en.jinja:1: the file does not begin with a subject",
        "Subject: You have been invited",
    ],
    [
        "activation.en.jinja",
        "Subject: Hi\n{{ link(url) }}",
        "activation.en.jinja:1: the file does not begin with a subject",
        "second one empty",
    ],
    [
        "activation.en.jinja",
        "Subject: {{ organization }}\n\n{{ link(url) }}",
        "activation.en.jinja:1: the subject is no plain text",
        "no name can get into a header",
    ],
    [
        "layout.text.jinja",
        "{% include words %}",
        "layout.text.jinja: the macro `link` is missing",
        "{% macro link(text) %}",
    ],
    [
        "layout.text.jinja",
        "{% macro link(u) %}{% endmacro %}{% macro code(t) %}{% endmacro %}\n{{ url }}",
        "layout.text.jinja:2: unknown variable `url`",
        "use one of: invitee",
    ],
    [
        "invitation.en.jinja",
        "Subject: Hi\n\nhello",
        "invitation.en.jinja: no mail is made of a file of this name",
        "activation.en.jinja",
    ],
];

#[test]
fn what_cannot_be_used_is_told_with_file_line_and_fix() {
    for [name, text, expected, fix] in UNUSABLE {
        let (message, told) = told(name, text);
        assert!(message.starts_with(expected), "{expected} in {message}");
        assert!(told.contains(fix), "{fix} in {told}");
    }
}

#[test]
fn a_folder_that_is_none_and_a_file_that_is_no_text_are_told() {
    let folder = Folder::with(&[]);
    let problems = Templates::load(Some(&folder.path("missing"))).expect_err("refused");
    assert!(problems[0].to_string().contains("cannot read the folder of templates"), "{problems:?}");
    std::fs::write(folder.path("activation.en.jinja"), [0xff, 0xfe]).unwrap();
    let problems = folder.load().expect_err("refused");
    assert!(problems[0].to_string().contains("cannot read the template"), "{problems:?}");
    assert!(problems[0].fix.contains("UTF-8"), "{problems:?}");
}

#[test]
fn every_file_with_a_mistake_is_told_at_once() {
    let folder = Folder::with(&[
        ("activation.en.jinja", "no subject"),
        ("activation.fr.jinja", "Subject: Hi\n\n{{ link(url) }}{% endif %}"),
        ("nothing.txt", ""),
    ]);
    assert_eq!(folder.load().expect_err("refused").len(), 3);
}

#[test]
fn a_value_cannot_become_a_tag_a_template_or_a_paragraph() {
    let templates = Templates::load(None).unwrap();
    for name in ["{{ url }}", "{% include words %}", "<p>", "{organization}"] {
        let written = templates.write(&activation(name), Locale::En, URL).unwrap();
        assert!(written.text.starts_with(&format!("Hello {name},\r\n\r\n")), "{}", written.text);
        assert!(written.html.contains(&format!("<p>Hello {},</p>", escape(name))), "{}", written.html);
    }
}
