//! The invitation server: the contract of `invite-api` over the rules of `invite-domain`.
//!
//! * [`connections`], [`tls`], [`proxies`], [`gate`]: what a request passes before it is read.
//! * [`http`], [`pages`]: what is served. [`server`] wires it into a server that listens.
//! * [`app`]: use cases, one transaction each. [`auth`]: credentials to actors.
//! * [`store`]: the only place that names the database. [`mail`]: the only place that names the SMTP crate.
//! * [`outbox`], [`imports`], [`sweeper`]: what works in the background, on what was committed.
//! * [`metrics`], [`health`], [`logging`], [`traces`]: what operators and their tools read.
//! * [`clock`], [`entropy`], [`passwords`], [`seal`]: what the rest stands on.
//! * [`config`]: settings, made into what the parts are started with. [`cli`]: the program's commands, which start them.

pub mod app;
pub mod auth;
mod causes;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connections;
pub mod entropy;
pub mod gate;
mod headers;
pub mod health;
pub mod http;
pub mod imports;
pub mod logging;
pub mod mail;
pub mod metrics;
pub mod outbox;
pub mod pages;
pub mod passwords;
mod private_files;
pub mod proxies;
pub mod seal;
pub mod server;
mod shares;
pub mod store;
pub mod sweeper;
mod throttle;
pub mod tls;
pub mod traces;
