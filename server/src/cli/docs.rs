//! `docs`: the page that the server serves at `/docs`, for those who want it as a file.

use std::io::{self, Write as _};

use crate::pages;

use super::failure::Failure;

/// Prints the page to standard output.
///
/// # Errors
///
/// When it cannot be written whole: half a page in a file would pass for the page. A reader who went away has seen enough.
pub(super) fn print() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(pages::reference_page().as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::mendable(format!("cannot write the page: {error}"), "make room, or write it somewhere else"))
        }
        _ => Ok(()),
    }
}
