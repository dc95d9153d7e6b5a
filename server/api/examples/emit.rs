//! Prints the document that dropshot makes of the generated trait; `cargo xtask check` compares it with the projection.

use std::process::ExitCode;

use invite_api::service;

fn main() -> ExitCode {
    let description = match service::stub_description() {
        Ok(description) => description,
        Err(error) => {
            eprintln!("error: dropshot refuses the generated trait: {error}");
            return ExitCode::FAILURE;
        }
    };
    match service::document(&description) {
        Ok(document) => println!("{document:#}"),
        Err(error) => {
            eprintln!("error: the emitted document is not JSON: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
