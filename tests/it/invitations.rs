//! One `Invitation` behind all four flows: listed, looked up, sent again, revoked and recorded alike.

use contract_tests::database;
use contract_tests::http::Payload;
use contract_tests::poll;
use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::Operation;
use serde_json::{Value, json};

use crate::support::{
    activate, bearer, count, decline, invitation_of, kare_acceptance, kare_invite, muninx_customer, nexus_import,
    plain_user, run, server, unleash_signup,
};

async fn get(server: &Server, path: &str, headers: &Headers) -> Value {
    let answer = server.send("GET", path, headers, None).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn acme(server: &Server) -> Headers {
    server.world.acme.credentials(Operation::ListInvitations)
}

fn column<'a>(page: &'a Value, member: &str) -> Vec<&'a str> {
    page["items"].as_array().unwrap().iter().map(|item| item[member].as_str().unwrap()).collect()
}

/// Somebody by each flow, in this order.
async fn invite_by_each_flow(server: &Server) {
    let customer = server.world.acme.customer_organization().to_string();
    let requests: [(Operation, Vec<&str>, Value, u16); 4] = [
        (Operation::MuninxInviteUser, vec![], muninx_customer("m@customer.example"), 200),
        (Operation::KareInviteUserOrganization, vec![], kare_invite("k@mail.com"), 201),
        (Operation::NexusInviteOrganizationMember, vec![&customer], json!({ "emailAddress": "n@nexus.example" }), 204),
        (Operation::UnleashSignup, vec![server.world.acme.signup_token()], unleash_signup("u@example.com"), 200),
    ];
    for (operation, path, body, status) in requests {
        let answer = server.post(operation, &path, &body).await;
        assert_eq!(answer.status, status, "{}: {}", operation.id(), answer.text());
    }
}

#[tokio::test]
async fn all_flows_stand_in_one_list_that_can_be_filtered_and_paged() {
    let server = server().await;
    let headers = acme(&server);
    invite_by_each_flow(&server).await;
    let all = get(&server, "/invitations", &headers).await;
    assert_eq!(column(&all, "flow")[..4], ["unleash", "nexus", "kare", "muninx"], "the newest first: {all}");
    assert_eq!(column(&all, "state")[..4], ["accepted", "pending", "pending", "pending"]);
    assert_eq!(all["items"][0]["delivery"]["state"], "none");
    assert_eq!(
        (&all["items"][3]["organization"], &all["items"][3]["inviterId"]),
        (&json!("acme-customer-1"), &json!(1))
    );
    let filtered = [
        ("flow=kare", vec!["k@mail.com"]),
        ("email=K%40MAIL.com", vec!["k@mail.com"]),
        ("organization=acme-customer-1", vec!["n@nexus.example", "m@customer.example"]),
        ("organization=acme-customer-1&flow=nexus&state=pending&email=n%40nexus.example", vec!["n@nexus.example"]),
        ("flow=unleash&state=accepted", vec!["u@example.com"]),
        ("organization=nowhere", vec![]),
        ("organization=globex", vec![]),
        ("email=no-address", vec![]),
        ("flow=fax", vec![]),
        ("state=declined", vec![]),
    ];
    for (filter, wanted) in filtered {
        let page = get(&server, &format!("/invitations?{filter}"), &headers).await;
        assert_eq!(column(&page, "email"), wanted, "{filter}");
    }
    let (mut paged, mut path) = (Vec::new(), "/invitations?limit=1".to_owned());
    loop {
        let page = get(&server, &path, &headers).await;
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/invitations?limit=1&cursor={next}");
    }
    assert_eq!(json!(paged), all["items"]);
    let first = get(&server, "/invitations?limit=1&state=pending", &headers).await;
    let next = first["next"].as_str().unwrap();
    let other = server.send("GET", &format!("/invitations?limit=1&state=accepted&cursor={next}"), &headers, None).await;
    assert_eq!(other.status, 400, "a cursor of other filters: {}", other.text());
}

#[tokio::test]
async fn what_is_pending_and_too_old_is_expired_until_it_is_sent_again() {
    let server = server().await;
    let headers = acme(&server);
    for address in ["old@customer.example", "young@customer.example"] {
        assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    }
    let challenge = server.mail("old@customer.example", 1).await.secret("challenge");
    server.execute("UPDATE invitations SET expires_at = created_at WHERE address = 'old@customer.example'").await;
    server.execute("UPDATE challenges SET expires_at = created_at WHERE invitation_id = (SELECT id FROM invitations WHERE address = 'old@customer.example')").await;
    let listed = async |state: &str| {
        let page = get(&server, &format!("/invitations?organization=acme-customer-1&state={state}"), &headers).await;
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (item["email"].clone(), item["state"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(listed("expired").await, [(json!("old@customer.example"), json!("expired"))]);
    assert_eq!(listed("pending").await, [(json!("young@customer.example"), json!("pending"))]);
    let id = invitation_of(&server, "old@customer.example").await;
    let again = server.call(Operation::ResendInvitation, &[&id], &headers, None).await;
    assert_eq!((again.status, &again.json()["state"]), (200, &json!("pending")), "{}", again.text());
    assert_eq!(listed("expired").await, []);
    let renewed = server.mail("old@customer.example", 2).await.secret("challenge");
    assert_eq!(activate(&server, &challenge).await.status, 410);
    assert_eq!(activate(&server, &renewed).await.status, 200);
    assert_eq!(listed("accepted").await, [(json!("old@customer.example"), json!("accepted"))]);
}

#[tokio::test]
async fn whoever_has_not_accepted_in_time_can_be_invited_anew() {
    let server = server().await;
    let address = "late@mail.com";
    let nexus = json!({ "emailAddress": address, "makeAdmin": true });
    let flows: [(Operation, Vec<&str>, Value, u16); 3] = [
        (Operation::KareInviteUserOrganization, vec![], kare_invite(address), 201),
        (Operation::NexusInviteOrganizationMember, vec!["1"], nexus, 204),
        (Operation::NexusImportOrganizationMembers, vec!["1"], nexus_import("late", &[address]), 202),
    ];
    assert_eq!(server.post(Operation::KareInviteUserOrganization, &[], &kare_invite(address)).await.status, 201);
    for (number, (operation, path, body, status)) in flows.iter().enumerate() {
        let old = server.mail(address, number + 1).await;
        if *operation != Operation::NexusImportOrganizationMembers {
            assert_eq!(server.post(*operation, path, body).await.status, 409, "{}: it waits", operation.id());
        }
        server.execute("UPDATE invitations SET expires_at = created_at WHERE state = 'pending'").await;
        let again = server.post(*operation, path, body).await;
        assert_eq!(again.status, *status, "{}: {}", operation.id(), again.text());
        server.mail(address, number + 2).await;
        let states = get(&server, &format!("/invitations?email={address}"), &acme(&server)).await;
        let wanted: Vec<&str> = std::iter::once("pending").chain(std::iter::repeat_n("expired", number + 1)).collect();
        assert_eq!(column(&states, "state"), wanted, "{}", operation.id());
        let kind = if old.link().contains("#invitation=") { "invitation" } else { "challenge" };
        assert_eq!(decline(&server, &old.secret(kind)).await.status, 410, "{}", operation.id());
    }
    assert_eq!(activate(&server, &server.mail(address, 4).await.secret("challenge")).await.status, 200);
    let is_admin = "SELECT count(*) FROM memberships m JOIN users u ON u.id = m.user_id \
                    WHERE u.email = 'late@mail.com' AND m.is_admin = TRUE AND m.deleted_at IS NULL";
    assert_eq!(count(&server, is_admin).await, 0, "the last invitation made nobody an administrator");
}

#[tokio::test]
async fn an_address_whose_invitations_were_let_pass_is_nobodys_for_muninx() {
    let server = server().await;
    let address = "late@customer.example";
    let globex = &server.world.globex;
    let (path, body) = (globex.organization().to_string(), json!({ "emailAddress": address }));
    let headers = globex.credentials(Operation::NexusInviteOrganizationMember);
    let invited = server.post_as(&headers, Operation::NexusInviteOrganizationMember, &[&path], &body).await;
    assert_eq!(invited.status, 204);
    server.mail(address, 1).await;
    let invite = async || server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status;
    assert_eq!(invite().await, 409, "it waits");
    server.execute("UPDATE invitations SET expires_at = created_at").await;
    assert_eq!(invite().await, 200);
    assert_eq!(invite().await, 409, "another one waits");
    assert_eq!(activate(&server, &server.mail(address, 2).await.secret("challenge")).await.status, 200);
    server.execute("UPDATE invitations SET expires_at = created_at").await;
    assert_eq!(invite().await, 409, "she is somebody");
}

#[tokio::test]
async fn of_a_closed_invitation_no_mail_waits() {
    let server = server().await;
    let headers = acme(&server);
    for ending in ["revoked", "declined", "accepted", "expired"] {
        let address = format!("{ending}@mail.com");
        assert_eq!(server.post(Operation::KareInviteUserOrganization, &[], &kare_invite(&address)).await.status, 201);
        let secret = server.mail(&address, 1).await.secret("invitation");
        let id = invitation_of(&server, &address).await;
        let delivery =
            async || get(&server, &format!("/invitations/{id}"), &headers).await["delivery"]["state"].clone();
        poll::until("a mail that is sent", async || (delivery().await == "sent").then_some(())).await;
        let unsent = format!("UPDATE invitations SET delivery = 'queued' WHERE address = '{address}'");
        server.execute(&unsent).await;
        assert_eq!(delivery().await, "queued");
        let status = match ending {
            "revoked" => {
                let revoked = server.call(Operation::RevokeInvitation, &[&id], &headers, None).await;
                assert_eq!(revoked.json()["delivery"]["state"], "none", "{}", revoked.text());
                revoked.status
            }
            "declined" => decline(&server, &secret).await.status,
            "accepted" => {
                let body = kare_acceptance(&secret, &address);
                server.call(Operation::KareAcceptInvitation, &[], &[], Some(&Payload::json(&body))).await.status
            }
            _ => {
                server.execute("UPDATE invitations SET expires_at = created_at WHERE state = 'pending'").await;
                server.post(Operation::KareInviteUserOrganization, &[], &kare_invite(&address)).await.status
            }
        };
        assert!(status < 300, "{ending}: {status}");
        assert_eq!(delivery().await, "none", "{ending}");
    }
}

#[tokio::test]
async fn each_flow_is_sent_again_by_its_own_mail_and_the_secret_before_dies() {
    let server = server().await;
    invite_by_each_flow(&server).await;
    for (address, secret) in
        [("m@customer.example", "challenge"), ("k@mail.com", "invitation"), ("n@nexus.example", "challenge")]
    {
        let first = server.mail(address, 1).await.secret(secret);
        let id = invitation_of(&server, address).await;
        let again = server.call(Operation::ResendInvitation, &[&id], &acme(&server), None).await;
        assert_eq!(again.status, 200, "{}", again.text());
        let second = server.mail(address, 2).await.secret(secret);
        let redeem = async |secret: &str| match address {
            "k@mail.com" => {
                let body = kare_acceptance(secret, address);
                server.call(Operation::KareAcceptInvitation, &[], &[], Some(&Payload::json(&body))).await.status
            }
            _ => activate(&server, secret).await.status,
        };
        assert_eq!(redeem(&first).await, 410, "{address}");
        assert!(redeem(&second).await < 300, "{address}");
    }
    let signup = invitation_of(&server, "u@example.com").await;
    for operation in [Operation::ResendInvitation, Operation::RevokeInvitation] {
        assert_eq!(server.call(operation, &[&signup], &acme(&server), None).await.status, 409, "a signup is accepted");
    }
}

#[tokio::test]
async fn revoking_ends_secret_and_membership_and_the_address_can_be_invited_again() {
    let server = server().await;
    let headers = acme(&server);
    invite_by_each_flow(&server).await;
    let live = "SELECT count(*) FROM memberships WHERE deleted_at IS NULL";
    for (address, secret) in
        [("m@customer.example", "challenge"), ("k@mail.com", "invitation"), ("n@nexus.example", "challenge")]
    {
        let before = count(&server, live).await;
        let secret = server.mail(address, 1).await.secret(secret);
        let id = invitation_of(&server, address).await;
        let revoked = server.call(Operation::RevokeInvitation, &[&id], &headers, None).await;
        assert_eq!((revoked.status, &revoked.json()["state"]), (200, &json!("revoked")), "{}", revoked.text());
        assert!(revoked.json()["closedAt"].is_string());
        assert_eq!(get(&server, &format!("/invitations/{id}"), &headers).await, revoked.json());
        assert_eq!(count(&server, live).await, before - 1, "{address} is no member any more");
        assert_eq!(server.call(Operation::RevokeInvitation, &[&id], &headers, None).await.status, 409);
        let status = match address {
            "k@mail.com" => {
                let body = kare_acceptance(&secret, address);
                server.call(Operation::KareAcceptInvitation, &[], &[], Some(&Payload::json(&body))).await.status
            }
            _ => activate(&server, &secret).await.status,
        };
        assert_eq!(status, 410, "{address}");
    }
    let again = server.post(Operation::KareInviteUserOrganization, &[], &kare_invite("k@mail.com")).await;
    assert_eq!(again.status, 201, "{}", again.text());
    let token = server.mail("k@mail.com", 2).await.secret("invitation");
    let body = kare_acceptance(&token, "k@mail.com");
    assert_eq!(server.call(Operation::KareAcceptInvitation, &[], &[], Some(&Payload::json(&body))).await.status, 201);
}

#[tokio::test]
async fn no_mail_goes_out_whose_link_would_open_nothing() {
    let server = server().await;
    let address = "m@customer.example";
    assert_eq!(server.post(Operation::MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    let challenge = server.mail(address, 1).await.secret("challenge");
    let id = invitation_of(&server, address).await;
    let resend = async |operation, key: &str| server.call(operation, &[key], &acme(&server), None).await.status;
    let operator = async |command: &str| {
        let command: Vec<&str> = command.split(' ').collect();
        let (code, said) = run(server.folder().parent().unwrap(), &command).await;
        assert_eq!(code, Some(0), "{said}");
    };
    for locked in ["user NAME m@customer.example", "organization NAME acme-customer-1"] {
        operator(&locked.replace("NAME", "suspend")).await;
        assert_eq!(activate(&server, &challenge).await.status, 410, "{locked}");
        assert_eq!(resend(Operation::ResendInvitation, &id).await, 409, "{locked}");
        assert_eq!(resend(Operation::MuninxResendActivationEmail, address).await, 409, "{locked}");
        assert_eq!(count(&server, "SELECT count(*) FROM outbox").await, 1, "{locked}");
        operator(&locked.replace("NAME", "resume")).await;
    }
    assert_eq!(resend(Operation::ResendInvitation, &id).await, 200);
    assert_eq!(activate(&server, &server.mail(address, 2).await.secret("challenge")).await.status, 200);
}

#[tokio::test]
async fn an_administrator_sees_what_the_mail_server_said() {
    let server = server().await;
    invite_by_each_flow(&server).await;
    let id = invitation_of(&server, "m@customer.example").await;
    let path = format!("/invitations/{id}");
    poll::until("a mail that is sent", async || {
        (get(&server, &path, &acme(&server)).await["delivery"]["state"] == "sent").then_some(())
    })
    .await;
    server
        .execute("UPDATE invitations SET delivery = 'failed', delivery_reason = '550 no such mailbox' WHERE address = 'm@customer.example'")
        .await;
    let failed = get(&server, &path, &acme(&server)).await;
    assert_eq!(failed["delivery"], json!({ "state": "failed", "reason": "550 no such mailbox" }));
}

#[tokio::test]
async fn an_administrator_of_a_customer_organization_sees_that_one_and_no_other() {
    let server = server().await;
    invite_by_each_flow(&server).await;
    let session = plain_user(&server, "boss@customer.example").await;
    let boss = bearer(&session, "accessToken");
    assert_eq!(server.send("GET", "/invitations", &boss, None).await.status, 403);
    server
        .execute("UPDATE memberships SET is_admin = TRUE WHERE user_id = (SELECT id FROM users WHERE email = 'boss@customer.example')")
        .await;
    let page = get(&server, "/invitations", &boss).await;
    assert_eq!(column(&page, "email"), ["boss@customer.example", "n@nexus.example", "m@customer.example"]);
    let events = get(&server, "/events", &boss).await;
    let slugs = column(&events, "organization");
    assert!(!slugs.is_empty() && slugs.iter().all(|slug| *slug == "acme-customer-1"), "{events}");
    let out_of_sight = invitation_of(&server, "k@mail.com").await;
    assert_eq!(server.send("GET", &format!("/invitations/{out_of_sight}"), &boss, None).await.status, 404);
    assert_eq!(column(&get(&server, "/invitations?organization=acme", &boss).await, "email"), Vec::<&str>::new());
}

#[tokio::test]
async fn the_audit_log_names_every_change_by_every_flow() {
    let server = server().await;
    let headers = acme(&server);
    invite_by_each_flow(&server).await;
    let id = invitation_of(&server, "m@customer.example").await;
    for operation in [Operation::ResendInvitation, Operation::RevokeInvitation] {
        assert_eq!(server.call(operation, &[&id], &headers, None).await.status, 200);
    }
    let log = get(&server, "/events", &headers).await;
    assert_eq!(column(&log, "kind")[..2], ["invitation.revoked", "invitation.resent"], "{log}");
    let newest = &log["items"][0];
    assert_eq!(newest["subject"], json!({ "kind": "invitation", "id": id }));
    assert_eq!(newest["performer"], json!({ "kind": "user", "id": "1" }));
    assert_eq!((&newest["organization"], &newest["address"]), (&json!("acme-customer-1"), &json!("127.0.0.1")));
    let created = get(&server, "/events?kind=invitation.created&limit=2", &headers).await;
    assert_eq!(column(&created, "kind"), ["invitation.created"; 2]);
    let next = created["next"].as_str().unwrap();
    let more = get(&server, &format!("/events?kind=invitation.created&limit=2&cursor={next}"), &headers).await;
    assert_eq!(column(&more, "kind"), ["invitation.created"], "three of the four flows invite");
    assert!(column(&more, "id").iter().all(|id| !column(&created, "id").contains(id)));
    assert_eq!(column(&get(&server, "/events?kind=nothing.happened", &headers).await, "id"), Vec::<&str>::new());
    let foreign = get(&server, "/events", &server.world.globex.credentials(Operation::ListEvents)).await;
    let slugs = column(&foreign, "organization");
    assert!(!slugs.is_empty() && slugs.iter().all(|slug| slug.starts_with("globex")), "{foreign}");
    assert_eq!(server.send("GET", &format!("/events?cursor={next}"), &headers, None).await.status, 400);
}

#[tokio::test]
async fn events_of_kinds_that_only_a_newer_version_knows_stand_in_the_log() {
    let server = server().await;
    let headers = acme(&server);
    invite_by_each_flow(&server).await;
    let id = "ffffffff-ffff-7fff-bfff-ffffffffffff";
    let id = if database::is_postgres() { format!("'{id}'") } else { format!("X'{}'", id.replace('-', "")) };
    let columns = "organization_id, tenant_id";
    let newer = format!(
        "INSERT INTO events (id, {columns}, kind, performer_kind, subject_kind, subject_id, at) \
         SELECT {id}, {columns}, 'galaxy.moved', 'android', 'galaxy', '42', at FROM events LIMIT 1"
    );
    server.execute(&newer).await;
    let log = get(&server, "/events", &headers).await;
    assert_eq!(column(&log, "kind")[..2], ["galaxy.moved", "invitation.accepted"], "{log}");
    let filtered = get(&server, "/events?kind=galaxy.moved", &headers).await;
    assert_eq!(column(&filtered, "kind"), ["galaxy.moved"], "{filtered}");
}
