//! API keys of Nexus: an organization admin makes one for a program.
//!
//! 1. The maker is an admin of the organization of their sign-in: the key can do there what they can, or less, and nothing while
//!    they are suspended or no admin any more.
//! 2. An id belongs to one key, whoever has it.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Change, Plan};
use crate::actor::{Actor, Administrator};
use crate::credential::{ApiKey, Permission};
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::refusal::{Refusal, RefusalCode};
use crate::secret::SecretDigest;

/// How long a key lives for which nothing is said.
const LIFE: TimeDelta = TimeDelta::days(365);

/// What a new key is to be.
#[derive(Debug, Clone)]
pub struct CreateApiKey {
    /// The public half.
    pub id: String,
    /// The digest of the secret half.
    pub digest: SecretDigest,
    /// `permissions`.
    pub permissions: BTreeSet<Permission>,
    /// `description`.
    pub description: Option<String>,
    /// `expiresAt`.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The rule of making keys: admins of the organization that they signed in to.
///
/// # Errors
/// `not_allowed`.
pub fn administrator(actor: Actor) -> Result<Administrator, Refusal> {
    if !actor.administers_own_organization() {
        return Err(Refusal::not_allowed("only admins of the organization may make API keys"));
    }
    let organization = actor.organization;
    Ok(Administrator::proven(actor, organization))
}

/// Plans a key, which is returned too.
///
/// # Errors
/// `invalid_value`, `api_key_taken`.
pub fn plan(
    administrator: &Administrator,
    command: CreateApiKey,
    is_taken: bool,
    now: DateTime<Utc>,
) -> Result<(Plan, ApiKey), Refusal> {
    let CreateApiKey { id, digest, permissions, description, expires_at } = command;
    let description = description.map(|text| super::super::label("description", &text)).transpose()?;
    let expires_at = expires_at.unwrap_or(now + LIFE);
    if expires_at <= now {
        let detail = "a key that has ended is of no use; choose an instant in the future";
        return Err(Refusal::invalid("expiresAt", detail));
    }
    if is_taken {
        let detail = "another key has this id; choose another one";
        return Err(Refusal::of_field(RefusalCode::ApiKeyTaken, "id", detail));
    }
    let organization = administrator.organization();
    let key = ApiKey {
        username: id.clone(),
        digest,
        organization,
        maker: administrator.actor().user,
        permissions,
        description,
        created_at: now,
        expires_at: Some(expires_at),
    };
    let by = Performer::from(administrator.actor());
    let event = NewEvent::new(EventKind::KeyCreated, organization, by, Subject::ApiKey(id));
    Ok((Plan { changes: vec![Change::AddApiKey(key.clone())], events: vec![event], ..Plan::default() }, key))
}

/// Plans the end of all keys that an account has made.
pub(crate) fn plan_ends(keys: &[ApiKey], by: &Performer, now: DateTime<Utc>) -> Plan {
    let ended = |key: &ApiKey| {
        NewEvent::new(EventKind::KeyRevoked, key.organization, by.clone(), Subject::ApiKey(key.username.clone()))
    };
    let change = |key: &ApiKey| Change::RevokeApiKey { username: key.username.clone(), at: now };
    Plan { changes: keys.iter().map(change).collect(), events: keys.iter().map(ended).collect(), ..Plan::default() }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures;
    use super::*;
    use crate::secret::PlainSecret;

    fn command() -> CreateApiKey {
        CreateApiKey {
            id: "nightly".into(),
            digest: PlainSecret::from_caller("secret").digest(),
            permissions: BTreeSet::from([Permission::UserWrite]),
            description: None,
            expires_at: None,
        }
    }

    fn run(command: CreateApiKey, is_taken: bool) -> Result<(Plan, ApiKey), Refusal> {
        let administrator = administrator(fixtures::admin())?;
        plan(&administrator, command, is_taken, fixtures::now())
    }

    #[test]
    fn a_key_acts_where_its_maker_signed_in_and_lives_a_year() {
        let (_, key) = run(command(), false).expect("planned");
        assert_eq!(key.organization, fixtures::admin().organization);
        assert_eq!(key.expires_at, Some(fixtures::now() + TimeDelta::days(365)));
    }

    #[test]
    fn plain_members_make_no_keys() {
        assert_eq!(administrator(fixtures::plain_member()).expect_err("no admin").code, RefusalCode::NotAllowed);
    }

    #[test]
    fn a_key_with_a_taken_id_or_without_a_life_is_refused() {
        assert_eq!(run(command(), true).expect_err("taken").code, RefusalCode::ApiKeyTaken);
        let dead = CreateApiKey { expires_at: Some(fixtures::now()), ..command() };
        assert_eq!(run(dead, false).expect_err("dead").field, Some("expiresAt"));
        let hidden = CreateApiKey { description: Some("a\u{202e}b".into()), ..command() };
        assert_eq!(run(hidden, false).expect_err("not shown").field, Some("description"));
    }
}
