//! Which requests are sent again, with what, and after how long.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::generated::clients::{Things, ThingsCredentials};
use crate::peer::{Peer, answer, header, typed};
use crate::{Client, ClientBuilder, ErrorKind, Retries, RetryClass, types};

/// The waits that a client was told to make.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Vec<Duration>>>);

impl Waits {
    fn seconds(&self) -> Vec<u64> {
        self.0.lock().unwrap().iter().map(Duration::as_secs).collect()
    }
}

const STEP: Duration = Duration::from_millis(100);

/// A client that notes its waits and does not wait.
fn builder(url: &str) -> (ClientBuilder, Waits) {
    let waits = Waits::default();
    let noted = waits.clone();
    let sleep = move |wait| {
        noted.0.lock().unwrap().push(wait);
        std::future::ready(())
    };
    let builder = Client::builder(url).retries(Retries::default().backoff(STEP, STEP)).sleep_with(sleep);
    (builder.basic("key", "secret"), waits)
}

fn client(url: &str) -> Client {
    builder(url).0.build().unwrap()
}

fn thing() -> types::builder::NewThing {
    types::NewThing::builder().name("a").kind("small")
}

fn not_now(headers: &[(&str, &str)]) -> Vec<u8> {
    let typed = [("content-type", "application/problem+json")];
    answer("503 Service Unavailable", &[&typed, headers].concat(), r#"{"title": "not now"}"#)
}

fn created() -> Vec<u8> {
    typed("201 Created", "application/json", r#"{"name": "a"}"#)
}

/// A port where nobody listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn the_table_says_what_may_be_repeated() {
    let classes: Vec<_> = crate::OPERATIONS.iter().map(|operation| (operation.id, operation.retry)).collect();
    let expected = [
        ("create_thing", RetryClass::Keyed),
        ("get_thing", RetryClass::Idempotent),
        ("change_thing", RetryClass::Idempotent),
        ("paint_thing", RetryClass::Unsent),
        ("weigh_thing", RetryClass::Idempotent),
        ("break_scales", RetryClass::Never),
        ("health", RetryClass::Idempotent),
        ("get_turn", RetryClass::Idempotent),
        ("peek_turn", RetryClass::Idempotent),
        ("list_all_things", RetryClass::Idempotent),
    ];
    assert_eq!(classes, expected);
}

#[tokio::test]
async fn a_post_without_a_key_is_sent_once_whatever_the_answer() {
    for status in ["429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"] {
        let peer = Peer::answering(answer(status, &[("retry-after", "0")], "")).await;
        let error = client(&peer.url).paint_thing("1").retries(9).await.unwrap_err();
        assert_eq!((error.attempts(), peer.requests().len()), (1, 1), "{status}");
    }
    let peer = Peer::answering(Vec::new()).await;
    let error = client(&peer.url).paint_thing("1").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), peer.requests().len()), (ErrorKind::Transport, 1, 1));
}

#[tokio::test]
async fn a_post_with_a_key_is_repeated_with_the_same_key_id_and_body() {
    let answers = vec![not_now(&[]), answer("429 Too Many Requests", &[], ""), created()];
    let peer = Peer::in_turn(answers).await;
    let response = client(&peer.url).create_thing(1, thing()).await.unwrap();
    assert_eq!(response.attempts(), 3);
    let requests = peer.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(header(&requests[0], "idempotency-key").unwrap().len(), 36);
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");
}

#[tokio::test]
async fn a_key_whose_first_request_still_runs_is_sent_again() {
    let in_use = answer("409 Conflict", &[("retry-after", "3")], "");
    let peer = Peer::in_turn(vec![Vec::new(), in_use.clone(), created()]).await;
    let (builder, waits) = builder(&peer.url);
    let response = builder.build().unwrap().create_thing(1, thing()).await.unwrap();
    assert_eq!((response.attempts(), response.status().as_u16()), (3, 201));
    assert_eq!(waits.seconds(), [0, 3], "as long as the server asks");
    let requests = peer.requests();
    assert!(requests.iter().all(|request| *request == requests[0]), "{requests:?}");
    // A conflict of the operation's own comes again, and is the call's.
    let peer = Peer::in_turn(vec![Vec::new(), in_use.clone()]).await;
    let error = client(&peer.url).create_thing(1, thing()).await.unwrap_err();
    assert_eq!((error.attempts(), error.status().unwrap().as_u16()), (3, 409));
    let peer = Peer::answering(in_use).await;
    assert_eq!(client(&peer.url).create_thing(1, thing()).await.unwrap_err().attempts(), 1, "nobody sent it before");
}

#[tokio::test]
async fn each_call_has_a_key_of_its_own_unless_the_caller_gives_one() {
    let peer = Peer::answering(created()).await;
    let client = client(&peer.url);
    client.create_thing(1, thing()).await.unwrap();
    client.create_thing(1, thing()).await.unwrap();
    client.create_thing(1, thing()).idempotency_key("mine").await.unwrap();
    client.create_thing(1, thing()).header("Idempotency-Key", "mine too").await.unwrap();
    let keys: Vec<_> = peer.requests().iter().map(|request| header(request, "idempotency-key").unwrap()).collect();
    assert_ne!(keys[0], keys[1]);
    assert_eq!(keys[2..], ["mine", "mine too"]);
}

#[tokio::test]
async fn the_callers_key_is_sent_with_each_attempt() {
    let peer = Peer::in_turn(vec![not_now(&[]), created()]).await;
    client(&peer.url).create_thing(1, thing()).idempotency_key("mine").await.unwrap();
    let requests = peer.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|request| header(request, "idempotency-key").as_deref() == Some("mine")));
}

#[tokio::test]
async fn a_key_is_not_sent_where_the_document_declares_none() {
    let peer = Peer::answering(answer("204 No Content", &[], "")).await;
    client(&peer.url).weigh_thing("1").await.unwrap();
    assert_eq!(header(&peer.request(), "idempotency-key"), None);
}

#[tokio::test]
async fn a_server_that_knows_no_keys_gets_none_and_no_post_twice() {
    for given in [not_now(&[("retry-after", "0")]), Vec::new()] {
        let peer = Peer::answering(given).await;
        let client = builder(&peer.url).0.without_idempotency_keys().build().unwrap();
        let error = client.create_thing(1, thing()).retries(9).await.unwrap_err();
        assert_eq!((error.attempts(), peer.requests().len()), (1, 1));
        assert_eq!(header(&peer.request(), "idempotency-key"), None);
        // A key of the caller's is sent, and is no promise of that server.
        let error = client.create_thing(1, thing()).idempotency_key("mine").await.unwrap_err();
        assert_eq!((error.attempts(), peer.requests().len()), (1, 2));
        assert_eq!(header(&peer.requests()[1], "idempotency-key").as_deref(), Some("mine"));
    }
    let client = builder(&nowhere()).0.without_idempotency_keys().build().unwrap();
    assert_eq!(client.create_thing(1, thing()).await.unwrap_err().attempts(), 3, "certainly nothing was sent");
    assert_eq!(client.health().await.unwrap_err().attempts(), 3, "a GET stays what it is");
}

#[tokio::test]
async fn the_vendors_own_server_is_known_to_know_no_keys() {
    let peer = Peer::answering(not_now(&[])).await;
    let mut vendor = Things::vendor(ThingsCredentials::basic("key", "secret"));
    assert_eq!(vendor.base_url, Things::SERVER);
    vendor.base_url.clone_from(&peer.url);
    let error = vendor.build().unwrap().create_thing(1, thing()).await.unwrap_err();
    assert_eq!((error.attempts(), peer.requests().len()), (1, 1));
    assert_eq!(header(&peer.request(), "idempotency-key"), None);
}

#[test]
fn a_vendors_address_is_a_vendors_server_however_it_is_given() {
    let makes = |url: &str| Client::builder(url).build().unwrap().makes_idempotency_keys();
    for url in
        [Things::SERVER, "https://things.example", "HTTPS://Things.Example:443/v1/", "https://things.example/other"]
    {
        assert!(!makes(url), "{url}");
    }
    let at = Things::at(Things::SERVER, ThingsCredentials::basic("key", "secret")).build().unwrap();
    assert!(!at.makes_idempotency_keys());
    assert!(makes("https://things.example:8443/v1") && makes("https://api.example") && makes("http://127.0.0.1:1"));
}

#[tokio::test]
async fn what_twice_does_as_well_as_once_is_repeated() {
    let done = answer("204 No Content", &[], "");
    let peer = Peer::in_turn(vec![not_now(&[]), done.clone()]).await;
    assert_eq!(client(&peer.url).health().await.unwrap().attempts(), 2);
    let peer = Peer::in_turn(vec![answer("502 Bad Gateway", &[], ""), done.clone()]).await;
    assert_eq!(client(&peer.url).weigh_thing("1").await.unwrap().attempts(), 2, "x-retry: idempotent");
    let changed = typed("200 OK", "application/json", "{}");
    let peer = Peer::in_turn(vec![Vec::new(), answer("504 Gateway Timeout", &[], ""), changed]).await;
    let change = types::ThingChange::builder().name("b");
    assert_eq!(client(&peer.url).change_thing(1, change).await.unwrap().attempts(), 3, "a broken connection too");
}

#[tokio::test]
async fn other_answers_end_the_call() {
    for status in
        ["400 Bad Request", "404 Not Found", "408 Request Timeout", "409 Conflict", "500 Internal Server Error"]
    {
        let peer = Peer::answering(answer(status, &[("retry-after", "0")], "")).await;
        let error = client(&peer.url).get_thing(1).await.unwrap_err();
        assert_eq!((error.attempts(), peer.requests().len()), (1, 1), "{status}");
    }
}

#[tokio::test]
async fn what_was_not_sent_is_sent_again_even_if_it_is_a_post() {
    let url = nowhere();
    let error = client(&url).paint_thing("1").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 3));
    assert!(error.to_string().contains("could not connect (3 attempts, request "), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again_where_that_is_allowed() {
    let whole = typed("200 OK", "application/json", r#"{"name": "a"}"#);
    let cut = whole[..whole.len() - 3].to_vec();
    let peer = Peer::in_turn(vec![cut.clone(), whole]).await;
    assert_eq!(client(&peer.url).get_thing(1).await.unwrap().attempts(), 2);
    let cut_off = created();
    let peer = Peer::in_turn(vec![cut_off[..cut_off.len() - 1].to_vec(), created()]).await;
    assert_eq!(client(&peer.url).create_thing(1, thing()).await.unwrap().attempts(), 2);
    let peer = Peer::answering(cut.clone()).await;
    let error = client(&peer.url).get_thing(1).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.status().unwrap().as_u16()), (ErrorKind::Transport, 3, 200));
    assert!(error.body().unwrap().starts_with(b"{"), "what came of the last is kept");
    let peer = Peer::answering(cut).await;
    assert_eq!(client(&peer.url).paint_thing("1").await.unwrap_err().attempts(), 1, "it may have been carried out");
}

/// Where to send a request that is read and not answered; nobody listens there any more after it.
async fn gone_after_one() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // Closed before the client learns of the broken connection.
        drop(listener);
        tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 4096]).await.unwrap();
    });
    url
}

#[tokio::test]
async fn what_was_sent_once_is_not_called_unsent_when_the_server_is_gone() {
    let error = client(&gone_after_one().await).get_thing(1).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 3), "{error:?}");
    assert!(!error.is_connect() && error.is_in_doubt());
    let unsent = client(&nowhere()).get_thing(1).await.unwrap_err();
    assert!(unsent.is_connect() && !unsent.is_in_doubt());
}

#[tokio::test]
async fn an_answer_after_an_unanswered_attempt_leaves_the_doubt() {
    let peer = Peer::in_turn(vec![Vec::new(), not_now(&[])]).await;
    let error = client(&peer.url).get_thing(1).await.unwrap_err();
    assert_eq!((error.status().unwrap().as_u16(), error.attempts()), (503, 3));
    assert!(error.is_in_doubt());
    let peer = Peer::answering(not_now(&[])).await;
    assert!(!client(&peer.url).get_thing(1).await.unwrap_err().is_in_doubt(), "each attempt was answered");
}

#[tokio::test]
async fn a_gateway_that_answers_for_the_server_leaves_the_doubt() {
    for (status, is_in_doubt) in [
        ("429 Too Many Requests", false),
        ("500 Internal Server Error", false),
        ("502 Bad Gateway", true),
        ("503 Service Unavailable", false),
        ("504 Gateway Timeout", true),
    ] {
        let page = typed(status, "text/html", "<html>");
        let peer = Peer::answering(page.clone()).await;
        let error = client(&peer.url).paint_thing("1").await.unwrap_err();
        assert_eq!((error.attempts(), error.is_in_doubt()), (1, is_in_doubt), "the last answer is {status}");
        // The server may have done it before it was asked again, and refused the second time for that reason.
        let peer = Peer::in_turn(vec![page, answer("410 Gone", &[], "")]).await;
        let error = client(&peer.url).create_thing(1, thing()).await.unwrap_err();
        assert_eq!(error.is_in_doubt(), is_in_doubt, "the answer before is {status}");
    }
}

#[tokio::test]
#[expect(deprecated, reason = "the operation that the document both deprecates and never repeats")]
async fn what_is_never_repeated_is_not_even_if_it_was_not_sent() {
    let error = client(&nowhere()).break_scales("1").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connect, 1));
    let peer = Peer::answering(not_now(&[])).await;
    assert_eq!(client(&peer.url).break_scales("1").await.unwrap_err().attempts(), 1);
}

#[tokio::test]
async fn the_last_answer_is_the_calls() {
    let peer = Peer::answering(not_now(&[("retry-after", "1")])).await;
    let error = client(&peer.url).health().await.unwrap_err();
    assert_eq!((error.attempts(), error.status().unwrap().as_u16()), (3, 503));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    assert!(format!("{error:?}").contains("attempts: 3"), "{error:?}");
    assert!(error.operation_error().is_some());
}

#[tokio::test]
async fn client_and_call_say_how_often() {
    let peer = Peer::answering(not_now(&[])).await;
    let once = builder(&peer.url).0.retries(Retries::none()).build().unwrap();
    assert_eq!(once.health().await.unwrap_err().attempts(), 1);
    assert_eq!(once.health().retries(1).await.unwrap_err().attempts(), 2);
    assert_eq!(client(&peer.url).health().retries(0).await.unwrap_err().attempts(), 1);
}

#[tokio::test]
async fn without_retry_after_the_wait_is_a_part_of_the_step() {
    let peer = Peer::answering(not_now(&[])).await;
    let (builder, waits) = builder(&peer.url);
    builder.build().unwrap().health().retries(Retries::up_to(8).backoff(STEP, STEP)).await.unwrap_err();
    let waits = waits.0.lock().unwrap().clone();
    assert_eq!(waits.len(), 8);
    assert!(waits.iter().all(|wait| *wait <= STEP), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait != waits[0]), "chance plays no part: {waits:?}");
}

#[tokio::test]
async fn retry_after_is_waited_for_in_seconds_and_as_a_date() {
    let date = [("date", "Sun, 06 Nov 1994 08:49:30 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")];
    let answers = vec![not_now(&[("retry-after", "5")]), not_now(&date), answer("204 No Content", &[], "")];
    let peer = Peer::in_turn(answers).await;
    let (builder, waits) = builder(&peer.url);
    builder.build().unwrap().health().await.unwrap();
    assert_eq!(waits.seconds(), [5, 7]);
}

#[tokio::test]
async fn a_wait_beyond_the_time_limit_is_not_begun() {
    let peer = Peer::answering(not_now(&[("retry-after", "5")])).await;
    let (builder, waits) = builder(&peer.url);
    let error = builder.build().unwrap().health().timeout(Duration::from_secs(4)).await.unwrap_err();
    assert_eq!((error.attempts(), error.kind()), (1, ErrorKind::Operation));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert!(waits.seconds().is_empty());
}

#[tokio::test]
async fn the_time_limit_covers_all_attempts_and_waits() {
    let peer = Peer::answering(not_now(&[("retry-after", "5")])).await;
    let (builder, waits) = builder(&peer.url);
    let client = builder.timeout(Duration::from_secs(13)).build().unwrap();
    let error = client.health().retries(Retries::up_to(9).backoff(STEP, STEP)).await.unwrap_err();
    assert_eq!(waits.seconds(), [5, 5]);
    assert_eq!((error.attempts(), peer.requests().len()), (3, 3));
}

#[tokio::test]
async fn a_silent_server_ends_the_call_at_its_limit() {
    let peer = Peer::silent().await;
    let error = client(&peer.url).health().timeout(Duration::from_millis(50)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 1));
}
