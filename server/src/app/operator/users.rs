//! Users of all tenants.

use chrono::{DateTime, Utc};
use invite_domain::administration;
use invite_domain::email_address::EmailAddress;
use invite_domain::flow::Plan;
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::membership::Membership;
use invite_domain::refusal::{Refusal, RefusalCode};
use invite_domain::user::{User, UserStatus};

use super::super::{App, Error};
use crate::store::{self, Tx};

/// A user with what they belong to.
#[derive(Debug, Clone)]
pub struct UserDetails {
    /// The user.
    pub user: User,
    /// The live memberships.
    pub memberships: Vec<Membership>,
}

impl App {
    /// Users in the order of their numbers.
    ///
    /// # Errors
    /// When the database fails or is busy.
    pub async fn operator_users(
        &self,
        organization: Option<OrganizationId>,
        status: Option<UserStatus>,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<User>, Error> {
        Ok(self.shared.store.begin_read().await?.users(organization, status, after, limit).await?)
    }

    /// A user by address, in whatever spelling, or by number.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn operator_user(&self, name: &str) -> Result<UserDetails, Error> {
        let mut tx = self.shared.store.begin_read().await?;
        details(&mut tx, name).await
    }

    /// Locks a user out: nobody can sign in as them, and their credentials are dead.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn operator_suspend_user(&self, name: &str) -> Result<UserDetails, Error> {
        self.change_user(name, administration::plan_suspension).await
    }

    /// Lets a user in again; the credentials that have not ended meanwhile work as before.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn operator_resume_user(&self, name: &str) -> Result<UserDetails, Error> {
        self.change_user(name, administration::plan_resumption).await
    }

    /// Ends all that a user is signed in with, and their personal tokens.
    ///
    /// # Errors
    /// `user_not_found`.
    pub async fn operator_sign_user_out(&self, name: &str) -> Result<UserDetails, Error> {
        self.change_user(name, administration::plan_sign_out).await
    }

    async fn change_user(
        &self,
        name: &str,
        plan: fn(&User, &[OrganizationId], DateTime<Utc>) -> Plan,
    ) -> Result<UserDetails, Error> {
        self.until_alone(|| async {
            let now = self.now();
            let mut tx = self.shared.store.begin_write().await?;
            let UserDetails { user, memberships } = details(&mut tx, name).await?;
            let organizations: Vec<_> = memberships.iter().map(|membership| membership.organization).collect();
            let plan = plan(&user, &organizations, now);
            self.commit_operators(tx, &plan, now).await?;
            self.operator_user(&user.id.to_string()).await
        })
        .await
    }
}

async fn details(tx: &mut Tx, name: &str) -> Result<UserDetails, Error> {
    let user = find(tx, name).await?;
    let refusal = || Refusal::new(RefusalCode::UserNotFound, format!("there is no user `{name}`"));
    let user = user.ok_or_else(refusal)?;
    let memberships = tx.memberships_of(user.id).await?;
    Ok(UserDetails { user, memberships })
}

async fn find(tx: &mut Tx, name: &str) -> Result<Option<User>, store::Error> {
    match (name.parse(), EmailAddress::parse(name)) {
        (Ok(number), _) => tx.user(UserId::new(number)).await,
        (Err(_), Ok(address)) => tx.user_by_email(&address).await,
        (Err(_), Err(_)) => Ok(None),
    }
}
