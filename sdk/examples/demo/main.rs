//! All four flows from the invitation to the first sign-in, told step by step: `cargo xtask demo` runs it against a server
//! that it starts for the purpose. Ends with an error as soon as a step does not do what it should.

#[path = "../dev/mod.rs"]
mod dev;
mod mailbox;
mod story;

use std::error::Error;

use dev::Dev;
use invite_sdk::{Client, types};
use mailbox::Mailbox;
use story::{chapter, mail, step};

type Outcome = Result<(), Box<dyn Error>>;

const PASSWORD: &str = "seven quiet otters swim";

#[tokio::main]
async fn main() -> Outcome {
    let demo = Demo::load()?;
    println!("The server is at {}.", demo.base_url);
    demo.muninx().await?;
    demo.kare().await?;
    demo.nexus().await?;
    demo.unleash().await?;
    println!("\nAll four flows work.");
    Ok(())
}

struct Demo {
    dev: Dev,
    mailbox: Mailbox,
    /// Without credentials: what an invited person does needs none.
    anyone: Client,
    base_url: String,
}

impl Demo {
    fn load() -> Result<Self, Box<dyn Error>> {
        let dev = Dev::load()?;
        let base_url = dev.get("/base_url")?;
        let mailbox = Mailbox::new(dev.get("/mailbox")?);
        let anyone = Client::builder(&base_url).build()?;
        Ok(Self { dev, mailbox, anyone, base_url })
    }

    async fn muninx(&self) -> Outcome {
        chapter("MuninX", "an administrator invites a customer; the mailed link activates the account");
        let client =
            Client::builder(&self.base_url).muninx_bearer(self.dev.get("/credentials/muninx/bearer")?).build()?;
        let address = Dev::new_address();
        let user: types::MuninxNewUser = types::MuninxNewUser::builder()
            .email(&*address)
            .name("Jane")
            .last_name("Doe")
            .type_(types::MuninxNewUserType::Customer)
            .organization(self.dev.get("/customer_organization/slug")?)
            .try_into()?;
        step(client.muninx_invite_user(user.clone()), Some(&user)).await?;
        self.activate(&address).await
    }

    async fn kare(&self) -> Outcome {
        chapter("Kare", "an administrator invites a colleague, who accepts with the token from the mail");
        let client = Client::builder(&self.base_url)
            .kare_bearer(self.dev.get("/credentials/kare/bearer")?)
            .kare_session(self.dev.get("/credentials/kare/session_token")?)
            .build()?;
        let address = Dev::new_address();
        let permissions: types::KareInvitedPermissions =
            types::KareInvitedPermissions::builder().group(1).read(vec![1, 2]).try_into()?;
        let invitee: types::KareInviteUserOrganization = types::KareInviteUserOrganization::builder()
            .first_name("John")
            .last_name("Doe")
            .email(&*address)
            .permissions(permissions)
            .try_into()?;
        step(client.kare_invite_user_organization(invitee.clone()), Some(&invitee)).await?;

        let token = self.secret(&address, "#invitation=").await?;
        let acceptance: types::KareAcceptInvitation = types::KareAcceptInvitation::builder()
            .invitation_token(token)
            .email(&*address)
            .password(PASSWORD)
            .first_name("John")
            .last_name("Doe")
            .phone("+33 1 23 45 67 89")
            .try_into()?;
        step(self.anyone.kare_accept_invitation(acceptance.clone()), Some(&acceptance)).await?;
        self.sign_in(&address).await
    }

    async fn nexus(&self) -> Outcome {
        chapter(
            "Nexus",
            "an application adds a member on behalf of an administrator; the new user activates the account",
        );
        let client = Client::builder(&self.base_url)
            .nexus_bearer(self.dev.get("/credentials/nexus/bearer")?)
            .nexus_application_token(self.dev.get("/credentials/nexus/application_token")?)
            .build()?;
        let address = Dev::new_address();
        let member: types::NexusInviteMember = types::NexusInviteMember::builder()
            .email_address(&*address)
            .given_name("Maria")
            .family_name("Silva")
            .try_into()?;
        let organization = self.dev.get("/organization/id")?.parse()?;
        step(client.nexus_invite_organization_member(organization, member.clone()), Some(&member)).await?;
        self.activate(&address).await
    }

    async fn unleash(&self) -> Outcome {
        chapter("Unleash", "whoever holds the administrator's link signs up; no mail is needed");
        let token = self.dev.get("/credentials/unleash/signup_token")?;
        println!("  link  {}/new-user?invite={token}\n", self.base_url);
        step(self.anyone.unleash_validate_signup_token(&token), None::<&()>).await?;
        let address = Dev::new_address();
        let account: types::UnleashCreateInvitedUser = types::UnleashCreateInvitedUser::builder()
            .email(&*address)
            .name("Hunter Burgan")
            .password(PASSWORD)
            .try_into()?;
        step(self.anyone.unleash_signup(&token, account.clone()), Some(&account)).await?;
        self.sign_in(&address).await
    }

    /// Redeems the challenge of the mail to `address` and signs in.
    async fn activate(&self, address: &str) -> Outcome {
        let challenge = self.secret(address, "#challenge=").await?;
        let activation: types::Activation =
            types::Activation::builder().challenge(challenge).password(PASSWORD).try_into()?;
        step(self.anyone.activate(activation.clone()), Some(&activation)).await?;
        self.sign_in(address).await
    }

    async fn sign_in(&self, address: &str) -> Outcome {
        let session: types::NewSession = types::NewSession::builder().email(address).password(PASSWORD).try_into()?;
        step(self.anyone.create_session(session.clone()), Some(&session)).await?;
        Ok(())
    }

    /// The secret that follows `marker` in the link of the mail to `address`.
    async fn secret(&self, address: &str, marker: &str) -> Result<String, Box<dyn Error>> {
        let message = self.mailbox.mail_to(address).await?;
        let link = message
            .text
            .split_whitespace()
            .find(|word| word.starts_with("http") && word.contains(marker))
            .ok_or_else(|| format!("the mail to {address} has no link with {marker}"))?;
        mail(&message.subject, address, link);
        Ok(link.split(marker).nth(1).unwrap_or_default().to_owned())
    }
}
