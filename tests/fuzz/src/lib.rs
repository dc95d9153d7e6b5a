//! The properties of `contract-tests` and what they stand on, without the servers and clients that the crate has besides:
//! those would have to be built for fuzzing, too.

#[path = "../../src"]
mod shared {
    pub mod components;
    pub mod document;
    pub mod instances;
    pub mod json_schema;
    pub mod properties;
    pub mod random;
    pub mod verdicts;
}

pub use shared::*;
