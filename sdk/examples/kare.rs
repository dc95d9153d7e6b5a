//! Invites a user into the organization of a Kare session: `cargo run --example kare -- path/to/dev.json`.

mod dev;

use dev::Dev;
use invite_sdk::{Client, types};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dev = Dev::load()?;
    // Both halves are needed. If one is missing, the call ends here, before anything is sent.
    let client = Client::builder(dev.get("/base_url")?)
        .kare_bearer(dev.get("/credentials/kare/bearer")?)
        .kare_session(dev.get("/credentials/kare/session_token")?)
        .build()?;

    let permissions: types::KareInvitedPermissions =
        types::KareInvitedPermissions::builder().group(1).read(vec![1, 2]).try_into()?;
    let invitee = types::KareInviteUserOrganization::builder()
        .first_name("John")
        .last_name("Doe")
        .email(Dev::new_address())
        .permissions(permissions);

    let answer = client.kare_invite_user_organization(invitee).await?;
    println!(
        "{}: user {} is a member of organization {}",
        answer.status(),
        answer.data.user_id,
        answer.data.organization_id
    );
    Ok(())
}
