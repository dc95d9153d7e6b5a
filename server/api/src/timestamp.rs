//! Instants on the wire: RFC 3339, UTC, always three digits of milliseconds, so that their length never varies.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The type of every `date-time` of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampError {
    /// It is not RFC 3339.
    Malformed(chrono::ParseError),
    /// In UTC its year has not four digits.
    OutOfRange,
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::OutOfRange => f.write_str("in UTC the year is not one from 0000 to 9999"),
        }
    }
}

impl std::error::Error for TimestampError {}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let instant = DateTime::parse_from_rfc3339(text).map_err(TimestampError::Malformed)?;
        // What is written is read as the same instant again: in milliseconds, and without leap seconds, of which nobody else knows.
        let instant = DateTime::from_timestamp_millis(instant.timestamp_millis()).ok_or(TimestampError::OutOfRange)?;
        // An offset can lead beyond the years that can be written again.
        if (0..=9999).contains(&instant.year()) { Ok(Self(instant)) } else { Err(TimestampError::OutOfRange) }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_second_has_its_milliseconds_too() {
        let timestamp: Timestamp = "2026-01-15T09:45:00+01:00".parse().unwrap();
        assert_eq!(timestamp.to_string(), "2026-01-15T08:45:00.000Z");
    }

    #[test]
    fn an_instant_is_the_same_when_it_is_written_and_read_again() {
        for (text, written) in [
            ("2026-12-15T23:59:60Z", "2026-12-16T00:00:00.000Z"),
            ("2026-12-15T23:59:59.9999Z", "2026-12-15T23:59:59.999Z"),
        ] {
            let timestamp: Timestamp = text.parse().unwrap();
            assert_eq!(timestamp.to_string(), written);
            assert_eq!(written.parse(), Ok(timestamp));
        }
    }

    #[test]
    fn what_cannot_be_written_again_is_not_read() {
        for text in ["0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:60Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError::OutOfRange), "{text}");
        }
        for text in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"] {
            assert!(text.parse::<Timestamp>().is_ok(), "{text}");
        }
    }
}
