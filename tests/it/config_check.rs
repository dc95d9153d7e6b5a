//! `config check` finds what a start would find, all of it at once, and changes nothing.

use contract_tests::database;
use contract_tests::server::{Process, Server};
use tempfile::TempDir;

use crate::support::{PROGRAM, run};

#[tokio::test]
async fn what_is_not_there_yet_is_no_mistake_and_is_not_made() {
    let home = TempDir::new().unwrap();
    let (code, said) = run(home.path(), &["config", "check", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(code, Some(0), "{said}");
    for expected in ["data folder: is made", "server key: is made", "database: is made", "mail: is made", "is free"] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    assert!(!home.path().join("world").exists());
}

#[tokio::test]
async fn a_running_server_is_looked_at_without_being_disturbed() {
    let server = Server::start(PROGRAM, &[]).await;
    let home = server.folder().parent().unwrap().to_owned();
    let address = server.world.base_url.trim_start_matches("http://").to_owned();
    let (code, said) = run(&home, &["config", "check", "--listen", &address]).await;
    assert_eq!(code, Some(0), "{said}");
    for expected in ["data folder: can be written", "server key: one", "which is the newest", "is in use"] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    // A file has one server; a database of PostgreSQL is nobody's.
    let holder = said.contains("; the server with process ") && said.contains(" serves it, and no other can meanwhile");
    assert_eq!(holder, !database::is_postgres(), "{said}");
}

#[tokio::test]
async fn a_newer_schema_is_told() {
    let server = Server::start(PROGRAM, &[]).await;
    let copied = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
        SELECT 900, description, success, checksum, 0 FROM _sqlx_migrations WHERE version = 1 OR version = 9 LIMIT 1";
    server.execute(copied).await;
    let (code, said) = run(server.folder().parent().unwrap(), &["config", "check", "--listen", "127.0.0.1:0"]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("schema version 900"), "{said}");
}

#[tokio::test]
async fn everything_that_keeps_a_server_from_starting_is_told_at_once() {
    let home = TempDir::new().unwrap();
    let world = home.path().join("world");
    std::fs::create_dir(&world).unwrap();
    std::fs::write(world.join("server.key"), "no key").unwrap();
    let file = home.path().join("text.db");
    std::fs::write(&file, "this is a text and no database, however long it is; ".repeat(100)).unwrap();
    let mails = file.join("below-a-file").display().to_string();
    let text = file.display().to_string();
    let faults = ["--database", &text, "--mail-folder", &mails, "--listen", "192.0.2.1:80"];
    let scratch = TempDir::new().unwrap();
    let data = world.display().to_string();
    let arguments =
        [&["config", "check", "--data-dir", &data, "--public-url", "http://localhost:1"][..], &faults].concat();
    let mut process = Process::start(PROGRAM, scratch.path(), &arguments);
    assert_eq!(process.ended().await.code(), Some(2), "{}", process.output());
    let said = process.output();
    for expected in
        ["holds no server key", "text.db is not a database", "below-a-file", "cannot listen on 192.0.2.1:80", "hint: "]
    {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    assert!(said.contains("data folder: can be written"), "what is well is told, too: {said}");
    assert_eq!(std::fs::read_dir(&world).unwrap().count(), 1, "nothing was made");
}

#[tokio::test]
async fn a_damaged_database_is_told_once_with_what_to_do() {
    let home = TempDir::new().unwrap();
    let (data, file) = (home.path().join("world").display().to_string(), home.path().join("half.db"));
    let place = ["--data-dir", &data, "--database", file.to_str().unwrap()];
    let said = async |command: &str| {
        let scratch = TempDir::new().unwrap();
        let words: Vec<&str> = command.split(' ').chain(place).collect();
        let mut process = Process::start(PROGRAM, scratch.path(), &words);
        (process.ended().await.code(), process.output())
    };
    let (code, output) = said("organization add acme --name Acme").await;
    assert_eq!(code, Some(0), "{output}");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let url = "--listen 127.0.0.1:0 --public-url http://localhost:1";
    for command in ["organization list", &format!("config check {url}"), &format!("serve {url}")] {
        let (code, output) = said(command).await;
        assert_eq!(code, Some(2), "{command}: {output}");
        assert_eq!(output.matches("could not be opened: database disk image is malformed").count(), 1, "{output}");
        assert!(output.contains("restore the backup") && !output.contains("cannot open the database"), "{output}");
    }
}

#[tokio::test]
async fn one_folder_that_cannot_be_written_is_one_problem() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "").unwrap();
    let data = file.join("data").display().to_string();
    for data in [data.clone(), data + "/"] {
        let place =
            ["config", "check", "--listen", "127.0.0.1:0", "--public-url", "http://localhost", "--data-dir", &data];
        let scratch = TempDir::new().unwrap();
        let mut process =
            Process::start(PROGRAM, scratch.path(), &[&place[..], &["--database", "sqlite:x.db"]].concat());
        assert_eq!(process.ended().await.code(), Some(2), "{}", process.output());
        let said = process.output();
        assert_eq!(said.matches("cannot write into the data folder").count(), 1, "{said}");
        assert_eq!(said.matches("name another folder with --data-dir").count(), 1, "{said}");
    }
}

#[tokio::test]
async fn an_option_of_a_url_that_nobody_knows_is_named() {
    let home = TempDir::new().unwrap();
    let url = "postgres://ann:s3cret@localhost/invite?sslmod=disable";
    let mut process = Process::start(PROGRAM, home.path(), &["config", "check", "--database", url]);
    assert_eq!(process.ended().await.code(), Some(2), "{}", process.output());
    let said = process.output();
    assert!(said.contains("unknown option `sslmod`") && !said.contains("s3cret"), "{said}");
}

#[tokio::test]
async fn a_variable_of_another_command_is_no_unknown_setting() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data").display().to_string();
    let check = ["config", "check", "--listen", "127.0.0.1:0", "--public-url", "http://localhost", "--data-dir", &data];
    let given = ["INVITE_COPY_FROM=a.db", "INVITE_COPY_TO=postgres://ann@localhost/invite", "INVITE_COPY=b", PROGRAM];
    let mut process = Process::start("env", home.path(), &[&given[..], &check].concat());
    assert_eq!(process.ended().await.code(), Some(0), "{}", process.output());
    let said = process.output();
    assert!(said.contains("variable INVITE_COPY is no setting of this server"), "{said}");
    assert!(!said.contains("INVITE_COPY_"), "{said}");
}

#[tokio::test]
async fn a_command_that_finds_no_key_leaves_no_folder_behind() {
    let (home, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let place = database::url(home.path()).unwrap_or_else(|| home.path().join("invite.db").display().to_string());
    let added = async |home: &TempDir| {
        let (scratch, data) = (TempDir::new().unwrap(), home.path().join("data").display().to_string());
        let words = ["organization", "add", "acme", "--name", "Acme", "--data-dir", &data, "--database", &place];
        let mut process = Process::start(PROGRAM, scratch.path(), &words);
        (process.ended().await.code(), process.output())
    };
    let (code, output) = added(&home).await;
    assert_eq!(code, Some(0), "{output}");
    let (code, output) = added(&other).await;
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("was used with a server key"), "{output}");
    assert!(!other.path().join("data").exists(), "nothing was made");
}
