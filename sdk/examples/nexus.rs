//! Invites a member into a Nexus organization, once as a person and once with an API key:
//! `cargo run --example nexus -- path/to/dev.json`.

mod dev;

use dev::Dev;
use invite_sdk::{Client, types};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dev = Dev::load()?;
    let organization = dev.get("/organization/id")?.parse()?;
    let person = Client::builder(dev.get("/base_url")?)
        .nexus_bearer(dev.get("/credentials/nexus/bearer")?)
        .nexus_application_token(dev.get("/credentials/nexus/application_token")?)
        .build()?;
    let program = Client::builder(dev.get("/base_url")?)
        .nexus_basic(dev.get("/credentials/nexus/basic/username")?, dev.get("/credentials/nexus/basic/password")?)
        .build()?;

    for client in [person, program] {
        let member = types::NexusInviteMember::builder()
            .email_address(Dev::new_address())
            .given_name("Maria")
            .family_name("Silva");
        let answer = client.nexus_invite_organization_member(organization, member).await?;
        println!("{}: invited (request {})", answer.status(), answer.request_id());
    }
    Ok(())
}
