//! The settings that limit requests: `limits.*` and `proxies.*`.

use std::str::FromStr as _;
use std::time::Duration;

use chrono::TimeDelta;
use invite_domain::limit::Limit;

use super::keys::{self, Key};
use super::read::{Reader, duration};
use crate::app::Limits;
use crate::connections::ConnectionLimits;
use crate::gate::GateWidth;
use crate::proxies::{Network, Proxies, ProxyHeader};

/// What holds if nobody says anything, as texts of the file.
#[derive(Debug, Clone, Copy)]
pub struct LimitDefaults {
    at_once: &'static str,
    wait: &'static str,
    arrival: &'static str,
    client_connections: &'static str,
    idle: &'static str,
    client: &'static str,
    changes: &'static str,
    inviter: &'static str,
    organization: &'static str,
    recipient: &'static str,
    signup_token: &'static str,
    imports: &'static str,
    guesses: &'static str,
    account_guesses: &'static str,
    account: &'static str,
}

/// For a server on the internet: beyond what people and the programs of an organization do, below what hurts.
pub(super) const PRODUCTION: LimitDefaults = LimitDefaults {
    at_once: "512",
    wait: "1s",
    arrival: "10s",
    client_connections: "256",
    idle: "30s",
    client: "1200/1m",
    changes: "600/1m",
    inviter: "500/1h",
    organization: "1000/1h",
    recipient: "20/1d",
    signup_token: "500/1h",
    imports: "20/1h",
    guesses: "100/10m",
    account_guesses: "20/1h",
    account: "200/1h",
};

/// The same limits, so high that nobody who tries things out meets them.
pub const HIGH: LimitDefaults = LimitDefaults {
    at_once: "4096",
    wait: "10s",
    arrival: "10s",
    client_connections: "4096",
    idle: "30s",
    client: HIGHEST,
    changes: HIGHEST,
    inviter: HIGHEST,
    organization: HIGHEST,
    recipient: HIGHEST,
    signup_token: HIGHEST,
    imports: HIGHEST,
    guesses: HIGHEST,
    account_guesses: HIGHEST,
    account: HIGHEST,
};

/// How many connections a server has that ends TLS.
const CONNECTIONS: &str = "4096";
const HIGHEST: &str = "1000000/1m";
const NUMBER_RANGE: std::ops::RangeInclusive<usize> = 1..=100_000;
/// In seconds.
const PATIENCE_RANGE: std::ops::RangeInclusive<u64> = 1..=600;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

fn number(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| NUMBER_RANGE.contains(number));
    number.ok_or_else(|| "not a number from 1 to 100000".to_owned())
}

fn patience(text: &str) -> Result<Duration, String> {
    let patience = duration(text).filter(|patience| PATIENCE_RANGE.contains(&patience.as_secs()));
    patience.ok_or_else(|| "not a time from 1s to 10m".to_owned())
}

impl Reader {
    /// How wide the gate is.
    pub(super) fn gate(&mut self, defaults: &LimitDefaults) -> Option<GateWidth> {
        let at_once = self.value(keys::LIMITS_AT_ONCE, defaults.at_once, number);
        let wait = self.value(keys::LIMITS_WAIT, defaults.wait, |text| {
            let wait = duration(text).filter(|wait| *wait <= LONGEST_WAIT);
            wait.ok_or_else(|| "not a time from 0s to 1m".to_owned())
        });
        let arrival = self.value(keys::LIMITS_ARRIVAL, defaults.arrival, patience);
        let client = self.limit(keys::LIMITS_CLIENT, defaults.client);
        Some(GateWidth { at_once: at_once?, wait: wait?, arrival: arrival?, client: client? })
    }

    /// How many connections, and how long. Whoever ends TLS has no other program in front that would bound them.
    pub(super) fn connections(&mut self, defaults: &LimitDefaults, is_tls: bool) -> Option<Option<ConnectionLimits>> {
        let default = if is_tls { CONNECTIONS } else { "off" };
        let most = self.value(keys::LIMITS_CONNECTIONS, default, |text| match text {
            "off" if is_tls => Err("cannot be off with tls.certificate".to_owned()),
            "off" => Ok(None),
            _ => number(text).map(Some),
        });
        let client = self.value(keys::LIMITS_CLIENT_CONNECTIONS, defaults.client_connections, number);
        let idle = self.value(keys::LIMITS_IDLE, defaults.idle, patience);
        let (most, client, idle) = (most?, client?, idle?);
        Some(most.map(|most| ConnectionLimits { most, client, idle }))
    }

    /// What the use cases limit.
    pub(super) fn limits(&mut self, defaults: &LimitDefaults) -> Option<Limits> {
        let changes = self.limit(keys::LIMITS_CHANGES, defaults.changes);
        let inviter = self.limit(keys::LIMITS_INVITER, defaults.inviter);
        let organization = self.limit(keys::LIMITS_ORGANIZATION, defaults.organization);
        let recipient = self.limit(keys::LIMITS_RECIPIENT, defaults.recipient);
        let signup_token = self.limit(keys::LIMITS_SIGNUP_TOKEN, defaults.signup_token);
        let imports = self.limit(keys::LIMITS_IMPORTS, defaults.imports);
        let guesses = self.limit(keys::LIMITS_GUESSES, defaults.guesses);
        let account_guesses = self.limit(keys::LIMITS_ACCOUNT_GUESSES, defaults.account_guesses);
        let account = self.limit(keys::LIMITS_ACCOUNT, defaults.account);
        Some(Limits {
            changes: changes?,
            inviter: inviter?,
            organization: organization?,
            recipient: recipient?,
            signup_token: signup_token?,
            imports: imports?,
            guesses: guesses?,
            account_guesses: account_guesses?,
            account: account?,
        })
    }

    /// Who hands requests on.
    pub(super) fn proxies(&mut self) -> Option<Proxies> {
        let trusted = self.value(keys::PROXIES_TRUSTED, "none", |text| {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "none");
            let network = |name| Network::from_str(name).map_err(|error| format!("{name} is {error}"));
            names.map(network).collect::<Result<Vec<_>, _>>()
        });
        let header = self.value(keys::PROXIES_HEADER, ProxyHeader::default().as_str(), |text| {
            ProxyHeader::from_name(text).ok_or_else(|| "not a header that proxies write".to_owned())
        });
        Some(Proxies::new(trusted?, header?))
    }

    fn limit(&mut self, key: &'static Key, default: &'static str) -> Option<Option<Limit>> {
        self.value(key, default, |text| limit(text).ok_or_else(|| "not a number in a time".to_owned()))
    }
}

/// A number in a time, such as `600/1h`; `off` is no limit. 0 is neither: whoever writes that may well mean that nothing is let
/// through.
fn limit(text: &str) -> Option<Option<Limit>> {
    if text == "off" {
        return Some(None);
    }
    let (count, period) = text.split_once('/')?;
    let period = TimeDelta::from_std(duration(period.trim())?).ok()?;
    Limit::new(count.trim().parse().ok()?, period).map(Some)
}
