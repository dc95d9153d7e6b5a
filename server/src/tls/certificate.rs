//! What a certificate says of itself: when it begins and ends, and whom it is for.

use chrono::{DateTime, TimeDelta, Utc};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use url::{Host, Url};
use x509_cert::der::Decode as _;
use x509_cert::time::Time;

/// So long before its end somebody should renew it: authorities whose certificates live for 90 days or less have them renewed
/// when a third of that is left.
const SOON: TimeDelta = TimeDelta::days(14);

/// The first certificate of a chain.
pub(super) struct Facts {
    der: CertificateDer<'static>,
    /// From when to when it is valid; none: it cannot be told.
    valid: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Facts {
    pub(super) fn of(der: CertificateDer<'static>) -> Self {
        let read = x509_cert::Certificate::from_der(&der).ok();
        let valid = read.and_then(|read| {
            let validity = read.tbs_certificate.validity;
            Some((instant(validity.not_before)?, instant(validity.not_after)?))
        });
        Self { der, valid }
    }

    /// When it ends.
    pub(super) fn ends(&self) -> Option<DateTime<Utc>> {
        self.valid.map(|(_, ends)| ends)
    }

    /// Why clients refuse it, or soon will.
    pub(super) fn doubts(&self, now: DateTime<Utc>, public_url: &Url) -> Vec<String> {
        let time = match self.valid {
            None => Some("does not say in a known form when it ends".to_owned()),
            Some((begins, _)) if now < begins => Some(format!("is not valid yet: it begins at {}", second(begins))),
            Some((_, ends)) if ends < now => Some(format!("has ended at {}: renew it", second(ends))),
            Some((_, ends)) if ends - now < SOON => Some(format!("ends soon, at {}: renew it", second(ends))),
            Some(_) => None,
        };
        let host = public_url.host().filter(|host| !self.is_for(host));
        let host = host.map(|host| format!("is not for {host}, the host of public_url"));
        time.into_iter().chain(host).collect()
    }

    fn is_for(&self, host: &Host<&str>) -> bool {
        let name = match host {
            Host::Domain(name) => ServerName::try_from(*name).ok(),
            Host::Ipv4(address) => Some(std::net::IpAddr::from(*address).into()),
            Host::Ipv6(address) => Some(std::net::IpAddr::from(*address).into()),
        };
        let certificate = ParsedCertificate::try_from(&self.der).ok();
        name.zip(certificate).is_some_and(|(name, certificate)| verify_server_name(&certificate, &name).is_ok())
    }
}

fn instant(time: Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(time.to_unix_duration().as_secs()).ok()?, 0)
}

fn second(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
