//! The two tenants: made once, found again later, with credentials that stay valid over restarts.

use chrono::TimeDelta;
use invite_domain::ids::UserId;
use invite_domain::organization::Organization;
use invite_domain::secret::PlainSecret;

use super::super::failure::Failure;
use super::file::{
    DevAdmin, DevBasic, DevCredentials, DevFile, DevKare, DevMuninx, DevNexus, DevOrganization, DevTenant, DevUnleash,
};
use crate::app::{self, App};
use crate::auth::Presented;

/// Not random: it must be known again when `dev.json` is lost and the database is not. Beyond loopback nobody can try it, but by a
/// browser of this machine that takes another name for it: there is nothing here to be had.
const PASSWORD: &str = "plum harbor ninety kites";

/// How long the sign-ins of the world live: nobody should have to renew them.
const SESSION_TTL: TimeDelta = TimeDelta::days(3650);

/// What a tenant is made of.
struct Blueprint {
    slug: &'static str,
    name: &'static str,
    customer_slug: &'static str,
    customer_name: &'static str,
    admin: &'static str,
}

const ACME: Blueprint = Blueprint {
    slug: "acme",
    name: "Acme",
    customer_slug: "acme-customer-1",
    customer_name: "Acme Customer 1",
    admin: "admin@acme.example",
};

const GLOBEX: Blueprint = Blueprint {
    slug: "globex",
    name: "Globex",
    customer_slug: "globex-customer-1",
    customer_name: "Globex Customer 1",
    admin: "admin@globex.example",
};

/// Makes or finds both tenants; credentials of an earlier run are kept if they still work.
///
/// # Errors
///
/// When the database fails, or holds something else under a name that the world needs.
pub(super) async fn prepare(app: &App, earlier: Option<DevFile>) -> Result<(DevTenant, DevTenant), Failure> {
    let (tenant, other) = earlier.map_or((None, None), |file| (Some(file.tenant), Some(file.other_tenant)));
    let failed = |error: app::Error| Failure::unexpected("cannot make the development world", &error);
    let tenant = prepare_tenant(app, &ACME, tenant).await.map_err(failed)?;
    let other = prepare_tenant(app, &GLOBEX, other).await.map_err(failed)?;
    Ok((tenant, other))
}

async fn prepare_tenant(app: &App, plan: &Blueprint, earlier: Option<DevTenant>) -> Result<DevTenant, app::Error> {
    let organization = app.seed_organization(plan.slug, plan.name, None).await?;
    let customer = app.seed_organization(plan.customer_slug, plan.customer_name, Some(organization.id)).await?;
    let admin = app.seed_admin(&organization, plan.admin, plan.name, "Admin", PASSWORD).await?;
    let keeper = Keeper { app, organization: &organization, admin };
    let earlier = earlier.map(|tenant| tenant.credentials);
    Ok(DevTenant {
        credentials: keeper.credentials(earlier).await?,
        admin: DevAdmin { email: plan.admin.to_owned(), password: PASSWORD.to_owned() },
        customer_organization: shown(&customer),
        organization: shown(&organization),
    })
}

fn shown(organization: &Organization) -> DevOrganization {
    DevOrganization { id: organization.id.get(), slug: organization.slug.clone() }
}

/// Keeps or makes the credentials of one tenant.
struct Keeper<'a> {
    app: &'a App,
    organization: &'a Organization,
    admin: UserId,
}

impl Keeper<'_> {
    async fn credentials(&self, earlier: Option<DevCredentials>) -> Result<DevCredentials, app::Error> {
        let (muninx, kare, nexus, unleash) = match earlier {
            Some(earlier) => (Some(earlier.muninx), Some(earlier.kare), Some(earlier.nexus), Some(earlier.unleash)),
            None => (None, None, None, None),
        };
        Ok(DevCredentials {
            muninx: self.muninx(muninx).await?,
            kare: self.kare(kare).await?,
            nexus: self.nexus(nexus).await?,
            unleash: self.unleash(unleash).await?,
        })
    }

    async fn muninx(&self, earlier: Option<DevMuninx>) -> Result<DevMuninx, app::Error> {
        if let Some(kept) = earlier
            && self.works(&[Presented::MuninxBearer(secret(&kept.bearer))]).await?
        {
            return Ok(kept);
        }
        let bearer = self.app.seed_personal_token(self.admin, self.organization.id).await?;
        Ok(DevMuninx { bearer: plain(&bearer) })
    }

    async fn kare(&self, earlier: Option<DevKare>) -> Result<DevKare, app::Error> {
        if let Some(kept) = earlier {
            let halves =
                [Presented::KareBearer(secret(&kept.bearer)), Presented::KareSession(secret(&kept.session_token))];
            if self.works(&halves).await? {
                return Ok(kept);
            }
        }
        let session = self.app.seed_session(self.admin, self.organization.id, SESSION_TTL).await?;
        Ok(DevKare { bearer: plain(&session.access), session_token: plain(&session.session) })
    }

    async fn nexus(&self, earlier: Option<DevNexus>) -> Result<DevNexus, app::Error> {
        if let Some(kept) = earlier {
            let halves = [
                Presented::NexusBearer(secret(&kept.bearer)),
                Presented::NexusApplicationToken(secret(&kept.application_token)),
            ];
            let pair = [Presented::NexusBasic {
                username: kept.basic.username.clone(),
                password: secret(&kept.basic.password),
            }];
            if self.works(&halves).await? && self.works(&pair).await? {
                return Ok(kept);
            }
        }
        let id = self.organization.id;
        let session = self.app.seed_session(self.admin, id, SESSION_TTL).await?;
        let application_token = self.app.seed_application_token(id).await?;
        let basic = self.app.seed_basic_pair(id).await?;
        Ok(DevNexus {
            bearer: plain(&session.access),
            application_token: plain(&application_token),
            basic: DevBasic { username: basic.username, password: plain(&basic.password) },
        })
    }

    async fn unleash(&self, earlier: Option<DevUnleash>) -> Result<DevUnleash, app::Error> {
        if let Some(kept) = earlier
            && self.works(&[Presented::UnleashApiKey(secret(&kept.admin_api_key))]).await?
            && self.signup_works(&kept.signup_token).await?
        {
            return Ok(kept);
        }
        let admin_api_key = self.app.seed_unleash_admin_key(self.organization.id).await?;
        let signup_token = self.app.seed_signup_token(self.admin, self.organization).await?;
        Ok(DevUnleash { admin_api_key: plain(&admin_api_key), signup_token: plain(&signup_token) })
    }

    /// Whether the credentials are valid, belong together and act in this organization.
    async fn works(&self, presented: &[Presented]) -> Result<bool, app::Error> {
        let actor = self.app.authenticate(presented).await?;
        Ok(actor.is_some_and(|actor| actor.organization == self.organization.id))
    }

    async fn signup_works(&self, token: &str) -> Result<bool, app::Error> {
        match self.app.unleash_validate_signup_token(token).await {
            Ok(()) => Ok(true),
            Err(app::Error::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn secret(text: &str) -> PlainSecret {
    PlainSecret::from_caller(text)
}

fn plain(secret: &PlainSecret) -> String {
    secret.expose().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::{AppConfig, Call};
    use crate::clock::SystemClock;
    use crate::entropy::Entropy;
    use crate::passwords::Passwords;
    use crate::seal::Sealer;
    use crate::store::testing::TestDatabase;

    async fn app(database: &TestDatabase) -> App {
        let store = database.open().await;
        let passwords = Passwords::new(Entropy).unwrap();
        let sealer = Sealer::new(&[7; 32], Entropy);
        App::new(AppConfig::new("http://localhost"), store, Arc::new(SystemClock), Entropy, passwords, sealer)
    }

    fn file((tenant, other_tenant): &(DevTenant, DevTenant)) -> DevFile {
        DevFile {
            base_url: String::new(),
            mailbox: String::new(),
            tenant: tenant.clone(),
            other_tenant: other_tenant.clone(),
        }
    }

    fn json(world: &(DevTenant, DevTenant)) -> serde_json::Value {
        serde_json::to_value(file(world)).unwrap()
    }

    #[tokio::test]
    async fn a_restart_keeps_the_world_and_its_credentials() {
        let database = TestDatabase::new().await;
        let first = prepare(&app(&database).await, None).await.unwrap();
        assert_eq!((first.0.organization.id, first.0.organization.slug.as_str()), (1, "acme"));
        assert_eq!(first.0.customer_organization.slug, "acme-customer-1");
        assert_eq!(first.1.organization.slug, "globex");
        assert_eq!(first.1.customer_organization.slug, "globex-customer-1");
        let second = prepare(&app(&database).await, Some(file(&first))).await.unwrap();
        assert_eq!(json(&first), json(&second));
    }

    #[tokio::test]
    async fn credentials_that_do_not_work_here_are_made_anew_and_only_those() {
        let database = TestDatabase::new().await;
        let app = app(&database).await;
        let first = prepare(&app, None).await.unwrap();
        let mut earlier = file(&first);
        earlier.tenant.credentials.kare.session_token = earlier.tenant.credentials.nexus.bearer.clone();
        // Works, but in the other tenant.
        earlier.tenant.credentials.muninx.bearer = first.1.credentials.muninx.bearer.clone();
        let second = prepare(&app, Some(earlier)).await.unwrap();
        let (old, new) = (&first.0.credentials, &second.0.credentials);
        assert_ne!(new.kare.bearer, old.kare.bearer);
        assert_ne!(new.muninx.bearer, first.1.credentials.muninx.bearer);
        assert_eq!(new.nexus.application_token, old.nexus.application_token);
        assert_eq!(new.unleash.signup_token, old.unleash.signup_token);
        assert_eq!(json(&first)["other_tenant"], json(&second)["other_tenant"]);
    }

    #[tokio::test]
    async fn the_admins_can_sign_in_also_when_the_file_was_lost() {
        let database = TestDatabase::new().await;
        let app = app(&database).await;
        prepare(&app, None).await.unwrap();
        let (tenant, other) = prepare(&app, None).await.unwrap();
        for DevAdmin { email, password } in [tenant.admin, other.admin] {
            assert!(app.create_session(&Call::internal(), &email, &password, None).await.is_ok(), "{email}");
        }
    }
}
