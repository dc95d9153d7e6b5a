//! The harness of the contract tests: the document, a server under test, and peers to talk to. The tests themselves are
//! the one binary `it`.
//!
//! * [`document`]: the canonical document and its model.
//! * [`json_schema`]: component schemas as validators, converted here and not by the generator.
//! * [`instances`]: valid and invalid values of a schema, made from the schema alone.
//! * [`components`]: the server's validator and type of each component, by name.
//! * [`verdicts`]: what validators and types say about an instance, and where they may differ.
//! * [`server`], [`world`], [`database`]: the program in a process of its own, the credentials of its world, and the database
//!   that a test has for itself.
//! * [`http`], [`contract`], [`places`]: requests as they are wanted, answers held against the document, and where errors point.
//! * [`vectors`]: the generated behaviour vectors and their runner.
//! * [`report`]: a server that is not ours, and where it departs from the document.
//! * [`terminal`], [`peer`]: a program as a person runs it, and a server that answers what the test wants.
//! * [`mailbox`]: mails as their reader gets them. [`smtp`]: a mail server with faults of its own.
//! * [`bodies`]: requests that invite. [`linear`]: concurrent calls, held against the rules of what they were about.
//! * [`properties`]: what has to hold of any input.
//! * [`poll`]: the only place that lets time pass. [`random`]: choices that are the same everywhere. [`tools`]: outside tools.
#![expect(clippy::expect_used, clippy::panic, reason = "what cannot be set up fails the test that asked for it")]

pub mod bodies;
pub mod components;
pub mod contract;
pub mod database;
pub mod document;
pub mod http;
pub mod instances;
pub mod json_schema;
pub mod linear;
pub mod mailbox;
pub mod peer;
pub mod places;
pub mod poll;
pub mod properties;
pub mod random;
pub mod report;
pub mod server;
pub mod smtp;
pub mod terminal;
pub mod tools;
pub mod vectors;
pub mod verdicts;
pub mod world;
