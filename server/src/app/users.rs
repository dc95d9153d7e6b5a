//! Users as MuninX shows and changes them.

use invite_domain::actor::Actor;
use invite_domain::email_address::EmailAddress;
use invite_domain::flow::muninx::users::{self, Member, SeenUser, UpdateFacts, UpdateUser, UserFilter};
use invite_domain::user::Estate;

use super::{App, Call, Error};
use crate::store::{self, Sought, Tx};

impl App {
    /// Whom a person sees, and whether they may change others.
    ///
    /// # Errors
    /// `not_allowed` for programs.
    pub async fn muninx_member(&self, actor: Actor) -> Result<Member, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        let in_tenant = match actor.user {
            Some(user) => tx.joined_membership(user, actor.tenant).await?,
            None => None,
        };
        Ok(users::member(actor, in_tenant.as_ref())?)
    }

    /// `muninx_list_users`: those whom the member sees, in the order in which they were made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn muninx_list_users(&self, member: &Member, filter: &UserFilter) -> Result<Vec<SeenUser>, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        Ok(tx.seen_users(member.tenant(), member.user(), member.sight(), filter).await?)
    }

    /// `muninx_get_user`: one of them; `me` is the caller.
    ///
    /// # Errors
    /// `user_not_found`, `not_allowed`.
    pub async fn muninx_get_user(&self, member: &Member, email: &str) -> Result<SeenUser, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        Ok(users::seen(member, find(&mut tx, member, email).await?)?)
    }

    /// `muninx_update_user`: changes what is named and leaves the rest; `me` is the caller.
    ///
    /// # Errors
    /// `user_not_found`, `not_allowed`, and whatever [`users::plan_update`] says.
    pub async fn muninx_update_user(
        &self,
        call: &Call,
        member: &Member,
        email: &str,
        command: &UpdateUser,
    ) -> Result<(), Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let found = users::seen(member, find(&mut tx, member, email).await?)?;
            let facts = update_facts(&mut tx, member, found, command).await?;
            let plan = users::plan_update(member, command, &facts, now)?;
            self.commit_all(call, tx, &plan, &(), now).await
        })
        .await
    }
}

async fn find(tx: &mut Tx, member: &Member, email: &str) -> Result<Option<SeenUser>, store::Error> {
    let address = EmailAddress::parse(email);
    let sought = match &address {
        _ if email == "me" => Sought::Id(member.user()),
        Ok(address) => Sought::Address(address),
        // What is no address belongs to no user, like any other unknown address.
        Err(_) => return Ok(None),
    };
    tx.seen_user(member.tenant(), member.user(), member.sight(), sought).await
}

async fn update_facts(
    tx: &mut Tx,
    member: &Member,
    SeenUser { user, organization, is_only_invited, .. }: SeenUser,
    command: &UpdateUser,
) -> Result<UpdateFacts, store::Error> {
    let tenant = member.tenant();
    let missing = |column| store::Error::Damaged { column };
    let named = match &command.organization {
        Some(slug) => tx.organization_by_slug(slug).await?,
        None => None,
    };
    let in_named = match &named {
        Some(named) => tx.membership(user.id, named.id).await?,
        None => None,
    };
    Ok(UpdateFacts {
        membership: tx.membership(user.id, organization).await?.ok_or(missing("memberships.user_id"))?,
        tenant: tx.organization(tenant).await?.ok_or(missing("organizations.id"))?,
        in_tenant: tx.membership(user.id, tenant).await?,
        is_invited: tx.has_open_invitation(user.id, organization).await?,
        elsewhere: tx.elsewhere(user.id, tenant).await?,
        is_only_invited,
        estate: match command.status {
            Some(_) => tx.estate(user.id).await?,
            None => Estate::default(),
        },
        // Whoever counts meets everybody else of the tenant who does. Who asks for names alone takes no administrator away.
        other_administrators: if command.needs_admin() {
            tx.count_other_administrators(tenant, user.id).await?
        } else {
            0
        },
        user,
        named,
        in_named,
    })
}
