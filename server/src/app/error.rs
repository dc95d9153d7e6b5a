//! Why a use case did not end well.

use invite_domain::refusal::Refusal;

use super::limits::LimitKind;
use crate::causes::Causes;
use crate::entropy::EntropyError;
use crate::passwords::PasswordError;
use crate::seal::SealError;
use crate::store;
use crate::throttle::Throttle;

/// After how many seconds a caller who was turned away may come back.
const RETRY_AFTER_SECONDS: u32 = 1;
/// The same while the disk is full, which somebody must mend by hand.
const RETRY_AFTER_SECONDS_WITHOUT_ROOM: u32 = 10;

/// What keeps a use case from being done now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Others, who are before it.
    #[error("the server has too much to do")]
    Crowded,
    /// This process, which is about to stop or is not whole, or the schema of its database.
    #[error("the server is not ready")]
    Unready,
    /// Others, who wrote the same at the same time: doing it again at once may work.
    #[error("others wrote the same at the same time")]
    Met,
    /// The disk of the database is full.
    #[error("the disk of the database is full")]
    NoRoom,
    /// The database, for this reason, which is not for callers.
    #[error("the database does not do what it is asked: {0}")]
    Database(String),
}

/// Why a use case did not end well. What the caller may read is only in a refusal; the cause of an internal error is for
/// the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It cannot be done now.
    #[error("{why}")]
    Busy {
        /// When to come back.
        retry_after_seconds: u32,
        /// With what.
        why: Why,
    },
    /// Something happens too often.
    #[error("{}: try again in {retry_after_seconds} s", kind.what())]
    Limited {
        /// What.
        kind: LimitKind,
        /// When to come back.
        retry_after_seconds: u32,
    },
    /// The database did not say whether it was done: all of it is, or nothing.
    #[error("it is not known whether it was done")]
    Unknown,
    /// Something failed that no caller can mend.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// Others are before whoever asks.
    pub(crate) fn crowded() -> Self {
        Self::for_now(Why::Crowded)
    }

    /// This process does not take up anything.
    pub(crate) fn unready() -> Self {
        Self::for_now(Why::Unready)
    }

    fn for_now(why: Why) -> Self {
        Self::Busy { retry_after_seconds: RETRY_AFTER_SECONDS, why }
    }

    /// An internal error of another kind.
    pub(crate) fn internal(error: impl Into<anyhow::Error>) -> Self {
        Self::Internal(error.into())
    }
}

impl Error {
    /// Whether somebody else wrote the same at the same time, so that doing it again may work.
    pub(super) fn is_conflict(&self) -> bool {
        match self {
            Self::Busy { why, .. } => *why == Why::Met,
            Self::Internal(error) => matches!(error.downcast_ref(), Some(store::Error::LostRace { .. })),
            // To do it again could be to do it twice.
            Self::Unknown | Self::Refused(_) | Self::Limited { .. } => false,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            // Which limit is reached can be told only while it is: it has worn off meanwhile.
            store::Error::Full => Self::crowded(),
            store::Error::Busy { reason } => Self::for_now(Why::Database(reason)),
            store::Error::Contended => Self::for_now(Why::Met),
            store::Error::NoRoom => {
                // Callers are told to come back; whoever can make room must hear of it here.
                static SAID: Throttle = Throttle::new();
                if SAID.is_news("") {
                    tracing::error!("the disk of the database is full: changes are turned away until there is room");
                }
                Self::Busy { retry_after_seconds: RETRY_AFTER_SECONDS_WITHOUT_ROOM, why: Why::NoRoom }
            }
            store::Error::Unknown(cause) => {
                // Callers are not told why.
                tracing::warn!(error = %Causes(&*cause), "the database was told to commit and gave no answer");
                Self::Unknown
            }
            store::Error::KeyGone => Refusal::idempotency_key_in_use().into(),
            other @ (store::Error::Damaged { .. } | store::Error::LostRace { .. } | store::Error::Failed(_)) => {
                Self::internal(other)
            }
        }
    }
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::crowded(),
            other @ (PasswordError::Entropy(_)
            | PasswordError::Hash(_)
            | PasswordError::NotStarted(_)
            | PasswordError::Stopped) => Self::internal(other),
        }
    }
}

impl From<EntropyError> for Error {
    fn from(error: EntropyError) -> Self {
        Self::internal(error)
    }
}

impl From<SealError> for Error {
    fn from(error: SealError) -> Self {
        Self::internal(error)
    }
}
