//! Waiting for something that can be observed, up to a deadline. The only place of the tests that lets time pass.

use std::time::{Duration, Instant};

/// How long anything may take that has no limit of its own.
pub const DEADLINE: Duration = Duration::from_secs(30);

const LOOK: Duration = Duration::from_millis(10);
const CLOSE_LOOK: Duration = Duration::from_millis(1);

/// Lets a time pass in which something goes on that nothing shows.
pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// What `look` finds, looked for again and again.
///
/// # Panics
/// There is nothing after [`DEADLINE`].
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    found(what, LOOK, look).await
}

/// The same for those who measure how long it takes: they look more often.
pub async fn closely<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    found(what, CLOSE_LOOK, look).await
}

async fn found<T>(what: &str, pause: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        tokio::time::sleep(pause).await;
    }
}
