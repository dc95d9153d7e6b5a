#![doc = include_str!("../README.md")]

mod answer;
mod check;
mod contract;
mod error;
mod fault;
// Written by `cargo xtask generate`, which formats it in its own way.
#[rustfmt::skip]
mod generated;
mod mock;
mod request;
mod route;
mod schema;
mod script;
mod server;

// The client's, by the names that the generated scripts use.
use invite_sdk::{operations, types};

pub use answer::IsAnswer;
pub use error::{ScriptError, Unverified};
pub use fault::Fault;
/// What each operation may answer: one enum an operation, one variant a documented answer.
pub use generated::script as answers;
pub use mock::Mock;
pub use request::{Answered, RecordedRequest};
pub use schema::Violation;
pub use script::{Mounted, Named, Script, Scriptable, When};
pub use server::{MockServer, MockServerBuilder};

// Their types are part of this crate's interface.
pub use {bytes, http, invite_sdk};
