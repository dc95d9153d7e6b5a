//! The clock: the only place that reads the time.
//!
//! Everything else takes `now` as an argument, so that a test can stand at any instant without sleeping.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

/// A source of the present instant, at millisecond precision.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock that many parts share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        whole_milliseconds(Utc::now())
    }
}

/// A clock that stands where it was set, for tests.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<Mutex<DateTime<Utc>>>);

impl FixedClock {
    /// A clock standing at an instant.
    #[must_use]
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(whole_milliseconds(instant))))
    }

    /// Moves the clock by a span.
    pub fn advance(&self, span: TimeDelta) {
        let mut instant = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *instant += span;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is stored has milliseconds; a finer instant would differ from itself once read back.
fn whole_milliseconds(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(instant)
}
