//! Any bytes as a body: a byte that chooses the schema, and JSON.

#![no_main]

use contract_tests_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| properties::body(bytes));
