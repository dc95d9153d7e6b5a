//! The contract tests: the document, the server and the SDK, held against each other. One binary, so that it links once.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod document;
mod instances;
mod mutants;
