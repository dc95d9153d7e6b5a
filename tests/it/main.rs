//! The contract tests: the document, the server and the SDK, held against each other. One binary, so that it links once.
#![expect(clippy::unwrap_used, reason = "tests")]

mod access;
mod canaries;
mod cli;
mod copying;
mod coverage;
mod delivery;
mod dev;
mod document;
mod faults;
mod flows;
mod headers;
mod histories;
mod imports;
mod instances;
mod invitations;
mod limits;
mod logs;
mod metrics;
mod mutants;
mod operator;
mod provenance;
mod races;
mod replicas;
mod sdk;
mod secrets;
mod sessions;
mod shutdown;
mod smtp;
mod support;
mod templates;
mod tenancy;
mod vectors;
mod wire;
