//! The samples in Rust as one program, which runs the one of the operation that is named: linked once, not thirty-five times.

#[rustfmt::skip]
#[path = "../generated/samples/mod.rs"]
mod samples;

fn main() -> samples::Outcome {
    let operation = std::env::args().nth(1).ok_or("which operation?")?;
    samples::run(&operation).unwrap_or_else(|| Err(format!("there is no sample of `{operation}`").into()))
}
