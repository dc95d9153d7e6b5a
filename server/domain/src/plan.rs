//! Plans: what one use case writes, sends and records. Rules make them, the store writes them, in one transaction.

use chrono::{DateTime, Utc};

use crate::challenge::Challenge;
use crate::credential::{ApiKey, ApiToken};
use crate::event::NewEvent;
use crate::ids::{ApiTokenId, ImportId, InvitationId, MailId, OrganizationId, SessionId, SignupTokenId, UserId};
use crate::import::{ImportState, NewImport, RowOutcome, StopReason, Tally};
use crate::invitation::{Invitation, InvitationState};
use crate::mail::NewMail;
use crate::membership::Membership;
use crate::organization::{Organization, OrganizationDetails, OrganizationStatus};
use crate::secret::SecretDigest;
use crate::signup_token::SignupToken;
use crate::user::{PasswordHash, Profile, User, UserStatus};

/// What one use case writes and sends, in this order and in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Rows to write.
    pub changes: Vec<Change>,
    /// Mails to queue.
    pub mails: Vec<NewMail>,
    /// What the audit log says of it.
    pub events: Vec<NewEvent>,
}

impl Plan {
    /// The invitation that it issues.
    #[must_use]
    pub fn invitation(&self) -> Option<&Invitation> {
        self.changes
            .iter()
            .find_map(|change| if let Change::AddInvitation(invitation) = change { Some(invitation) } else { None })
    }
}

/// One row to write.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new user.
    AddUser(User),
    /// A pending account that is nobody's becomes that of somebody who signs up.
    ClaimUser(User),
    /// A pending user becomes active, or one whose mailbox nobody has proven is taken over by its owner.
    ActivateUser {
        /// Who.
        user: UserId,
        /// The first password, as far as the owner is concerned.
        password_hash: PasswordHash,
        /// Whether the mailbox is proven by it.
        proven: bool,
        /// What the user says about themself, if the flow asks.
        profile: Option<Profile>,
        /// When.
        at: DateTime<Utc>,
    },
    /// An account stands as if nobody had ever been let in by it.
    ForgetPassword {
        /// Whose.
        user: UserId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Everything that acts as a user ends.
    RevokeTokensOfUser {
        /// Who.
        user: UserId,
        /// When.
        at: DateTime<Utc>,
    },
    /// A user is called otherwise.
    UpdateProfile {
        /// Who.
        user: UserId,
        /// How from now on.
        profile: Profile,
        /// When.
        at: DateTime<Utc>,
    },
    /// A new membership.
    AddMembership(Membership),
    /// A live membership gets another grant.
    ChangeMembership(Membership),
    /// A removed membership comes back with another grant.
    ReviveMembership(Membership),
    /// A new invitation.
    AddInvitation(Invitation),
    /// A pending invitation leaves that state.
    CloseInvitation {
        /// Which.
        id: InvitationId,
        /// For which state.
        state: InvitationState,
        /// When.
        at: DateTime<Utc>,
    },
    /// A pending invitation is sent again and lives longer.
    ReissueInvitation {
        /// Which.
        id: InvitationId,
        /// Its new end.
        expires_at: DateTime<Utc>,
    },
    /// A new challenge.
    AddChallenge(Challenge),
    /// A live challenge is used up. Of many that try at once, one succeeds.
    RedeemChallenge {
        /// Which.
        digest: SecretDigest,
        /// When.
        at: DateTime<Utc>,
    },
    /// The live challenges of an invitation die.
    RevokeChallenges {
        /// Which invitation.
        invitation: InvitationId,
        /// When.
        at: DateTime<Utc>,
    },
    /// The unsent mails of an invitation are withdrawn: their links are dead.
    WithdrawMails {
        /// Which invitation.
        invitation: InvitationId,
    },
    /// A new signup token.
    AddSignupToken(SignupToken),
    /// A signup token is switched on or off, or gets another expiry.
    UpdateSignupToken {
        /// Which token.
        id: SignupTokenId,
        /// Whether people can sign up with it.
        enabled: bool,
        /// From when on they no longer can.
        expires_at: DateTime<Utc>,
    },
    /// A new credential.
    AddApiToken(ApiToken),
    /// A credential ends before its time.
    RevokeApiToken {
        /// Which.
        id: ApiTokenId,
        /// When.
        at: DateTime<Utc>,
    },
    /// Every credential of a sign-in ends.
    RevokeSession {
        /// Which sign-in.
        session: SessionId,
        /// When.
        at: DateTime<Utc>,
    },
    /// A new id and secret pair.
    AddApiKey(ApiKey),
    /// An id and secret pair ends before its time.
    RevokeApiKey {
        /// Its public half.
        username: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// A new organization.
    AddOrganization(Organization),
    /// A new customer organization is described.
    DescribeOrganization {
        /// Which.
        id: OrganizationId,
        /// Its tenant, within which domains are unique.
        tenant: OrganizationId,
        /// What is written down.
        details: OrganizationDetails,
    },
    /// An organization is locked or unlocked.
    SetOrganizationStatus {
        /// Which.
        id: OrganizationId,
        /// How it stands from now on.
        status: OrganizationStatus,
    },
    /// A user is locked out or let in again.
    SetUserStatus {
        /// Who.
        user: UserId,
        /// How the user stands from now on.
        status: UserStatus,
        /// The tenant that locks the user out, if it is one.
        suspended_by: Option<OrganizationId>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A mail that waits or was given up is due at once, with all attempts before it.
    RequeueMail {
        /// Which.
        id: MailId,
    },
    /// A new import with its rows.
    AddImport(NewImport),
    /// A row of an import has a result.
    CloseImportRow {
        /// The import.
        import: ImportId,
        /// The row's number.
        number: u32,
        /// What became of it.
        outcome: RowOutcome,
    },
    /// An import is further than before.
    AdvanceImport {
        /// Which.
        id: ImportId,
        /// What became of its rows so far.
        tally: Tally,
    },
    /// An import ends.
    EndImport {
        /// Which.
        id: ImportId,
        /// How.
        state: ImportState,
        /// Why, if it is too early.
        reason: Option<StopReason>,
        /// When.
        at: DateTime<Utc>,
    },
    /// A mail that waits or was given up is never sent.
    DiscardMail {
        /// Which.
        id: MailId,
    },
}
