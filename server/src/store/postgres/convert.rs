//! What values become on their way to PostgreSQL, and what its errors mean.

use std::io;

use bytes::BytesMut;
use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::super::Error;
use super::super::busy::{busy, stopping};
use super::super::sql::Value;

/// Whether parameters can take values.
pub(super) fn fit(values: &[Value], parameters: &[Type]) -> bool {
    values.len() == parameters.len() && values.iter().zip(parameters).all(|(value, parameter)| fits(value, parameter))
}

fn fits(value: &Value, column: &Type) -> bool {
    match value {
        Value::Null => true,
        Value::Integer(value) => *column == Type::INT8 || *column == Type::INT4 && i32::try_from(*value).is_ok(),
        Value::Bool(_) => *column == Type::BOOL,
        Value::Text(_) => <String as ToSql>::accepts(column),
        Value::Bytes(_) => *column == Type::BYTEA,
        Value::Uuid(_) => *column == Type::UUID,
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => busy("no connection of the pool came free in time"),
            PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) => {
                busy("the database server did not let a connection in in time")
            }
            // A stop under way.
            PoolError::Closed => stopping(),
            PoolError::Backend(error) => error.into(),
            other @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => Self::Failed(Box::new(other)),
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(state) = error.code() else {
            return if is_out_of_reach(&error) { busy(reason(&error)) } else { Self::Failed(Box::new(error)) };
        };
        match *state {
            SqlState::T_R_SERIALIZATION_FAILURE | SqlState::T_R_DEADLOCK_DETECTED => Self::Contended,
            // A newer program has changed the table meanwhile.
            SqlState::FEATURE_NOT_SUPPORTED => Self::Contended,
            SqlState::UNIQUE_VIOLATION => Self::LostRace { what: "something else has the same name" },
            SqlState::LOCK_NOT_AVAILABLE
            | SqlState::QUERY_CANCELED
            | SqlState::TOO_MANY_CONNECTIONS
            | SqlState::ADMIN_SHUTDOWN
            | SqlState::CRASH_SHUTDOWN
            | SqlState::CANNOT_CONNECT_NOW
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            // It has become a standby: connections that are made from now on find its successor.
            | SqlState::READ_ONLY_SQL_TRANSACTION => busy(reason(&error)),
            SqlState::DISK_FULL => Self::NoRoom,
            _ => Self::Failed(Box::new(error)),
        }
    }
}

/// What the server, or the system, says.
pub(super) fn reason(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(said), _) => said.message().to_owned(),
        (None, Some(cause)) => cause.to_string(),
        (None, None) => error.to_string(),
    }
}

/// Whether the server could not be talked to.
fn is_out_of_reach(error: &tokio_postgres::Error) -> bool {
    let cause = std::error::Error::source(error);
    error.is_closed() || cause.is_some_and(|cause| cause.is::<io::Error>() || cause.is::<tokio::time::error::Elapsed>())
}

/// Whether an error is the database's answer to what it was asked. Whatever ends the connection instead, the database itself or
/// something on the way, may have come before a COMMIT or after it.
pub(super) fn is_verdict(error: &tokio_postgres::Error) -> bool {
    let is_of_the_connection = |code: &SqlState| code.code().starts_with("08");
    error
        .as_db_error()
        .is_some_and(|said| said.parsed_severity() == Some(Severity::Error) && !is_of_the_connection(said.code()))
}

/// Values take the form that the column has.
impl ToSql for Value {
    fn to_sql(&self, column: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(value) if *column == Type::INT4 => i32::try_from(*value)?.to_sql_checked(column, out),
            Self::Integer(value) => value.to_sql_checked(column, out),
            Self::Bool(value) => value.to_sql_checked(column, out),
            Self::Text(value) => value.to_sql_checked(column, out),
            Self::Bytes(value) => value.to_sql_checked(column, out),
            Self::Uuid(value) => value.to_sql_checked(column, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
