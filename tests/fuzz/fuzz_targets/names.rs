//! Any text as a name.

#![no_main]

use contract_tests_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| properties::name(text));
