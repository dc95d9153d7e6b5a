//! Writing a plan: the one place where rules become rows.

use chrono::{DateTime, Utc};
use invite_domain::flow::Change;
use invite_domain::mail::SealedMail;

use super::Tx;

impl Tx {
    /// Writes the changes of a plan and queues its mails, which the caller has sealed. They reach the database with the next
    /// question, or with the end of the transaction.
    pub fn apply(&mut self, changes: &[Change], mails: &[SealedMail], now: DateTime<Utc>) {
        for change in changes {
            self.apply_one(change, now);
        }
        for mail in mails {
            self.queue_mail(mail, now);
        }
    }

    fn apply_one(&mut self, change: &Change, now: DateTime<Utc>) {
        match change {
            Change::AddUser(user) => self.add_user(user),
            Change::ClaimUser(user) => self.claim_user(user),
            Change::ActivateUser { user, password_hash, proven, profile, at } => {
                self.activate_user(*user, password_hash, *proven, profile.as_ref(), *at);
            }
            Change::ForgetPassword { user, at } => self.forget_password(*user, *at),
            Change::RevokeTokensOfUser { user, at } => self.revoke_tokens_of_user(*user, *at),
            Change::UpdateProfile { user, profile, at } => self.update_profile(*user, profile, *at),
            Change::AddMembership(membership) => self.add_membership(membership),
            Change::ChangeMembership(membership) => self.change_membership(membership),
            Change::ReviveMembership(membership) => self.revive_membership(membership),
            Change::AddInvitation(invitation) => self.add_invitation(invitation),
            Change::CloseInvitation { id, state, at } => self.close_invitation(*id, *state, *at),
            Change::ReissueInvitation { id, expires_at } => self.reissue_invitation(*id, *expires_at),
            Change::AddChallenge(challenge) => self.add_challenge(challenge),
            Change::RedeemChallenge { digest, at } => self.redeem_challenge(digest, *at),
            Change::RevokeChallenges { invitation, at } => self.revoke_challenges(*invitation, *at),
            Change::WithdrawMails { invitation } => self.withdraw_mails(*invitation, now),
            Change::AddSignupToken(token) => self.add_signup_token(token),
            Change::UpdateSignupToken { id, enabled, expires_at } => {
                self.update_signup_token(*id, *enabled, *expires_at);
            }
            Change::AddApiToken(token) => self.add_api_token(token),
            Change::RevokeApiToken { id, at } => self.revoke_api_token(*id, *at),
            Change::RevokeSession { session, at } => self.revoke_session(*session, *at),
            Change::AddApiKey(key) => self.add_api_key(key),
            Change::RevokeApiKey { username, at } => self.revoke_api_key(username, *at),
            Change::AddOrganization(organization) => self.add_organization(organization, now),
            Change::DescribeOrganization { id, tenant, details } => {
                self.describe_organization(*id, *tenant, details);
            }
            Change::SetOrganizationStatus { id, status } => self.set_organization_status(*id, *status, now),
            Change::SetUserStatus { user, status, suspended_by, at } => {
                self.set_user_status(*user, *status, *suspended_by, *at);
            }
            Change::RequeueMail { id } => self.requeue_mail(*id, now),
            Change::AddImport(new) => self.add_import(new),
            Change::CloseImportRow { import, number, outcome } => {
                self.close_import_row(*import, *number, outcome);
            }
            Change::AdvanceImport { id, tally } => self.advance_import(*id, tally),
            Change::EndImport { id, state, reason, at } => self.end_import(*id, *state, *reason, *at),
            Change::DiscardMail { id } => self.discard_mail(*id, now),
        }
    }
}
