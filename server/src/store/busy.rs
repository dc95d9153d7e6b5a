//! Why the store does not do what it is asked. Callers hear only that they may come back; whoever can do something about it reads
//! the reason in the log, once in a while.

use std::fmt::Display;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Error;

/// For how long a reason is not told again.
const PAUSE: Duration = Duration::from_secs(10);
/// How many reasons are told in that time.
const MOST: usize = 8;

static SAID: Said = Said(Mutex::new(Vec::new()));

/// What this process has said lately.
struct Said(Mutex<Vec<(String, Instant)>>);

impl Said {
    /// Whether a reason is to be told, which counts as told then.
    fn is_news(&self, reason: &str, now: Instant) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.retain(|(_, at)| now.saturating_duration_since(*at) < PAUSE);
        let is_news = said.len() < MOST && said.iter().all(|(known, _)| known != reason);
        if is_news {
            said.push((reason.to_owned(), now));
        }
        is_news
    }
}

/// [`Error::Busy`], of which the log has the reason. It holds no values and no secrets.
pub(super) fn busy(reason: impl Display) -> Error {
    let reason = reason.to_string();
    if SAID.is_news(&reason, Instant::now()) {
        tracing::warn!(reason, "the database does not do what it is asked");
    }
    Error::Busy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_once_in_a_while_and_others_beside_it() {
        let (said, start) = (Said(Mutex::default()), Instant::now());
        let news = |reason: &str, seconds| said.is_news(reason, start + Duration::from_secs(seconds));
        assert!(news("refused", 0) && !news("refused", 9));
        assert!(news("too many", 9), "another reason");
        assert!(news("refused", 10) && !news("too many", 10));
        let many = (0..20).filter(|number| news(&number.to_string(), 11)).count();
        assert_eq!(many, 6, "with the two before them eight in ten seconds");
    }
}
