//! What a supervisor such as systemd is told (`Type=notify`): that the server is ready, and that it stops. It is one datagram to the
//! socket that `NOTIFY_SOCKET` names; without that variable nobody wants to know.

use std::ffi::OsStr;
use std::io;

use crate::causes::Causes;

/// It answers.
pub(super) const READY: &str = "READY=1";
/// It was asked to stop.
pub(super) const STOPPING: &str = "STOPPING=1";

/// Tells the supervisor, if there is one. A server that cannot goes on: it is not for its own sake.
pub(super) fn tell(state: &str) {
    let Some(place) = std::env::var_os("NOTIFY_SOCKET").filter(|place| !place.is_empty()) else { return };
    if let Err(error) = send(&place, state) {
        tracing::warn!(state, error = %Causes(&error), "the supervisor cannot be told (NOTIFY_SOCKET)");
    }
}

#[cfg(target_os = "linux")]
fn send(place: &OsStr, state: &str) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    let address = match place.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(place)?,
    };
    let socket = UnixDatagram::unbound()?;
    // Nothing waits for a supervisor that does not read.
    socket.set_nonblocking(true)?;
    socket.send_to_addr(state.as_bytes(), &address).map(drop)
}

#[cfg(not(target_os = "linux"))]
fn send(_: &OsStr, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
