//! Facts that the tests of the rules share: the tenant Acme with an admin, and what an invite needs.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Account, FlowName, InviteeFacts, Supplies};
use crate::activation::RedemptionFacts;
use crate::actor::{Actor, ActorKind};
use crate::challenge::{Challenge, ChallengePurpose};
use crate::credential::ApiKey;
use crate::email_address::EmailAddress;
use crate::ids::{InvitationId, MailId, OrganizationId, UserId};
use crate::invitation::{DeliveryState, Invitation, InvitationState};
use crate::mail::Locale;
use crate::organization::{Organization, OrganizationStatus};
use crate::secret::{PlainSecret, SecretKind};
use crate::user::{Estate, PasswordHash, Profile, User, UserStatus};

pub(crate) const ACME: OrganizationId = OrganizationId::new(1);
pub(crate) const ACME_CUSTOMER: OrganizationId = OrganizationId::new(2);
pub(crate) const GLOBEX: OrganizationId = OrganizationId::new(3);

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

pub(crate) fn organization(id: OrganizationId) -> Organization {
    let (slug, name, tenant) = match id {
        ACME => ("acme", "Acme Inc", None),
        ACME_CUSTOMER => ("acme-customer-1", "Acme Customer 1", Some(ACME)),
        _ => ("globex", "Globex", None),
    };
    Organization { id, slug: slug.into(), name: name.into(), tenant, status: OrganizationStatus::Active }
}

pub(crate) fn admin() -> Actor {
    Actor {
        user: Some(UserId::new(1)),
        organization: ACME,
        tenant: ACME,
        kind: ActorKind::Session,
        token: None,
        session: None,
        admin_of: BTreeSet::from([ACME]),
    }
}

pub(crate) fn plain_member() -> Actor {
    Actor { admin_of: BTreeSet::new(), ..admin() }
}

pub(crate) fn user(status: UserStatus) -> User {
    User {
        id: UserId::new(7),
        email: EmailAddress::parse("Jane@Example.com").expect("well formed"),
        username: None,
        profile: Profile::of_names("Jane", "Doe"),
        status,
        password_hash: (status == UserStatus::Active).then(|| PasswordHash::from_phc("old")),
        activated_at: (status == UserStatus::Active).then(now),
        address_proven_at: (status == UserStatus::Active).then(now),
        suspended_by: None,
        created_at: now(),
    }
}

pub(crate) fn newcomer() -> InviteeFacts {
    InviteeFacts { account: Account::New(UserId::new(7)), membership: None, pending: None }
}

pub(crate) fn invitation() -> Invitation {
    Invitation {
        id: InvitationId::new(Uuid::from_u128(1)),
        flow: FlowName::Muninx,
        organization: ACME,
        user: UserId::new(7),
        address: EmailAddress::parse("jane@example.com").expect("well formed"),
        inviter: None,
        signup_token: None,
        state: InvitationState::Pending,
        delivery: DeliveryState::Sent,
        created_at: now(),
        expires_at: now() + TimeDelta::days(7),
        closed_at: None,
    }
}

pub(crate) fn supplies() -> Supplies {
    Supplies {
        invitation: InvitationId::new(Uuid::from_u128(2)),
        mail: MailId::new(Uuid::from_u128(3)),
        secret: PlainSecret::from_entropy(SecretKind::Challenge, [1; 32]),
        is_chosen: false,
        expires_at: now() + TimeDelta::days(7),
        language: Locale::Es,
    }
}

pub(crate) fn key(organization: OrganizationId) -> ApiKey {
    ApiKey {
        username: "nightly".into(),
        digest: PlainSecret::from_caller("a secret").digest(),
        organization,
        maker: Some(UserId::new(7)),
        permissions: BTreeSet::new(),
        description: None,
        created_at: now(),
        expires_at: None,
    }
}

pub(crate) fn redemption(purpose: ChallengePurpose, status: UserStatus) -> RedemptionFacts {
    let invitation = invitation();
    RedemptionFacts {
        challenge: Challenge {
            digest: supplies().secret.digest(),
            purpose,
            invitation: invitation.id,
            user: invitation.user,
            is_chosen: false,
            created_at: now(),
            expires_at: invitation.expires_at,
            used_at: None,
            revoked_at: None,
        },
        user: user(status),
        organization: organization(ACME),
        estate: Estate::default(),
        invitation,
    }
}
