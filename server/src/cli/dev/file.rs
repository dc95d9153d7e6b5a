//! `dev.json`: what a test or a person needs to use the development world.

use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::private_files;

/// The file's name in the data folder.
pub(super) const NAME: &str = "dev.json";

/// Where the file of the last run waits during a start.
const ASIDE: &str = ".dev.json.last";

/// The whole file.
#[derive(Serialize, Deserialize)]
pub(super) struct DevFile {
    pub(super) base_url: String,
    pub(super) mailbox: String,
    #[serde(flatten)]
    pub(super) tenant: DevTenant,
    pub(super) other_tenant: DevTenant,
}

/// A tenant with everything to act in it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevTenant {
    pub(super) organization: DevOrganization,
    pub(super) customer_organization: DevOrganization,
    pub(super) admin: DevAdmin,
    pub(super) credentials: DevCredentials,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevOrganization {
    pub(super) id: i32,
    pub(super) slug: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevAdmin {
    pub(super) email: String,
    pub(super) password: String,
}

/// One credential of every kind.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevCredentials {
    pub(super) muninx: DevMuninx,
    pub(super) kare: DevKare,
    pub(super) nexus: DevNexus,
    pub(super) unleash: DevUnleash,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevMuninx {
    pub(super) bearer: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevKare {
    pub(super) bearer: String,
    pub(super) session_token: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevNexus {
    pub(super) bearer: String,
    pub(super) application_token: String,
    pub(super) basic: DevBasic,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevBasic {
    pub(super) username: String,
    pub(super) password: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct DevUnleash {
    pub(super) admin_api_key: String,
    pub(super) signup_token: String,
}

impl DevFile {
    /// Reads the file of an earlier run and moves it out of sight: a file that is there says that the server is ready. What is
    /// missing or unreadable gives `None`; its credentials are then made anew.
    pub(super) fn take(folder: &Path) -> Option<Self> {
        let (file, aside) = (folder.join(NAME), folder.join(ASIDE));
        // Without a file here the one moved aside by a start that failed is the last one.
        let _ = fs::rename(file, &aside);
        serde_json::from_slice(&fs::read(aside).ok()?).ok()
    }

    /// Replaces the file as a whole; only its owner may read it.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut json = serde_json::to_vec_pretty(self)?;
        json.push(b'\n');
        private_files::replace_private_file(&folder.join(NAME), &json)?;
        match fs::remove_file(folder.join(ASIDE)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tenant(id: i32, slug: &str) -> Value {
        json!({
            "organization": {"id": id, "slug": slug},
            "customer_organization": {"id": id + 1, "slug": format!("{slug}-customer-1")},
            "admin": {"email": "a@example.com", "password": "p"},
            "credentials": {
                "muninx": {"bearer": "b"},
                "kare": {"bearer": "b", "session_token": "s"},
                "nexus": {"bearer": "b", "application_token": "t", "basic": {"username": "u", "password": "p"}},
                "unleash": {"admin_api_key": "k", "signup_token": "s"}
            }
        })
    }

    #[test]
    fn the_file_has_the_promised_shape_and_survives_a_start_that_fails() {
        let mut expected = tenant(1, "acme");
        expected["base_url"] = "http://127.0.0.1:1".into();
        expected["mailbox"] = "/m".into();
        expected["other_tenant"] = tenant(3, "globex");
        let file: DevFile = serde_json::from_value(expected.clone()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        file.write(folder.path()).unwrap();
        let read = || fs::read(folder.path().join(NAME)).map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
        assert_eq!(read().unwrap(), expected);

        for start in 0..2 {
            assert!(DevFile::take(folder.path()).is_some(), "start {start} that did not get to write");
            assert!(read().is_err(), "no file, not ready");
        }
        DevFile::take(folder.path()).unwrap().write(folder.path()).unwrap();
        assert_eq!(read().unwrap(), expected);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_of_another_shape_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(DevFile::take(folder.path()).is_none());
        fs::write(folder.path().join(NAME), "{}").unwrap();
        assert!(DevFile::take(folder.path()).is_none());
    }
}
