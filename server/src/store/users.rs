//! The table of users.

use chrono::{DateTime, Utc};
use invite_domain::email_address::EmailAddress;
use invite_domain::ids::{OrganizationId, UserId};
use invite_domain::mail::Locale;
use invite_domain::user::{PasswordHash, Profile, User, UserStatus};

use super::cells::{Cells, millis};
use super::sql::{Engine, Lost, Statement, sql};
use super::{Error, Row, Sequence, Tx};

impl Tx {
    /// A number for a new user, whose address nobody has.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn allocate_user_id(&mut self, address: &EmailAddress) -> Result<UserId, Error> {
        match self.engine() {
            Engine::Sqlite => self.next_number(Sequence::Users).await,
            Engine::Postgres => new_number(address).scalar(self).await,
        }
        .map(UserId::new)
    }

    /// A user by number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&mut self, id: UserId) -> Result<Option<User>, Error> {
        let row = by_id(id).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// A user by address, in whatever spelling.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_email(&mut self, address: &EmailAddress) -> Result<Option<User>, Error> {
        let row = by_email(address).fetch_optional(self).await?;
        row.as_ref().map(read).transpose()
    }

    /// Whether a user has the username.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn username_taken(&mut self, username: &str) -> Result<bool, Error> {
        let found: i64 = of_username(username).scalar(self).await?;
        Ok(found > 0)
    }

    /// Users in the order of their numbers, from after one on: all of them, or the live members of an organization, or those
    /// who stand in a certain way.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(
        &mut self,
        organization: Option<OrganizationId>,
        status: Option<UserStatus>,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<User>, Error> {
        let rows = sql("SELECT u.* FROM users u WHERE u.id > $1 AND (u.status = $2 OR $2 IS NULL) AND (EXISTS \
             (SELECT 1 FROM memberships m WHERE m.user_id = u.id AND m.organization_id = $3 AND m.deleted_at IS NULL) \
             OR $3 IS NULL) \
             ORDER BY u.id LIMIT $4")
        .bind(after.map_or(0, UserId::get))
        .bind(status.map(UserStatus::as_str))
        .bind(organization.map(OrganizationId::get))
        .bind(i64::from(limit))
        .fetch_all(self)
        .await?;
        rows.iter().map(read).collect()
    }

    /// Has this transaction begin anew if somebody suspends a user or ends all its credentials at the same time, or that one: each
    /// sees what the other has written, and no new membership or credential is overlooked. SQLite has one writer.
    pub fn hold_user(&mut self, id: UserId) {
        if self.engine() == Engine::Postgres {
            sql("UPDATE users SET status = status WHERE id = $1").bind(id.get()).queue(self);
        }
    }

    pub(super) fn set_user_status(
        &mut self,
        user: UserId,
        status: UserStatus,
        suspended_by: Option<OrganizationId>,
        at: DateTime<Utc>,
    ) {
        sql("UPDATE users SET status = $2, suspended_by = $3, updated_at = $4 WHERE id = $1")
            .bind(user.get())
            .bind(status.as_str())
            .bind(suspended_by.map(OrganizationId::get))
            .bind(millis(at))
            .queue(self);
    }

    pub(super) fn forget_password(&mut self, user: UserId, at: DateTime<Utc>) {
        sql("UPDATE users SET password_hash = NULL, activated_at = NULL, updated_at = $2 WHERE id = $1")
            .bind(user.get())
            .bind(millis(at))
            .queue(self);
    }

    pub(super) fn add_user(&mut self, user: &User) {
        sql("INSERT INTO users (id, email, email_normalized, username, display_name, given_name, family_name, phone, \
             locale, status, password_hash, activated_at, address_proven_at, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)")
        .bind(user.id.get())
        .bind(user.email.original())
        .bind(user.email.normalized())
        .bind(&user.username)
        .bind(&user.profile.display_name)
        .bind(&user.profile.given_name)
        .bind(&user.profile.family_name)
        .bind(&user.profile.phone)
        .bind(user.profile.locale.as_str())
        .bind(user.status.as_str())
        .bind(user.password_hash.as_ref().map(PasswordHash::as_phc))
        .bind(user.activated_at.map(millis))
        .bind(user.address_proven_at.map(millis))
        .bind(millis(user.created_at))
        .queue(self);
    }

    /// Of several who sign up for it one gets it.
    pub(super) fn claim_user(&mut self, user: &User) {
        sql("UPDATE users SET username = $2, status = $3, password_hash = $4, activated_at = $5, address_proven_at = $6 \
             WHERE id = $1 AND status = 'pending'")
        .bind(user.id.get())
        .bind(&user.username)
        .bind(user.status.as_str())
        .bind(user.password_hash.as_ref().map(PasswordHash::as_phc))
        .bind(user.activated_at.map(millis))
        .bind(user.address_proven_at.map(millis))
        .queue_one(self, Lost::Row("claiming a user"));
        self.update_profile(user.id, &user.profile, user.activated_at.unwrap_or(user.created_at));
    }

    /// Whoever proves the mailbox may do so on an active account that nobody has proven.
    pub(super) fn activate_user(
        &mut self,
        user: UserId,
        password_hash: &PasswordHash,
        proven: bool,
        profile: Option<&Profile>,
        at: DateTime<Utc>,
    ) {
        sql("UPDATE users SET status = 'active', password_hash = $2, activated_at = $3, address_proven_at = $4, updated_at = $3 \
             WHERE id = $1 AND (status = 'pending' OR (status = 'active' AND address_proven_at IS NULL AND $5))")
        .bind(user.get())
        .bind(password_hash.as_phc())
        .bind(millis(at))
        .bind(proven.then(|| millis(at)))
        .bind(proven)
        .queue_one(self, Lost::Row("activating a user"));
        if let Some(profile) = profile {
            self.update_profile(user, profile, at);
        }
    }

    pub(super) fn update_profile(&mut self, user: UserId, profile: &Profile, at: DateTime<Utc>) {
        sql(
            "UPDATE users SET display_name = $2, given_name = $3, family_name = $4, phone = $5, locale = $6, updated_at = $7 \
             WHERE id = $1",
        )
        .bind(user.get())
        .bind(&profile.display_name)
        .bind(&profile.given_name)
        .bind(&profile.family_name)
        .bind(&profile.phone)
        .bind(profile.locale.as_str())
        .bind(millis(at))
        .queue(self);
    }
}

pub(super) fn by_id(id: UserId) -> Statement {
    sql("SELECT * FROM users WHERE id = $1").bind(id.get())
}

pub(super) fn by_email(address: &EmailAddress) -> Statement {
    sql("SELECT * FROM users WHERE email_normalized = $1").bind(address.normalized())
}

pub(super) fn of_username(username: &str) -> Statement {
    sql("SELECT COUNT(*) FROM users WHERE username = $1").bind(username)
}

/// A new number of PostgreSQL. Whoever asks foresightedly, without knowing whether the address has a user, uses none up.
pub(super) fn new_number(address: &EmailAddress) -> Statement {
    sql("SELECT nextval('user_numbers') WHERE NOT EXISTS (SELECT 1 FROM users WHERE email_normalized = $1)")
        .bind(address.normalized())
}

pub(super) fn read(row: &Row) -> Result<User, Error> {
    let cells = Cells(row);
    Ok(User {
        id: cells.user("id")?,
        email: cells.address("email", "email_normalized")?,
        username: cells.optional_text("username")?,
        profile: Profile {
            display_name: cells.text("display_name")?,
            given_name: cells.optional_text("given_name")?,
            family_name: cells.optional_text("family_name")?,
            phone: cells.optional_text("phone")?,
            locale: cells.named("locale", Locale::from_tag)?,
        },
        status: cells.named("status", UserStatus::from_stored)?,
        password_hash: cells.optional_text("password_hash")?.map(PasswordHash::from_phc),
        activated_at: cells.optional_instant("activated_at")?,
        address_proven_at: cells.optional_instant("address_proven_at")?,
        suspended_by: cells.optional_organization("suspended_by")?,
        created_at: cells.instant("created_at")?,
    })
}
