//! The bridge from dropshot's slog to tracing.
//!
//! dropshot puts the request target into its per-request logger, and the target holds signup tokens and addresses. So the
//! bridge reads every value, redacts it, and only then passes it on. It is written here and not taken from `tracing-slog`
//! because that one drops the values of the logger, the request id among them.
//!
//! dropshot logs two lines a request; ours is the one that counts (the HTTP layer writes it, with the operation id and the
//! status). So its `info` becomes `debug`, its `debug` becomes `trace`; warnings and errors stay what they are.

use std::fmt::{Arguments, Write as _};

use slog::{Drain, KV, Key, Level, Never, OwnedKVList, Record, Serializer};

use super::redact;

/// Receives one redacted record; the real one writes tracing events, a test collects them.
pub(super) trait Sink: Send + Sync + 'static {
    /// Whether a record of this level would be kept at all.
    fn wants(&self, level: tracing::Level) -> bool;
    /// Takes the record.
    fn take(&self, level: tracing::Level, message: &str, values: &Values);
}

/// The redacted values of a record: those every request has by name, the others as `key=value` text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Values {
    pub(super) request_id: Option<String>,
    pub(super) method: Option<String>,
    pub(super) uri: Option<String>,
    pub(super) others: String,
}

/// A slog drain that redacts and hands over to `S`.
pub(super) struct RedactingDrain<S> {
    sink: S,
}

impl<S: Sink> RedactingDrain<S> {
    pub(super) fn new(sink: S) -> Self {
        Self { sink }
    }
}

impl<S: Sink> Drain for RedactingDrain<S> {
    type Ok = ();
    type Err = Never;

    fn log(&self, record: &Record<'_>, logger_values: &OwnedKVList) -> Result<(), Never> {
        let level = level(record);
        if !self.sink.wants(level) {
            return Ok(());
        }
        let mut collector = Collector::default();
        // A value that cannot be formatted is left out: a log line must not fail a request.
        let _ = logger_values.serialize(record, &mut collector);
        let _ = record.kv().serialize(record, &mut collector);
        let message = record.msg().to_string();
        self.sink.take(level, &redact::text(&message), &collector.values);
        Ok(())
    }
}

fn level(record: &Record<'_>) -> tracing::Level {
    match record.level() {
        // The hook that chooses a version refuses what has no route (`http::routes`): no error, and another line says it.
        _ if record.module().ends_with("::versioning") => tracing::Level::TRACE,
        Level::Critical | Level::Error => tracing::Level::ERROR,
        Level::Warning => tracing::Level::WARN,
        Level::Info => tracing::Level::DEBUG,
        Level::Debug | Level::Trace => tracing::Level::TRACE,
    }
}

#[derive(Default)]
struct Collector {
    values: Values,
}

impl Serializer for Collector {
    fn emit_arguments(&mut self, key: Key, value: &Arguments<'_>) -> slog::Result {
        let value = value.to_string();
        match AsRef::<str>::as_ref(&key) {
            "uri" => self.values.uri = Some(redact::uri(&value)),
            "req_id" => self.values.request_id = Some(value),
            "method" => self.values.method = Some(value),
            other => {
                let separator = if self.values.others.is_empty() { "" } else { " " };
                write!(self.values.others, "{separator}{other}={}", redact::text(&value))?;
            }
        }
        Ok(())
    }
}

/// The sink of the running server.
pub(super) struct TracingSink;

impl Sink for TracingSink {
    fn wants(&self, level: tracing::Level) -> bool {
        match level {
            tracing::Level::ERROR => tracing::enabled!(target: "dropshot", tracing::Level::ERROR),
            tracing::Level::WARN => tracing::enabled!(target: "dropshot", tracing::Level::WARN),
            tracing::Level::INFO => tracing::enabled!(target: "dropshot", tracing::Level::INFO),
            tracing::Level::DEBUG => tracing::enabled!(target: "dropshot", tracing::Level::DEBUG),
            tracing::Level::TRACE => tracing::enabled!(target: "dropshot", tracing::Level::TRACE),
        }
    }

    fn take(&self, level: tracing::Level, message: &str, values: &Values) {
        let (request_id, method, uri) = (values.request_id.as_deref(), values.method.as_deref(), values.uri.as_deref());
        let others = Some(values.others.as_str()).filter(|others| !others.is_empty());
        // tracing wants the level at compile time.
        macro_rules! emit {
            ($level:expr) => {
                tracing::event!(target: "dropshot", $level, request_id, method, uri, others, "{message}")
            };
        }
        match level {
            tracing::Level::ERROR => emit!(tracing::Level::ERROR),
            tracing::Level::WARN => emit!(tracing::Level::WARN),
            tracing::Level::INFO => emit!(tracing::Level::INFO),
            tracing::Level::DEBUG => emit!(tracing::Level::DEBUG),
            tracing::Level::TRACE => emit!(tracing::Level::TRACE),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use slog::o;

    use super::*;

    #[derive(Clone, Default)]
    struct Capture {
        lines: Arc<Mutex<Vec<(tracing::Level, String)>>>,
    }

    impl Sink for Capture {
        fn wants(&self, _level: tracing::Level) -> bool {
            true
        }

        fn take(&self, level: tracing::Level, message: &str, values: &Values) {
            self.lines.lock().unwrap().push((level, format!("{message} {values:?}")));
        }
    }

    /// The per-request logger as dropshot 0.18 makes it.
    fn request_logger(capture: &Capture, uri: &str) -> slog::Logger {
        let root = slog::Logger::root(RedactingDrain::new(capture.clone()), o!("local_addr" => "127.0.0.1:1"));
        root.new(o!("remote_addr" => "127.0.0.1:2", "req_id" => "r-1", "method" => "POST", "uri" => uri.to_owned()))
    }

    #[test]
    fn the_signup_token_in_the_target_never_reaches_the_sink() {
        let capture = Capture::default();
        let token = "sgn_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
        let log = request_logger(&capture, &format!("/invite/{token}/signup?email=jane@example.com"));
        slog::info!(log, "request completed"; "response_code" => 400u16,
            "error_message_internal" => format!("bad token {token} for jane@example.com"));
        slog::warn!(log, "cancelled while handling {}", token);
        let lines = capture.lines.lock().unwrap();
        assert_eq!(lines.len(), 2);
        for (_, line) in lines.iter() {
            assert!(!line.contains("BBBB"), "{line}");
            assert!(!line.contains("jane"), "{line}");
            assert!(line.contains("/invite/{token}/signup"), "{line}");
            assert!(line.contains("r-1"), "{line}");
        }
        assert!(lines[0].1.contains("response_code=400"), "{}", lines[0].1);
    }

    #[test]
    fn dropshot_lines_are_one_level_quieter() {
        let capture = Capture::default();
        let log = request_logger(&capture, "/health/live");
        slog::info!(log, "request completed");
        slog::warn!(log, "accept error");
        slog::error!(log, "handler panicked");
        let levels: Vec<_> = capture.lines.lock().unwrap().iter().map(|(level, _)| *level).collect();
        assert_eq!(levels, [tracing::Level::DEBUG, tracing::Level::WARN, tracing::Level::ERROR]);
    }
}
