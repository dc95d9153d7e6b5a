//! Writing a plan: the one place where rules become rows.

use chrono::{DateTime, Utc};
use invite_domain::flow::Change;
use invite_domain::mail::SealedMail;

use super::{Error, Tx};

/// What became of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// Everything is written; it holds once the transaction commits.
    Done,
    /// Somebody else redeemed the challenge, or it died. The transaction must be dropped.
    ChallengeGone,
}

impl Tx {
    /// Writes the changes of a plan and queues its mails, which the caller has sealed.
    ///
    /// # Errors
    /// When the database fails; the transaction must be dropped.
    pub async fn apply(
        &mut self,
        changes: &[Change],
        mails: &[SealedMail],
        now: DateTime<Utc>,
    ) -> Result<Applied, Error> {
        for change in changes {
            if self.apply_one(change, now).await? == Applied::ChallengeGone {
                return Ok(Applied::ChallengeGone);
            }
        }
        for mail in mails {
            self.queue_mail(mail, now).await?;
        }
        Ok(Applied::Done)
    }

    async fn apply_one(&mut self, change: &Change, now: DateTime<Utc>) -> Result<Applied, Error> {
        match change {
            Change::AddUser(user) => self.add_user(user).await?,
            Change::ActivateUser { user, password_hash, profile, at } => {
                self.activate_user(*user, password_hash, profile.as_ref(), *at).await?;
            }
            Change::UpdateProfile { user, profile, at } => self.update_profile(*user, profile, *at).await?,
            Change::AddMembership(membership) => self.add_membership(membership).await?,
            Change::ChangeMembership(membership) => self.change_membership(membership).await?,
            Change::ReviveMembership(membership) => self.revive_membership(membership).await?,
            Change::AddInvitation(invitation) => self.add_invitation(invitation).await?,
            Change::CloseInvitation { id, state, at } => self.close_invitation(*id, *state, *at).await?,
            Change::ReissueInvitation { id, expires_at } => self.reissue_invitation(*id, *expires_at).await?,
            Change::AddChallenge(challenge) => self.add_challenge(challenge).await?,
            Change::RedeemChallenge { digest, at } => {
                if !self.redeem_challenge(digest, *at).await? {
                    return Ok(Applied::ChallengeGone);
                }
            }
            Change::RevokeChallenges { invitation, at } => self.revoke_challenges(*invitation, *at).await?,
            Change::WithdrawMails { invitation } => self.withdraw_mails(*invitation, now).await?,
            Change::AddSignupToken(token) => self.add_signup_token(token).await?,
            Change::UpdateSignupToken { id, enabled, expires_at } => {
                self.update_signup_token(*id, *enabled, *expires_at).await?;
            }
            Change::AddApiToken(token) => self.add_api_token(token).await?,
            Change::RevokeApiToken { id, at } => self.revoke_api_token(*id, *at).await?,
            Change::RevokeSession { session, at } => self.revoke_session(*session, *at).await?,
            Change::AddApiKey(key) => self.add_api_key(key).await?,
            Change::RevokeApiKey { username, at } => self.revoke_api_key(username, *at).await?,
            Change::AddOrganization(organization) => self.add_organization(organization, now).await?,
            Change::DescribeOrganization { id, tenant, details } => {
                self.describe_organization(*id, *tenant, details).await?;
            }
            Change::SetOrganizationStatus { id, status } => self.set_organization_status(*id, *status, now).await?,
            Change::SetUserStatus { user, status, at } => self.set_user_status(*user, *status, *at).await?,
            Change::RequeueMail { id } => self.requeue_mail(*id, now).await?,
            Change::AddImport(new) => self.add_import(new).await?,
            Change::CloseImportRow { import, number, outcome } => {
                self.close_import_row(*import, *number, outcome).await?;
            }
            Change::AdvanceImport { id, tally } => self.advance_import(*id, tally).await?,
            Change::EndImport { id, state, reason, at } => self.end_import(*id, *state, *reason, *at).await?,
            Change::DiscardMail { id } => self.discard_mail(*id, now).await?,
        }
        Ok(Applied::Done)
    }
}
