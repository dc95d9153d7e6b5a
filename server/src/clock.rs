//! The clock: the only place that reads the time.
//!
//! Everything else takes `now` as an argument, so that a test can stand at any instant without sleeping. Servers that share a
//! database also share its clock: each asks it now and then how far its own machine is off ([`AgreedClock`]).

use std::sync::atomic::{AtomicI64, Ordering};
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
        whole_milliseconds(Utc::now() + TimeDelta::milliseconds(PRETENDED.load(Ordering::Relaxed)))
    }
}

/// By how many milliseconds the machine's clock is taken to be ahead.
static PRETENDED: AtomicI64 = AtomicI64::new(0);

/// Has this process take the machine's clock for one that is wrong by a span, for tests of servers whose clocks differ. No
/// setting leads here.
pub fn pretend_to_be_ahead(span: TimeDelta) {
    PRETENDED.store(span.num_milliseconds(), Ordering::Relaxed);
}

/// The machine's clock, corrected by what another one said when it was last asked. Reading it asks nobody.
#[derive(Debug, Clone)]
pub struct AgreedClock {
    machine: SharedClock,
    /// By how many milliseconds the other clock is ahead of the machine's.
    ahead: Arc<AtomicI64>,
}

impl AgreedClock {
    /// A clock that agrees with the machine's until another one has been asked.
    #[must_use]
    pub fn new(machine: SharedClock) -> Self {
        Self { machine, ahead: Arc::default() }
    }

    /// Asks the other clock and goes with it from now on.
    ///
    /// The other one was read somewhere between question and answer, so that the middle between them is wrong by half of that
    /// span at most. A difference that small is no reason to correct anything: the clock would waver for nothing.
    ///
    /// # Errors
    /// Those of asking; the clock goes on as before.
    pub async fn agree<E>(&self, ask: impl AsyncFnOnce() -> Result<DateTime<Utc>, E>) -> Result<(), E> {
        let asked = self.machine.now();
        let other = ask().await?;
        let answered = self.machine.now();
        let half = (answered - asked) / 2;
        let measured = (other - (asked + half)).num_milliseconds();
        let doubt = half.num_milliseconds().abs();
        if (measured - self.ahead.load(Ordering::Relaxed)).abs() > doubt {
            self.ahead.store(measured, Ordering::Relaxed);
        }
        Ok(())
    }

    /// By how much the other clock is ahead of the machine's, as far as is known.
    #[must_use]
    pub fn ahead(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.ahead.load(Ordering::Relaxed))
    }
}

impl Clock for AgreedClock {
    fn now(&self) -> DateTime<Utc> {
        self.machine.now() + self.ahead()
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn clocks() -> (FixedClock, AgreedClock) {
        let machine = FixedClock::at(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        (machine.clone(), AgreedClock::new(Arc::new(machine)))
    }

    /// Asks a clock that is ahead of the machine's by a span, and takes a time for the answer.
    async fn agree(machine: &FixedClock, clock: &AgreedClock, ahead: TimeDelta, takes: TimeDelta) {
        let ask = async || {
            machine.advance(takes / 2);
            let other = machine.now() + ahead;
            machine.advance(takes / 2);
            Ok::<_, Infallible>(other)
        };
        clock.agree(ask).await.expect("it answers");
    }

    #[tokio::test]
    async fn a_clock_goes_with_the_one_that_was_asked_also_after_a_jump() {
        let (machine, clock) = clocks();
        for ahead in [TimeDelta::zero(), TimeDelta::hours(1), TimeDelta::hours(-1), TimeDelta::seconds(1)] {
            agree(&machine, &clock, ahead, TimeDelta::milliseconds(4)).await;
            assert_eq!(clock.now() - machine.now(), ahead);
        }
        machine.advance(TimeDelta::minutes(5));
        assert_eq!(clock.now() - machine.now(), TimeDelta::seconds(1), "between questions it goes on by itself");
    }

    #[tokio::test]
    async fn what_a_slow_answer_cannot_tell_corrects_nothing() {
        let (machine, clock) = clocks();
        agree(&machine, &clock, TimeDelta::milliseconds(300), TimeDelta::seconds(1)).await;
        assert_eq!(clock.ahead(), TimeDelta::zero(), "the answer may be half a second old");
        agree(&machine, &clock, TimeDelta::milliseconds(300), TimeDelta::milliseconds(10)).await;
        assert_eq!(clock.ahead(), TimeDelta::milliseconds(300));
    }

    #[tokio::test]
    async fn without_an_answer_the_clock_goes_on_as_before() {
        let (machine, clock) = clocks();
        agree(&machine, &clock, TimeDelta::hours(1), TimeDelta::zero()).await;
        clock.agree(async || Err("away")).await.expect_err("it is away");
        assert_eq!(clock.ahead(), TimeDelta::hours(1));
    }
}
