//! What crates that others depend on must keep: they compile with each choice of features, and can be packaged.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result};

use crate::process::{cargo, run};

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
pub(crate) fn package() -> Result<()> {
    forget_unpacked()?;
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

/// Cargo unpacks a package once for each version and keeps it, also if another one of that version is made: the next crate
/// would be compiled against what the last check has packaged.
fn forget_unpacked() -> Result<()> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let Some(registries) = home.and_then(|home| fs::read_dir(home.join("registry/src")).ok()) else { return Ok(()) };
    // The folder of a registry is its host and a hash; one that is a folder itself has no host.
    let local = registries.flatten().filter(|registry| registry.file_name().to_string_lossy().starts_with('-'));
    for package in local.filter_map(|registry| fs::read_dir(registry.path()).ok()).flatten().flatten() {
        let name = package.file_name();
        if PUBLISHABLE.iter().any(|known| name.to_string_lossy().starts_with(&format!("{known}-"))) {
            let path = package.path();
            fs::remove_dir_all(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
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
