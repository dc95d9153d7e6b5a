//! The client against a peer that answers canned bytes over a real socket: what it sends, and what it makes of answers.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

mod answers;
mod calls;
mod cancellation;
mod configuration;
mod interoperation;
mod peer;
mod probe;
mod requests;
mod spans;
