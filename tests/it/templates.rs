//! The templates of mails, as an operator meets them: previews, a mail to try the settings with, and what is said of a mistake before
//! a mail is lost.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use contract_tests::mailbox::Mail;
use contract_tests::smtp::{PASSWORD, Peer};
use invite_domain::mail::MailKind;
use tempfile::TempDir;

use crate::support::PROGRAM;

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).env_clear().output().unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_mail_can_be_looked_at_in_every_language() {
    for kind in MailKind::ALL {
        let mut texts = BTreeSet::new();
        for language in ["en", "fr", "de", "es"] {
            let preview =
                |part| printed(&["mail", "preview", "--kind", kind.as_str(), "--language", language, "--part", part]);
            let (text, html, message) = (preview("text"), preview("html"), preview("message"));
            assert!(text.contains("Sample Invitee") && text.contains("Sample Organization"), "{text}");
            assert!(
                html.contains(&format!("<html lang=\"{language}\">")) && html.contains("Sample Organization"),
                "{html}"
            );
            if kind == MailKind::ImportFinished {
                let words = text.split_whitespace().map(|word| word.trim_end_matches('.'));
                let numbers = words.filter(|word| word.chars().all(|letter| letter.is_ascii_digit()));
                assert_eq!(
                    numbers.collect::<BTreeSet<_>>(),
                    BTreeSet::from(["51", "40", "5", "3", "2", "1"]),
                    "{text}"
                );
            } else {
                assert!(text.contains("Sample Inviter") && html.contains("Sample Inviter"), "{text}");
            }
            let mail = Mail::parse(message.as_bytes());
            assert_eq!((mail.to.as_str(), mail.language.as_str()), ("sample@example.com", language));
            assert_eq!(mail.text.replace("\r\n", "\n").trim(), text.trim());
            if kind.has_link() {
                assert!(mail.link().starts_with("http://127.0.0.1:8080/activate#"), "{}", mail.link());
            }
            texts.insert(text);
        }
        assert_eq!(texts.len(), 4, "each language says it in its own words");
    }
}

#[test]
fn a_preview_shows_the_operators_templates_in_the_configured_language() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("activation.es.jinja"), "Subject: Hola\n\n{{ link(url) }} {{ \"&\" }} más\n")
        .unwrap();
    let templates = folder.path().to_str().unwrap();
    let settings = ["--mail-templates", templates, "--mail-language", "es", "--public-url", "https://x.example/i"];
    let preview = |part| {
        let mut arguments = vec!["mail", "preview", "--kind", "activation", "--part", part];
        arguments.extend(settings);
        printed(&arguments)
    };
    let link = "https://x.example/i/activate#challenge=sample-secret-that-opens-nothing";
    assert_eq!(preview("text"), format!("{link} & más\n"));
    assert!(preview("html").contains(&format!("<p><a href=\"{link}\">{link}</a> &amp; más</p>")));
}

#[tokio::test]
async fn a_mail_to_try_the_settings_with_says_what_the_mail_server_answers() {
    let peer = Peer::with_tls().await;
    let send = |to: &str, url: &str| {
        let sender = ["--mail-from", "Invitations <invite@sender.example>"];
        let output =
            run(&[&["mail", "test", "--to", to, "--language", "de", "--mail-smtp", url], &sender[..]].concat());
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        assert!(!said.contains(PASSWORD), "{said}");
        (output.status.code(), said)
    };
    let (code, said) = send("jane@well.example", &peer.tls_url());
    assert!(code == Some(0) && said.starts_with("smtp://invite:***@localhost:") && said.contains(": taken;"), "{said}");
    let mail = peer.mail("jane@well.example").await;
    assert_eq!(mail.language, "de");
    assert!(mail.link().ends_with("#challenge=sample-secret-that-opens-nothing"), "{}", mail.link());
    let wrong_password = peer.tls_url().replace(PASSWORD, "wrong");
    let nowhere = "smtp://127.0.0.1:1";
    for (to, url, code, expected) in [
        ("jane@refused.example", &*peer.tls_url(), 2, "no such mailbox"),
        ("jane@busy.example", &peer.tls_url(), 1, "mailbox busy"),
        ("jane@well.example", &wrong_password, 1, "(535)"),
        ("jane@well.example", nowhere, 1, "onnection refused"),
        ("nobody", nowhere, 2, "--to"),
    ] {
        let (status, said) = send(to, url);
        assert!(status == Some(code) && said.contains(expected), "{to} by {url}: {status:?} {said}");
    }
    assert_eq!(peer.mails().len(), 1, "only one was taken");
    let folder = TempDir::new().unwrap();
    let said =
        printed(&["mail", "test", "--to", "jane@well.example", "--mail-folder", folder.path().to_str().unwrap()]);
    assert!(said.contains("sent to nobody"), "{said}");
}

#[test]
fn a_mistake_in_a_template_is_told_before_the_server_starts() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let templates = folder.path().join("templates");
    std::fs::create_dir(&templates).unwrap();
    std::fs::write(templates.join("activation.fr.jinja"), "Subject: Bonjour\n\n{{ link(url) }}\n\n{{ inviteee }}\n")
        .unwrap();
    std::fs::write(templates.join("layout.html"), "").unwrap();
    let serve = vec!["serve", "--log-format", "text", "--data-dir", data.to_str().unwrap()];
    for command in [vec!["config", "check"], serve] {
        let mut arguments = command.clone();
        arguments.extend(["--mail-templates", templates.to_str().unwrap()]);
        let output = run(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
        for expected in
            ["activation.fr.jinja:5: unknown variable `inviteee`", "hint: use one of: ", "layout.html: no mail is made"]
        {
            assert!(said.contains(expected), "{command:?}: {expected} in {said}");
        }
    }
    assert!(!data.exists(), "nothing was started");
}
