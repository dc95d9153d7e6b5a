//! Any text as an address.

#![no_main]

use contract_tests_fuzz::properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| properties::address(text));
