//! Programs that open every link of a mail before its reader does: nothing is used up, and nothing changes.

use contract_tests::http::Payload;
use contract_tests::server::Server;
use serde_json::json;

use super::{Kind, Place, Secrets, opens, quiet};
use crate::support::{PROGRAM, limits, rows};

/// How often each scanner looks.
const TIMES: usize = 50;

/// Everything that a scanner makes of the links: itself, and what its secret could open elsewhere.
fn targets(secrets: &Secrets) -> Vec<String> {
    let (challenge, invitation) = (secrets.get(Kind::Challenge), secrets.get(Kind::Invitation));
    let signup = secrets.get(Kind::Signup);
    vec![
        "/activate".to_owned(),
        format!("/activate?challenge={challenge}"),
        format!("/activate?invitation={invitation}"),
        format!("/activations?challenge={challenge}"),
        format!("/activations/decline?challenge={challenge}"),
        format!("/auth/v1/ad/login/invitation?invitationToken={invitation}"),
        format!("/new-user?invite={signup}"),
        format!("/invite/{signup}/validate"),
        format!("/invite/{signup}/signup"),
    ]
}

#[tokio::test]
async fn a_link_that_was_opened_fifty_times_still_works() {
    // Nothing else changes a row while they are compared.
    let limits = limits(&[]);
    let off = ["--limit-client", "off"];
    let server = Server::start(PROGRAM, &limits.iter().map(String::as_str).chain(off).collect::<Vec<_>>()).await;
    let secrets = Secrets::of_acme(&server).await;
    quiet(&server).await;
    let database = server.database().await;
    let before = rows(&database, "", "TRUE").await;
    let browser = [("user-agent", "Mozilla/5.0".to_owned()), ("sec-purpose", "prefetch;prerender".to_owned())];
    for target in targets(&secrets) {
        for method in ["GET", "HEAD", "OPTIONS"] {
            for _ in 0..TIMES {
                let answer = server.send(method, &target, &browser, None).await;
                assert!([200, 404, 405].contains(&answer.status), "{method} {target}: {}", answer.status);
                assert!(answer.header("set-cookie").is_none());
            }
        }
    }
    assert_eq!(rows(&database, "", "TRUE").await, before, "a look has changed something");
    database.close().await;
    for (kind, place) in [
        (Kind::Challenge, Place::Activation),
        (Kind::Invitation, Place::Acceptance),
        (Kind::Signup, Place::Validation),
        (Kind::Signup, Place::Signup),
    ] {
        let answer = place.present(&server, &secrets, secrets.get(kind)).await;
        assert!(opens(&answer) && answer.status != 409, "{place:?}: {} {}", answer.status, answer.text());
    }
}

#[tokio::test]
async fn what_a_page_of_another_site_can_send_by_itself_is_refused() {
    let server = Server::start(PROGRAM, &[]).await;
    let secrets = Secrets::of_acme(&server).await;
    let body = json!({ "challenge": secrets.get(Kind::Challenge), "password": "wooden-kettle-on-a-quiet-hill" });
    // The three types that a form may have, and none: a browser asks nobody before it sends these.
    for content_type in
        [Some("application/x-www-form-urlencoded"), Some("multipart/form-data; boundary=x"), Some("text/plain"), None]
    {
        let payload = Payload { content_type: content_type.map(str::to_owned), bytes: body.to_string().into_bytes() };
        for path in ["/activations", "/activations/decline"] {
            let answer =
                server.send("POST", path, &[("origin", "https://evil.example".to_owned())], Some(&payload)).await;
            assert_eq!(answer.status, 415, "{path} as {content_type:?}");
            assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")));
        }
    }
    let answer = Place::Activation.present(&server, &secrets, secrets.get(Kind::Challenge)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}
