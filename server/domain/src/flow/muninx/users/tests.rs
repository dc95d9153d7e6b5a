//! The rules of seeing and changing users, case by case.

use super::super::super::fixtures::{self, ACME, ACME_CUSTOMER, GLOBEX};
use super::*;
use crate::event::EventKind;
use crate::flow::{Change, Plan};
use crate::organization::OrganizationStatus;
use crate::user::{Estate, Profile};

const ADMIN: UserId = UserId::new(1);
const JANE: UserId = UserId::new(7);

fn admin() -> Member {
    member(fixtures::admin(), None).expect("a person")
}

fn agent() -> Grant {
    Grant::muninx(UserType::Agent, Some(AgentType::Human))
}

fn customer() -> Grant {
    Grant::muninx(UserType::Customer, None)
}

/// An active user with a grant in an organization, beside an admin of the tenant.
fn facts(grant: Grant, organization: OrganizationId) -> UpdateFacts {
    let membership = Membership::new(JANE, organization, grant, fixtures::now());
    UpdateFacts {
        user: fixtures::user(UserStatus::Active),
        in_tenant: (organization == ACME).then(|| membership.clone()),
        membership,
        tenant: fixtures::organization(ACME),
        named: None,
        in_named: None,
        is_invited: false,
        elsewhere: Elsewhere::Nothing,
        is_only_invited: false,
        estate: Estate { organizations: vec![organization], keys: Vec::new() },
        other_administrators: 1,
    }
}

fn run(command: &UpdateUser, facts: &UpdateFacts) -> Result<Plan, RefusalCode> {
    plan_update(&admin(), command, facts, fixtures::now()).map_err(|refusal| refusal.code)
}

fn grants(plan: &Plan) -> Vec<(OrganizationId, bool, &Grant)> {
    let written = |change| match change {
        &Change::ChangeMembership(ref it) | &Change::AddMembership(ref it) | &Change::ReviveMembership(ref it) => {
            Some((it.organization, it.is_live(), &it.grant))
        }
        _ => None,
    };
    plan.changes.iter().filter_map(written).collect()
}

fn kinds(plan: &Plan) -> Vec<EventKind> {
    plan.events.iter().map(|event| event.kind).collect()
}

fn logs(plan: &Plan) -> Vec<OrganizationId> {
    plan.events.iter().map(|event| event.organization).collect()
}

fn of_type(user_type: UserType, agent_type: Option<AgentType>) -> UpdateUser {
    UpdateUser { user_type: Some(user_type), agent_type, ..UpdateUser::default() }
}

#[test]
fn admins_and_agents_see_the_tenant_and_customers_themselves() {
    let plain = fixtures::plain_member;
    let sight = |actor, grant: Option<Grant>| {
        let membership = grant.map(|grant| Membership::new(ADMIN, ACME, grant, fixtures::now()));
        member(actor, membership.as_ref()).expect("a person").sight()
    };
    assert_eq!(sight(fixtures::admin(), None), Sight::Everybody(Realm::Tenant(ACME)));
    assert_eq!(sight(plain(), Some(agent())), Sight::Everybody(Realm::Tenant(ACME)));
    assert_eq!(sight(plain(), Some(customer())), Sight::Themselves);
    assert_eq!(sight(plain(), None), Sight::Themselves);
    let own = Actor { organization: ACME_CUSTOMER, admin_of: [ACME_CUSTOMER].into(), ..plain() };
    assert_eq!(sight(own, None), Sight::Everybody(Realm::Organization(ACME_CUSTOMER)));
    assert!(member(Actor { user: None, ..plain() }, None).is_err(), "a program is no member");
}

#[test]
fn whoever_sees_only_themselves_learns_of_nobody_else() {
    let customer = member(fixtures::plain_member(), None).expect("a person");
    assert_eq!(seen(&customer, None::<()>).expect_err("nobody").code, RefusalCode::NotAllowed);
    assert_eq!(seen(&admin(), None::<()>).expect_err("nobody").code, RefusalCode::UserNotFound);
}

#[test]
fn everybody_changes_their_own_names_and_nothing_else() {
    let names = UpdateUser { last_name: Some("Roe".into()), ..UpdateUser::default() };
    let jane = member(Actor { user: Some(JANE), ..fixtures::plain_member() }, None).expect("a person");
    let facts = facts(agent(), ACME);
    let plan = plan_update(&jane, &names, &facts, fixtures::now()).expect("her own");
    let [Change::UpdateProfile { profile, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
    assert_eq!((profile.display_name.as_str(), profile.given_name.as_deref()), ("Jane Roe", Some("Jane")));
    assert_eq!(kinds(&plan), [EventKind::UserUpdated]);
    let code = |member: &Member, command: &UpdateUser| {
        plan_update(member, command, &facts, fixtures::now()).expect_err("refused").code
    };
    let status = UpdateUser { status: Some(UserStatus::Active), ..names.clone() };
    assert_eq!(code(&jane, &status), RefusalCode::NotAllowed);
    let other = member(Actor { user: Some(UserId::new(8)), ..fixtures::plain_member() }, None).expect("a person");
    assert_eq!(code(&other, &names), RefusalCode::NotAllowed);
    assert_eq!(code(&other, &UpdateUser::default()), RefusalCode::NotAllowed, "not even nothing");
}

#[test]
fn what_is_so_already_is_left_alone() {
    let facts = facts(agent(), ACME);
    let same = UpdateUser {
        name: Some("Jane".into()),
        status: Some(UserStatus::Active),
        auto_assign_tickets: Some(false),
        ..of_type(UserType::Agent, Some(AgentType::Human))
    };
    for command in [UpdateUser::default(), same] {
        let plan = run(&command, &facts).expect("planned");
        assert!(plan.changes.is_empty() && plan.events.is_empty(), "{plan:?}");
    }
    let mut of_one_name = facts;
    of_one_name.user.profile =
        Profile { display_name: "Jane Doe".into(), given_name: None, family_name: None, ..of_one_name.user.profile };
    let as_shown = UpdateUser { name: Some("Jane Doe".into()), ..UpdateUser::default() };
    assert!(run(&as_shown, &of_one_name).expect("planned").changes.is_empty(), "what another flow has no parts of");
}

#[test]
fn a_customer_who_becomes_an_agent_moves_to_the_tenant() {
    let facts = facts(customer(), ACME_CUSTOMER);
    assert_eq!(run(&of_type(UserType::Agent, None), &facts).err(), Some(RefusalCode::AgentTypeRequired));
    let plan = run(&of_type(UserType::Agent, Some(AgentType::Human)), &facts).expect("planned");
    assert_eq!(grants(&plan), [(ACME_CUSTOMER, false, &customer()), (ACME, true, &agent())]);
    assert_eq!(plan.events[0].organization, ACME);
}

#[test]
fn an_agent_who_becomes_a_customer_loses_the_agent_type_and_stays() {
    let mut grant = agent();
    grant.muninx.as_mut().expect("touched").auto_assign_tickets = true;
    let facts = facts(grant, ACME);
    let plan = run(&of_type(UserType::Customer, None), &facts).expect("planned");
    assert_eq!(grants(&plan), [(ACME, true, &customer())]);
    let forbidden = of_type(UserType::Customer, Some(AgentType::Human));
    assert_eq!(run(&forbidden, &facts).err(), Some(RefusalCode::AgentTypeForbidden));
    let tickets = UpdateUser { auto_assign_tickets: Some(true), ..of_type(UserType::Customer, None) };
    assert_eq!(run(&tickets, &facts).err(), Some(RefusalCode::InvalidValue));
}

#[test]
fn customers_move_where_they_are_named_and_agents_nowhere() {
    let command = UpdateUser { organization: Some("anything".into()), ..UpdateUser::default() };
    let named = |grant, here, named: Option<OrganizationId>| UpdateFacts {
        named: named.map(fixtures::organization),
        ..facts(grant, here)
    };
    let plan = run(&command, &named(customer(), ACME, Some(ACME_CUSTOMER))).expect("planned");
    assert_eq!(grants(&plan), [(ACME, false, &customer()), (ACME_CUSTOMER, true, &customer())]);
    assert_eq!(logs(&plan), [ACME_CUSTOMER, ACME], "where she came to, and where she has left");
    for nowhere in [None, Some(GLOBEX)] {
        let refused = run(&command, &named(customer(), ACME, nowhere)).err();
        assert_eq!(refused, Some(RefusalCode::UnknownOrganization));
    }
    let plan = run(&command, &named(agent(), ACME, Some(ACME_CUSTOMER))).expect("planned");
    assert!(plan.changes.is_empty(), "{plan:?}");
    let mut suspended = named(customer(), ACME, Some(ACME_CUSTOMER));
    suspended.named.as_mut().expect("named").status = OrganizationStatus::Suspended;
    assert_eq!(run(&command, &suspended).err(), Some(RefusalCode::UnknownOrganization));
}

#[test]
fn a_move_revives_what_was_removed_and_stops_at_what_is_there() {
    let command = UpdateUser { organization: Some("acme-customer-1".into()), ..UpdateUser::default() };
    let there = |deleted_at| UpdateFacts {
        named: Some(fixtures::organization(ACME_CUSTOMER)),
        in_named: Some(Membership {
            deleted_at,
            ..Membership::new(JANE, ACME_CUSTOMER, Grant::nexus(true, false), fixtures::now())
        }),
        ..facts(customer(), ACME)
    };
    let plan = run(&command, &there(Some(fixtures::now()))).expect("planned");
    assert!(matches!(&plan.changes[1], Change::ReviveMembership(it) if it.grant == customer()), "{plan:?}");
    assert_eq!(run(&command, &there(None)).err(), Some(RefusalCode::AlreadyMember));
}

#[test]
fn a_member_of_another_flow_needs_a_type_first_and_keeps_the_rest() {
    let facts = facts(Grant::nexus(false, true), ACME);
    let only = UpdateUser { agent_type: Some(AgentType::Human), ..UpdateUser::default() };
    let moved = UpdateUser { organization: Some("acme-customer-1".into()), ..UpdateUser::default() };
    for command in [&only, &moved] {
        assert_eq!(run(command, &facts).err(), Some(RefusalCode::InvalidValue), "{command:?}");
    }
    let plan = run(&of_type(UserType::Admin, Some(AgentType::Human)), &facts).expect("planned");
    let [(ACME, true, grant)] = grants(&plan)[..] else { panic!("{plan:?}") };
    assert!(grant.is_admin && grant.nexus.is_some(), "{grant:?}");
}

#[test]
fn the_last_active_admin_is_neither_demoted_nor_locked_out() {
    let admin = Grant::muninx(UserType::Admin, Some(AgentType::Human));
    let alone = UpdateFacts { other_administrators: 0, ..facts(admin.clone(), ACME) };
    let locked = UpdateUser { status: Some(UserStatus::Suspended), ..UpdateUser::default() };
    for command in [&of_type(UserType::Agent, None), &of_type(UserType::Customer, None), &locked] {
        assert_eq!(run(command, &alone).err(), Some(RefusalCode::LastAdministrator), "{command:?}");
        assert!(run(command, &facts(admin.clone(), ACME)).is_ok(), "{command:?}");
    }
    let tickets = UpdateUser { auto_assign_tickets: Some(true), ..UpdateUser::default() };
    assert!(run(&tickets, &alone).is_ok(), "everything else changes");
    let asleep = UpdateFacts { user: fixtures::user(UserStatus::Pending), ..alone };
    assert!(run(&of_type(UserType::Agent, None), &asleep).is_ok(), "a pending admin was none of the active ones");
}

#[test]
fn a_suspended_user_comes_back_as_they_were() {
    let status = |status| UpdateUser { status: Some(status), ..UpdateUser::default() };
    let plan = run(&status(UserStatus::Suspended), &facts(agent(), ACME)).expect("planned");
    assert_eq!(kinds(&plan), [EventKind::UserSuspended]);
    for (activated_at, expected) in [(Some(fixtures::now()), UserStatus::Active), (None, UserStatus::Pending)] {
        let user = User { activated_at, suspended_by: Some(ACME), ..fixtures::user(UserStatus::Suspended) };
        let plan = run(&status(UserStatus::Active), &UpdateFacts { user, ..facts(agent(), ACME) }).expect("planned");
        assert!(matches!(plan.changes[..], [Change::SetUserStatus { status, .. }] if status == expected), "{plan:?}");
        assert_eq!(kinds(&plan), [EventKind::UserResumed]);
    }
}

#[test]
fn who_is_let_in_to_an_account_of_nobodys_needs_a_secret_from_the_mailbox_first() {
    let active = UpdateUser { status: Some(UserStatus::Active), ..UpdateUser::default() };
    let user = User {
        activated_at: Some(fixtures::now()),
        address_proven_at: None,
        suspended_by: Some(ACME),
        ..fixtures::user(UserStatus::Suspended)
    };
    let own = UpdateFacts { user, ..facts(agent(), ACME) };
    let plan = run(&active, &own).expect("planned");
    assert!(matches!(plan.changes[..], [Change::SetUserStatus { status: UserStatus::Active, .. }]), "{plan:?}");
    let estate = Estate { organizations: vec![ACME, GLOBEX], keys: vec![fixtures::key(ACME)] };
    let shared = UpdateFacts { elsewhere: Elsewhere::Member, estate, ..own };
    let plan = run(&active, &shared).expect("planned");
    assert_eq!(kinds(&plan), [EventKind::KeyRevoked, EventKind::UserResumed, EventKind::UserResumed]);
    assert_eq!(logs(&plan)[1..], [ACME, GLOBEX], "every organization concerned has it in its log");
    assert!(
        matches!(
            plan.changes[..],
            [
                Change::ForgetPassword { .. },
                Change::RevokeTokensOfUser { .. },
                Change::RevokeApiKey { .. },
                Change::SetUserStatus { status: UserStatus::Pending, suspended_by: None, .. }
            ]
        ),
        "{plan:?}"
    );
}

#[test]
fn a_pending_user_is_neither_let_in_nor_moved() {
    let pending = UpdateFacts { user: fixtures::user(UserStatus::Pending), ..facts(customer(), ACME_CUSTOMER) };
    let active = UpdateUser { status: Some(UserStatus::Active), ..UpdateUser::default() };
    for command in [&active, &of_type(UserType::Agent, Some(AgentType::Human))] {
        assert_eq!(run(command, &pending).err(), Some(RefusalCode::UserPending), "{command:?}");
    }
    let invited = UpdateFacts { is_invited: true, ..facts(customer(), ACME_CUSTOMER) };
    let moved = of_type(UserType::Agent, Some(AgentType::Human));
    assert_eq!(run(&moved, &invited).err(), Some(RefusalCode::UserPending), "active by another invitation");
    let locked = UpdateUser { status: Some(UserStatus::Suspended), name: Some("Joan".into()), ..UpdateUser::default() };
    assert_eq!(kinds(&run(&locked, &pending).expect("planned")), [EventKind::UserUpdated, EventKind::UserSuspended]);
}

#[test]
fn what_holds_for_all_tenants_is_no_single_tenants_to_change() {
    let shared = UpdateFacts { elsewhere: Elsewhere::Member, ..facts(agent(), ACME) };
    let names = UpdateUser { name: Some("Joan".into()), ..UpdateUser::default() };
    let status = UpdateUser { status: Some(UserStatus::Suspended), ..UpdateUser::default() };
    for command in [&names, &status] {
        assert_eq!(run(command, &shared).err(), Some(RefusalCode::UserShared), "{command:?}");
    }
    let woken = UpdateUser { status: Some(UserStatus::Active), ..UpdateUser::default() };
    let asleep = |at| User { address_proven_at: at, ..fixtures::user(UserStatus::Suspended) };
    let of_somebody = UpdateFacts { user: asleep(Some(fixtures::now())), ..shared.clone() };
    assert_eq!(run(&woken, &of_somebody).err(), Some(RefusalCode::UserShared));
    let of_nobody = UpdateFacts { user: asleep(None), ..shared.clone() };
    assert_eq!(run(&woken, &of_nobody).err(), Some(RefusalCode::UserShared), "also if nobody has proven the mailbox");
    let own = UpdateFacts { elsewhere: Elsewhere::Nothing, ..of_somebody.clone() };
    assert_eq!(
        run(&woken, &own).err(),
        Some(RefusalCode::UserShared),
        "the operator's lock, of a user of her own tenant"
    );
    let by = |tenant, facts: &UpdateFacts| {
        let user = User { suspended_by: Some(tenant), ..facts.user.clone() };
        run(&woken, &UpdateFacts { user, ..facts.clone() }).map(drop)
    };
    for facts in [&of_somebody, &of_nobody, &own] {
        assert_eq!(by(ACME, facts), Ok(()), "whoever has locked out lets in again");
        assert_eq!(by(GLOBEX, facts), Err(RefusalCode::UserShared));
    }
    assert!(run(&of_type(UserType::Customer, None), &shared).is_ok(), "the membership is the tenant's own");
    let invited = UpdateFacts { elsewhere: Elsewhere::Invited, ..shared.clone() };
    for command in [&names, &status] {
        assert!(run(command, &invited).is_ok(), "{command:?}: nobody's invitation keeps a tenant from its own members");
        let both = UpdateFacts { is_invited: true, ..invited.clone() };
        assert_eq!(run(command, &both).err(), Some(RefusalCode::UserShared), "{command:?}: invited by both");
    }
    let as_shown = UpdateUser { name: Some("Jane".into()), last_name: Some("Doe".into()), ..woken.clone() };
    assert!(run(&as_shown, &shared).is_ok(), "all of it is so already");
    let jane = member(Actor { user: Some(JANE), ..fixtures::plain_member() }, None).expect("a person");
    assert!(plan_update(&jane, &names, &shared, fixtures::now()).is_ok(), "the names are hers");
}

#[test]
fn names_are_checked_like_those_of_an_invite() {
    let bad = UpdateUser { last_name: Some("evil.com".into()), ..UpdateUser::default() };
    let refused = plan_update(&admin(), &bad, &facts(agent(), ACME), fixtures::now()).expect_err("a link");
    assert_eq!((refused.code, refused.field), (RefusalCode::InvalidValue, Some("last-name")));
}
