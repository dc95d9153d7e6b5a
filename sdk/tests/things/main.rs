//! The client of another document, over a real socket: what the document of this crate does not make use of.
//!
//! It is a test of its own, and not a module of `it`, because the hand-written part of the client belongs to the crate
//! that holds the generated part: here that part is compiled around what the generator makes of
//! `xtask/codegen/src/sdk/fixture.yaml`.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]
#![allow(dead_code, unreachable_pub, unused_imports, reason = "the client is here in full, the tests use a part")]

#[path = "../../src/answer.rs"]
mod answer;
#[path = "../../src/body.rs"]
mod body;
#[path = "../../src/builder.rs"]
mod builder;
#[path = "../../src/call.rs"]
mod call;
#[path = "../../src/client.rs"]
mod client;
#[path = "../../src/credentials.rs"]
mod credentials;
#[path = "../../src/error.rs"]
mod error;
#[rustfmt::skip]
mod generated;
#[path = "../../src/draft.rs"]
mod draft;
#[path = "../../src/operation.rs"]
mod operation;
#[path = "../../src/pages.rs"]
mod pages;
#[path = "../../src/patch.rs"]
mod patch;
#[path = "../../src/place.rs"]
mod place;
#[path = "../../src/retry.rs"]
mod retry;
#[path = "../../src/sensitive.rs"]
mod sensitive;
#[path = "../../src/target.rs"]
mod target;
#[path = "../../src/tls.rs"]
mod tls;
#[path = "../../src/trace.rs"]
mod trace;
#[path = "../../src/unrecognized.rs"]
mod unrecognized;

#[path = "../it/peer.rs"]
mod peer;

mod answers;
mod bodies;
mod headers;
mod lists;
mod repetition;
mod secrets;
mod unions;

pub use answer::{OperationError, Response};
pub use builder::{ClientBuilder, ConfigurationError};
pub use call::Call;
pub use client::Client;
pub use credentials::Credential;
pub use error::{Error, ErrorKind};
pub use generated::client::types;
pub use generated::security::{OPERATIONS, Scheme};
pub use generated::{errors, operations};
pub use operation::{IntoBody, InvalidInput, Operation, OperationInfo};
pub use patch::Patch;
pub use retry::{Retries, RetryClass};
pub use sensitive::Sensitive;
pub use unrecognized::Unrecognized;
