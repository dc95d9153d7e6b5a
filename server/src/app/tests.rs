//! Use cases on a real database, with a clock that stands where the test wants it.

mod access;
mod atomicity;
mod delivery;
mod histories;
mod idempotency;
mod imports;
mod inviting;
mod limits;
mod meetings;
mod plans;
mod readiness;
mod redeeming;
mod round_trips;
mod sessions;
mod signup;
mod verdicts;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use invite_domain::actor::{Actor, Administrator};
use invite_domain::credential::Permission;
use invite_domain::email_address::EmailAddress;
use invite_domain::flow::{kare, muninx, nexus, unleash};
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::mail::Mail;
use invite_domain::membership::{KarePermissions, UserType};
use invite_domain::organization::Organization;
use invite_domain::refusal::RefusalCode;
use invite_domain::secret::PlainSecret;

use super::{App, AppConfig, Call, Error, Limits, NewApiKey};
use crate::auth::Presented;
use crate::clock::FixedClock;
use crate::entropy::Entropy;
use crate::passwords::Passwords;
use crate::seal::Sealer;
use crate::store::Store;
use crate::store::testing::TestDatabase;

/// A request of nobody in particular.
static CALL: Call = Call::internal();

const PASSWORD: &str = "violet ladder seldom";

/// A tenant Acme with an admin and a customer organization, beside a tenant Globex.
struct World {
    app: App,
    store: Store,
    clock: FixedClock,
    acme: Organization,
    customer: Organization,
    globex: Organization,
    admin_id: UserId,
    /// Administers the tenant by the rules of all flows.
    admin: Administrator,
    limits: Limits,
    database: TestDatabase,
}

impl World {
    async fn new() -> Self {
        Self::limited(Limits::default()).await
    }

    async fn limited(limits: Limits) -> Self {
        let database = TestDatabase::new().await;
        let clock = FixedClock::at(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let (app, store) = app(&database, limits, &clock).await;
        let acme = app.seed_organization("acme", "Acme", None).await.expect("acme");
        let customer =
            app.seed_organization("acme-customer-1", "First Customer", Some(acme.id)).await.expect("a customer");
        let globex = app.seed_organization("globex", "Globex", None).await.expect("globex");
        let admin_id = app.seed_admin(&acme, "admin@acme.example", "Ada", "Admin", PASSWORD).await.expect("an admin");
        let bearer = app.seed_personal_token(admin_id, acme.id).await.expect("a token");
        let admin = app.authenticate(&[Presented::MuninxBearer(bearer)]).await.expect("looked up").expect("valid");
        let admin = muninx::administrator(admin).expect("an admin");
        Self { app, store, clock, acme, customer, globex, admin_id, admin, limits, database }
    }

    fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    async fn dump(&self) -> String {
        self.store.dump().await.expect("dumped")
    }

    /// The last queued mail for an address.
    async fn mail_for(&self, address: &str) -> Mail {
        let mut mails = self.app.outbox().lease_due_mails(10_000, TimeDelta::zero()).await.expect("leased");
        mails.retain(|mail| mail.envelope.to.normalized() == address);
        let last = mails.pop().unwrap_or_else(|| panic!("no mail for {address}"));
        let before = mails.last().map(|mail| mail.queued_at);
        assert_ne!(before, Some(last.queued_at), "mails of one instant have no order: advance the clock between them");
        last.mail
    }

    /// The secret in the last queued mail for an address.
    async fn secret_for(&self, address: &str) -> PlainSecret {
        match self.mail_for(address).await {
            Mail::Activation { challenge, .. } => challenge,
            Mail::KareInvitation { invitation_token, .. } => invitation_token,
            Mail::AddedNotice { .. } | Mail::ImportFinished { .. } => panic!("a notice carries no secret"),
        }
    }

    /// The number of the user with an address.
    async fn user_id(&self, address: &str) -> String {
        let address = EmailAddress::parse(address).expect("an address");
        let mut tx = self.store.begin_read().await.expect("a reader");
        tx.user_by_email(&address).await.expect("read").expect("a user").id.to_string()
    }

    /// Whoever presents credentials that are valid.
    async fn actor(&self, presented: &[Presented]) -> Actor {
        self.app.authenticate(presented).await.expect("looked up").expect("valid")
    }

    /// Inviting by Nexus, check of access included.
    async fn nexus_invite(&self, organization_id: i32, command: nexus::InviteMember) -> Result<(), Error> {
        let administrator = self.app.nexus_administrator(self.admin.actor().clone(), organization_id).await?;
        self.app.nexus_invite_organization_member(&CALL, &administrator, command).await
    }

    /// A new link of Acme by which people sign up.
    async fn signup_token(&self) -> PlainSecret {
        self.app.seed_signup_token(self.admin_id, &self.acme).await.expect("a token")
    }

    /// Makes an account whose mailbox is proven.
    async fn active(&self, address: &str) {
        self.invite(address).await.expect("invited");
        let challenge = self.secret_for(address).await;
        self.app.activate(&CALL, challenge.expose(), PASSWORD).await.expect("activated");
    }

    async fn invite(&self, address: &str) -> Result<(), Error> {
        self.app.muninx_invite_user(&CALL, &self.admin, muninx_command(address)).await
    }
}

/// The use cases on a database, as one of several replicas has them.
async fn app(database: &TestDatabase, limits: Limits, clock: &FixedClock) -> (App, Store) {
    let store = database.open().await;
    let passwords = Passwords::with_bounds(Entropy, 2, 100).expect("a pool");
    (app_with(&store, limits, clock, passwords), store)
}

/// The use cases with means of one's own.
fn app_with(store: &Store, limits: Limits, clock: &FixedClock, passwords: Passwords) -> App {
    let sealer = Sealer::new(&[7; 32], Entropy);
    let config = AppConfig { limits, ..AppConfig::new("https://invite.example") };
    App::new(config, store.clone(), Arc::new(clock.clone()), Entropy, passwords, sealer)
}

fn muninx_command(address: &str) -> muninx::InviteUser {
    muninx::InviteUser {
        email: address.into(),
        name: "Jane".into(),
        last_name: "Doe".into(),
        user_type: UserType::Customer,
        agent_type: None,
        organization: Some("acme-customer-1".into()),
        challenge: None,
    }
}

fn kare_command(address: &str) -> kare::InviteUser {
    kare::InviteUser {
        first_name: "Jane".into(),
        last_name: "Doe".into(),
        email: address.into(),
        permissions: KarePermissions { group: 4, read: vec![1, -2], manage: vec![] },
    }
}

fn kare_acceptance(token: PlainSecret, address: &str) -> kare::AcceptInvitation {
    kare::AcceptInvitation {
        invitation_token: token,
        email: address.into(),
        password: PlainSecret::from_caller(PASSWORD),
        first_name: "Janet".into(),
        last_name: "Roe".into(),
        phone: "+33 1 23 45 67 89".into(),
        lang: Some("fr".into()),
    }
}

fn nexus_command(address: &str) -> nexus::InviteMember {
    nexus::InviteMember { email_address: address.into(), ..nexus::InviteMember::default() }
}

fn new_key() -> NewApiKey {
    let permissions = [Permission::UserWrite].into();
    NewApiKey { id: None, secret: None, permissions, description: None, expires_at: None }
}

fn signup_command(address: &str, username: &str) -> unleash::Signup {
    unleash::Signup {
        email: address.into(),
        name: "Hunter Burgan".into(),
        password: PlainSecret::from_caller(PASSWORD),
        username: Some(username.into()),
    }
}

/// The code of a refusal; panics on any other outcome.
fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>) -> RefusalCode {
    match outcome {
        Err(Error::Refused(refusal)) => refusal.code,
        other => panic!("not refused: {other:?}"),
    }
}
