//! What the operations on invitations and events refuse.

use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::Operation;

use super::{Seen, note};
use crate::support::{NOBODYS, activate, bearer, invitation, plain_user, without_instance};

use Operation::{GetInvitation, ListEvents, ListInvitations, ResendInvitation, RevokeInvitation};

const BY_ID: [Operation; 3] = [GetInvitation, ResendInvitation, RevokeInvitation];

pub(super) async fn rules(server: &Server, seen: &mut Seen) {
    let acme = server.world.acme.credentials(GetInvitation);
    let id = invitation(server, "overseen@customer.example").await;
    for operation in BY_ID {
        let answer = server.call(operation, &["no-uuid"], &acme, None).await;
        note(seen, operation, "a path that cannot be", &answer, 400);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/path/id");
    }
    out_of_sight(server, seen, &id).await;
    cursors_and_filters(server, seen, &acme).await;
    let plain = bearer(&plain_user(server, "overseer@customer.example").await, "accessToken");
    for operation in [ListInvitations, ListEvents] {
        note(seen, operation, "a plain user", &server.call(operation, &[], &plain, None).await, 403);
    }
    for operation in BY_ID {
        note(seen, operation, "a plain user", &server.call(operation, &[&id], &plain, None).await, 403);
    }
    let challenge = server.mail("overseen@customer.example", 1).await.secret("challenge");
    assert_eq!(activate(server, &challenge).await.status, 200);
    for operation in [ResendInvitation, RevokeInvitation] {
        note(seen, operation, "an accepted invitation", &server.call(operation, &[&id], &acme, None).await, 409);
    }
}

/// What another tenant has is answered like what is not there.
async fn out_of_sight(server: &Server, seen: &mut Seen, id: &str) {
    let (acme, globex) = (server.world.acme.credentials(GetInvitation), server.world.globex.credentials(GetInvitation));
    for operation in BY_ID {
        let mut texts = Vec::new();
        for (id, headers) in [(NOBODYS, &acme), (id, &globex)] {
            let answer = server.call(operation, &[id], headers, None).await;
            note(seen, operation, "an invitation out of sight", &answer, 404);
            texts.push(without_instance(&answer));
        }
        assert_eq!(texts[0], texts[1], "{}", operation.id());
    }
}

async fn cursors_and_filters(server: &Server, seen: &mut Seen, acme: &Headers) {
    let cases = [
        (ListInvitations, "/invitations?cursor=AAAA", "cursor"),
        (ListInvitations, "/invitations?cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "cursor"),
        (ListInvitations, "/invitations?state=lost", "state"),
        (ListInvitations, "/invitations?flow=Fax", "flow"),
        (ListInvitations, "/invitations?limit=0", "limit"),
        (ListInvitations, "/invitations?limit=101", "limit"),
        (ListEvents, "/events?cursor=AAAA", "cursor"),
        (ListEvents, "/events?kind=x", "kind"),
    ];
    for (operation, path, field) in cases {
        let answer = server.send("GET", path, acme, None).await;
        note(seen, operation, path, &answer, 400);
        let problem = answer.json();
        assert_eq!(problem["field"].as_str(), Some(field), "{path}: {problem}");
    }
}
