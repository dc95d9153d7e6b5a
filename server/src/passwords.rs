//! Passwords: argon2id at OWASP's parameters, on threads of its own and bounded.
//!
//! One hash takes 19 MiB and tens of milliseconds of a core. At most as many run at once as there are cores, a bounded
//! number waits, and whoever comes after that is told to come back: hashing never starves other requests, and memory
//! stays bounded. It runs before a transaction opens, never inside one.
//!
//! One client has a share of the places. What it asks for beyond that waits apart for a place of its share, so that others find
//! room behind few of its hashes, however many it wants.

mod hasher;
mod threads;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::Params;
use argon2::password_hash::Error as HashError;
use invite_domain::password::normalized;
use invite_domain::user::PasswordHash;
use tokio::sync::OwnedSemaphorePermit;

use hasher::Hasher;
use threads::Threads;

use crate::entropy::{Entropy, EntropyError};
use crate::shares::Shares;

/// OWASP's second choice of equal strength: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many hashes may wait for each one that runs: about a second of waiting.
const WAITING_PER_CORE: usize = 24;
/// Of so many places one is for the same client.
const CLIENT_SHARE: usize = 4;

/// The hash that a user who does not exist has, so that the answer takes as long as for one who does. Its password is 32
/// random bytes that were thrown away.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LW5vLXNhbHQ$3f0FJ8BzTqV3rMFXj0oG8m1vJ2S8u7nX4Qk5lY9cH0A";

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many hashes wait.
    #[error("too many passwords are being hashed")]
    Busy,
    /// No salt could be drawn.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The hash function failed, or a stored hash is damaged.
    #[error("a password could not be hashed or its stored hash could not be read: {0}")]
    Hash(HashError),
    /// The threads that hash cannot be started.
    #[error("the threads that hash cannot be started")]
    NotStarted(#[from] io::Error),
    /// The thread that hashed stopped.
    #[error("the hashing thread stopped")]
    Stopped,
}

/// How much there is to hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashLoad {
    /// Hashes that run.
    pub busy: usize,
    /// Hashes that wait.
    pub waiting: usize,
}

/// The bounded pool that hashes and checks passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    threads: Threads,
    /// Those that run or are in the queue.
    admitted: Places,
    /// Those that wait for a place of their client's share. With that one client has as many as the queue is long, and no more.
    apart: Places,
    shares: Shares,
    params: Params,
    entropy: Entropy,
}

/// A bounded number of places.
#[derive(Debug)]
struct Places {
    taken: AtomicUsize,
    most: usize,
}

impl Places {
    const fn new(most: usize) -> Self {
        Self { taken: AtomicUsize::new(0), most }
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    fn admit(&self) -> Result<Admission<'_>, PasswordError> {
        let admission = Admission(&self.taken);
        if self.taken.fetch_add(1, Ordering::Relaxed) >= self.most {
            return Err(PasswordError::Busy);
        }
        Ok(admission)
    }
}

/// A place, given back however its holder ends.
struct Admission<'a>(&'a AtomicUsize);

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Passwords {
    /// A pool for this machine's cores.
    ///
    /// # Errors
    /// When argon2 refuses its parameters, or there can be no more threads.
    pub fn new(entropy: Entropy) -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_bounds(entropy, cores, cores * WAITING_PER_CORE)
    }

    /// A pool with `running` hashes at once and `waiting` behind them.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_bounds(entropy: Entropy, running: usize, waiting: usize) -> Result<Self, PasswordError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| PasswordError::Hash(error.into()))?;
        let places = running + waiting;
        // A client that is alone has all threads at work.
        let share = (places / CLIENT_SHARE).max(running);
        Ok(Self {
            shared: Arc::new(Shared {
                threads: Threads::start(running)?,
                admitted: Places::new(places),
                apart: Places::new(places - share),
                shares: Shares::of(share),
                params,
                entropy,
            }),
        })
    }

    /// Hashes a password under a fresh salt, for a client, or for the operator, who has no share.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] beyond the bounds; the others are faults.
    pub async fn hash(&self, client: Option<IpAddr>, password: &str) -> Result<PasswordHash, PasswordError> {
        let salt: [u8; 16] = self.shared.entropy.bytes()?;
        let (password, params) = (normalized(password).into_owned(), self.shared.params.clone());
        let hash = self.run(client, move |hasher| hasher.hash(password.as_bytes(), &salt, &params)).await?;
        Ok(PasswordHash::from_phc(hash.map_err(PasswordError::Hash)?))
    }

    /// Whether a password is the one behind a stored hash, however its characters are written. Without a stored hash it never is,
    /// and that takes as long.
    ///
    /// # Errors
    /// See [`Self::hash`].
    pub async fn verify(
        &self,
        client: Option<IpAddr>,
        password: &str,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let phc = stored.map_or_else(|| NOBODY.to_owned(), |hash| hash.as_phc().to_owned());
        let forms = forms(password);
        let is_it = self.run(client, move |hasher| verify_any(hasher, &forms, &phc)).await?;
        Ok(is_it.map_err(PasswordError::Hash)? && known)
    }

    /// Runs a check of a password here, because estimating one can take as long as hashing it.
    ///
    /// # Errors
    /// See [`Self::hash`].
    pub async fn vet<T: Send + 'static>(
        &self,
        client: Option<IpAddr>,
        check: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        self.run(client, move |_| check()).await
    }

    /// How much there is to hash now.
    #[must_use]
    pub fn load(&self) -> HashLoad {
        let Shared { threads, admitted, apart, .. } = &*self.shared;
        // They are not read at the same instant, and a hash that nobody waits for any more still runs.
        let busy = threads.busy();
        HashLoad { busy, waiting: admitted.taken().saturating_sub(busy) + apart.taken() }
    }

    async fn run<T: Send + 'static>(
        &self,
        client: Option<IpAddr>,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _share = self.share(client).await?;
        let _admission = self.shared.admitted.admit()?;
        self.shared.threads.run(work).await.ok_or(PasswordError::Stopped)
    }

    /// A part of the client's share, perhaps after a wait for one.
    async fn share(&self, client: Option<IpAddr>) -> Result<Option<OwnedSemaphorePermit>, PasswordError> {
        let Some(client) = client else { return Ok(None) };
        let share = self.shared.shares.of_client(client.into());
        if let Ok(part) = Arc::clone(&share).try_acquire_owned() {
            return Ok(Some(part));
        }
        let _admission = self.shared.apart.admit()?;
        share.acquire_owned().await.map(Some).map_err(|_| PasswordError::Stopped)
    }
}

/// What a password may have been hashed as: what is hashed now, and what was before characters were written in one way.
fn forms(password: &str) -> Vec<String> {
    let normalized = normalized(password).into_owned();
    if normalized == password { vec![normalized] } else { vec![normalized, password.to_owned()] }
}

/// Tries one form after the other until one is right: all of them wherever none is, whether or not there is an account.
fn verify_any(hasher: &mut Hasher, forms: &[String], phc: &str) -> Result<bool, HashError> {
    for form in forms {
        if hasher.verify(form.as_bytes(), phc)? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_a_hash_of_the_parameters_that_others_have() {
        let phc = Hasher::default()
            .hash(b"violet ladder", &[7; 16], &Params::new(MEMORY_KIB, PASSES, LANES, None).expect("parameters"))
            .expect("hashed");
        let parameters = |phc: &str| phc.rsplitn(3, '$').last().map(str::to_owned);
        assert_eq!(parameters(NOBODY), parameters(&phc), "who is not there is told by the time that it takes");
        let length = |phc: &str| phc.rsplit('$').next().map(str::len);
        assert_eq!(length(NOBODY), length(&phc));
    }

    #[tokio::test]
    async fn a_password_is_the_same_however_its_characters_are_written() {
        let passwords = Passwords::new(Entropy).expect("a pool");
        let (composed, decomposed) = ("pâté violet ladder", "pa\u{302}te\u{301} violet ladder");
        for hashed in [composed, decomposed] {
            let hash = passwords.hash(None, hashed).await.expect("hashed");
            for given in [composed, decomposed] {
                assert!(passwords.verify(None, given, Some(&hash)).await.expect("verified"), "{hashed:?} as {given:?}");
            }
            assert!(!passwords.verify(None, "pate violet ladder", Some(&hash)).await.expect("verified"));
        }
        // From before characters were written in one way.
        let params = passwords.shared.params.clone();
        let raw = passwords.run(None, move |hasher| hasher.hash(decomposed.as_bytes(), &[7; 16], &params)).await;
        let raw = PasswordHash::from_phc(raw.expect("run").expect("hashed"));
        assert!(passwords.verify(None, decomposed, Some(&raw)).await.expect("verified"));
        assert!(!passwords.verify(None, decomposed, None).await.expect("nobody has a password in any form"));
    }

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_only() {
        let passwords = Passwords::new(Entropy).expect("a pool");
        let hash = passwords.hash(None, "violet ladder").await.expect("hashed");
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify(None, "violet ladder", Some(&hash)).await.expect("verified"));
        assert!(!passwords.verify(None, "violet ladders", Some(&hash)).await.expect("verified"));
    }

    #[tokio::test]
    async fn nobody_has_a_password_but_checking_it_is_real_work() {
        let passwords = Passwords::new(Entropy).expect("a pool");
        assert!(!passwords.verify(None, "anything", None).await.expect("the stored form of nobody is readable"));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_left_out_and_a_panic_ends_its_own_work_only() {
        let passwords = Passwords::with_bounds(Entropy, 1, 8).expect("a pool");
        let (held, begun) = (std::sync::Arc::new(std::sync::Barrier::new(2)), std::sync::Arc::new(AtomicUsize::new(0)));
        let (gate, count) = (held.clone(), begun.clone());
        let first = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.vet(None, move || gate.wait()).await.is_ok() }
        });
        while passwords.load().busy == 0 {
            tokio::task::yield_now().await;
        }
        let mut given_up = Box::pin(passwords.vet(None, move || count.fetch_add(1, Ordering::Relaxed)));
        assert!(futures::poll!(&mut given_up).is_pending());
        drop(given_up);
        assert_eq!(passwords.load().waiting, 0);
        held.wait();
        assert!(first.await.expect("no panic"));
        assert!(matches!(passwords.vet(None, || panic!("as a test does")).await, Err(PasswordError::Stopped)));
        assert_eq!(passwords.vet(None, || 7).await.expect("the thread goes on"), 7);
        assert_eq!(begun.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn beyond_the_bounds_callers_are_told_to_come_back() {
        let passwords = Passwords::with_bounds(Entropy, 1, 1).expect("a pool");
        let hashes = futures::future::join_all((0..8).map(|_| passwords.hash(None, "violet ladder"))).await;
        let busy = hashes.iter().filter(|hash| matches!(hash, Err(PasswordError::Busy))).count();
        assert_eq!((hashes.len() - busy, busy), (2, 6));
        assert!(passwords.hash(None, "violet ladder").await.is_ok(), "places are given back");
    }
    #[tokio::test]
    async fn whoever_wants_many_hashes_leaves_places_to_others_who_wait_behind_few_of_them() {
        let passwords = Passwords::with_bounds(Entropy, 1, 15).expect("a pool");
        let [flood, other] = [1, 2].map(|last| Some(IpAddr::from([192, 0, 2, last])));
        let (held, done) = (Arc::new(std::sync::Barrier::new(2)), Arc::new(std::sync::Mutex::new(Vec::new())));
        let gate = held.clone();
        let mut first = Box::pin(passwords.vet(None, move || gate.wait()));
        assert!(futures::poll!(&mut first).is_pending());
        let vet = |client| {
            let done = done.clone();
            Box::pin(passwords.vet(client, move || done.lock().expect("nobody failed").push(client)))
        };
        let mut crowd: Vec<_> = (0..20).map(|_| vet(flood)).collect();
        let mut turned_away = 0;
        for one in &mut crowd {
            turned_away += usize::from(futures::poll!(one).is_ready());
        }
        assert_eq!(turned_away, 20 - 16, "four are in the queue, as many as it has places otherwise wait apart");
        let HashLoad { busy, waiting } = passwords.load();
        assert_eq!(busy + waiting, 1 + 16);
        let mut elsewhere = vet(other);
        assert!(futures::poll!(&mut elsewhere).is_pending(), "there is room for others");
        held.wait();
        crowd.drain(16..);
        let (first, elsewhere, crowd) = tokio::join!(first, elsewhere, futures::future::join_all(crowd));
        assert!(first.is_ok() && elsewhere.is_ok() && crowd.iter().all(Result::is_ok));
        let done = done.lock().expect("nobody failed");
        assert_eq!((done.len(), done.iter().position(|client| *client == other)), (17, Some(4)), "{done:?}");
        assert_eq!(passwords.shared.shares.clients(), 0, "nobody is kept in mind for nothing");
    }
}
