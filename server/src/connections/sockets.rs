//! How many sockets and files the system lets this process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What is needed beside connections of clients: the database, mails, files, the metrics.
const OTHERS: usize = 256;
/// What one connection takes: its socket, and both ends of the one by which it is handed on.
const EACH: usize = 3;

/// Makes room for so many connections, and says for how many there is.
pub fn for_connections(wanted: usize) -> usize {
    let limits = getrlimit(Resource::Nofile);
    let needed = u64::try_from(wanted.saturating_mul(EACH).saturating_add(OTHERS)).unwrap_or(u64::MAX);
    let Some(current) = limits.current.filter(|current| *current < needed) else { return wanted };
    let possible = limits.maximum.map_or(needed, |maximum| maximum.min(needed));
    // Everybody may go up to the maximum; where that fails, what there is has to do.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum: limits.maximum });
    let open = usize::try_from(if raised.is_ok() { possible } else { current }).unwrap_or(usize::MAX);
    let room = (open.saturating_sub(OTHERS) / EACH).clamp(1, wanted.max(1));
    if room < wanted {
        tracing::warn!(
            wanted,
            room,
            "the system allows fewer connections than limits.connections: raise its limit of open files"
        );
    }
    room
}
