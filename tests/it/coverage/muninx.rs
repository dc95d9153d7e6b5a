//! What the operations on MuninX's users and tokens refuse.

use contract_tests::server::Server;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::{Seen, note};

use Operation::{MuninxCreateToken, MuninxDeleteToken};

/// An id that nothing has.
const NOBODYS: &str = "00000000-0000-0000-0000-000000000000";

pub(super) async fn rules(server: &Server, seen: &mut Seen) {
    tokens(server, seen).await;
}

/// Somebody else's token is answered like one that is not there.
async fn tokens(server: &Server, seen: &mut Seen) {
    let acme = server.world.acme.credentials(MuninxDeleteToken);
    let answer = server.call(MuninxDeleteToken, &["no-uuid"], &acme, None).await;
    note(seen, MuninxDeleteToken, "a path that cannot be", &answer, 400);
    assert_eq!(answer.json()["errors"][0]["pointer"], "/path/id");
    let globex = server.world.globex.credentials(MuninxCreateToken);
    let foreign = server.post_as(&globex, MuninxCreateToken, &[], &json!({ "name": "foreign" })).await.json();
    let mut told = Vec::new();
    for id in [NOBODYS, foreign["id"].as_str().unwrap()] {
        let answer = server.call(MuninxDeleteToken, &[id], &acme, None).await;
        note(seen, MuninxDeleteToken, "a token out of sight", &answer, 404);
        let mut text = answer.json();
        text["instance"] = Value::Null;
        told.push(text);
    }
    assert_eq!(told[0], told[1]);
}
