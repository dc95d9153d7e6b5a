//! The provocations, by what they are about.

use contract_tests::http::Payload;
use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::Operation;
use serde_json::{Value, json};

use super::{Seen, note, parameters, with_body};
use crate::support::{
    NOBODYS, PASSWORD, activate, bearer, decline, imported, kare_acceptance, kare_headers, kare_invite,
    muninx_customer, muninx_organization, nexus_import, plain_user, try_sign_in, unleash_signup, without_instance,
};

use Operation::{
    Activate, CreateSession, DeclineInvitation, GetImport, KareAcceptInvitation, KareInviteUserOrganization,
    MuninxCreateCustomerOrganization, MuninxCreateToken, MuninxInviteUser, MuninxResendActivationEmail,
    MuninxUpdateUser, NexusCreateApiKey, NexusImportOrganizationMembers, NexusInviteOrganizationMember,
    NexusRemoveMemberRole, RefreshSession, RenewChallenge, UnleashCreateSignupToken, UnleashGetSignupToken,
    UnleashListSignupTokens, UnleashSignup, UnleashUpdateSignupToken, UnleashValidateSignupToken,
};

/// What is wrong with a request before its JSON is read.
pub(super) async fn requests(server: &Server, seen: &mut Seen) {
    for operation in Operation::ALL.iter().copied().filter(|operation| !operation.security().is_empty()) {
        let answer = server.call(operation, &parameters(server, operation), &[], None).await;
        note(seen, operation, "no credentials", &answer, 401);
    }
    for operation in with_body() {
        let limit = usize::try_from(contract_tests::document::operation(operation.id()).max_body_bytes).unwrap();
        let cases = [
            ("no content type", Payload::untyped("{}"), 415),
            ("plain text", Payload::raw("text/plain", "{}"), 415),
            ("a form", Payload::raw("application/x-www-form-urlencoded", "a=b"), 415),
            ("another JSON", Payload::raw("application/problem+json", "{}"), 415),
            ("text/json", Payload::raw("text/json", "{}"), 415),
            ("one byte too many", Payload::raw("application/json", padded(limit + 1)), 413),
            ("far too many bytes", Payload::raw("application/json", vec![b'['; limit + 60_000]), 413),
            ("as many bytes as allowed", Payload::raw("application/json", padded(limit)), 400),
            ("an open brace", Payload::raw("application/json", "{"), 400),
            ("nothing", Payload::raw("application/json", ""), 400),
            ("trailing garbage", Payload::raw("application/json", "{} x"), 400),
            ("two values", Payload::raw("application/json", "{}{}"), 400),
            ("no UTF-8", Payload::raw("application/json", b"{\"a\":\"\xff\"}".to_vec()), 400),
            ("a depth of 30,000", Payload::raw("application/json", "[".repeat(30_000)), 400),
            ("a charset", Payload::raw("application/json; charset=utf-8", "[]"), 400),
        ];
        for (what, payload, wanted) in cases {
            let headers = server.world.acme.credentials(operation);
            let answer = server.call(operation, &parameters(server, operation), &headers, Some(&payload)).await;
            note(seen, operation, what, &answer, wanted);
        }
    }
}

/// JSON that no operation takes, of exactly `size` bytes.
fn padded(size: usize) -> Vec<u8> {
    let mut bytes = b"[]".to_vec();
    bytes.resize(size, b' ');
    bytes
}

/// Missing, wrong and too long members, and paths that cannot be.
pub(super) async fn bodies(server: &Server, seen: &mut Seen) {
    let long = "a".repeat(1025);
    let cases: Vec<(Operation, Value)> = vec![
        (MuninxInviteUser, json!({ "email": "no address", "name": "", "last-name": 7, "type": "boss" })),
        (MuninxInviteUser, json!({ "email": "a@b.cc", "name": long, "last-name": "B", "type": "customer" })),
        (MuninxUpdateUser, json!({ "name": "", "type": "boss", "auto-assign-tickets": true, "status": "pending" })),
        (MuninxCreateToken, json!({ "name": long })),
        (MuninxCreateCustomerOrganization, json!({ "id": "Not Fine", "display-name": "A", "domains": ["localhost"] })),
        (
            KareInviteUserOrganization,
            json!({ "firstName": long, "lastName": "Doe", "email": "a@b.cc", "permissions": {} }),
        ),
        (KareAcceptInvitation, json!({ "invitationToken": "" })),
        (NexusInviteOrganizationMember, json!({ "emailAddress": "", "displayName": long })),
        (
            NexusImportOrganizationMembers,
            json!({ "id": "", "newMembers": [{ "emailAddress": 7 }], "organizationId": 0 }),
        ),
        (NexusCreateApiKey, json!({ "id": "a b", "permissions": ["everything"], "secret": "short" })),
        (UnleashSignup, json!({ "email": "a@b.cc", "name": "A", "password": PASSWORD, "rootRole": 1 })),
        (UnleashCreateSignupToken, json!({ "name": "A", "expiresAt": "tomorrow" })),
        (UnleashUpdateSignupToken, json!({})),
        (UnleashUpdateSignupToken, json!({ "enabled": "no", "name": "B" })),
        (Activate, json!({ "challenge": "act_0123456789abcdef", "password": "too short" })),
        (DeclineInvitation, json!({ "challenge": "too short" })),
        (RenewChallenge, json!({ "challenge": "too short" })),
        (CreateSession, json!({ "email": "a@b.cc", "password": long })),
        (RefreshSession, json!({ "refreshToken": "too short" })),
    ];
    for (operation, body) in cases {
        let answer = server.post(operation, &parameters(server, operation), &body).await;
        note(seen, operation, "a body that breaks the schema", &answer, 400);
    }
    for organization in ["0", "-1", "x", "1.5", "2147483648", " 1"] {
        let answer =
            server.post(NexusInviteOrganizationMember, &[organization], &json!({ "emailAddress": "a@b.cc" })).await;
        note(seen, NexusInviteOrganizationMember, organization, &answer, 400);
    }
    let headers = server.world.acme.credentials(NexusRemoveMemberRole);
    for path in [["0", "1"], ["1", "a b"]] {
        let answer = server.call(NexusRemoveMemberRole, &path, &headers, None).await;
        note(seen, NexusRemoveMemberRole, "a path that cannot be", &answer, 400);
    }
    let headers = server.world.acme.credentials(GetImport);
    let answer = server.call(GetImport, &["no-uuid"], &headers, None).await;
    note(seen, GetImport, "a path that cannot be", &answer, 400);
    for token in ["a b", "ä", "%00", &"a".repeat(129)] {
        let answer = server.call(UnleashValidateSignupToken, &[token], &[], None).await;
        note(seen, UnleashValidateSignupToken, token, &answer, 400);
        let headers = server.world.acme.credentials(UnleashGetSignupToken);
        let answer = server.call(UnleashGetSignupToken, &[token], &headers, None).await;
        note(seen, UnleashGetSignupToken, token, &answer, 400);
    }
    let headers = server.world.acme.credentials(MuninxResendActivationEmail);
    let answer = server.call(MuninxResendActivationEmail, &["no address"], &headers, None).await;
    note(seen, MuninxResendActivationEmail, "no address", &answer, 400);
}

/// What the rules refuse.
pub(super) async fn rules(server: &Server, seen: &mut Seen) {
    muninx_rules(server, seen).await;
    plain_user_is_refused(server, seen).await;
    kare_rules(server, seen).await;
    nexus_rules(server, seen).await;
    nexus_member_and_key_rules(server, seen).await;
    import_rules(server, seen).await;
    unleash_rules(server, seen).await;
    secrets(server, seen).await;
}

async fn muninx_rules(server: &Server, seen: &mut Seen) {
    let invite = |more: Value| {
        let mut body = json!({ "email": "rule@acme.example", "name": "A", "last-name": "B" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let refused = [
        ("an agent without agent-type", json!({ "type": "agent" }), "agent-type"),
        ("an admin without agent-type", json!({ "type": "admin" }), "agent-type"),
        ("a customer with agent-type", json!({ "type": "customer", "agent-type": "human" }), "agent-type"),
        ("an unknown organization", json!({ "type": "customer", "organization": "nowhere" }), "organization"),
        (
            "an organization of another tenant",
            json!({ "type": "customer", "organization": "globex-customer-1" }),
            "organization",
        ),
        ("a malformed created-at", json!({ "type": "customer", "created-at": "yesterday" }), "created-at"),
        ("a challenge that is short", json!({ "type": "customer", "challenge": "short" }), "challenge"),
        ("a name with a link", json!({ "type": "customer", "name": "see evil.com" }), "name"),
    ];
    for (what, more, field) in refused {
        let answer = server.post(MuninxInviteUser, &[], &invite(more)).await;
        note(seen, MuninxInviteUser, what, &answer, 400);
        assert_eq!(answer.json()["field"], field, "{what}: {}", answer.text());
    }
    let body = muninx_customer("taken@customer.example");
    assert_eq!(server.post(MuninxInviteUser, &[], &body).await.status, 200);
    for email in ["taken@customer.example", "TAKEN@Customer.Example"] {
        let answer = server.post(MuninxInviteUser, &[], &muninx_customer(email)).await;
        note(seen, MuninxInviteUser, "an address that is taken", &answer, 409);
    }
    let resend = |address: &'static str, headers: Headers| async move {
        server.call(MuninxResendActivationEmail, &[address], &headers, None).await
    };
    let acme = server.world.acme.credentials(MuninxResendActivationEmail);
    note(seen, MuninxResendActivationEmail, "an unknown user", &resend("nobody@acme.example", acme.clone()).await, 404);
    let globex = server.world.globex.credentials(MuninxResendActivationEmail);
    note(
        seen,
        MuninxResendActivationEmail,
        "a user of another tenant",
        &resend("taken@customer.example", globex).await,
        404,
    );
    for address in ["me", "admin@acme.example"] {
        note(seen, MuninxResendActivationEmail, "an active user", &resend(address, acme.clone()).await, 409);
    }
}

async fn plain_user_is_refused(server: &Server, seen: &mut Seen) {
    let session = plain_user(server, "plain@customer.example").await;
    let one = bearer(&session, "accessToken");
    let mut nexus = one.clone();
    nexus.push(server.world.acme.header(invite_api::security::Scheme::NexusApplicationToken));
    let organization = server.world.acme.customer_organization().to_string();
    let import = imported(server, &nexus_import("seen", &["seen@nexus.example"])).await;
    let cases: Vec<(Operation, Vec<&str>, Headers, Option<Value>)> = vec![
        (MuninxInviteUser, vec![], one.clone(), Some(muninx_customer("new@customer.example"))),
        (MuninxResendActivationEmail, vec!["taken@customer.example"], one.clone(), None),
        (MuninxCreateCustomerOrganization, vec![], one.clone(), Some(muninx_organization("mine"))),
        (KareInviteUserOrganization, vec![], kare_headers(&session), Some(kare_invite("new@mail.com"))),
        (
            NexusInviteOrganizationMember,
            vec![&organization],
            nexus.clone(),
            Some(json!({ "emailAddress": "new@nexus.example" })),
        ),
        (
            NexusImportOrganizationMembers,
            vec![&organization],
            nexus.clone(),
            Some(nexus_import("mine", &["new@nexus.example"])),
        ),
        (GetImport, vec![&import], nexus.clone(), None),
        (NexusRemoveMemberRole, vec![&organization, "1"], nexus.clone(), None),
        (NexusCreateApiKey, vec![], nexus, Some(json!({ "permissions": ["user.write"] }))),
        (
            UnleashUpdateSignupToken,
            vec![server.world.acme.signup_token()],
            one.clone(),
            Some(json!({ "enabled": false })),
        ),
        (UnleashListSignupTokens, vec![], one.clone(), None),
        (UnleashGetSignupToken, vec![server.world.acme.signup_token()], one.clone(), None),
        (UnleashCreateSignupToken, vec![], one, Some(json!({ "name": "Mine", "expiresAt": "2999-01-01T00:00:00Z" }))),
    ];
    for (operation, path, headers, body) in cases {
        let answer = server.call(operation, &path, &headers, body.map(|body| Payload::json(&body)).as_ref()).await;
        note(seen, operation, "a plain user", &answer, 403);
    }
}

async fn kare_rules(server: &Server, seen: &mut Seen) {
    assert_eq!(server.post(KareInviteUserOrganization, &[], &kare_invite("member@mail.com")).await.status, 201);
    let answer = server.post(KareInviteUserOrganization, &[], &kare_invite("Member@Mail.com")).await;
    note(seen, KareInviteUserOrganization, "a live member", &answer, 409);
}

async fn nexus_rules(server: &Server, seen: &mut Seen) {
    let body = json!({ "emailAddress": "member@nexus.example" });
    assert_eq!(server.post(NexusInviteOrganizationMember, &["1"], &body).await.status, 204);
    for again in [body.clone(), json!({ "emailAddress": "MEMBER@nexus.example", "makeAdmin": true })] {
        let answer = server.post(NexusInviteOrganizationMember, &["1"], &again).await;
        note(seen, NexusInviteOrganizationMember, "a member", &answer, 409);
    }
    let mut answers = Vec::new();
    for organization in [server.world.globex.organization(), server.world.globex.customer_organization(), 2_147_483_647]
    {
        let answer = server.post(NexusInviteOrganizationMember, &[&organization.to_string()], &body).await;
        note(seen, NexusInviteOrganizationMember, "an organization out of sight", &answer, 404);
        answers.push(without_instance(&answer));
    }
    assert!(
        answers.windows(2).all(|pair| pair[0] == pair[1]),
        "another tenant's organization is answered like one that is not there"
    );
}

async fn nexus_member_and_key_rules(server: &Server, seen: &mut Seen) {
    let headers = server.world.acme.credentials(NexusRemoveMemberRole);
    let globex = server.world.globex.organization().to_string();
    for path in [["1", "999999"], ["1", "2"], ["1", "nobody"], [&globex, "2"]] {
        let answer = server.call(NexusRemoveMemberRole, &path, &headers, None).await;
        note(seen, NexusRemoveMemberRole, "a member out of sight", &answer, 404);
    }
    let last = server.call(NexusRemoveMemberRole, &["1", "1"], &headers, None).await;
    note(seen, NexusRemoveMemberRole, "the last administrator", &last, 400);
    let key = |more: Value| {
        let mut body = json!({ "permissions": ["user.write"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for dead in [json!({ "expiresAt": "2001-01-01T00:00:00Z" }), json!({ "description": "a\u{202e}b" })] {
        let answer = server.post(NexusCreateApiKey, &[], &key(dead)).await;
        note(seen, NexusCreateApiKey, "a key that cannot be", &answer, 400);
    }
    let taken = key(json!({ "id": "taken" }));
    assert_eq!(server.post(NexusCreateApiKey, &[], &taken).await.status, 201);
    note(seen, NexusCreateApiKey, "a taken id", &server.post(NexusCreateApiKey, &[], &taken).await, 409);
}

async fn import_rules(server: &Server, seen: &mut Seen) {
    let body = nexus_import("spring", &["spring@nexus.example"]);
    let import = imported(server, &body).await;
    let again = server.post(NexusImportOrganizationMembers, &["1"], &body).await;
    note(seen, NexusImportOrganizationMembers, "a name that was used", &again, 409);
    let globex = server.world.globex.organization().to_string();
    let answer = server.post(NexusImportOrganizationMembers, &[&globex], &body).await;
    note(seen, NexusImportOrganizationMembers, "an organization of another tenant", &answer, 404);
    let customer = server.world.acme.customer_organization().to_string();
    let answer = server.post(NexusImportOrganizationMembers, &[&customer], &body).await;
    note(seen, NexusImportOrganizationMembers, "another organization in the body", &answer, 400);

    let mut texts = Vec::new();
    let (acme, globex) = (server.world.acme.credentials(GetImport), server.world.globex.credentials(GetImport));
    for (id, headers) in [(NOBODYS, &acme), (import.as_str(), &globex)] {
        let answer = server.call(GetImport, &[id], headers, None).await;
        note(seen, GetImport, "an import out of sight", &answer, 404);
        texts.push(without_instance(&answer));
    }
    assert_eq!(texts[0], texts[1], "another tenant's import is answered like one that is not there");
    for cursor in ["AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let path = format!("/imports/{import}?cursor={cursor}");
        let answer = server.send("GET", &path, &acme, None).await;
        note(seen, GetImport, "a cursor from somewhere else", &answer, 400);
        assert_eq!(answer.json()["field"], "cursor");
    }
}

async fn unleash_rules(server: &Server, seen: &mut Seen) {
    let token = server.world.acme.signup_token();
    let mut body = unleash_signup("first@example.com");
    body["username"] = json!("first");
    assert_eq!(server.post(UnleashSignup, &[token], &body).await.status, 200);
    let mut same_name = unleash_signup("second@example.com");
    same_name["username"] = json!("first");
    for (taken, path) in [(unleash_signup("First@Example.com"), "/email"), (same_name, "/username")] {
        let answer = server.post(UnleashSignup, &[token], &taken).await;
        note(seen, UnleashSignup, "a taken address or username", &answer, 409);
        assert_eq!(answer.json()["name"], "NameExistsError");
        assert_eq!(answer.json()["details"][0]["path"], path);
    }
    let dead = |name: &'static str, expires: &'static str| async move {
        let answer = server.post(UnleashCreateSignupToken, &[], &json!({ "name": name, "expiresAt": expires })).await;
        answer.json()["secret"].as_str().unwrap().to_owned()
    };
    let expired = dead("expired", "2001-01-01T00:00:00Z").await;
    let disabled = dead("disabled", "2999-01-01T00:00:00Z").await;
    assert_eq!(server.call(UnleashValidateSignupToken, &[&disabled], &[], None).await.status, 200);
    let off = server.post(UnleashUpdateSignupToken, &[&disabled], &json!({ "enabled": false })).await;
    assert_eq!((off.status, off.json()["enabled"].as_bool()), (200, Some(false)));
    for token in ["sgn_unknown", server.world.globex.signup_token()] {
        let answer = server.post(UnleashUpdateSignupToken, &[token], &json!({ "enabled": false })).await;
        note(seen, UnleashUpdateSignupToken, "a token that is not there or another tenant's", &answer, 404);
        let headers = server.world.acme.credentials(UnleashGetSignupToken);
        let answer = server.call(UnleashGetSignupToken, &[token], &headers, None).await;
        note(seen, UnleashGetSignupToken, "a token that is not there or another tenant's", &answer, 404);
    }
    let mut texts = Vec::new();
    for token in ["sgn_unknown", "0123456789abcdef0123456789abcdef", &expired, &disabled] {
        let validated = server.call(UnleashValidateSignupToken, &[token], &[], None).await;
        note(seen, UnleashValidateSignupToken, "a token that cannot be used", &validated, 400);
        let answer = server.post(UnleashSignup, &[token], &unleash_signup("late@example.com")).await;
        note(seen, UnleashSignup, "a token that cannot be used", &answer, 400);
        assert_eq!(answer.json()["name"], "BadDataError");
        texts.push(without_instance(&answer));
    }
    assert!(
        texts.windows(2).all(|pair| pair[0] == pair[1]),
        "unknown, expired and disabled are answered alike: {texts:?}"
    );
    let mut weak = unleash_signup("weak@example.com");
    weak["password"] = json!("passwordpassword");
    note(seen, UnleashSignup, "a common password", &server.post(UnleashSignup, &[token], &weak).await, 400);
}

/// Challenges and invitation tokens: unknown, used, expired; passwords: wrong and weak.
async fn secrets(server: &Server, seen: &mut Seen) {
    let address = "secrets@customer.example";
    assert_eq!(server.post(MuninxInviteUser, &[], &muninx_customer(address)).await.status, 200);
    let challenge = server.mail(address, 1).await.secret("challenge");
    let weak = json!({ "challenge": challenge, "password": "passwordpassword" });
    note(seen, Activate, "a common password", &server.post(Activate, &[], &weak).await, 400);
    note(seen, Activate, "an unknown challenge", &activate(server, "act_0123456789abcdef").await, 400);
    server.execute("UPDATE challenges SET expires_at = created_at WHERE used_at IS NULL").await;
    note(seen, Activate, "an expired challenge", &activate(server, &challenge).await, 410);
    server.execute("UPDATE challenges SET expires_at = 32503680000000").await;
    assert_eq!(
        activate(server, &challenge).await.status,
        200,
        "neither a weak password nor the past uses a challenge up"
    );
    note(seen, Activate, "a used challenge", &activate(server, &challenge).await, 409);
    note(seen, DeclineInvitation, "a used challenge", &decline(server, &challenge).await, 409);
    let unknown = decline(server, "act_0123456789abcdef").await;
    note(seen, DeclineInvitation, "an unknown challenge", &unknown, 400);
    let other = "declining@customer.example";
    assert_eq!(server.post(MuninxInviteUser, &[], &muninx_customer(other)).await.status, 200);
    let old = server.mail(other, 1).await.secret("challenge");
    server.execute("UPDATE challenges SET expires_at = created_at WHERE used_at IS NULL").await;
    note(seen, DeclineInvitation, "an expired challenge", &decline(server, &old).await, 410);
    server.execute("UPDATE challenges SET expires_at = 32503680000000").await;
    for (email, password) in [
        (address, "not-the-password-of-this-user"),
        ("nobody@customer.example", PASSWORD),
        ("not an address", PASSWORD),
    ] {
        let answer = try_sign_in(server, email, password).await;
        note(seen, CreateSession, "wrong credentials", &answer, 401);
    }
    let answer = server.post(RefreshSession, &[], &json!({ "refreshToken": "ref_0123456789abcdef" })).await;
    note(seen, RefreshSession, "an unknown token", &answer, 401);
    kare_invitation_tokens(server, seen).await;
    kare_wrong_password(server, seen).await;
}

async fn kare_invitation_tokens(server: &Server, seen: &mut Seen) {
    let kare = "secrets@mail.com";
    assert_eq!(server.post(KareInviteUserOrganization, &[], &kare_invite(kare)).await.status, 201);
    let token = server.mail(kare, 1).await.secret("invitation");
    note(
        seen,
        KareAcceptInvitation,
        "an unknown token",
        &server.post(KareAcceptInvitation, &[], &kare_acceptance("inv_0123456789", kare)).await,
        400,
    );
    server.execute("UPDATE challenges SET expires_at = created_at WHERE used_at IS NULL").await;
    note(
        seen,
        KareAcceptInvitation,
        "an expired token",
        &server.post(KareAcceptInvitation, &[], &kare_acceptance(&token, kare)).await,
        410,
    );
    server.execute("UPDATE challenges SET expires_at = 32503680000000").await;
    assert_eq!(server.post(KareAcceptInvitation, &[], &kare_acceptance(&token, kare)).await.status, 201);
    note(
        seen,
        KareAcceptInvitation,
        "a used token",
        &server.post(KareAcceptInvitation, &[], &kare_acceptance(&token, kare)).await,
        409,
    );
}

/// Somebody who is invited twice while pending has a password by the time of the second acceptance.
async fn kare_wrong_password(server: &Server, seen: &mut Seen) {
    let address = "twice@mail.com";
    assert_eq!(
        server
            .post(
                NexusInviteOrganizationMember,
                &[&server.world.acme.customer_organization().to_string()],
                &json!({ "emailAddress": address })
            )
            .await
            .status,
        204
    );
    assert_eq!(server.post(KareInviteUserOrganization, &[], &kare_invite(address)).await.status, 201);
    let challenge = server.mail(address, 1).await.secret("challenge");
    let token = server.mail(address, 2).await.secret("invitation");
    assert_eq!(activate(server, &challenge).await.status, 200);
    let mut body = kare_acceptance(&token, address);
    body["password"] = json!("not-the-password-of-this-user");
    note(seen, KareAcceptInvitation, "a wrong password", &server.post(KareAcceptInvitation, &[], &body).await, 401);
}
