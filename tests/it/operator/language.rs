//! The language of mails: the server's, until somebody has chosen one.

use contract_tests::http::{self, Payload};
use contract_tests::mailbox;
use contract_tests::poll;
use contract_tests::server::Served;
use contract_tests::world::basic;
use invite_api::security::Operation;
use serde_json::json;
use tempfile::TempDir;

use super::Operator;
use crate::support::{PROGRAM, kare_acceptance, kare_invite, server};

#[tokio::test]
async fn a_server_for_real_writes_in_its_language_with_its_operators_words() {
    let folder = TempDir::new().unwrap();
    let operator = Operator::at(&folder.path().join("data"));
    operator.text("organization add initech --name Initech");
    let key = operator.json("key add --organization initech");
    let templates = folder.path().join("templates");
    std::fs::create_dir(&templates).unwrap();
    let words = "Subject: Bienvenido\n\nBienvenido a {{ organization }}.\n\n{{ link(url) }}\n";
    std::fs::write(
        templates.join("activation.es.jinja"),
        words.replace("{{ organization }}", "{{ organization or \"nosotros\" }}"),
    )
    .unwrap();
    let (templates, mailbox) = (templates.display().to_string(), folder.path().join("mailbox"));
    let more = ["--mail-language", "es", "--mail-templates", &templates];
    let server = Served::start(&[PROGRAM], folder.path(), &operator.data_dir, &mailbox, &more).await;
    let headers = [basic(key["id"].as_str().unwrap(), key["secret"].as_str().unwrap())];
    let url = format!("{}/v1/organizations/1/members/invite", server.base_url);
    let body = Payload::json(&json!({ "emailAddress": "pedro@initech.example" }));
    let answer = http::send(&http::client(), "POST", &url, &headers, Some(&body)).await.unwrap();
    assert_eq!(answer.status, 204, "{}\n{}", answer.text(), server.process.output());
    let mail = poll::until("the mail", async || mailbox::read(&mailbox).pop()).await;
    assert_eq!((mail.subject.as_str(), mail.language.as_str()), ("Bienvenido", "es"));
    assert!(mail.text.starts_with("Bienvenido a Initech.\r\n\r\nhttp"), "{}", mail.text);
    assert_eq!(operator.json("user show pedro@initech.example")["language"], json!("es"));
}

#[tokio::test]
async fn somebody_who_has_chosen_a_language_is_written_to_in_it_by_everybody() {
    let server = server().await;
    let email = "jean@mail.example";
    assert_eq!(server.post(Operation::KareInviteUserOrganization, &[], &kare_invite(email)).await.status, 201);
    let first = server.mail(email, 1).await;
    assert_eq!(first.language, "en");
    let mut acceptance = kare_acceptance(&first.secret("invitation"), email);
    acceptance["lang"] = json!("fr");
    assert_eq!(server.post(Operation::KareAcceptInvitation, &[], &acceptance).await.status, 201);
    let globex = &server.world.globex;
    let operation = Operation::NexusInviteOrganizationMember;
    let organization = globex.organization().to_string();
    let body = json!({ "emailAddress": email });
    assert_eq!(server.post_as(&globex.credentials(operation), operation, &[&organization], &body).await.status, 204);
    let notice = server.mail(email, 2).await;
    assert_eq!(notice.language, "fr");
    assert!(notice.subject.contains("ajouté") && notice.html.contains("<html lang=\"fr\">"), "{notice:?}");
}
