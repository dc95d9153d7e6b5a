//! Lists that come in pages, as streams.

use futures::{StreamExt, TryStreamExt};

use crate::peer::{Peer, typed};
use crate::{Client, ErrorKind};

fn page(names: &[&str], next: &str) -> Vec<u8> {
    let items: Vec<String> = names.iter().map(|name| format!(r#"{{"name": "{name}"}}"#)).collect();
    typed("200 OK", "application/json", &format!(r#"{{"items": [{}], "nextCursor": {next}}}"#, items.join(",")))
}

async fn peer(pages: &[Vec<u8>]) -> (Peer, Client) {
    let peer = Peer::in_turn(pages.to_vec()).await;
    let client = Client::builder(&peer.url).build().unwrap();
    (peer, client)
}

/// The request lines that the peer has seen.
fn asked(peer: &Peer) -> Vec<String> {
    peer.requests().iter().map(|request| request.lines().next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn items_come_from_all_pages_in_order_with_the_settings_of_the_call() {
    let (peer, client) = peer(&[page(&["a", "b"], r#""p 2""#), page(&[], r#""p3""#), page(&["c"], "null")]).await;
    let things: Vec<_> = client.list_all_things().limit(2).header("x-trace", "7").items().try_collect().await.unwrap();
    assert_eq!(things.iter().map(|thing| thing.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(
        asked(&peer),
        [
            "GET /lists/things?limit=2 HTTP/1.1",
            "GET /lists/things?cursor=p+2&limit=2 HTTP/1.1",
            "GET /lists/things?cursor=p3&limit=2 HTTP/1.1"
        ]
    );
    assert!(peer.requests().iter().all(|request| request.contains("x-trace: 7")));
}

#[tokio::test]
async fn pages_are_asked_for_one_at_a_time_and_give_their_cursor() {
    let (peer, client) = peer(&[page(&["a"], r#""p2""#), page(&["b"], "null")]).await;
    let mut pages = client.list_all_things().pages();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!((first.items.len(), first.next_cursor.as_deref()), (1, Some("p2")));
    assert_eq!(asked(&peer).len(), 1, "nothing is asked for ahead");
    drop(pages);

    let rest: Vec<_> = client.list_all_things().cursor("p2").items().try_collect().await.unwrap();
    assert_eq!(rest[0].name, "b");
}

#[tokio::test]
async fn an_error_ends_the_stream() {
    let refusal = typed("400 Bad Request", "application/problem+json", r#"{"title": "stale"}"#);
    let (peer, client) = peer(&[page(&["a"], r#""p2""#), refusal]).await;
    let mut items = client.list_all_things().items();
    assert_eq!(items.next().await.unwrap().unwrap().name, "a");
    assert_eq!(items.next().await.unwrap().unwrap_err().kind(), ErrorKind::Operation);
    assert!(items.next().await.is_none());
    assert_eq!(asked(&peer).len(), 2);
}

#[tokio::test]
async fn a_cursor_that_leads_nowhere_new_does_not_go_on_for_ever() {
    let (peer, client) = peer(&[page(&["a"], r#""p2""#), page(&["b"], r#""p2""#)]).await;
    let mut items = client.list_all_things().items();
    assert_eq!(items.next().await.unwrap().unwrap().name, "a");
    assert_eq!(items.next().await.unwrap().unwrap().name, "b", "what came is handed over");
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreadable);
    assert!(items.next().await.is_none());
    assert_eq!(asked(&peer).len(), 2);
}

#[tokio::test]
async fn cursors_that_lead_in_a_circle_do_not_go_on_for_ever() {
    for (before, around) in [(0, 2), (1, 3), (3, 7)] {
        let cursors = (0..before).chain(std::iter::repeat_with(|| before..before + around).take(9).flatten());
        let pages: Vec<_> = cursors.map(|cursor| page(&["a"], &format!(r#""p{cursor}""#))).collect();
        let (peer, client) = peer(&pages).await;
        let outcomes: Vec<bool> = client.list_all_things().pages().take(60).map(|page| page.is_ok()).collect().await;
        let (last, rest) = outcomes.split_last().unwrap();
        assert!(!last && rest.iter().all(|is_page| *is_page), "{before} {around}: {outcomes:?}");
        assert!(rest.len() <= 4 * (before + around), "{before} {around}: {}", rest.len());
        assert_eq!(asked(&peer).len(), rest.len());
    }
}
