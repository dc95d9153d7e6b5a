//! The last gate of every log line: a writer that redacts what is written.
//!
//! tracing-subscriber formats an event into one buffer and writes it with one call, so a secret is never cut in two here.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

use super::redact;

/// Makes writers that redact every line before `M`'s writer gets it.
pub(super) struct Redacted<M> {
    inner: M,
}

impl<M> Redacted<M> {
    pub(super) fn new(inner: M) -> Self {
        Self { inner }
    }
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Redacted<M> {
    type Writer = RedactingWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        RedactingWriter { inner: self.inner.make_writer() }
    }
}

/// See [`Redacted`].
pub(super) struct RedactingWriter<W> {
    inner: W,
}

impl<W: Write> Write for RedactingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // Nearly always it is one, and that is faster to see than what in it is not.
        let text = str::from_utf8(line).map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed);
        self.inner.write_all(redact::text(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
