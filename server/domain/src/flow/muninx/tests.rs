//! MuninX's rules, case by case.

use super::super::fixtures::{self, ACME, ACME_CUSTOMER, GLOBEX};
use super::*;
use crate::mail::Mail;

fn command(user_type: UserType, agent_type: Option<AgentType>) -> InviteUser {
    InviteUser {
        email: "jane@example.com".into(),
        name: "Jane".into(),
        last_name: "Doe".into(),
        user_type,
        agent_type,
        organization: Some("acme-customer-1".into()),
        challenge: None,
    }
}

fn facts(named: Option<Organization>) -> InviteFacts {
    let newcomer = fixtures::newcomer();
    InviteFacts {
        tenant: fixtures::organization(ACME),
        named,
        inviter: None,
        account: newcomer.account,
        membership: None,
        is_awaited: false,
        challenge_taken: false,
        pending: None,
    }
}

fn acme_admin() -> Administrator {
    administrator(fixtures::admin()).expect("an admin")
}

fn run(command: InviteUser, facts: InviteFacts) -> Result<Plan, RefusalCode> {
    admit(command)
        .and_then(|invite| plan(&acme_admin(), invite, facts, fixtures::supplies(), fixtures::now()))
        .map_err(|refusal| refusal.code)
}

fn destination_of(plan: &Plan) -> Option<OrganizationId> {
    plan.changes.iter().find_map(|change| match change {
        Change::AddMembership(membership) => Some(membership.organization),
        _ => None,
    })
}

use crate::ids::OrganizationId;

#[test]
fn only_admins_of_the_tenant_may_invite() {
    let refused = administrator(fixtures::plain_member()).expect_err("a plain member");
    assert_eq!(refused.code, RefusalCode::NotAllowed);
    let customer_admin = Actor { admin_of: [ACME_CUSTOMER].into(), organization: ACME_CUSTOMER, ..fixtures::admin() };
    assert!(administrator(customer_admin).is_err());
}

#[test]
fn programs_own_no_personal_tokens() {
    let program = Actor { user: None, ..fixtures::admin() };
    assert_eq!(owner(&program).expect_err("a program").code, RefusalCode::NotAllowed);
    assert_eq!(Some(owner(&fixtures::plain_member()).expect("a person").user()), fixtures::plain_member().user);
}

#[test]
fn agent_type_is_needed_for_agents_and_forbidden_for_customers() {
    let agent = |agent_type| run(command(UserType::Agent, agent_type), facts(None)).map(|_| ());
    assert_eq!(agent(None), Err(RefusalCode::AgentTypeRequired));
    assert_eq!(agent(Some(AgentType::AiAutonomous)), Ok(()));
    let customer = run(command(UserType::Customer, Some(AgentType::Human)), facts(None)).map(|_| ());
    assert_eq!(customer, Err(RefusalCode::AgentTypeForbidden));
}

#[test]
fn admins_and_agents_go_to_the_tenant_and_customers_where_they_are_named() {
    let named = Some(fixtures::organization(ACME_CUSTOMER));
    let admin = run(command(UserType::Admin, Some(AgentType::Human)), facts(named.clone())).expect("planned");
    assert_eq!(destination_of(&admin), Some(ACME));
    let customer = run(command(UserType::Customer, None), facts(named)).expect("planned");
    assert_eq!(destination_of(&customer), Some(ACME_CUSTOMER));
    let unnamed = InviteUser { organization: None, ..command(UserType::Customer, None) };
    assert_eq!(destination_of(&run(unnamed, facts(None)).expect("planned")), Some(ACME));
}

#[test]
fn organizations_of_other_tenants_are_unknown() {
    for named in [None, Some(fixtures::organization(GLOBEX))] {
        let refused = run(command(UserType::Customer, None), facts(named)).map(|_| ());
        assert_eq!(refused, Err(RefusalCode::UnknownOrganization));
    }
}

#[test]
fn an_address_with_an_account_is_taken() {
    let outcome = |status, is_awaited| {
        let account = Account::Existing(Box::new(fixtures::user(status)));
        let named = Some(fixtures::organization(ACME_CUSTOMER));
        run(command(UserType::Customer, None), InviteFacts { account, is_awaited, ..facts(named) })
    };
    let cases = [(UserStatus::Active, false), (UserStatus::Suspended, false), (UserStatus::Pending, true)];
    for (status, is_awaited) in cases {
        assert_eq!(outcome(status, is_awaited).map(drop), Err(RefusalCode::EmailTaken), "{status:?} {is_awaited}");
    }
    let plan = outcome(UserStatus::Pending, false).expect("nobody has it");
    assert!(matches!(plan.changes[..2], [Change::UpdateProfile { .. }, Change::AddMembership(_)]), "{plan:?}");
}

#[test]
fn an_address_whose_invitations_came_to_nothing_is_invited_as_if_it_were_new() {
    let user = fixtures::user(UserStatus::Pending);
    let removed = Membership {
        deleted_at: Some(fixtures::now()),
        ..Membership::new(user.id, ACME_CUSTOMER, Grant::default(), fixtures::now())
    };
    let facts = InviteFacts {
        account: Account::Existing(Box::new(user)),
        membership: Some(removed),
        ..facts(Some(fixtures::organization(ACME_CUSTOMER)))
    };
    let plan = run(InviteUser { name: "Joan".into(), ..command(UserType::Customer, None) }, facts).expect("planned");
    let [Change::UpdateProfile { profile, .. }, Change::ReviveMembership(revived), ..] = &plan.changes[..] else {
        panic!("{plan:?}")
    };
    assert_eq!(profile.display_name, "Joan Doe");
    assert_eq!(revived.grant, Grant::muninx(UserType::Customer, None));
    let Mail::Activation { invitee, .. } = &plan.mails[0].mail else { panic!("{plan:?}") };
    assert_eq!(invitee.as_deref(), Some("Joan Doe"));
}

#[test]
fn a_challenge_of_the_caller_becomes_the_challenge() {
    let challenge = |text: &str| InviteUser {
        challenge: Some(PlainSecret::from_caller(text)),
        organization: None,
        ..command(UserType::Customer, None)
    };
    let plan = run(challenge("a-challenge-of-mine"), facts(None)).expect("planned");
    let Some(Mail::Activation { challenge: sent, .. }) = plan.mails.first().map(|mail| &mail.mail) else {
        panic!("no activation mail: {plan:?}")
    };
    assert_eq!(sent.expose(), "a-challenge-of-mine");
    assert_eq!(run(challenge("fifteen-letters"), facts(None)).map(|_| ()), Err(RefusalCode::InvalidValue));
    let taken = InviteFacts { challenge_taken: true, ..facts(None) };
    assert_eq!(run(challenge("a-challenge-of-mine"), taken.clone()).map(|_| ()), Err(RefusalCode::InvalidValue));
    let account = Account::Existing(Box::new(fixtures::user(UserStatus::Active)));
    let refused = run(challenge("a-challenge-of-mine"), InviteFacts { account, ..taken }).map(|_| ());
    assert_eq!(refused, Err(RefusalCode::EmailTaken), "who invites nobody is told of no challenge");
}

#[test]
fn names_with_links_or_controls_are_refused_under_their_wire_name() {
    let bad = InviteUser { last_name: "evil.com".into(), ..command(UserType::Customer, None) };
    let refused = admit(bad).expect_err("a link");
    assert_eq!((refused.code, refused.field), (RefusalCode::InvalidValue, Some("last-name")));
}

#[test]
fn sending_again_rotates_the_challenge_and_extends_the_invitation() {
    let facts = ResendFacts {
        user: Some(fixtures::user(UserStatus::Pending)),
        pending: Some((fixtures::invitation(), fixtures::organization(ACME))),
        inviter: None,
    };
    let plan = plan_resend(&acme_admin(), facts, fixtures::supplies(), fixtures::now()).expect("planned");
    assert!(matches!(
        plan.changes[..],
        [
            Change::ReissueInvitation { .. },
            Change::RevokeChallenges { .. },
            Change::WithdrawMails { .. },
            Change::AddChallenge(_)
        ]
    ));
    assert_eq!(plan.mails.len(), 1);
}

#[test]
fn only_pending_users_get_their_mail_again() {
    let code = |user| {
        let facts = ResendFacts { user, pending: None, inviter: None };
        plan_resend(&acme_admin(), facts, fixtures::supplies(), fixtures::now()).expect_err("refused").code
    };
    assert_eq!(code(None), RefusalCode::UserNotFound);
    assert_eq!(code(Some(fixtures::user(UserStatus::Active))), RefusalCode::UserNotPending);
    let locked = Organization { status: OrganizationStatus::Suspended, ..fixtures::organization(ACME) };
    let facts = ResendFacts {
        user: Some(fixtures::user(UserStatus::Pending)),
        pending: Some((fixtures::invitation(), locked)),
        inviter: None,
    };
    let refused = plan_resend(&acme_admin(), facts, fixtures::supplies(), fixtures::now()).expect_err("a dead link");
    assert_eq!(refused.code, RefusalCode::UserNotPending);
}
