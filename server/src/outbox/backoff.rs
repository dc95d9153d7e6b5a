//! When to try a mail again.
//!
//! Each mail has its own schedule: 10 s after the first failure, then twice as long each time, at most an hour, and after
//! [`MAX_ATTEMPTS`] never. A random part spreads mails that failed together, so that they do not come back together.

use std::time::Duration;

/// After this many attempts a mail is given up: 20 to 40 hours, well within the life of the link that it carries.
pub(super) const MAX_ATTEMPTS: u32 = 48;

const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(3600);

/// The pause after the given number of attempts; `chance` decides where between half and the whole of it.
pub(super) fn pause(attempts: u32, chance: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    let whole = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    let half = whole / 2;
    half + half.mul_f64(f64::from(chance) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_keep_at_least_half() {
        for (attempts, seconds) in [(0, 10), (1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (u32::MAX, 3600)] {
            assert_eq!(pause(attempts, u32::MAX), Duration::from_secs(seconds), "after {attempts}");
            assert_eq!(pause(attempts, 0), Duration::from_secs(seconds) / 2, "after {attempts}");
        }
    }

    #[test]
    fn all_attempts_together_take_20_to_40_hours() {
        let hours = |chance| {
            let total: Duration = (1..MAX_ATTEMPTS).map(|attempts| pause(attempts, chance)).sum();
            total.as_secs_f64() / 3600.0
        };
        assert!((19.5..20.5).contains(&hours(0)), "{}", hours(0));
        assert!((39.0..40.0).contains(&hours(u32::MAX)), "{}", hours(u32::MAX));
    }
}
