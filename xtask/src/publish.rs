//! What crates that others depend on must keep: they compile with each choice of features, and can be packaged.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::process::{cargo, run};

/// Crates that are meant for others.
const PUBLISHABLE: &[&str] = &["invite-sdk", "invite-cli", "invite-mock"];

/// Choices of the client's features, beyond the default that everything else compiles. Two choices of TLS may meet, because
/// features of several dependents are joined.
const FEATURES: &[&str] = &["", "tracing", "rustls", "rustls-no-provider", "rustls,tracing"];
/// The same with the system's TLS, which on Linux needs the headers of OpenSSL.
const SYSTEM_TLS: &[&str] = &["native-tls", "native-tls,rustls,tracing"];

/// The client compiles with every sensible choice of its features.
pub(crate) fn features() -> Result<()> {
    let has_openssl = !cfg!(target_os = "linux") || has_headers();
    let system = if has_openssl { SYSTEM_TLS } else { &[] };
    for features in FEATURES.iter().chain(system) {
        run(cargo().args([
            "check",
            "--quiet",
            "--locked",
            "--package",
            "invite-sdk",
            "--no-default-features",
            "--features",
            features,
        ]))?;
    }
    if !has_openssl {
        println!("not tried: {}: the headers of OpenSSL (libssl-dev) are not installed", SYSTEM_TLS.join(" and "));
    }
    Ok(())
}

/// Each crate for others becomes a package that compiles by itself, against the packages of the others.
pub(crate) fn package() -> Result<()> {
    let mut command = cargo();
    // What is packaged is what is here, committed or not: a check must not depend on that.
    command.args(["package", "--quiet", "--locked", "--allow-dirty"]);
    // A package does not have the workspace's profile; with it, dependencies are those that are compiled already.
    command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    for name in PUBLISHABLE {
        command.args(["--package", name]);
    }
    run(&mut command)
}

fn has_headers() -> bool {
    let found = Command::new("pkg-config").args(["--exists", "openssl"]).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use crate::workspace::root;

    #[test]
    fn the_oldest_rust_that_is_promised_is_the_one_that_everything_is_compiled_with() {
        let read = |file: &str| -> toml::Table {
            std::fs::read_to_string(root().join(file)).expect("a file").parse().expect("TOML")
        };
        let pinned =
            read("rust-toolchain.toml")["toolchain"]["channel"].as_str().map(str::to_owned).unwrap_or_default();
        let promised = read("Cargo.toml")["workspace"]["package"]["rust-version"].clone();
        assert_eq!(pinned.rsplit_once('.').map(|(minor, _)| minor), promised.as_str());
        for folder in ["sdk", "sdk/cli", "sdk/mock"] {
            let manifest = read(&format!("{folder}/Cargo.toml"));
            assert_eq!(manifest["package"]["rust-version"]["workspace"].as_bool(), Some(true), "{folder}");
        }
    }
}
