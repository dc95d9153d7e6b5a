//! The server half of the contract: types, trait, answers and requirements, all generated from `openapi/invite.yaml`,
//! and the few hand-written parts that generated code stands on.
//!
//! * [`generated`]: what the document says. Rebuilt by `cargo xtask generate`.
//! * [`request`]: parameters and bodies as values that may be wrong, read when the handler asks for them.
//! * [`validate`]: the document's schemas as a validator; every violation with its JSON pointer.
//! * [`credentials`]: from request headers to credentials.
//! * [`serve`]: from a request to its handler, past every check that the document demands.
//! * [`reply`], [`timestamp`]: answers on the wire.
//! * [`sensitive`]: secrets, which do not show themselves.
//!
//! What a check found out is a value that only the generated code makes, so no handler can be called without it:
//!
//! ```compile_fail,E0624
//! use invite_api::security::op::MuninxInviteUser;
//! use invite_api::serve::Permit;
//!
//! let forged: Permit<MuninxInviteUser, &str> = Permit::new("an administrator");
//! ```
//!
//! Nor does the permit of one operation serve for another:
//!
//! ```compile_fail,E0308
//! use invite_api::security::op::{MuninxInviteUser, UnleashCreateSignupToken};
//! use invite_api::serve::Permit;
//!
//! fn another(permit: Permit<MuninxInviteUser, ()>) -> Permit<UnleashCreateSignupToken, ()> {
//!     permit
//! }
//! ```
//!
//! It knows no rule of invitations and no storage. The hand-written parts know nothing of this document either: they
//! serve every server that the generator makes.

pub mod credentials;
#[rustfmt::skip]
#[allow(clippy::all, clippy::too_many_lines, clippy::unwrap_used, reason = "generated: held to the lints of the hand-written generator instead")]
pub mod generated;
pub mod reply;
pub mod request;
pub mod sensitive;
pub mod serve;
pub mod timestamp;
pub mod validate;

pub use generated::{params, responses, schemas, security, service, types};
