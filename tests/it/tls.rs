//! TLS: the certificate that the server shows, its files, how it is renewed, and when it ends.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use contract_tests::poll;
use contract_tests::server::Process;
use contract_tests::smtp::certificate;
use rcgen::{CertificateParams, KeyPair};
use reqwest::{Certificate, Client};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::support::PROGRAM;

const DAY: u64 = 24 * 3600;

/// A certificate of version 1, as `openssl x509 -req` makes it without a file of extensions.
const VERSION_1: &str = "-----BEGIN CERTIFICATE-----
MIIBJTCBywIUbcXArq+YvXAIZC2RKpcFEzkthMMwCgYIKoZIzj0EAwIwFDESMBAG
A1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDIxNDIzN1oYDzIxMjYxMTA2MjE0MjM3
WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASchUSHqlew+0BRUnjvnVqv1t8ilfYEuJIaEFy51h5ZQ88MFTz/AVVJW9FzTj/b
ya/caXaMDMDYi2xtyln/p6IhMAoGCCqGSM49BAMCA0kAMEYCIQCmyZDLTaaDYsHt
AyTTMun/vvTBKGbb1XeYVowXmGlRxAIhAJ/CzvwcWX1FBjsyVG37ttYtW4VrscS0
hFNAp1KflhmO
-----END CERTIFICATE-----
";

fn serve(folder: &Path, shown: &Path, key: &Path, more: &[&str]) -> Process {
    Process::start(
        PROGRAM,
        folder,
        &[&["serve"][..], &words(folder, shown, key).each_ref().map(String::as_str), more].concat(),
    )
}

/// The settings of a server that shows a certificate.
fn words(folder: &Path, shown: &Path, key: &Path) -> [String; 5] {
    let data = format!("--data-dir={}", folder.join("data").display());
    let (shown, key) = (format!("--tls-certificate={}", shown.display()), format!("--tls-key={}", key.display()));
    ["--listen=127.0.0.1:0".to_owned(), "--public-url=https://localhost".to_owned(), data, shown, key]
}

/// Lines of the log with this message.
fn lines(process: &Process, message: &str) -> Vec<Value> {
    let output = process.output();
    let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["message"].as_str().is_some_and(|said| said.contains(message))).collect()
}

async fn said(process: &Process, message: &str, count: usize) -> Value {
    poll::until(message, async || lines(process, message).into_iter().nth(count - 1)).await
}

/// Where it listens, by the name in its certificate.
async fn address(process: &Process) -> String {
    let ready = said(process, "ready", 1).await;
    ready["listen"].as_str().unwrap().replace("127.0.0.1", "localhost")
}

/// Who trusts the authority of a folder, and nobody else.
fn trusting(folder: &Path) -> Client {
    let authority = Certificate::from_pem(&std::fs::read(folder.join("ca.pem")).unwrap()).unwrap();
    Client::builder().tls_certs_only([authority]).build().unwrap()
}

async fn status(client: &Client, address: &str) -> Option<u16> {
    let answer = client.get(format!("https://{address}/health/live")).send().await;
    answer.ok().map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn clients_that_trust_the_certificate_are_served_by_tls_and_nobody_without() {
    let folder = TempDir::new().unwrap();
    let [shown, key] = certificate(folder.path());
    let process = serve(folder.path(), &shown, &key, &["--limit-idle", "1s"]);
    let address = address(&process).await;
    let (url, trusting) = (format!("https://{address}/health/live"), trusting(folder.path()));
    let answer = trusting.get(&url).send().await.unwrap();
    assert_eq!((answer.status(), answer.version()), (200.try_into().unwrap(), reqwest::Version::HTTP_11));
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    let error = reqwest::get(&url).await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let plain = reqwest::get(url.replace("https:", "http:")).await;
    assert!(plain.is_err(), "{plain:?}");
    // A greeting that does not come is not waited for.
    let mut silent = TcpStream::connect(&address).await.unwrap();
    let end = tokio::time::timeout(poll::DEADLINE, silent.read_to_end(&mut Vec::new())).await;
    assert!(end.is_ok(), "the connection does not end");
    assert_eq!(status(&trusting, &address).await, Some(200));
    assert!(lines(&process, "certificate").is_empty(), "nothing is wrong with it: {}", process.output());
}

#[tokio::test]
async fn what_is_wrong_with_the_files_is_told_before_anything_starts_and_what_to_do() {
    let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let [shown, key] = certificate(folder.path());
    let [_, strange] = certificate(other.path());
    let written = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let text = std::fs::read_to_string(&key).unwrap();
    let encrypted = written("encrypted.pem", &text.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    let header = "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n";
    let legacy = written("legacy.pem", &text.replacen("PRIVATE KEY-----\n", header, 1));
    let cut = written("cut.pem", &text[..text.len() / 2]);
    let old = written("old.pem", VERSION_1);
    let damaged = written("damaged.pem", &std::fs::read_to_string(&shown).unwrap().replacen("MII", "MIJ", 1));
    let (nowhere, folder_itself) = (PathBuf::from("nowhere.pem"), folder.path().to_owned());
    for (shown, key, words, hint) in [
        (&shown, &strange, "certificate and key do not go together", "name two PEM files"),
        (&shown, &nowhere, "cannot read nowhere.pem: No such file", "name a file that is there"),
        (&nowhere, &key, "cannot read nowhere.pem: No such file", "name a file that is there"),
        (&shown, &folder_itself, ": Is a directory", "name a file that is there"),
        (&key, &key, "key.pem holds no certificate", "name two PEM files"),
        (&shown, &shown, "certificate.pem holds no private key", "name two PEM files"),
        (&shown, &encrypted, "encrypted.pem is encrypted", "openssl pkey -in "),
        (&shown, &legacy, "legacy.pem is encrypted", "openssl pkey -in "),
        (&shown, &cut, "cut.pem is damaged: its last line is missing", "put the whole file there"),
        (&old, &key, "old.pem is of an old version of X.509", "subjectAltName"),
        (&damaged, &key, "damaged.pem cannot be used", "openssl x509 -in "),
    ] {
        let mut process = serve(folder.path(), shown, key, &["--log-format", "text"]);
        assert_eq!(process.ended().await.code(), Some(2));
        let output = process.output();
        let told = output.lines().any(|line| line.starts_with("hint: ") && line.contains(hint));
        assert!(output.contains(words) && told, "{words}: {output}");
        assert!(!folder.path().join("data").exists(), "nothing was made");
    }
}

#[tokio::test]
async fn a_hangup_has_a_renewed_certificate_shown_without_ending_a_connection() {
    let (first, second) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let [shown, key] = certificate(first.path());
    let [renewed, its_key] = certificate(second.path());
    let process = serve(first.path(), &shown, &key, &[]);
    let address = address(&process).await;
    let (old, new) = (trusting(first.path()), trusting(second.path()));
    assert_eq!((status(&old, &address).await, status(&new, &address).await), (Some(200), None));

    std::fs::copy(&renewed, &shown).unwrap();
    std::fs::copy(&its_key, &key).unwrap();
    process.hang_up();
    let line = said(&process, "were read anew", 1).await;
    assert_eq!(line["level"], "INFO", "{line}");
    assert_eq!(status(&new, &address).await, Some(200));
    assert_eq!(status(&old, &address).await, Some(200), "its connection goes on");
    assert_eq!(status(&trusting(first.path()), &address).await, None);

    std::fs::write(&key, "no key").unwrap();
    process.hang_up();
    let line = said(&process, "cannot be read anew", 1).await;
    assert_eq!(line["level"], "ERROR", "{line}");
    assert!(line["error"].as_str().is_some_and(|error| error.contains("key.pem holds no private key")), "{line}");
    assert_eq!(status(&trusting(second.path()), &address).await, Some(200), "the one before is shown");

    std::fs::copy(&its_key, &key).unwrap();
    process.hang_up();
    said(&process, "were read anew", 2).await;
}

#[tokio::test]
async fn a_hangup_ends_no_server_that_shows_no_certificate() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data").display().to_string();
    let place = ["serve", "--listen", "127.0.0.1:0", "--public-url", "http://localhost", "--data-dir", &data];
    let mut process = Process::start(PROGRAM, folder.path(), &place);
    let address = address(&process).await;
    process.hang_up();
    said(&process, "nothing to read anew", 1).await;
    assert_eq!(reqwest::get(format!("http://{address}/health/live")).await.unwrap().status(), 200);
    assert_eq!(process.stop().await.code(), Some(0), "{}", process.output());
}

/// A certificate that signs itself.
fn made(folder: &Path, name: &str, begins: SystemTime, ends: SystemTime) -> [PathBuf; 2] {
    let pair = [folder.join("made.pem"), folder.join("made.key")];
    let mut of = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (of.not_before, of.not_after) = (begins.into(), ends.into());
    let key = KeyPair::generate().unwrap();
    std::fs::write(&pair[0], of.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(&pair[1], key.serialize_pem()).unwrap();
    pair
}

#[tokio::test]
async fn a_certificate_that_clients_refuse_or_soon_will_is_told_by_config_check_and_at_the_start() {
    let folder = TempDir::new().unwrap();
    let now = SystemTime::now();
    let (ago, ahead) =
        (|days: u64| now - Duration::from_secs(days * DAY), |days: u64| now + Duration::from_secs(days * DAY));
    for (name, begins, ends, warnings) in [
        ("localhost", ago(90), ahead(60), &[][..]),
        ("localhost", ago(90), ago(1), &["has ended"]),
        ("localhost", ago(90), ahead(13), &["ends soon"]),
        ("localhost", ahead(1), ahead(90), &["is not valid yet"]),
        ("invite.example.com", ago(90), ahead(60), &["is not for localhost"]),
        ("invite.example.com", ago(90), ago(1), &["has ended", "is not for localhost"]),
    ] {
        let [shown, key] = made(folder.path(), name, begins, ends);
        let words = words(folder.path(), &shown, &key);
        let words = words.each_ref().map(String::as_str);
        let mut checked = Process::start(PROGRAM, folder.path(), &[&["config", "check"][..], &words].concat());
        assert_eq!(checked.ended().await.code(), Some(0), "{}", checked.output());
        let output = checked.output();
        let told: Vec<&str> = output.lines().filter(|line| line.starts_with("warning: the certificate")).collect();
        assert_eq!(told.len(), warnings.len(), "{output}");
        let mut process = serve(folder.path(), &shown, &key, &[]);
        said(&process, "ready", 1).await;
        let logged = lines(&process, "the certificate");
        assert_eq!(logged.len(), warnings.len(), "{logged:?}");
        for (number, warning) in warnings.iter().enumerate() {
            assert!(told[number].contains(warning) && told[number].contains("made.pem"), "{warning} in {told:?}");
            assert_eq!(logged[number]["level"], "WARN");
            assert!(logged[number]["message"].as_str().unwrap().contains(warning), "{warning} in {logged:?}");
        }
        process.stop().await;
    }
}

#[tokio::test]
async fn the_metrics_say_when_the_certificate_ends_that_is_shown() {
    let folder = TempDir::new().unwrap();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let ends = async |process: &Process| {
        let ready = said(process, "ready", 1).await;
        let answer = reqwest::get(format!("http://{}/metrics", ready["metrics"].as_str().unwrap())).await.unwrap();
        let text = answer.text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("invite_tls_certificate_end_timestamp_seconds "));
        line.and_then(|value| value.parse::<f64>().ok())
    };
    let instant = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let [shown, key] = made(folder.path(), "localhost", instant(now - DAY), instant(now + 60 * DAY));
    let mut process = serve(folder.path(), &shown, &key, &["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(ends(&process).await, Some((now + 60 * DAY) as f64));
    made(folder.path(), "localhost", instant(now - DAY), instant(now + 150 * DAY));
    process.hang_up();
    said(&process, "were read anew", 1).await;
    assert_eq!(ends(&process).await, Some((now + 150 * DAY) as f64));
    process.stop().await;
}
