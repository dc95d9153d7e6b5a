//! The threads that hash, each with a hasher of its own, and the queue before them.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use super::hasher::Hasher;

type Job = Box<dyn FnOnce(&mut Hasher) + Send>;

/// The way to them. They end when nobody has it any more.
#[derive(Debug)]
pub(super) struct Threads {
    queue: Sender<Job>,
    counts: Arc<Counts>,
}

/// Jobs by where they are.
#[derive(Debug, Default)]
struct Counts {
    queued: AtomicUsize,
    busy: AtomicUsize,
}

impl Threads {
    /// Starts so many.
    pub(super) fn start(count: usize) -> io::Result<Self> {
        let (queue, jobs) = channel();
        let (jobs, counts) = (Arc::new(Mutex::new(jobs)), Arc::<Counts>::default());
        for _ in 0..count {
            let (jobs, counts) = (Arc::clone(&jobs), Arc::clone(&counts));
            thread::Builder::new().name("hashes".to_owned()).spawn(move || work(&jobs, &counts))?;
        }
        Ok(Self { queue, counts })
    }

    /// Has one of them do something; none: they have ended. If nobody waits for it any more when its turn comes, it is left
    /// out; once begun, it is finished.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Hasher) -> T + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        self.counts.queued.fetch_add(1, Ordering::Relaxed);
        let sent = self.queue.send(Box::new(move |hasher| {
            if !sender.is_closed() {
                let _ = sender.send(job(hasher));
            }
        }));
        sent.ok()?;
        receiver.await.ok()
    }

    /// How many work.
    pub(super) fn busy(&self) -> usize {
        self.counts.busy.load(Ordering::Relaxed)
    }
}

fn work(jobs: &Mutex<Receiver<Job>>, counts: &Counts) {
    let mut hasher = Hasher::default();
    loop {
        // One waits for a job, the others for their turn to wait.
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        counts.busy.fetch_add(1, Ordering::Relaxed);
        counts.queued.fetch_sub(1, Ordering::Relaxed);
        // Whoever waits for a job that panics is told so by the end of its channel.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(&mut hasher))).is_err() {
            hasher = Hasher::default();
        }
        counts.busy.fetch_sub(1, Ordering::Relaxed);
        if counts.queued.load(Ordering::Relaxed) == 0 {
            hasher.rest();
        }
    }
}
