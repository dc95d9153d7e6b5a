//! Lines of the log that would repeat themselves: each reason is told once in a while.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// For how long a reason is not told again, unless said otherwise.
const PAUSE: Duration = Duration::from_secs(10);
/// How many reasons are told in that time.
const MOST: usize = 8;

/// What this process has said lately in one line of the log.
#[derive(Debug)]
pub(crate) struct Throttle {
    said: Mutex<Vec<(String, Instant)>>,
    pause: Duration,
}

impl Throttle {
    /// Nothing was said yet.
    pub(crate) const fn new() -> Self {
        Self::with_pause(PAUSE)
    }

    /// The same, and a reason is not told again for so long.
    pub(crate) const fn with_pause(pause: Duration) -> Self {
        Self { said: Mutex::new(Vec::new()), pause }
    }

    /// Whether a reason is to be told, which counts as told then.
    pub(crate) fn is_news(&self, reason: &str) -> bool {
        self.is_news_at(reason, Instant::now())
    }

    fn is_news_at(&self, reason: &str, now: Instant) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|(_, at)| now.saturating_duration_since(*at) < self.pause);
        let is_news = said.len() < MOST && said.iter().all(|(known, _)| known != reason);
        if is_news {
            said.push((reason.to_owned(), now));
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_once_in_a_while_and_others_beside_it() {
        let (said, start) = (Throttle::new(), Instant::now());
        let news = |reason: &str, seconds| said.is_news_at(reason, start + Duration::from_secs(seconds));
        assert!(news("refused", 0) && !news("refused", 9));
        assert!(news("too many", 9), "another reason");
        assert!(news("refused", 10) && !news("too many", 10));
        let many = (0..20).filter(|number| news(&number.to_string(), 11)).count();
        assert_eq!(many, 6, "with the two before them eight in ten seconds");
    }
}
