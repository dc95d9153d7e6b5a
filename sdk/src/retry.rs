//! When a request is sent again, and how long is waited before.
//!
//! 1. The document decides whether an operation may be repeated at all: [`RetryClass`].
//! 2. What came of an attempt decides whether repeating it makes sense: no connection, or one of four statuses; for a key that
//!    was sent before, 409 too.
//! 3. The policy, [`Retries`], decides how often and how long to wait: as long as the server asks with `Retry-After`,
//!    plus a random part of a step that doubles (full jitter), so that clients which failed together do not return together.
//! 4. The call's time limit bounds it all: a wait that would pass it is not begun, and the answer is handed over at once.
//!
//! Pure: time and chance are arguments. The loop is in `draft`.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};
use uuid::Uuid;

use crate::answer::Unread;

/// What the document says about sending the request of an operation again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryClass {
    /// Never (`x-retry: never`).
    Never,
    /// Only if it certainly was not sent, because no connection came about: to send it twice would be to do it twice, or to be
    /// told that there is nothing to do (`x-retry: unsent`).
    Unsent,
    /// Twice is as good as once: by its method (GET, HEAD, OPTIONS, PUT, DELETE), or `x-retry: idempotent`.
    Idempotent,
    /// It declares the header `Idempotency-Key`, by which the server knows a repetition. The key is made once a call,
    /// unless the caller gives one, and sent with each attempt. A server may not know keys: see
    /// [`ClientBuilder::without_idempotency_keys`](crate::ClientBuilder::without_idempotency_keys).
    Keyed,
}

impl RetryClass {
    /// What is left of it at a server that does not know keys: what the method says by itself (RFC 9110, section 9.2.2).
    pub(crate) fn unkeyed(self, method: &str) -> Self {
        match (self, method) {
            (Self::Keyed, "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE" | "TRACE") => Self::Idempotent,
            (Self::Keyed, _) => Self::Unsent,
            (Self::Never | Self::Unsent | Self::Idempotent, _) => self,
        }
    }
}

/// How often a request is sent again, if the operation's [`RetryClass`] allows it, and how long is waited in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    limit: u32,
    first: Duration,
    longest: Duration,
}

impl Retries {
    /// At most `limit` repetitions; 0 for none.
    ///
    /// ```
    /// use invite_sdk::Retries;
    ///
    /// assert_eq!(Retries::up_to(2), Retries::default());
    /// ```
    #[must_use]
    pub const fn up_to(limit: u32) -> Self {
        Self { limit, first: Duration::from_millis(200), longest: Duration::from_secs(5) }
    }

    /// No repetition.
    ///
    /// ```
    /// use invite_sdk::Retries;
    ///
    /// assert_eq!(Retries::none(), Retries::from(0));
    /// ```
    #[must_use]
    pub const fn none() -> Self {
        Self::up_to(0)
    }

    /// Waits a random time up to `first` before the first repetition, and up to twice as long before each further one,
    /// but never more than `longest` beyond what the server asked for; 200 milliseconds and 5 seconds if not set.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use invite_sdk::Retries;
    ///
    /// let patient = Retries::up_to(4).backoff(Duration::from_millis(100), Duration::from_secs(30));
    /// ```
    #[must_use]
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        (self.first, self.longest) = (first, longest);
        self
    }

    /// Whether `done` repetitions of an operation of this class may be followed by another, whatever comes.
    pub(crate) fn allow(&self, class: RetryClass, done: u32) -> bool {
        done < self.limit && class != RetryClass::Never
    }

    /// How long to wait before the request is sent again; none if it is not. `done` repetitions have been made, `left` is
    /// the time that the call still has, `chance` gives a number between 0 and 1, and is asked only if there is something to wait for.
    pub(crate) fn wait(
        &self,
        attempt: &Attempt,
        class: RetryClass,
        done: u32,
        left: Duration,
        chance: impl FnOnce() -> f64,
    ) -> Option<Duration> {
        if !self.allow(class, done) || !attempt.allows(class) {
            return None;
        }
        let step = self.first.saturating_mul(2u32.saturating_pow(done)).min(self.longest);
        let asked = attempt.retry_after.unwrap_or_default();
        let jitter = step.mul_f64(chance().clamp(0.0, 1.0));
        // What the server asks for is kept to the full, chance is not: it yields to the time that is left.
        (asked < left).then(|| asked.saturating_add(jitter)).map(|wait| if wait < left { wait } else { asked })
    }
}

/// Two repetitions.
impl Default for Retries {
    fn default() -> Self {
        Self::up_to(2)
    }
}

/// At most so many repetitions.
impl From<u32> for Retries {
    fn from(limit: u32) -> Self {
        Self::up_to(limit)
    }
}

/// What came of one attempt, as far as a repetition depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    fate: Fate,
    retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// No connection came about.
    Unsent,
    /// The connection broke before an answer came, or before the end of its body; what the server did is not known.
    Broken,
    /// An answer that says: not now.
    Deferred,
    /// An answer in the server's place, by a gateway that got none of it (502, 504); what the server did is not known.
    Unheard,
    /// Anything else, the end of the time among it.
    Final,
}

/// What came of the attempts of a call so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// How many there were, the last one included.
    pub(crate) count: u32,
    /// One before the last reached the server, or may have.
    pub(crate) sent: bool,
    /// One before the last was left without an answer of the server's own.
    pub(crate) unanswered: bool,
}

impl Attempts {
    /// Remembers one that is followed by another.
    pub(crate) fn note(&mut self, attempt: &Attempt) {
        self.sent |= attempt.fate != Fate::Unsent;
        self.unanswered |= matches!(attempt.fate, Fate::Broken | Fate::Unheard);
    }
}

impl Attempt {
    /// What came of an attempt of an operation of this class, after those in `before`.
    pub(crate) fn of(result: &reqwest::Result<reqwest::Response>, class: RetryClass, before: &Attempts) -> Self {
        match result {
            Ok(answer) if class == RetryClass::Keyed && before.sent => {
                Self::repeated(answer.status().as_u16(), answer.headers())
            }
            Ok(answer) => Self::answered(answer.status().as_u16(), answer.headers()),
            Err(error) if error.is_connect() => Self { fate: Fate::Unsent, retry_after: None },
            Err(error) if error.is_timeout() || !error.is_request() => Self { fate: Fate::Final, retry_after: None },
            Err(_) => Self { fate: Fate::Broken, retry_after: None },
        }
    }

    /// The same when the body was read: an answer that broke off is none.
    pub(crate) fn read(self, unread: Option<&Unread>) -> Self {
        match (self.fate, unread) {
            (Fate::Final, Some(Unread::Broken(error))) if !error.is_timeout() => {
                Self { fate: Fate::Broken, retry_after: None }
            }
            _ => self,
        }
    }

    fn answered(status: u16, headers: &HeaderMap) -> Self {
        match status {
            429 | 503 => Self::deferred(headers),
            status if is_of_a_gateway(status) => Self { fate: Fate::Unheard, ..Self::deferred(headers) },
            _ => Self { fate: Fate::Final, retry_after: None },
        }
    }

    /// The answer to a key that the server has seen. 409 may say that the first request with it is still carried out, and
    /// its answer is there a moment later. A 409 of the operation's own comes again, and ends the call then.
    fn repeated(status: u16, headers: &HeaderMap) -> Self {
        match status {
            409 => Self::deferred(headers),
            _ => Self::answered(status, headers),
        }
    }

    fn deferred(headers: &HeaderMap) -> Self {
        Self { fate: Fate::Deferred, retry_after: retry_after(headers, SystemTime::now()) }
    }

    /// Whether it makes sense to repeat it.
    pub(crate) fn allows(&self, class: RetryClass) -> bool {
        match (class, self.fate) {
            (RetryClass::Never, _) | (_, Fate::Final) => false,
            (RetryClass::Unsent, fate) => fate == Fate::Unsent,
            (
                RetryClass::Idempotent | RetryClass::Keyed,
                Fate::Unsent | Fate::Broken | Fate::Deferred | Fate::Unheard,
            ) => true,
        }
    }
}

/// Whether a status is what a gateway says when the server behind it was asked and gave no answer, or none that it understood
/// (RFC 9110, sections 15.6.3 and 15.6.5).
pub(crate) fn is_of_a_gateway(status: u16) -> bool {
    matches!(status, 502 | 504)
}

/// `Retry-After` as a time from now: seconds, or a date in one of HTTP's three forms. A date is measured against the
/// server's own `Date`, so that clocks need not agree; against `now` if it sends none. A date that has passed is no wait.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let date = |name: HeaderName| httpdate::parse_http_date(headers.get(name)?.to_str().ok()?.trim()).ok();
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than fit are longer than any limit.
        return Some(text.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let until = date(RETRY_AFTER)?;
    Some(until.duration_since(date(DATE).unwrap_or(now)).unwrap_or_default())
}

/// A number from 0 up to but not including 1. `uuid` is here for request ids and draws on the system's randomness, so a
/// crate for random numbers would be one more for one line.
pub(crate) fn chance() -> f64 {
    let bits = Uuid::new_v4().as_u64_pair().1 & ((1 << 53) - 1);
    bits as f64 / (1_u64 << 53) as f64
}

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How to wait; the only place where the client lets time pass on purpose.
#[derive(Clone)]
pub(crate) struct Sleep(Arc<dyn Fn(Duration) -> Waiting + Send + Sync>);

impl Sleep {
    pub(crate) fn new<F, S>(sleep: F) -> Self
    where
        F: Fn(Duration) -> S + Send + Sync + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        Self(Arc::new(move |wait| Box::pin(sleep(wait))))
    }

    pub(crate) async fn wait(&self, wait: Duration) {
        (self.0)(wait).await;
    }
}

/// Tokio's timer.
impl Default for Sleep {
    fn default() -> Self {
        Self::new(tokio::time::sleep)
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleep")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn answered(status: u16, retry_after: Option<Duration>) -> Attempt {
        Attempt { retry_after, ..Attempt::answered(status, &HeaderMap::new()) }
    }

    #[test]
    fn the_class_decides_what_is_repeated() {
        use RetryClass::{Idempotent, Keyed, Never, Unsent};
        let fates = [Fate::Unsent, Fate::Broken, Fate::Deferred, Fate::Unheard, Fate::Final];
        for (class, expected) in [
            (Never, [false, false, false, false, false]),
            (Unsent, [true, false, false, false, false]),
            (Idempotent, [true, true, true, true, false]),
            (Keyed, [true, true, true, true, false]),
        ] {
            assert_eq!(fates.map(|fate| Attempt { fate, retry_after: None }.allows(class)), expected, "{class:?}");
        }
    }

    #[test]
    fn four_statuses_are_worth_another_attempt() {
        let of = |fate: Fate| (100..600).filter(|status| answered(*status, None).fate == fate).collect::<Vec<u16>>();
        assert_eq!((of(Fate::Deferred), of(Fate::Unheard)), (vec![429, 503], vec![502, 504]));
    }

    #[test]
    fn steps_double_up_to_the_longest_and_chance_takes_a_part() {
        let retries = Retries::up_to(9).backoff(seconds(1), seconds(5));
        let wait =
            |done, chance| retries.wait(&answered(503, None), RetryClass::Idempotent, done, MINUTE, || chance).unwrap();
        assert_eq!([0, 1, 2, 3, 8].map(|done| wait(done, 1.0)), [1, 2, 4, 5, 5].map(seconds));
        assert_eq!([0.0, 0.5].map(|chance| wait(2, chance)), [0, 2].map(seconds));
    }

    #[test]
    fn repetitions_end_with_the_limit() {
        let wait =
            |retries: Retries, done| retries.wait(&answered(503, None), RetryClass::Idempotent, done, MINUTE, || 0.0);
        assert!(wait(Retries::up_to(2), 1).is_some());
        assert!(wait(Retries::up_to(2), 2).is_none());
        assert!(wait(Retries::none(), 0).is_none());
    }

    #[test]
    fn what_the_server_asks_for_is_kept_and_bounded_by_the_time_left() {
        let retries = Retries::up_to(2).backoff(seconds(2), seconds(2));
        let wait = |asked, left| {
            retries.wait(&answered(503, Some(seconds(asked))), RetryClass::Idempotent, 0, seconds(left), || 0.5)
        };
        assert_eq!(wait(5, 60), Some(seconds(6)));
        assert_eq!(wait(5, 6), Some(seconds(5)), "chance yields");
        assert_eq!(wait(5, 5), None, "there would be no time for the attempt");
        assert_eq!(retries.wait(&answered(503, Some(Duration::MAX)), RetryClass::Keyed, 0, MINUTE, || 1.0), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_in_any_of_three_forms() {
        let now = SystemTime::UNIX_EPOCH + seconds(784_111_770);
        let after = |text: &str| retry_after(&headers(&[(RETRY_AFTER, text)]), now);
        assert_eq!(after("5"), Some(seconds(5)));
        assert_eq!(after("0"), Some(seconds(0)));
        assert_eq!(after("99999999999999999999999"), Some(Duration::MAX));
        for date in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(after(date), Some(seconds(7)), "{date}");
        }
        assert_eq!(after("Sun, 06 Nov 1994 08:49:00 GMT"), Some(seconds(0)), "has passed");
        for other in ["", "soon", "-1", "1.5", "+1"] {
            assert_eq!(after(other), None, "{other}");
        }
    }

    #[test]
    fn the_servers_own_date_counts() {
        let headers =
            headers(&[(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:37 GMT"), (DATE, "Sun, 06 Nov 1994 08:49:30 GMT")]);
        assert_eq!(retry_after(&headers, SystemTime::UNIX_EPOCH), Some(seconds(7)));
    }

    #[test]
    fn chance_is_a_fraction_and_differs() {
        let drawn = [chance(), chance(), chance()];
        assert!(drawn.iter().all(|chance| (0.0..1.0).contains(chance)), "{drawn:?}");
        assert!(drawn[0] != drawn[1] || drawn[1] != drawn[2], "{drawn:?}");
    }
}
