//! Runs the stub: `cargo run --example serve -- 127.0.0.1:8080`. Nobody is known to it, and every operation answers 501.

use dropshot::{ConfigDropshot, ServerBuilder};
use server_crate::service;
use server_crate::stub::Stub;

#[tokio::main]
async fn main() -> Result<(), String> {
    let description = service::description::<Stub>().map_err(|error| error.to_string())?;
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let bind_address = address.parse().map_err(|_| format!("`{address}` is not an address such as 127.0.0.1:8080"))?;
    let config = ConfigDropshot { bind_address, ..ConfigDropshot::default() };
    let log = slog::Logger::root(slog::Discard, slog::o!());
    let server = ServerBuilder::new(description, (), log).config(config).start().map_err(|error| error.to_string())?;
    println!("listening on http://{}", server.local_addr());
    server.await
}
