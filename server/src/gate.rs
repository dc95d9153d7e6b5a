//! The gate before every operation: how many requests one client sends, and how many are at work at once.
//!
//! 1. A client that sends more than its limit is told when to come back (429). This count is of one process and in memory:
//!    one in the database would cost a write for each read. Limits that replicas share are those of the use cases.
//! 2. A bounded number of requests is at work. A bounded number of others waits for a place, for a short time; who comes
//!    beyond that is told to come back (503), while those at work go on as fast as before.
//! 3. Who has a place and does not send the body in time loses it (400): slow senders shall not fill the server. Of one client
//!    only some may be slow at once. Few places are for requests whose bodies may be large, and some of those for one client.
//! 4. A gate that is closed lets nobody in (503), and is empty once those inside have left.
//!
//! Probes take no place, so that an overloaded server is not taken for a dead one. They are counted by client, apart from
//! everything else.

mod clients;

use std::fmt;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use invite_domain::limit::Limit;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use clients::Clients;

use crate::app::{Error, LimitKind};
use crate::clock::SharedClock;
use crate::shares::Shares;

/// How many times as long as usual a body may take at most.
const LONGEST_PARTS: u32 = 16;

/// Body limit of an operation for which the document sets none.
pub const COMMON_BYTES: usize = 65_536;
/// Of so many places one is for requests whose bodies may be larger.
const LARGE_SHARE: usize = 64;
/// Of so many of those one is for the same client.
const CLIENT_SHARE: usize = 4;
/// Of so many places one may wait for a body of the same client.
const SLOW_SHARE: usize = 8;

/// How wide the gate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateWidth {
    /// How many requests are at work at once; as many more may wait.
    pub at_once: usize,
    /// How long one waits for a place.
    pub wait: Duration,
    /// How long a request may take to arrive whole, if it takes bodies of [`COMMON_BYTES`].
    pub arrival: Duration,
    /// How many one client may send.
    pub client: Option<Limit>,
}

/// The gate, one for a process.
pub struct Gate {
    width: GateWidth,
    clock: SharedClock,
    places: Arc<Semaphore>,
    large: Arc<Semaphore>,
    shares: Shares,
    waiting: AtomicUsize,
    refused: AtomicU64,
    is_closed: AtomicBool,
    requests: Mutex<Clients>,
    probes: Mutex<Clients>,
    slow: Shares,
}

/// A place among the requests at work, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    _permits: Vec<OwnedSemaphorePermit>,
}

/// Waits for a place of each kind, one after the other; none: one of them is closed.
async fn one_of_each(needed: Vec<Arc<Semaphore>>) -> Option<Place> {
    let mut permits = Vec::with_capacity(needed.len());
    for places in needed {
        permits.push(places.acquire_owned().await.ok()?);
    }
    Some(Place { _permits: permits })
}

/// A place among those that wait.
struct Turn<'a>(&'a AtomicUsize);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    /// A gate of this width.
    #[must_use]
    pub fn new(width: GateWidth, clock: SharedClock) -> Self {
        let places = Arc::new(Semaphore::new(width.at_once));
        let large = (width.at_once / LARGE_SHARE).max(1);
        Self {
            width,
            clock,
            places,
            large: Arc::new(Semaphore::new(large)),
            shares: Shares::of((large / CLIENT_SHARE).max(1)),
            waiting: AtomicUsize::new(0),
            refused: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            requests: Mutex::default(),
            probes: Mutex::default(),
            slow: Shares::of((width.at_once / SLOW_SHARE).max(1)),
        }
    }

    /// Lets a probe in.
    ///
    /// # Errors
    /// [`Error::Limited`].
    pub fn probe(&self, client: IpAddr) -> Result<Place, Error> {
        self.count(&self.probes, client)?;
        Ok(Place { _permits: Vec::new() })
    }

    /// Lets a request in, perhaps after a wait. One that finds no place has counted all the same: those who come back too
    /// soon are part of the overload.
    ///
    /// # Errors
    /// [`Error::Limited`] and [`Error::Busy`].
    pub async fn enter(&self, client: IpAddr) -> Result<Place, Error> {
        self.admit(client, || vec![Arc::clone(&self.places)]).await
    }

    /// The same for a request that may have a large body. Few of them are at work at once, and fewer of one client: their bodies
    /// are held in memory and have much time to arrive, so that all others would soon find no place.
    ///
    /// # Errors
    /// As for others.
    pub async fn enter_large(&self, client: IpAddr) -> Result<Place, Error> {
        // Whoever waits for one of few places shall not hold one of the many meanwhile.
        let needed = || vec![self.shares.of_client(client.into()), Arc::clone(&self.large), Arc::clone(&self.places)];
        self.admit(client, needed).await
    }

    async fn admit(&self, client: IpAddr, needed: impl FnOnce() -> Vec<Arc<Semaphore>>) -> Result<Place, Error> {
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Error::unready());
        }
        self.count(&self.requests, client)?;
        let needed = needed();
        if let Ok(permits) = needed.iter().map(|places| Arc::clone(places).try_acquire_owned()).collect() {
            return Ok(Place { _permits: permits });
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _turn = Turn(&self.waiting);
        if before >= self.width.at_once {
            return Err(self.refuse());
        }
        match tokio::time::timeout(self.width.wait, one_of_each(needed)).await {
            Ok(Some(place)) => Ok(place),
            // The gate has been closed, and nobody is left who would be waited for.
            Ok(None) => Err(Error::unready()),
            Err(_) => Err(self.refuse()),
        }
    }

    /// Lets no further request in, and waits until none is at work or waits.
    pub async fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        // Whoever has all places has waited for everybody before.
        let all = self.places.acquire_many(u32::try_from(self.width.at_once).unwrap_or(u32::MAX)).await;
        // Who still waits for a share gets no place any more.
        self.places.close();
        drop(all);
    }

    fn refuse(&self) -> Error {
        self.refused.fetch_add(1, Ordering::Relaxed);
        Error::crowded()
    }

    /// How many requests may be at work.
    #[must_use]
    pub const fn places(&self) -> usize {
        self.width.at_once
    }

    /// How many requests are at work.
    #[must_use]
    pub fn at_work(&self) -> usize {
        self.width.at_once.saturating_sub(self.places.available_permits())
    }

    /// How many requests wait for a place.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// How many requests found no place since this process started.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How long to wait for the body of a request that has a place; larger bodies have more time, in proportion.
    fn arrival(&self, max_bytes: usize) -> Duration {
        let parts = u32::try_from(max_bytes.div_ceil(COMMON_BYTES)).unwrap_or(u32::MAX);
        self.width.arrival.saturating_mul(parts.clamp(1, LONGEST_PARTS))
    }

    /// Waits for the body of a request that has a place; none: it takes too long, or too many of the same client take their time.
    /// What is there already has nothing to wait for.
    pub async fn arrive<T>(&self, client: IpAddr, max_bytes: usize, body: impl Future<Output = T>) -> Option<T> {
        let mut body = pin!(body);
        if let Poll::Ready(body) = futures::poll!(body.as_mut()) {
            return Some(body);
        }
        let _slow = self.slow.of_client(client.into()).try_acquire_owned().ok()?;
        tokio::time::timeout(self.arrival(max_bytes), body).await.ok()
    }

    fn count(&self, clients: &Mutex<Clients>, client: IpAddr) -> Result<(), Error> {
        let Some(limit) = self.width.client else { return Ok(()) };
        let now = self.clock.now();
        let mut clients = clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients.count(limit, client.into(), now).map_err(|wait| Error::limited(LimitKind::Client, wait))
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("width", &self.width).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::net::Ipv4Addr;

    use chrono::{DateTime, TimeDelta};

    use super::*;
    use crate::clock::FixedClock;

    fn gate(at_once: usize, wait: Duration, client: Option<Limit>) -> (Gate, FixedClock) {
        let clock = FixedClock::at(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let width = GateWidth { at_once, wait, arrival: Duration::from_secs(10), client };
        (Gate::new(width, Arc::new(clock.clone())), clock)
    }

    fn client(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(number))
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_is_waited_for_and_not_for_ever() {
        let (gate, _) = gate(1, Duration::from_secs(1), None);
        let place = gate.enter(client(1)).await.expect("the only place");
        let (waits, beyond) = tokio::join!(gate.enter(client(2)), gate.enter(client(3)));
        assert!(matches!(waits, Err(Error::Busy { .. })) && matches!(beyond, Err(Error::Busy { .. })));
        let (waits, ()) = tokio::join!(gate.enter(client(2)), async { drop(place) });
        let place = waits.expect("the place that came free");
        assert!(gate.probe(client(4)).is_ok(), "a probe needs none");
        drop(place);
        assert!(gate.enter(client(5)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_would_wait_beyond_the_bound_is_turned_away_at_once() {
        let (gate, _) = gate(1, Duration::from_secs(3600), None);
        let place = gate.enter(client(1)).await.expect("the only place");
        let mut first = Box::pin(gate.enter(client(2)));
        assert!(futures::poll!(&mut first).is_pending());
        let mut beyond = Box::pin(gate.enter(client(3)));
        assert!(matches!(futures::poll!(&mut beyond), Poll::Ready(Err(Error::Busy { .. }))));
        drop(first);
        let mut second = Box::pin(gate.enter(client(4)));
        assert!(futures::poll!(&mut second).is_pending(), "who gave up waiting takes up no room");
        drop(place);
        assert!(second.await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_gate_lets_nobody_in_and_waits_for_those_inside() {
        let (gate, _) = gate(2, Duration::from_secs(3600), None);
        let inside = [gate.enter(client(1)).await.expect("a place"), gate.enter(client(2)).await.expect("a place")];
        let mut waits = Box::pin(gate.enter(client(3)));
        assert!(futures::poll!(&mut waits).is_pending());
        let mut closing = Box::pin(gate.close());
        assert!(futures::poll!(&mut closing).is_pending());
        assert!(matches!(gate.enter(client(4)).await, Err(Error::Busy { .. })));
        assert!(gate.probe(client(4)).is_ok(), "probes are still answered");
        drop(inside);
        assert!(futures::poll!(&mut closing).is_pending(), "one has waited before");
        drop(waits.await.expect("its turn"));
        closing.await;
        assert_eq!(gate.refused(), 0, "a stop is no overload");
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_leave_places_to_others() {
        let (gate, _) = gate(2 * LARGE_SHARE, Duration::from_secs(1), None);
        let first = gate.enter_large(client(1)).await.expect("a place");
        let _second = gate.enter_large(client(2)).await.expect("a place");
        let mut waits = Box::pin(gate.enter_large(client(3)));
        assert!(futures::poll!(&mut waits).is_pending());
        assert_eq!(gate.at_work(), 2, "who waits for one of few places holds none of the many");
        assert!(matches!(waits.await, Err(Error::Busy { .. })));
        assert!(gate.enter(client(3)).await.is_ok(), "a request with a common body");
        assert_eq!((gate.at_work(), gate.refused()), (2, 1), "who was refused holds no place");
        drop(first);
        assert!(gate.enter_large(client(3)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_has_a_share_of_the_places_for_large_bodies() {
        let (gate, _) = gate(8 * LARGE_SHARE, Duration::from_secs(1), None);
        let mut inside = Vec::new();
        for _ in 0..2 {
            inside.push(gate.enter_large(client(1)).await.expect("its share"));
        }
        assert!(matches!(gate.enter_large(client(1)).await, Err(Error::Busy { .. })), "beyond");
        assert!(gate.enter_large(client(2)).await.is_ok(), "another client");
        let mut waits = Box::pin(gate.enter_large(client(1)));
        assert!(futures::poll!(&mut waits).is_pending());
        inside.pop();
        inside.push(waits.await.expect("its turn"));
        let mut late = Box::pin(gate.enter_large(client(1)));
        assert!(futures::poll!(&mut late).is_pending());
        let mut closing = Box::pin(gate.close());
        assert!(futures::poll!(&mut closing).is_pending());
        inside.clear();
        closing.await;
        assert!(matches!(late.await, Err(Error::Busy { .. })), "the gate is closed");
        assert_eq!(gate.shares.clients(), 0, "nobody is kept in mind for nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn one_client_cannot_fill_the_server_with_bodies_that_do_not_come() {
        let (gate, _) = gate(2 * SLOW_SHARE, Duration::from_secs(1), None);
        let mut first = Box::pin(gate.arrive(client(1), 0, pending::<()>()));
        let mut second = Box::pin(gate.arrive(client(1), 0, pending::<()>()));
        assert!(futures::poll!(&mut first).is_pending() && futures::poll!(&mut second).is_pending());
        assert_eq!(futures::poll!(Box::pin(gate.arrive(client(1), 0, pending::<()>()))), Poll::Ready(None), "beyond");
        assert_eq!(gate.arrive(client(1), 0, async { 7 }).await, Some(7), "what is there waits for nothing");
        let mut other = Box::pin(gate.arrive(client(2), 0, pending::<()>()));
        assert!(futures::poll!(&mut other).is_pending(), "another client");
        drop(first);
        assert!(futures::poll!(Box::pin(gate.arrive(client(1), 0, pending::<()>()))).is_pending());
        assert_eq!(second.await, None, "its time is over");
        drop(other);
        assert_eq!(gate.slow.clients(), 0, "nobody is kept in mind for nothing");
    }

    #[tokio::test]
    async fn each_client_has_its_own_count_and_probes_theirs() {
        let (gate, clock) = gate(8, Duration::ZERO, Limit::new(2, TimeDelta::seconds(10)));
        for _ in 0..2 {
            assert!(gate.enter(client(1)).await.is_ok());
        }
        let refused = gate.enter(client(1)).await.expect_err("the third");
        assert!(matches!(refused, Error::Limited { kind: LimitKind::Client, retry_after_seconds: 5 }), "{refused:?}");
        assert!(gate.enter(client(2)).await.is_ok(), "another client");
        assert!(gate.probe(client(1)).is_ok() && gate.probe(client(1)).is_ok() && gate.probe(client(1)).is_err());
        clock.advance(TimeDelta::seconds(5));
        assert!(gate.enter(client(1)).await.is_ok(), "as long after as was said");
        assert!(gate.enter(client(1)).await.is_err());
    }

    #[tokio::test]
    async fn nobody_waits_for_a_clock_that_was_set_back() {
        let (gate, clock) = gate(8, Duration::ZERO, Limit::new(2, TimeDelta::seconds(10)));
        for _ in 0..2 {
            assert!(gate.enter(client(1)).await.is_ok());
        }
        clock.advance(-TimeDelta::hours(1));
        assert!(gate.enter(client(1)).await.is_err(), "it has just been twice");
        clock.advance(TimeDelta::seconds(5));
        assert!(gate.enter(client(1)).await.is_ok(), "as long after as was said");
    }

    #[test]
    fn large_bodies_have_more_time_and_not_for_ever() {
        let (gate, _) = gate(1, Duration::ZERO, None);
        for (bytes, seconds) in [(0, 10), (65_536, 10), (65_537, 20), (8_388_608, 160), (usize::MAX, 160)] {
            assert_eq!(gate.arrival(bytes), Duration::from_secs(seconds), "{bytes} bytes");
        }
    }
}
