//! Limits on how often something may happen: so many times in so much time, for each key.
//!
//! One instant stands for everything that was counted under a key (GCRA, the generic cell rate algorithm): the count has
//! worn off when that instant is past. Each thing that happens moves it on by an equal share of the period, and what would
//! move it further ahead than the whole count is refused and not counted. So a key that was quiet has the whole count at
//! once, and a busy one gets a share back at a time; nobody is locked out for longer than one share after the last success.
//!
//! Where the instants are kept is the server's business: what is shared by replicas in the database, the rest in memory.

// From `core`, where addresses are only values and nothing can be sent to them.
use core::net::{IpAddr, Ipv6Addr};
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

/// The longest period of a limit, in days.
const LONGEST_DAYS: i64 = 366;

/// By how much the clocks of those who count may differ.
pub const SKEW: TimeDelta = TimeDelta::minutes(1);

/// So many times in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    count: u32,
    share: TimeDelta,
}

/// What a limit says of one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may happen, and counts until this instant.
    Admitted(DateTime<Utc>),
    /// It may not. One more may happen after this time, if nothing else does before.
    Refused(TimeDelta),
}

impl Limit {
    /// `count` times in each `period`; none if nothing may happen, or the period is no time, longer than a year, or so short
    /// that a share of it is less than a microsecond.
    #[must_use]
    pub fn new(count: u32, period: TimeDelta) -> Option<Self> {
        let micros = (period <= TimeDelta::days(LONGEST_DAYS)).then(|| period.num_microseconds()).flatten()?;
        // Rounded up, so that after those that may happen at once there are never more than `count` in a period.
        let share = (micros.checked_add(i64::from(count))? - 1).checked_div(i64::from(count))?;
        (micros >= i64::from(count)).then_some(Self { count, share: TimeDelta::microseconds(share) })
    }

    /// How long one counts.
    #[must_use]
    pub const fn share(self) -> TimeDelta {
        self.share
    }

    /// How far ahead of the present the instant of a key may be: one share for each that may happen at once.
    #[must_use]
    pub fn reach(self) -> TimeDelta {
        // At most a year and a share: far from the end of what a span can say.
        TimeDelta::microseconds(self.share.num_microseconds().unwrap_or(i64::MAX).saturating_mul(i64::from(self.count)))
    }

    /// Whether one more may happen now, under a key whose instant is `until`. One that is further ahead than any can be is of
    /// a clock that has been set right since, and is taken for worn off.
    #[must_use]
    pub fn judge(self, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Verdict {
        let known = until.filter(|until| *until <= now + self.reach() + SKEW);
        let until = known.map_or(now, |until| until.max(now)) + self.share;
        let ahead = until - now - self.reach();
        if ahead > TimeDelta::zero() { Verdict::Refused(ahead) } else { Verdict::Admitted(until) }
    }
}

/// The code of what a limit holds back.
pub const TOO_MANY_REQUESTS: &str = "too_many_requests";

/// The longest that anybody is told to wait, in seconds; the document allows no more.
const LONGEST_WAIT: i64 = 86_400;

/// A waiting time in whole seconds, as `Retry-After` wants it: at least one, at most a day, and within that never too early.
#[must_use]
pub fn whole_seconds(wait: TimeDelta) -> u32 {
    let seconds = wait.num_seconds() + i64::from(wait.subsec_nanos() > 0);
    u32::try_from(seconds.clamp(1, LONGEST_WAIT)).unwrap_or(u32::MAX)
}

/// Who is counted as one client: an address of version 4 alone, of version 6 the 64-bit prefix that one customer of a
/// provider has at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Neighbourhood(IpAddr);

impl From<IpAddr> for Neighbourhood {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        })
    }
}

impl fmt::Display for Neighbourhood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::microseconds(micros)
    }

    /// How many of the things that are tried at these instants happen.
    fn admitted(limit: Limit, tries: &[i64]) -> usize {
        let mut until = None;
        let happens = |now: &&i64| match limit.judge(until, at(**now)) {
            Verdict::Admitted(next) => {
                until = Some(next);
                true
            }
            Verdict::Refused(_) => false,
        };
        tries.iter().filter(happens).count()
    }

    #[test]
    fn a_quiet_key_has_the_whole_count_at_once_and_then_a_share_at_a_time() {
        let limit = Limit::new(3, TimeDelta::seconds(30)).expect("a limit");
        assert_eq!(admitted(limit, &[0, 0, 0, 0, 0]), 3);
        let second = 1_000_000;
        assert_eq!(admitted(limit, &[0, 0, 0, 10 * second - 1, 10 * second, 10 * second]), 4);
        assert_eq!(admitted(limit, &[0, 0, 0, 30 * second, 30 * second, 30 * second, 30 * second]), 6);
    }

    #[test]
    fn whoever_waits_as_long_as_was_said_gets_in_and_not_a_moment_earlier() {
        let limit = Limit::new(7, TimeDelta::seconds(60)).expect("a limit");
        let mut until = None;
        let mut now = at(0);
        for _ in 0..50 {
            match limit.judge(until, now) {
                Verdict::Admitted(next) => until = Some(next),
                Verdict::Refused(wait) => {
                    let early = limit.judge(until, now + wait - TimeDelta::microseconds(1));
                    assert!(matches!(early, Verdict::Refused(_)), "{early:?}");
                    now += wait;
                    assert!(matches!(limit.judge(until, now), Verdict::Admitted(_)));
                }
            }
        }
    }

    #[test]
    fn nobody_waits_for_a_clock_that_was_ahead() {
        let limit = Limit::new(2, TimeDelta::seconds(60)).expect("a limit");
        let day = 24 * 60 * 60 * 1_000_000;
        assert_eq!(limit.judge(Some(at(day)), at(0)), limit.judge(None, at(0)));
        // That of another replica may be a little ahead, and what it has counted counts.
        let full = at(1_000) + limit.reach();
        assert!(matches!(limit.judge(Some(full), at(0)), Verdict::Refused(_)));
    }

    #[test]
    fn over_a_long_time_a_burst_is_all_that_comes_on_top_of_the_rate() {
        for (count, period) in [(1, 1_000), (3, 1_000), (7, 1_001), (100, 9_999)] {
            let limit = Limit::new(count, TimeDelta::microseconds(period)).expect("a limit");
            let tries: Vec<i64> = (0..period * 10).flat_map(|micro| [micro, micro]).collect();
            let most = usize::try_from(count).expect("small") * 11;
            assert!(admitted(limit, &tries) <= most, "{count} in {period}");
            assert!(admitted(limit, &tries) >= most * 9 / 10, "{count} in {period}");
        }
    }

    #[test]
    fn what_is_no_limit_is_none() {
        let second = TimeDelta::seconds(1);
        assert_eq!(Limit::new(0, second), None);
        assert_eq!(Limit::new(1, TimeDelta::zero()), None);
        assert_eq!(Limit::new(1, -second), None);
        assert_eq!(Limit::new(1, TimeDelta::days(367)), None);
        assert_eq!(Limit::new(1_000_001, second), None);
        assert!(Limit::new(1_000_000, second).is_some());
        assert!(Limit::new(u32::MAX, TimeDelta::days(366)).is_some());
    }

    #[test]
    fn waiting_times_are_rounded_up_and_a_day_is_the_longest() {
        for (micros, seconds) in
            [(0, 1), (1, 1), (1_000_000, 1), (1_000_001, 2), (59_999_999, 60), (3_000_000_000_000, 86_400)]
        {
            assert_eq!(whole_seconds(TimeDelta::microseconds(micros)), seconds, "{micros}");
        }
    }

    #[test]
    fn one_client_is_an_address_of_version_4_or_a_64_bit_prefix() {
        let of = |text: &str| Neighbourhood::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"), "one written as the other is the same");
        assert_eq!(of("2001:db8:1:2:3:4:5:6").to_string(), "2001:db8:1:2::/64");
    }
}
