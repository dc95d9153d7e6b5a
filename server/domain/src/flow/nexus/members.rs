//! Members of an organization of Nexus: taking the role of an administrator away.
//!
//! 1. The user must be a live member of the organization.
//! 2. Who is no administrator stays as they are.
//! 3. A tenant keeps its last active administrator; those of a customer organization can be made anew by its tenant's.

use chrono::{DateTime, Utc};

use super::super::{Change, Plan};
use crate::actor::Administrator;
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::membership::Membership;
use crate::organization::Organization;
use crate::refusal::{Refusal, RefusalCode};

/// What is known about a member before a role is taken away.
#[derive(Debug, Clone)]
pub struct MemberFacts {
    /// The organization that is administered.
    pub organization: Option<Organization>,
    /// The user's membership in it, live or removed.
    pub membership: Option<Membership>,
    /// How many active administrators it has beside the user.
    pub other_administrators: i64,
}

/// Plans taking the role of an administrator away. Without it nothing changes.
///
/// # Errors
/// `organization_not_found`, `user_not_found`, `last_administrator`.
pub fn plan_demotion(administrator: &Administrator, facts: MemberFacts, now: DateTime<Utc>) -> Result<Plan, Refusal> {
    let organization = super::existing(administrator.actor(), facts.organization)?;
    let membership = facts
        .membership
        .filter(Membership::is_live)
        .ok_or_else(|| Refusal::new(RefusalCode::UserNotFound, "the organization has no such member"))?;
    if !membership.grant.is_admin {
        return Ok(Plan::default());
    }
    if organization.tenant.is_none() && facts.other_administrators == 0 {
        let detail = "nobody could give the role back; make somebody else an administrator before";
        return Err(Refusal::new(RefusalCode::LastAdministrator, detail));
    }
    let user = membership.user;
    let by = Performer::from(administrator.actor());
    let event = NewEvent::new(EventKind::MembershipRoleRemoved, organization.id, by, Subject::User(user));
    let grant = membership.grant.without_administration();
    let change = Change::ChangeMembership(Membership { grant, updated_at: now, ..membership });
    Ok(Plan { changes: vec![change], events: vec![event], ..Plan::default() })
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{self, ACME, ACME_CUSTOMER};
    use super::*;
    use crate::ids::{OrganizationId, UserId};
    use crate::membership::{AgentType, Grant, UserType};

    fn run(organization: OrganizationId, grant: Grant, other_administrators: i64) -> Result<Plan, RefusalCode> {
        let organization = fixtures::organization(organization);
        let membership = Membership::new(UserId::new(9), organization.id, grant, fixtures::now());
        let administrator =
            super::super::administrator(fixtures::admin(), Some(organization.clone())).expect("an admin");
        let facts =
            MemberFacts { organization: Some(organization), membership: Some(membership), other_administrators };
        plan_demotion(&administrator, facts, fixtures::now()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_demoted_admin_is_none_in_any_flow_and_stays_a_member() {
        let grant = Grant::muninx(UserType::Admin, Some(AgentType::Human));
        let plan = run(ACME, grant, 1).expect("planned");
        let [Change::ChangeMembership(membership)] = &plan.changes[..] else { panic!("{plan:?}") };
        assert!(membership.is_live() && !membership.grant.is_admin);
        assert_eq!(membership.grant, Grant::muninx(UserType::Agent, Some(AgentType::Human)));
    }

    #[test]
    fn a_tenant_keeps_its_last_admin_and_a_customer_organization_does_not() {
        let admin = || Grant::nexus(true, false);
        assert_eq!(run(ACME, admin(), 0).err(), Some(RefusalCode::LastAdministrator));
        assert!(run(ACME_CUSTOMER, admin(), 0).is_ok());
        assert!(run(ACME, Grant::nexus(false, false), 0).expect("planned").changes.is_empty(), "nothing to take away");
    }
}
