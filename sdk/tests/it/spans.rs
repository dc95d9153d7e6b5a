//! The span of a call: OpenTelemetry's names, and no secret.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::instrument::WithSubscriber;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;

use crate::calls::{self, CREDENTIALS};
use crate::peer::{Peer, typed};

/// Everything that is written, by all threads.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a subscriber for everything, down to the transport, writes during `call`.
async fn written<F: Future>(call: F) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let layer =
        tracing_subscriber::fmt::layer().json().with_span_events(FmtSpan::CLOSE).with_writer(move || writer.clone());
    call.with_subscriber(tracing_subscriber::registry().with(layer)).await;
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test]
async fn a_call_is_a_span_with_the_names_of_opentelemetry() {
    let peer = Peer::answering(typed("418 I'm a teapot", "text/plain", "no")).await;
    let client = calls::client(&peer.url);
    let written = written(async { client.unleash_validate_signup_token("canary-token").await }).await;
    let port = peer.url.rsplit(':').next().unwrap();
    for part in [
        r#""otel.name":"GET /invite/{token}/validate""#.to_owned(),
        r#""otel.kind":"client""#.to_owned(),
        r#""otel.status_code":"ERROR""#.to_owned(),
        r#""operation_id":"unleash_validate_signup_token""#.to_owned(),
        r#""http.request.method":"GET""#.to_owned(),
        r#""url.template":"/invite/{token}/validate""#.to_owned(),
        r#""server.address":"127.0.0.1""#.to_owned(),
        format!(r#""server.port":{port}"#),
        r#""http.response.status_code":418"#.to_owned(),
        r#""error.type":"Undeclared""#.to_owned(),
    ] {
        assert!(written.contains(&part), "{part} is not in {written}");
    }
    assert!(!written.contains("canary"), "{written}");
}

#[tokio::test]
async fn spans_hold_no_secret() {
    let peer =
        Peer::answering(typed("201 Created", "application/json", r#"{"id":1,"inviteLink":"canary-link"}"#)).await;
    let client = calls::client(&peer.url);
    let written = written(async {
        drop(client.muninx_invite_user(calls::muninx_user()).await);
        drop(client.kare_invite_user_organization(calls::kare_invitee()).await);
        drop(client.nexus_invite_organization_member(5, calls::nexus_member()).await);
        drop(client.unleash_signup("canary-token", calls::unleash_account()).await);
        drop(client.activate(calls::activation()).await);
    })
    .await;
    assert_eq!(written.matches(r#""message":"close""#).count(), 5, "{written}");
    for secret in CREDENTIALS.into_iter().chain(["canary", "jane.doe", "hunter@"]) {
        assert!(!written.contains(secret), "{secret} is in {written}");
    }
}
