//! Passwords: argon2id at OWASP's parameters, on threads of its own and bounded.
//!
//! One hash takes 19 MiB and tens of milliseconds of a core. At most as many run at once as there are cores, a bounded
//! number waits, and whoever comes after that is told to come back: hashing never starves other requests, and memory
//! stays bounded. It runs before a transaction opens, never inside one.

mod hasher;
mod threads;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::Params;
use argon2::password_hash::Error as HashError;
use invite_domain::password::normalized;
use invite_domain::user::PasswordHash;

use hasher::Hasher;
use threads::Threads;

use crate::entropy::{Entropy, EntropyError};

/// OWASP's second choice of equal strength: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many hashes may wait for each one that runs: about a second of waiting.
const WAITING_PER_CORE: usize = 24;

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
    admitted: AtomicUsize,
    capacity: usize,
    params: Params,
    entropy: Entropy,
}

/// A place in the queue, given back however its holder ends.
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
        Ok(Self {
            shared: Arc::new(Shared {
                threads: Threads::start(running)?,
                admitted: AtomicUsize::new(0),
                capacity: running + waiting,
                params,
                entropy,
            }),
        })
    }

    /// Hashes a password under a fresh salt.
    ///
    /// # Errors
    /// [`PasswordError::Busy`] beyond the bounds; the others are faults.
    pub async fn hash(&self, password: &str) -> Result<PasswordHash, PasswordError> {
        let salt: [u8; 16] = self.shared.entropy.bytes()?;
        let (password, params) = (normalized(password).into_owned(), self.shared.params.clone());
        let hash = self.run(move |hasher| hasher.hash(password.as_bytes(), &salt, &params)).await?;
        Ok(PasswordHash::from_phc(hash.map_err(PasswordError::Hash)?))
    }

    /// Whether a password is the one behind a stored hash, however its characters are written. Without a stored hash it never is,
    /// and that takes as long.
    ///
    /// # Errors
    /// See [`Self::hash`].
    pub async fn verify(&self, password: &str, stored: Option<&PasswordHash>) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let phc = stored.map_or_else(|| NOBODY.to_owned(), |hash| hash.as_phc().to_owned());
        let forms = forms(password);
        let is_it = self.run(move |hasher| verify_any(hasher, &forms, &phc)).await?;
        Ok(is_it.map_err(PasswordError::Hash)? && known)
    }

    /// Runs a check of a password here, because estimating one can take as long as hashing it.
    ///
    /// # Errors
    /// See [`Self::hash`].
    pub async fn vet<T: Send + 'static>(&self, check: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        self.run(move |_| check()).await
    }

    /// How much there is to hash now.
    #[must_use]
    pub fn load(&self) -> HashLoad {
        let Shared { threads, admitted, .. } = &*self.shared;
        // The two are not read at the same instant, and a hash that nobody waits for any more still runs.
        let busy = threads.busy();
        HashLoad { busy, waiting: admitted.load(Ordering::Relaxed).saturating_sub(busy) }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _admission = self.admit()?;
        self.shared.threads.run(work).await.ok_or(PasswordError::Stopped)
    }

    fn admit(&self) -> Result<Admission<'_>, PasswordError> {
        let admitted = &self.shared.admitted;
        let admission = Admission(admitted);
        if admitted.fetch_add(1, Ordering::Relaxed) >= self.shared.capacity {
            return Err(PasswordError::Busy);
        }
        Ok(admission)
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
            let hash = passwords.hash(hashed).await.expect("hashed");
            for given in [composed, decomposed] {
                assert!(passwords.verify(given, Some(&hash)).await.expect("verified"), "{hashed:?} as {given:?}");
            }
            assert!(!passwords.verify("pate violet ladder", Some(&hash)).await.expect("verified"));
        }
        // From before characters were written in one way.
        let params = passwords.shared.params.clone();
        let raw = passwords.run(move |hasher| hasher.hash(decomposed.as_bytes(), &[7; 16], &params)).await;
        let raw = PasswordHash::from_phc(raw.expect("run").expect("hashed"));
        assert!(passwords.verify(decomposed, Some(&raw)).await.expect("verified"));
        assert!(!passwords.verify(decomposed, None).await.expect("nobody has a password in any form"));
    }

    #[tokio::test]
    async fn a_hash_verifies_its_own_password_only() {
        let passwords = Passwords::new(Entropy).expect("a pool");
        let hash = passwords.hash("violet ladder").await.expect("hashed");
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify("violet ladder", Some(&hash)).await.expect("verified"));
        assert!(!passwords.verify("violet ladders", Some(&hash)).await.expect("verified"));
    }

    #[tokio::test]
    async fn nobody_has_a_password_but_checking_it_is_real_work() {
        let passwords = Passwords::new(Entropy).expect("a pool");
        assert!(!passwords.verify("anything", None).await.expect("the stored form of nobody is readable"));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_left_out_and_a_panic_ends_its_own_work_only() {
        let passwords = Passwords::with_bounds(Entropy, 1, 8).expect("a pool");
        let (held, begun) = (std::sync::Arc::new(std::sync::Barrier::new(2)), std::sync::Arc::new(AtomicUsize::new(0)));
        let (gate, count) = (held.clone(), begun.clone());
        let first = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.vet(move || gate.wait()).await.is_ok() }
        });
        while passwords.load().busy == 0 {
            tokio::task::yield_now().await;
        }
        let mut given_up = Box::pin(passwords.vet(move || count.fetch_add(1, Ordering::Relaxed)));
        assert!(futures::poll!(&mut given_up).is_pending());
        drop(given_up);
        assert_eq!(passwords.load().waiting, 0);
        held.wait();
        assert!(first.await.expect("no panic"));
        assert!(matches!(passwords.vet(|| panic!("as a test does")).await, Err(PasswordError::Stopped)));
        assert_eq!(passwords.vet(|| 7).await.expect("the thread goes on"), 7);
        assert_eq!(begun.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn beyond_the_bounds_callers_are_told_to_come_back() {
        let passwords = Passwords::with_bounds(Entropy, 1, 1).expect("a pool");
        let hashes = futures::future::join_all((0..8).map(|_| passwords.hash("violet ladder"))).await;
        let busy = hashes.iter().filter(|hash| matches!(hash, Err(PasswordError::Busy))).count();
        assert_eq!((hashes.len() - busy, busy), (2, 6));
        assert!(passwords.hash("violet ladder").await.is_ok(), "places are given back");
    }
}
