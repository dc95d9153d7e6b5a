//! The table of challenges.

use chrono::{DateTime, Utc};
use invite_domain::activation::RedemptionFacts;
use invite_domain::challenge::{Challenge, ChallengePurpose};
use invite_domain::ids::InvitationId;
use invite_domain::secret::SecretDigest;
use invite_domain::user::{Estate, UserStatus};

use super::cells::{Cells, millis};
use super::sql::{Lost, sql};
use super::{Error, Row, Tx};

impl Tx {
    /// A challenge by its digest, in whatever state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn challenge(&mut self, digest: &SecretDigest) -> Result<Option<Challenge>, Error> {
        let row = sql("SELECT * FROM challenges WHERE digest = $1")
            .bind(digest.as_bytes().as_slice())
            .fetch_optional(self)
            .await?;
        Ok(row.as_ref().map(read).transpose()?.filter(|challenge| challenge.digest.matches(digest)))
    }

    /// A challenge with its invitation, user and organization.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn redemption_facts(&mut self, digest: &SecretDigest) -> Result<Option<RedemptionFacts>, Error> {
        let Some(challenge) = self.challenge(digest).await? else { return Ok(None) };
        let missing = |column| Error::Damaged { column };
        let invitation = self.invitation(challenge.invitation).await?.ok_or(missing("challenges.invitation_id"))?;
        let user = self.user(challenge.user).await?.ok_or(missing("challenges.user_id"))?;
        let organization = self.inviting_organization(invitation.organization).await?;
        let estate = match user.status {
            UserStatus::Active if !user.is_proven() => self.estate(user.id).await?,
            UserStatus::Pending | UserStatus::Active | UserStatus::Suspended => Estate::default(),
        };
        Ok(Some(RedemptionFacts { challenge, invitation, user, organization, estate }))
    }

    pub(super) fn add_challenge(&mut self, challenge: &Challenge) {
        sql(
            "INSERT INTO challenges (digest, purpose, invitation_id, user_id, created_at, expires_at, used_at, revoked_at, \
             is_chosen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(challenge.digest.as_bytes().as_slice())
        .bind(challenge.purpose.as_str())
        .bind(challenge.invitation.get())
        .bind(challenge.user.get())
        .bind(millis(challenge.created_at))
        .bind(millis(challenge.expires_at))
        .bind(challenge.used_at.map(millis))
        .bind(challenge.revoked_at.map(millis))
        .bind(challenge.is_chosen)
        .queue(self);
    }

    /// Uses a challenge up if it is live. The conditions are in the statement, so that of many that try one succeeds. The sum keeps
    /// the index of all that are live out of the choice.
    pub(super) fn redeem_challenge(&mut self, digest: &SecretDigest, at: DateTime<Utc>) {
        sql("UPDATE challenges SET used_at = $2 \
             WHERE digest = $1 AND used_at + 0 IS NULL AND revoked_at IS NULL AND expires_at > $2")
        .bind(digest.as_bytes().as_slice())
        .bind(millis(at))
        .queue_one(self, Lost::Row("using a challenge up"));
    }

    pub(super) fn revoke_challenges(&mut self, invitation: InvitationId, at: DateTime<Utc>) {
        sql(
            "UPDATE challenges SET revoked_at = $2 WHERE invitation_id = $1 AND used_at IS NULL AND revoked_at IS NULL",
        )
        .bind(invitation.get())
        .bind(millis(at))
        .queue(self);
    }
}

fn read(row: &Row) -> Result<Challenge, Error> {
    let cells = Cells(row);
    Ok(Challenge {
        digest: cells.digest("digest")?,
        purpose: cells.named("purpose", ChallengePurpose::from_stored)?,
        invitation: InvitationId::new(cells.uuid("invitation_id")?),
        user: cells.user("user_id")?,
        is_chosen: cells.get("is_chosen")?,
        created_at: cells.instant("created_at")?,
        expires_at: cells.instant("expires_at")?,
        used_at: cells.optional_instant("used_at")?,
        revoked_at: cells.optional_instant("revoked_at")?,
    })
}
