//! Properties of input on drawn cases: made of the pieces that rules are about, so that many of them come close.

use contract_tests::properties;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

/// Texts made of pieces.
fn of(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => select(pieces).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

const ADDRESSES: &[&str] = &[
    "a",
    "Jane",
    "@",
    "@",
    ".",
    "-",
    "+",
    "example.com",
    "b\u{fc}cher",
    "xn--bcher-kva",
    "\u{ff20}",
    "\u{ff0e}",
    "\u{3002}",
    "\u{200b}",
    "\u{ad}",
    "\u{130}",
    "\u{df}",
    "\u{212a}",
    "\u{fb01}",
    "\u{3a3}",
    "\u{2126}",
    "com",
    "1",
    " ",
    "\"",
    ",",
    "\u{202e}",
];

const NAMES: &[&str] = &[
    "Jane",
    " ",
    "O'Brien",
    ".",
    "com",
    "evil",
    "www",
    "://",
    "http",
    "\u{200b}",
    "\u{202e}",
    "\u{feff}",
    "\r\n",
    "\0",
    "1234",
    "\u{ff11}",
    "\u{661}",
    "-",
    "(",
    "+",
    "\u{ff0e}",
    "\u{3002}",
    "xn--",
    "mailto:",
    "\u{e9}",
    "\u{1f600}",
    "@",
];

const TOKENS: &[&str] = &[
    "act_",
    "inv_",
    "Bearer ",
    "bearer\t",
    "Basic ",
    "YTpi",
    "OjpiOg==",
    "=",
    "A",
    "0123456789abcdef",
    " ",
    ",",
    ".",
    "\u{e9}",
    "\0",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn an_address_has_one_normal_form(text in of(ADDRESSES)) {
        properties::address(&text);
    }

    #[test]
    fn a_name_breaks_and_reorders_nothing(text in of(NAMES)) {
        properties::name(&text);
    }

    #[test]
    fn a_token_is_taken_as_it_came_and_not_shown(text in of(TOKENS)) {
        properties::token(&text);
    }
}
