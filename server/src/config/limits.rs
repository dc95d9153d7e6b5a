//! The settings that limit requests: `limits.*` and `proxies.*`.

use std::str::FromStr as _;
use std::time::Duration;

use chrono::TimeDelta;
use invite_domain::limit::Limit;

use super::keys::{self, Key};
use super::read::{Reader, duration};
use crate::app::Limits;
use crate::gate::GateWidth;
use crate::proxies::{Network, Proxies, ProxyHeader};

/// What holds if nobody says anything, as texts of the file.
#[derive(Debug, Clone, Copy)]
pub struct LimitDefaults {
    at_once: &'static str,
    wait: &'static str,
    arrival: &'static str,
    client: &'static str,
    changes: &'static str,
    inviter: &'static str,
    organization: &'static str,
    recipient: &'static str,
    signup_token: &'static str,
    imports: &'static str,
    guesses: &'static str,
    account_guesses: &'static str,
}

/// For a server on the internet: beyond what people and the programs of an organization do, below what hurts.
pub(super) const PRODUCTION: LimitDefaults = LimitDefaults {
    at_once: "512",
    wait: "1s",
    arrival: "10s",
    client: "1200/1m",
    changes: "600/1m",
    inviter: "500/1h",
    organization: "1000/1h",
    recipient: "20/1d",
    signup_token: "500/1h",
    imports: "20/1h",
    guesses: "100/10m",
    account_guesses: "20/1h",
};

/// The same limits, so high that nobody who tries things out meets them.
pub const HIGH: LimitDefaults = LimitDefaults {
    at_once: "4096",
    wait: "10s",
    arrival: "10s",
    client: HIGHEST,
    changes: HIGHEST,
    inviter: HIGHEST,
    organization: HIGHEST,
    recipient: HIGHEST,
    signup_token: HIGHEST,
    imports: HIGHEST,
    guesses: HIGHEST,
    account_guesses: HIGHEST,
};

const HIGHEST: &str = "1000000/1m";
const AT_ONCE_RANGE: std::ops::RangeInclusive<usize> = 1..=100_000;
/// In seconds.
const ARRIVAL_RANGE: std::ops::RangeInclusive<u64> = 1..=600;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

impl Reader {
    /// How wide the gate is.
    pub(super) fn gate(&mut self, defaults: &LimitDefaults) -> Option<GateWidth> {
        let at_once = self.value(keys::LIMITS_AT_ONCE, defaults.at_once, |text| {
            let number = text.parse().ok().filter(|number| AT_ONCE_RANGE.contains(number));
            number.ok_or_else(|| "not a number from 1 to 100000".to_owned())
        });
        let wait = self.value(keys::LIMITS_WAIT, defaults.wait, |text| {
            let wait = duration(text).filter(|wait| *wait <= LONGEST_WAIT);
            wait.ok_or_else(|| "not a time from 0s to 1m".to_owned())
        });
        let arrival = self.value(keys::LIMITS_ARRIVAL, defaults.arrival, |text| {
            let arrival = duration(text).filter(|arrival| ARRIVAL_RANGE.contains(&arrival.as_secs()));
            arrival.ok_or_else(|| "not a time from 1s to 10m".to_owned())
        });
        let client = self.limit(keys::LIMITS_CLIENT, defaults.client);
        Some(GateWidth { at_once: at_once?, wait: wait?, arrival: arrival?, client: client? })
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
        Some(Limits {
            changes: changes?,
            inviter: inviter?,
            organization: organization?,
            recipient: recipient?,
            signup_token: signup_token?,
            imports: imports?,
            guesses: guesses?,
            account_guesses: account_guesses?,
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

/// A number in a time, such as `600/1h`; `off` and `0` are no limit.
fn limit(text: &str) -> Option<Option<Limit>> {
    if matches!(text, "off" | "0") {
        return Some(None);
    }
    let (count, period) = text.split_once('/')?;
    let period = TimeDelta::from_std(duration(period.trim())?).ok()?;
    Limit::new(count.trim().parse().ok()?, period).map(Some)
}
