//! The rules of invitations.
//!
//! This crate decides; it does nothing. A function of [`flow`] takes a command and the facts that belong to it and returns
//! a [`plan::Plan`] (rows to write, mails to send, events to record) or a [`refusal::Refusal`]. It holds no I/O, no HTTP, no
//! SQL, no clock and no randomness: `now`, ids and secrets are arguments. The server's `app` layer loads facts and applies
//! plans.

pub mod activation;
pub mod actor;
pub mod administration;
pub mod challenge;
pub mod credential;
pub mod email_address;
pub mod event;
pub mod flow;
pub mod ids;
pub mod import;
pub mod invitation;
pub mod limit;
pub mod mail;
pub mod membership;
pub mod names;
pub mod organization;
pub mod oversight;
pub mod password;
pub mod plan;
pub mod refusal;
pub mod secret;
pub mod session;
pub mod signup_token;
pub mod user;
