#![doc = include_str!("../README.md")]

// The generated files and the engine name the client alike.
use invite_sdk as sdk;

mod arguments;
mod command;
mod config;
mod connection;
mod exchange;
mod failure;
mod gather;
// Written by `cargo xtask generate`, which formats it in its own way.
#[rustfmt::skip]
mod generated;
mod globals;
mod import;
mod input;
mod origin;
mod output;
mod pages;
mod profile;
mod program;
mod secret;
mod shell;
mod value;

pub use program::main;
