//! `invite-server dev` and `serve` as programs: files, restarts, exit codes.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use contract_tests::database;
use contract_tests::server::{Process, Server};
use invite_api::security::{Operation, Scheme};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{PROGRAM, server, unleash_signup};

#[tokio::test]
async fn the_file_of_the_world_has_the_promised_shape_and_is_private() {
    let server = server().await;
    let file = &server.world.file;
    let mut top = members(file);
    top.sort_unstable();
    assert_eq!(
        top,
        ["admin", "base_url", "credentials", "customer_organization", "mailbox", "organization", "other_tenant"]
    );
    for (tenant, slug) in [(file, "acme"), (&file["other_tenant"], "globex")] {
        assert_eq!(tenant["organization"]["slug"], slug);
        assert_eq!(tenant["customer_organization"]["slug"], format!("{slug}-customer-1"));
        assert!(tenant["organization"]["id"].is_i64() && tenant["customer_organization"]["id"].is_i64());
        assert_eq!(members(&tenant["admin"]), ["email", "password"]);
        assert_eq!(members(&tenant["credentials"]["muninx"]), ["bearer"]);
        assert_eq!(members(&tenant["credentials"]["kare"]), ["bearer", "session_token"]);
        assert_eq!(members(&tenant["credentials"]["nexus"]), ["bearer", "application_token", "basic"]);
        assert_eq!(members(&tenant["credentials"]["nexus"]["basic"]), ["username", "password"]);
        assert_eq!(members(&tenant["credentials"]["unleash"]), ["admin_api_key", "signup_token"]);
    }
    assert_eq!(file["organization"]["id"], 1);
    assert!(!server.world.base_url.ends_with(":0"), "port 0 picks a free port: {}", server.world.base_url);
    assert!(Path::new(file["mailbox"].as_str().unwrap()).is_dir());
    let database = if database::is_postgres() { "server.key" } else { "invite.db" };
    for private in ["dev.json", "server.key", database] {
        let mode = std::fs::metadata(server.folder().join(private)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{private}");
    }
}

#[tokio::test]
async fn credentials_stay_valid_over_a_restart() {
    let server = server().await;
    let before = server.world.clone();
    let (status, folder) = server.stop().await;
    assert!(status.success(), "a server that is asked to stop ends well: {status}");
    let server = Server::start_in(&[PROGRAM], folder, &[]).await;
    assert_eq!(server.world.file["credentials"], before.file["credentials"]);
    assert_eq!(server.world.file["other_tenant"], before.file["other_tenant"]);
    for tenant in [&before.acme, &before.globex] {
        let token = server
            .post_as(
                &tenant.credentials(Operation::MuninxCreateToken),
                Operation::MuninxCreateToken,
                &[],
                &json!({ "name": "again" }),
            )
            .await;
        assert_eq!(token.status, 200);
        let organization = tenant.organization().to_string();
        for alternative in Operation::NexusInviteOrganizationMember.security() {
            let body = json!({ "emailAddress": format!("restart{}@nexus.example", alternative.len()) });
            let answer = server
                .post_as(
                    &tenant.headers(alternative),
                    Operation::NexusInviteOrganizationMember,
                    &[&organization],
                    &body,
                )
                .await;
            assert_ne!(answer.status, 401);
        }
        let kare = tenant.headers(&[Scheme::KareBearer, Scheme::KareSession]);
        let answer = server
            .post_as(
                &kare,
                Operation::KareInviteUserOrganization,
                &[],
                &crate::support::kare_invite("restart@mail.com"),
            )
            .await;
        assert_eq!(answer.status, 201);
        let signup = unleash_signup(&format!("restart{organization}@example.com"));
        assert_eq!(server.post(Operation::UnleashSignup, &[tenant.signup_token()], &signup).await.status, 200);
    }
}

#[tokio::test]
async fn what_the_caller_can_mend_ends_with_2_and_a_clear_line() {
    let temporary = TempDir::new().unwrap();
    let folder = temporary.path().join("world").display().to_string();
    let file = temporary.path().join("a-file");
    std::fs::write(&file, "in the way").unwrap();
    let below_a_file = file.join("world").display().to_string();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let cases: Vec<(Vec<&str>, &[&str])> = vec![
        (
            vec!["dev", "--listen", "127.0.0.1:0", "--data-dir", &below_a_file],
            &["cannot write into the data folder", "--data-dir"],
        ),
        (
            vec!["serve", "--public-url", "http://127.0.0.1", "--data-dir", &below_a_file],
            &["cannot write into the data folder", "--data-dir"],
        ),
        (vec!["dev", "--listen", &address, "--data-dir", &folder], &["is in use by another program", "--listen"]),
        (
            vec!["dev", "--listen", "127.0.0.1:0", "--data-dir", &folder, "--smtp", "http://mail.example"],
            &["--smtp: the scheme is `http`", "smtps://user:password@host:465"],
        ),
        (
            vec![
                "dev",
                "--listen",
                "127.0.0.1:0",
                "--data-dir",
                &folder,
                "--smtp",
                "smtp://u:s3cret@mail.example?tls=none",
            ],
            &["tls=none would send"],
        ),
        (
            vec!["serve", "--listen", "127.0.0.1:0", "--data-dir", &folder, "--mail-smtp", "smtp://u:s3cret@"],
            &["mail.smtp"],
        ),
        (vec!["dev", "--listen", "0.0.0.0:0", "--data-dir", &folder], &["loopback only", "invite-server serve"]),
        (vec!["dev", "--listen", "[::]:0", "--data-dir", &folder], &["loopback only"]),
        (
            vec!["dev", "--data-dir", &folder, "--database", "mysql://ann:s3cret@127.0.0.1/invite"],
            &["mysql: is no kind of database", "postgres://user:password@host:5432/database"],
        ),
        (vec!["dev", "--listen", "nowhere"], &["--listen"]),
        (vec!["invent"], &["invent"]),
    ];
    for (arguments, texts) in cases {
        fails_with_2(temporary.path(), &arguments, texts).await;
    }
    // It may be there again at the next start.
    let away = ["dev", "--data-dir", &folder, "--database", "postgres://ann:s3cret@127.0.0.1:1/invite"];
    let texts = ["the database postgres://ann:***@127.0.0.1:1/invite is away", "start the database server"];
    fails_with(1, temporary.path(), &away, &texts).await;
    let taken = ["serve", "--listen", &address, "--data-dir", &folder];
    fails_with(1, temporary.path(), &taken, &["is in use by another program", "--listen"]).await;
    let foreign = ["serve", "--listen", "192.0.2.1:8080", "--public-url", "http://127.0.0.1", "--data-dir", &folder];
    fails_with(1, temporary.path(), &foreign, &["cannot listen on 192.0.2.1:8080", "name an address of this machine"])
        .await;
}

#[tokio::test]
async fn a_database_that_is_newer_or_none_is_left_alone() {
    let server = server().await;
    server
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 9999, 'of tomorrow', success, checksum, 0 FROM _sqlx_migrations LIMIT 1",
        )
        .await;
    let (_, temporary) = server.stop().await;
    let folder = temporary.path().join("world").display().to_string();
    let place = database::url(temporary.path()).unwrap_or_else(|| format!("{folder}/invite.db"));
    fails_with_2(
        temporary.path(),
        &["dev", "--listen", "127.0.0.1:0", "--data-dir", &folder, "--database", &place],
        &["schema version 9999", "newer version of the program"],
    )
    .await;

    let database = temporary.path().join("world/invite.db");
    for stale in ["invite.db-wal", "invite.db-shm"] {
        // They belong to the database that is replaced here.
        let _ = std::fs::remove_file(temporary.path().join("world").join(stale));
    }
    let notes = "shopping list, certainly no database ".repeat(100);
    std::fs::write(&database, &notes).unwrap();
    fails_with_2(
        temporary.path(),
        &["dev", "--listen", "127.0.0.1:0", "--data-dir", &folder],
        &["invite.db", "--database"],
    )
    .await;
    assert_eq!(std::fs::read_to_string(&database).unwrap(), notes, "the file is left as it is");
}

async fn fails_with_2(folder: &Path, arguments: &[&str], texts: &[&str]) {
    fails_with(2, folder, arguments, texts).await;
}

async fn fails_with(code: i32, folder: &Path, arguments: &[&str], texts: &[&str]) {
    // Else the last error of a server is a line of its log.
    let plain: &[&str] = if arguments[0] == "serve" { &["--log-format", "text"] } else { &[] };
    let mut process = Process::start(PROGRAM, folder, &[arguments, plain].concat());
    let status = process.ended().await;
    let output = process.output();
    assert_eq!(status.code(), Some(code), "{arguments:?}: {output}");
    assert!(output.contains("error: "), "{arguments:?}: {output}");
    for text in texts {
        assert!(output.contains(text), "{arguments:?} does not say {text:?}: {output}");
    }
    assert!(!output.contains("s3cret") && !output.contains("panicked"), "{output}");
}

fn members(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("{value} is no object")).keys().map(String::as_str).collect()
}
