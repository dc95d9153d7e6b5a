//! Calls that are dropped before they are over, after each number of polls that a call can take.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use invite_sdk::{Client, Retries};

use crate::calls;
use crate::peer::{Peer, answer, typed};

/// Polls `call` up to `limit` times and drops it then, wherever it is; its result if it is over before.
async fn polled<F: Future>(call: F, limit: usize) -> Option<F::Output> {
    let mut call = pin!(call);
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        match call.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if polls == limit => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Lets others go on so many times.
async fn yields(turns: usize) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}

/// A client that waits between attempts by yielding, and the number of its holders.
fn client(url: &str) -> (Client, Arc<()>) {
    let held = Arc::new(());
    let token = Arc::clone(&held);
    let client = calls::everything(url)
        .retries(Retries::up_to(2))
        .sleep_with(move |_: Duration| {
            let token = Arc::clone(&token);
            async move {
                yields(3).await;
                drop(token);
            }
        })
        .build()
        .unwrap();
    (client, held)
}

#[tokio::test]
async fn a_call_may_be_dropped_at_every_poll() {
    // A refusal to wait for, a body in pieces, and the answer at last: each stage of a call has polls of its own.
    let stages =
        vec![answer("503 Service Unavailable", &[("retry-after", "1")], ""), typed("204 No Content", "text/plain", "")];
    let mut dropped = 0;
    for limit in 1..200 {
        let peer = Peer::in_pieces(stages.clone(), 16).await;
        let (client, held) = client(&peer.url);
        let holders = Arc::strong_count(&held);
        // An idempotent operation, so that it is repeated.
        let outcome = polled(client.liveness().send(), limit).await;
        assert_eq!(Arc::strong_count(&held), holders, "a dropped call still holds on, after {limit} polls");
        let again = client.liveness().await;
        assert!(again.is_ok() || again.is_err_and(|error| error.status().is_some()), "unusable after {limit} polls");
        match outcome {
            None => dropped += 1,
            Some(_) => {
                assert!(dropped > 3, "the call was over after {dropped} polls, too few to prove anything");
                return;
            }
        }
    }
    panic!("the call did not end in 200 polls");
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection() {
    let peer = Peer::silent().await;
    let (client, _) = client(&peer.url);
    for turns in 1..20 {
        tokio::select! {
            biased;
            answer = client.muninx_invite_user(calls::muninx_user()) => panic!("a silent peer answered: {answer:?}"),
            () = yields(turns) => {}
        }
    }
    assert!(peer.opened().await > 0, "no call came far enough to open a connection");
    // The peer sees the end of each connection that was opened; it would wait here for ever if one were kept.
    peer.all_closed().await;
}
