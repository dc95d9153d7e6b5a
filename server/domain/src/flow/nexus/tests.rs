//! Nexus's rules, case by case.

use chrono::TimeDelta;

use super::super::fixtures::{self, ACME, ACME_CUSTOMER, GLOBEX};
use super::super::{Account, Change};
use super::*;
use crate::actor::ActorKind;
use crate::invitation::{Invitation, InvitationState};
use crate::mail::Mail;
use crate::membership::Membership;
use crate::user::UserStatus;

fn command() -> InviteMember {
    InviteMember { email_address: "Jane@Example.com".into(), ..InviteMember::default() }
}

fn code(actor: &Actor, organization: Option<Organization>) -> Option<RefusalCode> {
    administrator(actor.clone(), organization).err().map(|refusal| refusal.code)
}

fn run(command: &InviteMember, invitee: InviteeFacts) -> Result<Plan, RefusalCode> {
    let acme = || Some(fixtures::organization(ACME));
    administrator(fixtures::admin(), acme())
        .and_then(|administrator| admit(&administrator, acme(), command))
        .and_then(|invite| plan(invite, None, invitee, fixtures::supplies(), fixtures::now()))
        .map_err(|refusal| refusal.code)
}

#[test]
fn organizations_of_other_tenants_do_not_exist() {
    assert_eq!(code(&fixtures::admin(), None), Some(RefusalCode::OrganizationNotFound));
    assert_eq!(code(&fixtures::admin(), Some(fixtures::organization(GLOBEX))), Some(RefusalCode::OrganizationNotFound));
}

#[test]
fn the_organization_that_is_administered_must_still_be_open() {
    let administrator = administrator(fixtures::admin(), Some(fixtures::organization(ACME))).expect("an admin");
    let locked = Organization { status: OrganizationStatus::Suspended, ..fixtures::organization(ACME) };
    for now in [None, Some(locked), Some(fixtures::organization(ACME_CUSTOMER))] {
        let refused = admit(&administrator, now, &command()).expect_err("not that one");
        assert_eq!(refused.code, RefusalCode::OrganizationNotFound);
    }
}

#[test]
fn admins_of_the_tenant_may_name_its_customer_organizations() {
    assert_eq!(code(&fixtures::admin(), Some(fixtures::organization(ACME_CUSTOMER))), None);
}

#[test]
fn plain_members_and_keys_without_user_write_are_not_allowed() {
    let acme = || Some(fixtures::organization(ACME));
    assert_eq!(code(&fixtures::plain_member(), acme()), Some(RefusalCode::NotAllowed));
    let key = |permissions| Actor {
        user: None,
        kind: ActorKind::ApiKey { id: "key".into(), permissions, maker: None },
        ..fixtures::plain_member()
    };
    assert_eq!(code(&key([].into()), acme()), Some(RefusalCode::NotAllowed));
    assert_eq!(code(&key([Permission::UserWrite].into()), acme()), None);
    assert_eq!(code(&key([Permission::UserWrite].into()), Some(fixtures::organization(ACME_CUSTOMER))), None);
    let of_customer = Actor { organization: ACME_CUSTOMER, ..key([Permission::UserWrite].into()) };
    assert_eq!(code(&of_customer, Some(fixtures::organization(ACME_CUSTOMER))), None);
    assert_eq!(code(&of_customer, acme()), Some(RefusalCode::NotAllowed), "the key of a customer ends at its door");
}

#[test]
fn the_display_name_falls_back_to_the_names_and_then_to_the_address() {
    let shown = |command: InviteMember| {
        let plan = run(&command, fixtures::newcomer()).expect("planned");
        match &plan.changes[0] {
            Change::AddUser(user) => user.profile.display_name.clone(),
            other => panic!("no user: {other:?}"),
        }
    };
    let named = InviteMember { given_name: Some("Jane".into()), family_name: Some("Doe".into()), ..command() };
    assert_eq!(shown(InviteMember { display_name: Some("JD".into()), ..named.clone() }), "JD");
    assert_eq!(shown(named), "Jane Doe");
    assert_eq!(shown(command()), "Jane@Example.com");
}

#[test]
fn a_live_member_is_a_conflict_also_with_make_admin() {
    let user = fixtures::user(UserStatus::Active);
    let membership = Membership::new(user.id, ACME, Grant::default(), fixtures::now());
    let invitee =
        InviteeFacts { account: Account::Existing(Box::new(user)), membership: Some(membership), pending: None };
    let command = InviteMember { make_admin: Some(true), ..command() };
    assert_eq!(run(&command, invitee).map(|_| ()), Err(RefusalCode::AlreadyMember));
}

#[test]
fn who_has_not_accepted_in_time_is_invited_anew() {
    let user = fixtures::user(UserStatus::Pending);
    let membership = Membership::new(user.id, ACME, Grant::default(), fixtures::now());
    let waiting = |expires_at| InviteeFacts {
        account: Account::Existing(Box::new(user.clone())),
        membership: Some(membership.clone()),
        pending: Some(Invitation { expires_at, ..fixtures::invitation() }),
    };
    let later = fixtures::now() + TimeDelta::milliseconds(1);
    assert_eq!(run(&command(), waiting(later)).map(drop), Err(RefusalCode::AlreadyMember), "it can still be accepted");
    let command = InviteMember { make_admin: Some(true), ..command() };
    let plan = run(&command, waiting(fixtures::now())).expect("planned");
    assert!(
        matches!(
            &plan.changes[..],
            [
                Change::ChangeMembership(Membership { grant: Grant { is_admin: true, .. }, .. }),
                Change::CloseInvitation { state: InvitationState::Expired, .. },
                Change::RevokeChallenges { .. },
                Change::WithdrawMails { .. },
                Change::AddInvitation(_),
                Change::AddChallenge(_),
            ]
        ),
        "{plan:?}"
    );
}

#[test]
fn newcomers_get_an_activation_mail_and_accounts_a_notice() {
    let newcomer = run(&command(), fixtures::newcomer()).expect("planned");
    assert!(matches!(newcomer.mails[0].mail, Mail::Activation { .. }));
    let account = Account::Existing(Box::new(fixtures::user(UserStatus::Active)));
    let existing = run(&command(), InviteeFacts { account, membership: None, pending: None }).expect("planned");
    assert!(matches!(existing.mails[0].mail, Mail::AddedNotice { .. }));
    assert!(!existing.changes.iter().any(|change| matches!(change, Change::AddUser(_) | Change::ActivateUser { .. })));
}
