//! What crates that others depend on must keep: they compile with each choice of features, and can be packaged.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use toml::Table;

use crate::process::{cargo, run};
use crate::workspace::{root, target, write_if_changed};

/// Crates that are meant for others.
const PUBLISHABLE: &[&str] = &["invite-sdk", "invite-cli", "invite-mock"];

/// The parts of a choice of the client's features, all of which may meet, because features of several dependents are
/// joined. `rustls` includes `rustls-no-provider`.
const TLS: &[&str] = &["", "rustls-no-provider", "rustls"];
const TRACING: &[&str] = &["", "tracing"];
/// The system's TLS, which on Linux needs the headers of OpenSSL.
const SYSTEM_TLS: &str = "native-tls";

/// The client compiles with every choice of its features.
pub(crate) fn features() -> Result<()> {
    let has_openssl = !cfg!(target_os = "linux") || has_headers();
    let system: &[&str] = if has_openssl { &["", SYSTEM_TLS] } else { &[""] };
    for system in system {
        for tls in TLS {
            for tracing in TRACING {
                let chosen: Vec<&str> = [*system, *tls, *tracing].into_iter().filter(|name| !name.is_empty()).collect();
                run(cargo()
                    .args(["check", "--quiet", "--locked", "--package", "invite-sdk", "--no-default-features"])
                    .args(["--features", &chosen.join(",")]))?;
            }
        }
    }
    if !has_openssl {
        println!("not tried: {SYSTEM_TLS}: the headers of OpenSSL (libssl-dev) are not installed");
    }
    Ok(())
}

/// Each crate for others becomes a package that compiles by itself, against the packages of the others.
///
/// Cargo would build each package, in a profile and a folder of its own. Here they are unpacked into one workspace with our
/// profile and lock file, and each is checked alone, so that it has the features that it asks for and no others.
pub(crate) fn package() -> Result<()> {
    let mut command = cargo();
    // What is packaged is what is here, committed or not: a check must not depend on that.
    command.args(["package", "--quiet", "--locked", "--allow-dirty", "--no-verify"]);
    command.args(PUBLISHABLE.iter().flat_map(|name| ["--package", name])).arg("--target-dir").arg(target());
    run(&mut command)?;
    let unpacked = unpack()?;
    for name in PUBLISHABLE {
        let mut command = cargo();
        command.current_dir(&unpacked).args(["check", "--quiet", "--offline", "--package", name]);
        run(command.arg("--target-dir").arg(target()))?;
    }
    Ok(())
}

/// The packages in a workspace of theirs, where each finds the others.
fn unpack() -> Result<PathBuf> {
    let ours: Table = fs::read_to_string(root().join("Cargo.toml"))?.parse()?;
    let version = ours["workspace"]["package"]["version"].as_str().context("the workspace has no version")?;
    let folder = target().join("unpacked");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    for name in PUBLISHABLE {
        let package = target().join(format!("package/{name}-{version}.crate"));
        run(Command::new("tar").arg("--extract").arg("--file").arg(package).arg("--directory").arg(&folder))?;
    }
    let path = |name: &str| format!("{name}-{version}");
    let members: Vec<String> = PUBLISHABLE.iter().map(|name| path(name)).collect();
    let patches = PUBLISHABLE.iter().map(|name| format!("{name} = {{ path = \"{}\" }}\n", path(name)));
    let profile = Table::from_iter([("profile".to_owned(), ours["profile"].clone())]);
    let patches: String = patches.collect();
    let manifest =
        format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[patch.crates-io]\n{patches}\n{profile}");
    write_if_changed(&folder.join("Cargo.toml"), &manifest)?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    Ok(folder)
}

fn has_headers() -> bool {
    let found = Command::new("pkg-config").args(["--exists", "openssl"]).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}
