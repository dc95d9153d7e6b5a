#![doc = include_str!("../README.md")]

mod answer;
#[allow(dead_code, unreachable_pub, reason = "not every document has every kind of body and input")]
mod body;
mod builder;
mod call;
mod client;
mod credentials;
mod draft;
mod error;
// Written by `cargo xtask generate`, which formats it in its own way.
#[rustfmt::skip]
mod generated;
mod operation;
mod pages;
mod patch;
mod place;
mod retry;
mod sensitive;
mod target;
mod tls;
mod trace;
mod unrecognized;

pub use answer::{OperationError, Response};
pub use builder::{ClientBuilder, ConfigurationError};
pub use call::Call;
pub use client::Client;
pub use credentials::Credential;
pub use error::{Error, ErrorKind};
pub use generated::client::types;
pub use generated::security::{OPERATIONS, Scheme};
pub use generated::{clients, errors, operations};
pub use operation::{IntoBody, InvalidInput, Operation, OperationInfo};
pub use pages::{Items, Paged, Pages};
pub use patch::Patch;
pub use retry::{Retries, RetryClass};
pub use sensitive::Sensitive;
pub use unrecognized::Unrecognized;

// Their types are part of this crate's interface.
pub use {chrono, futures_core, reqwest, secrecy, serde_json, uuid};
