//! Signs up with an Unleash link: `cargo run --example unleash -- path/to/dev.json`. Signing up needs no credential.

mod dev;

use dev::Dev;
use invite_sdk::errors::UnleashSignupError;
use invite_sdk::{Client, types};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dev = Dev::load()?;
    let client = Client::builder(dev.get("/base_url")?).build()?;
    let token = dev.get("/credentials/unleash/signup_token")?;

    client.unleash_validate_signup_token(&token).await?;
    println!("the link works");

    let account = types::UnleashCreateInvitedUser::builder()
        .email(Dev::new_address())
        .name("Hunter Burgan")
        .password("seven quiet otters");
    // This server answers 200, as documented; deployed Unleash servers answer 201. Both are a success here.
    let user = client.unleash_signup(&token, account.clone()).await?;
    println!("{}: user {} with role {:?}", user.status(), user.id, user.root_role);

    let error = match client.unleash_signup(&token, account).await {
        Ok(user) => return Err(format!("signed up twice: {}", user.status()).into()),
        Err(error) => error,
    };
    match error.operation_error() {
        Some(UnleashSignupError::Conflict(body)) => {
            println!("409: {}", body.message.as_deref().unwrap_or("taken"))
        }
        _ => return Err(error.into()),
    }
    Ok(())
}
