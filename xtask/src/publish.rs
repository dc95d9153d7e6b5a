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
