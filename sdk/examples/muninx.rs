//! Invites a customer the way MuninX does: `cargo run --example muninx -- path/to/dev.json`.

mod dev;

use dev::Dev;
use invite_sdk::errors::MuninxInviteUserError;
use invite_sdk::{Client, types};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dev = Dev::load()?;
    let client =
        Client::builder(dev.get("/base_url")?).muninx_bearer(dev.get("/credentials/muninx/bearer")?).build()?;

    let user = types::MuninxNewUser::builder()
        .email(Dev::new_address())
        .name("Jane")
        .last_name("Doe")
        .type_(types::MuninxNewUserType::Customer)
        .organization(dev.get("/customer_organization/slug")?);

    let answer = client.muninx_invite_user(user.clone()).await?;
    println!("{}: {}", answer.status(), *answer);

    // The same address again is a documented error, typed by its status.
    match client.muninx_invite_user(user).await {
        Ok(answer) => return Err(format!("invited twice: {}", answer.status()).into()),
        Err(error) => match error.operation_error() {
            Some(MuninxInviteUserError::Conflict(problem)) => {
                println!("409: {}", problem.detail.as_deref().unwrap_or("taken"))
            }
            _ => return Err(error.into()),
        },
    }
    Ok(())
}
