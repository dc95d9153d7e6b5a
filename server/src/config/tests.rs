//! Precedence, sources, and every problem at once.

use std::path::Path;

use chrono::TimeDelta;
use invite_domain::limit::Limit;

use super::*;
use crate::cli::run;
use crate::{outbox, server, traces};

fn given(file: Option<&Path>, environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Given {
    Given {
        flags: flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect(),
        environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        file: file.map(Path::to_owned),
    }
}

fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("invite.toml");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn setting<'a>(loaded: &'a Loaded, key: &str) -> &'a Setting {
    loaded.settings.iter().find(|setting| setting.key == key).unwrap()
}

fn messages(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{}\n{}\n", problem.message, problem.fix)).collect()
}

#[test]
fn nothing_given_is_a_loopback_server_with_its_files_in_one_folder() {
    let loaded = load(&Given::default()).unwrap();
    let config = &loaded.config;
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
    assert_eq!(config.database.to_string(), "invite-data/invite.db");
    assert_eq!(config.server_key, Path::new("invite-data/server.key"));
    assert_eq!(config.challenge_ttl, Duration::from_secs(7 * 24 * 3600));
    assert_eq!(config.log, LogSettings { level: "info".to_owned(), format: LogFormat::Auto });
    assert!(matches!(&config.destination, Destination::Folder(path) if path == Path::new("invite-data/mailbox")));
    assert!(loaded.settings.iter().all(|setting| setting.source == Source::Default));
    assert!(loaded.warnings.iter().any(|warning| warning.contains("not sent")), "{:?}", loaded.warnings);
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let (_folder, path) =
        file("listen = \"127.0.0.1:1\"\ndatabase = \"file.db\"\nchallenge_ttl = \"1d\"\n[log]\nlevel = \"debug\"\n");
    let loaded = load(&given(
        Some(&path),
        &[("INVITE_LISTEN", "127.0.0.1:2"), ("INVITE_DATABASE", "environment.db")],
        &[("listen", "127.0.0.1:3")],
    ))
    .unwrap();
    for (key, value, source) in [
        ("listen", "127.0.0.1:3", Source::Flag("--listen")),
        ("database", "environment.db", Source::Environment("INVITE_DATABASE")),
        ("challenge_ttl", "1d", Source::File(path.clone())),
        ("log.level", "debug", Source::File(path.clone())),
        ("log.format", "auto", Source::Default),
    ] {
        let setting = setting(&loaded, key);
        assert_eq!((setting.value.as_str(), &setting.source), (value, &source), "for {key}");
    }
}

#[test]
fn every_setting_is_shown_once_and_mail_by_the_way_that_counts() {
    let loaded = load(&Given::default()).unwrap();
    let shown: Vec<&str> = loaded.settings.iter().map(|setting| setting.key).collect();
    let expected: Vec<&str> =
        keys::KEYS.iter().map(|key| key.name).filter(|name| !matches!(*name, "mail.smtp" | "mail.smtp_file")).collect();
    assert_eq!(shown, expected);
}

#[test]
fn the_stronger_source_decides_how_mail_travels() {
    let (_folder, path) = file("[mail]\nfolder = \"out\"\n");
    let loaded =
        load(&given(Some(&path), &[("INVITE_MAIL_SMTP", "smtps://ann:s3cret@mail.example.com")], &[])).unwrap();
    assert!(matches!(loaded.config.destination, Destination::Smtp(_)));
    assert_eq!(setting(&loaded, "mail.smtp").value, "smtps://ann:***@mail.example.com:465");
    assert!(!format!("{loaded:?}").contains("s3cret"));

    let (_folder, path) = file("[mail]\nfolder = \"out\"\nsmtp = \"smtps://mail.example.com\"\n");
    let problems = load(&given(Some(&path), &[], &[])).unwrap_err();
    assert!(messages(&problems).contains("contradicts mail.folder"), "{problems:?}");
}

#[test]
fn an_smtp_url_can_stand_in_a_file_of_its_own() {
    let (folder, path) = file("smtps://ann:s3cret@mail.example.com\n");
    let path = path.to_str().unwrap();
    let loaded = load(&given(None, &[("INVITE_MAIL_SMTP_FILE", path)], &[])).unwrap();
    assert_eq!(setting(&loaded, "mail.smtp_file").value, format!("{path} -> smtps://ann:***@mail.example.com:465"));
    let missing = folder.path().join("missing");
    let problems = load(&given(None, &[("INVITE_MAIL_SMTP_FILE", missing.to_str().unwrap())], &[])).unwrap_err();
    assert!(messages(&problems).contains("cannot read"), "{problems:?}");
}

#[test]
fn all_problems_are_told_at_once_with_key_source_and_fix() {
    let (_folder, path) = file("lisen = \"x\"\nchallenge_ttl = 7\n[log]\nlevel = []\n[mail]\nform = \"x\"\n");
    let problems = load(&given(
        Some(&path),
        &[("INVITE_LISTEN", "everywhere"), ("INVITE_MAIL_SMTP", "smtp://ann:s3cret@mail.example.com?tls=none")],
        &[("log.format", "xml"), ("mail.from", "nobody"), ("public_url", "https://u:s3cret@h")],
    ))
    .unwrap_err();
    let all = messages(&problems);
    for expected in [
        "lisen (file ",
        "mail.form (file ",
        "listen (environment INVITE_LISTEN): not an IP address with a port: `everywhere`",
        "challenge_ttl (file ",
        "log.level (file ",
        "log.format (flag --log-format): unknown format: `xml`",
        "mail.from (flag --mail-from): not an e-mail address",
        "mail.smtp (environment INVITE_MAIL_SMTP): tls=none would send",
        "smtps://user:password@host:465",
        "public_url (flag --public-url): must not hold a user or a password",
    ] {
        assert!(all.contains(expected), "{expected} in {all}");
    }
    assert_eq!(problems.len(), 9, "{all}");
    assert!(!all.contains("s3cret"), "{all}");
}

#[test]
fn a_broken_or_missing_file_is_told_with_its_place() {
    let (folder, path) = file("listen = \"127.0.0.1:1\"\nlog = {\n");
    let all = messages(&load(&given(Some(&path), &[], &[])).unwrap_err());
    assert!(all.contains("invite.toml:2:"), "{all}");
    let all = messages(&load(&given(Some(&folder.path().join("missing.toml")), &[], &[])).unwrap_err());
    assert!(all.contains("cannot read the configuration file"), "{all}");
}

#[test]
fn a_server_that_others_reach_must_know_its_name() {
    for listen in ["0.0.0.0:80", "127.0.0.1:0", "[::]:80"] {
        let problems = load(&given(None, &[("INVITE_LISTEN", listen)], &[])).unwrap_err();
        assert!(messages(&problems).contains("public_url (default): must be set"), "{problems:?}");
    }
    let with_name = [("INVITE_LISTEN", "0.0.0.0:80"), ("INVITE_PUBLIC_URL", "https://invite.example.com/base")];
    let loaded = load(&given(None, &with_name, &[])).unwrap();
    assert_eq!(setting(&loaded, "mail.from").value, "invitations@invite.example.com");
    let insecure = load(&given(None, &[("INVITE_PUBLIC_URL", "http://invite.example.com")], &[])).unwrap();
    assert!(insecure.warnings.iter().any(|warning| warning.contains("not https")), "{:?}", insecure.warnings);
}

#[test]
fn variables_of_others_are_a_warning_and_times_need_a_unit_and_a_limit() {
    let loaded = load(&given(None, &[("INVITE_TOKEN", "x"), ("INVITE_CONFIG", "x"), ("PATH", "x")], &[])).unwrap();
    assert_eq!(loaded.strangers, ["INVITE_TOKEN"]);
    for (text, seconds) in [("60s", 60), ("30m", 1800), ("12h", 43_200), ("365d", 31_536_000)] {
        let loaded = load(&given(None, &[], &[("challenge_ttl", text)])).unwrap();
        assert_eq!(loaded.config.challenge_ttl.as_secs(), seconds);
    }
    for text in ["", "7", "d", "59s", "366d", "1w", "-1d", "1.5h", "99999999999999999999d", "18446744073709551615d"] {
        assert!(load(&given(None, &[], &[("challenge_ttl", text)])).is_err(), "{text}");
    }
}

#[test]
fn a_mistake_in_a_template_is_a_problem_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("activation.fr.jinja"),
        "Subject: Bonjour\n\n{{ link(url) }}\n\n{{ inviteee }}\n",
    )
    .unwrap();
    let path = folder.path().to_str().unwrap();
    let problems = load(&given(None, &[("INVITE_MAIL_TEMPLATES", path)], &[])).unwrap_err();
    let expected = format!(
        "mail.templates (environment INVITE_MAIL_TEMPLATES): {path}/activation.fr.jinja:5: unknown variable `inviteee`"
    );
    assert_eq!(problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>(), [expected]);
    assert!(problems[0].fix.contains("invitee, inviter, organization, url"), "{problems:?}");
}

#[test]
fn mails_speak_one_of_their_languages() {
    let loaded = load(&given(None, &[("INVITE_MAIL_LANGUAGE", "es")], &[])).unwrap();
    assert_eq!(loaded.config.language, Locale::Es);
    let problems = load(&given(None, &[("INVITE_MAIL_LANGUAGE", "klingon")], &[])).unwrap_err();
    let all = messages(&problems);
    assert!(
        all.contains("mail.language (environment INVITE_MAIL_LANGUAGE)") && all.contains("en, fr, de or es"),
        "{all}"
    );
}

#[test]
fn limits_are_on_unless_they_are_switched_off() {
    let Traffic { gate, limits, .. } = load(&Given::default()).unwrap().config.traffic;
    assert_eq!((gate.at_once, gate.wait), (512, Duration::from_secs(1)));
    assert_eq!(gate.client, Limit::new(1200, TimeDelta::minutes(1)));
    assert_eq!(limits.recipient, Limit::new(20, TimeDelta::days(1)));
    let all =
        [limits.changes, limits.inviter, limits.organization, limits.signup_token, limits.imports, limits.guesses];
    assert!(
        all.iter().all(Option::is_some) && limits.account_guesses.is_some() && limits.account.is_some(),
        "{limits:?}"
    );

    let (_folder, path) =
        file("[limits]\nat_once = 7\nwait = \"0s\"\nclient = \"off\"\ninviter = \"off\"\nchanges = \" 5 / 2h \"\n");
    let Traffic { gate, limits, .. } = load(&given(Some(&path), &[], &[])).unwrap().config.traffic;
    assert_eq!((gate.at_once, gate.wait, gate.client), (7, Duration::ZERO, None));
    assert_eq!((limits.inviter, limits.changes), (None, Limit::new(5, TimeDelta::hours(2))));
}

#[test]
fn what_is_no_limit_is_told_with_its_form() {
    for text in ["0", "5", "5/", "/1h", "-5/1h", "0/1h", "5/0s", "5/1y", "5/367d", "many/1h", "2000000/1s"] {
        let problems = load(&given(None, &[], &[("limits.inviter", text)])).unwrap_err();
        assert!(
            messages(&problems).contains("write a number in a time, such as 500/1h, or off"),
            "{text}: {problems:?}"
        );
    }
    for (key, text) in [
        ("limits.at_once", "0"),
        ("limits.at_once", "100001"),
        ("limits.wait", "61s"),
        ("limits.arrival", "0s"),
        ("proxies.trusted", "10.0.0.1/8"),
        ("proxies.trusted", "localhost"),
        ("proxies.header", "x-real-ip"),
    ] {
        assert!(load(&given(None, &[], &[(key, text)])).is_err(), "{key} = {text}");
    }
    for text in ["none", "", "10.0.0.0/8", "10.0.0.0/8, ::1,fd00::/8"] {
        assert!(load(&given(None, &[], &[("proxies.trusted", text)])).is_ok(), "{text}");
    }
}

#[test]
fn the_example_names_every_setting_and_the_defaults_that_hold() {
    let text = include_str!("../../invite.example.toml");
    let (_folder, path) = file(text);
    let given = load(&given(Some(&path), &[], &[])).unwrap();
    let key = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    for known in keys::KEYS {
        let lines = [format!("\n{} = ", key(known.name)), format!("\n# {} = ", key(known.name))];
        assert!(lines.iter().any(|line| text.contains(line)), "{} is missing", known.name);
    }
    // The folder of the database and that of mails are those of the example itself.
    let of_folder = ["database", "server_key", "mail.smtp_file", "mail.folder", "mail.templates"];
    for setting in given.settings.iter().filter(|setting| setting.source == Source::Default) {
        let line = format!("\n# {} = \"{}\"", key(setting.key), setting.value)
            .replace("\"512\"", "512")
            .replace("\"256\"", "256");
        assert!(of_folder.contains(&setting.key) || text.contains(&line), "{} is not {}", setting.key, setting.value);
    }
}

#[test]
fn the_packaged_configurations_hold_and_their_metrics_are_on() {
    for (name, text) in [
        ("invite.toml", include_str!("../../packaging/invite.toml")),
        ("container.toml", include_str!("../../packaging/container.toml")),
    ] {
        let (_folder, path) = file(text);
        let loaded = load(&given(Some(&path), &[], &[])).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        assert!(loaded.warnings.is_empty(), "{name}: {:?}", loaded.warnings);
        assert!(loaded.config.traffic.metrics.is_some_and(|address| address.port() == 9464), "{name}");
    }
}

#[test]
fn how_a_server_stops_has_bounds() {
    let shutdown = load(&Given::default()).unwrap().config.traffic.shutdown;
    assert_eq!((shutdown.notice, shutdown.deadline), (Duration::ZERO, Duration::from_secs(20)));
    for (key, text) in
        [("shutdown.notice", "6m"), ("shutdown.deadline", "0s"), ("shutdown.deadline", "11m"), ("metrics.listen", "on")]
    {
        assert!(load(&given(None, &[], &[(key, text)])).is_err(), "{key} = {text}");
    }
}

#[test]
fn what_a_stop_takes_at_most_is_what_operators_are_told() {
    let Shutdown { notice, deadline } = load(&Given::default()).unwrap().config.traffic.shutdown;
    let beyond = server::FAREWELL + traces::PATIENCE + outbox::LAST_WORDS + outbox::GOODBYE + run::CLOSING;
    let (beyond, all) = (beyond.as_secs(), (notice + 2 * deadline + beyond).as_secs());
    let guide = include_str!("../../README.md");
    assert!(guide.contains(&format!("`shutdown.notice` + 2 × `shutdown.deadline` + {beyond} s")), "{beyond} s");
    assert!(guide.contains(&format!("{all} s without settings")), "{all} s");
    let unit = include_str!("../../packaging/invite-server.service");
    assert!(unit.contains(&format!("`shutdown.notice` + 2 x `shutdown.deadline` + {beyond} s.")), "{beyond} s");
    let allowed = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")?.strip_suffix('s')?.parse().ok());
    assert!(allowed >= Some(all), "{all} s");
}

#[test]
fn the_metrics_need_an_address_of_their_own() {
    let said = |listen: &str, metrics: &str| {
        let environment =
            [("INVITE_LISTEN", listen), ("INVITE_METRICS_LISTEN", metrics), ("INVITE_PUBLIC_URL", "https://u.example")];
        load(&given(None, &environment, &[])).map_or_else(|problems| messages(&problems), |_| String::new())
    };
    for (listen, metrics) in [
        ("127.0.0.1:80", "127.0.0.1:80"),
        ("0.0.0.0:80", "127.0.0.1:80"),
        ("[::1]:80", "[::]:80"),
        ("127.0.0.1:80", "[::]:80"),
    ] {
        let said = said(listen, metrics);
        assert!(said.contains("are one address\ngive metrics.listen another port"), "{listen} {metrics}: {said}");
    }
    for (listen, metrics) in [
        ("127.0.0.1:0", "127.0.0.1:0"),
        ("127.0.0.1:80", "127.0.0.1:81"),
        ("0.0.0.0:80", "[::1]:80"),
        ("[::1]:80", "127.0.0.1:80"),
    ] {
        assert_eq!(said(listen, metrics), "", "{listen} {metrics}");
    }
}
