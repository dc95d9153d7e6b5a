//! The certificate to show, as settings name it.

use std::path::PathBuf;

use url::Url;

use super::Problem;
use super::keys;
use super::read::Reader;
use crate::clock::{Clock as _, SystemClock};
use crate::tls::Tls;

impl Reader {
    /// The certificate to show. Both files are read here, so that `config check` tells of a mistake as a start does.
    pub(super) fn tls(&mut self) -> Option<Option<Tls>> {
        let file = |text: &str| match text {
            "off" => Ok(None),
            "" => Err("empty path".to_owned()),
            path => Ok(Some(PathBuf::from(path))),
        };
        let certificate = self.value(keys::TLS_CERTIFICATE, "off", file);
        let key = self.value(keys::TLS_KEY, "off", file);
        let (refused, fix) = match (certificate?, key?) {
            (None, None) => return Some(None),
            (Some(certificate), Some(key)) => match Tls::load(&certificate, &key) {
                Ok(tls) => return Some(Some(tls)),
                Err(error) => (error.to_string(), error.hint()),
            },
            (Some(_), None) => without("tls.certificate", "tls.key"),
            (None, Some(_)) => without("tls.key", "tls.certificate"),
        };
        self.problems.push(Problem::new(refused, fix));
        None
    }

    /// What clients will not like about it. A server starts all the same: its mails go out, and others may ask it by another name.
    pub(super) fn doubt(&mut self, tls: &Tls, public_url: &Url) {
        self.warnings.extend(tls.doubts(SystemClock.now(), public_url));
    }
}

fn without(set: &str, missing: &str) -> (String, String) {
    (format!("{set} is set and {missing} is not"), "set both, or neither".to_owned())
}
