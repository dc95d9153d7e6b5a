//! Kare's rules, case by case.

use chrono::TimeDelta;

use super::super::fixtures::{self, ACME};
use super::*;
use crate::flow::Change;
use crate::invitation::InvitationState;
use crate::mail::Mail;
use crate::refusal::RefusalCode;
use crate::user::{PasswordHash, UserStatus};

fn command() -> InviteUser {
    let permissions = KarePermissions { group: 0, read: vec![1], manage: Vec::new() };
    InviteUser { first_name: "Jane".into(), last_name: "Doe".into(), email: "jane@example.com".into(), permissions }
}

fn run(invitee: InviteeFacts) -> Result<(Plan, Membership), RefusalCode> {
    let facts = InviteFacts { organization: fixtures::organization(ACME), inviter: None, invitee };
    administrator(fixtures::admin())
        .and_then(|administrator| admit(&administrator, command()))
        .and_then(|invite| plan(invite, facts, fixtures::supplies(), fixtures::now()))
        .map_err(|refusal| refusal.code)
}

fn membership() -> Membership {
    let user = fixtures::user(UserStatus::Active);
    Membership::new(user.id, ACME, Grant::default(), fixtures::now() - TimeDelta::days(9))
}

fn existing(status: UserStatus, membership: Option<Membership>) -> InviteeFacts {
    InviteeFacts { account: Account::Existing(Box::new(fixtures::user(status))), membership, pending: None }
}

#[test]
fn invitees_are_plain_members_and_may_not_invite_in_turn() {
    let (_, membership) = run(fixtures::newcomer()).expect("planned");
    assert!(!membership.grant.is_admin);
    let refused = administrator(fixtures::plain_member()).expect_err("a plain member");
    assert_eq!(refused.code, RefusalCode::NotAllowed);
}

#[test]
fn an_unknown_address_gets_a_pending_account_and_a_token() {
    let (plan, _) = run(fixtures::newcomer()).expect("planned");
    assert!(matches!(&plan.changes[0], Change::AddUser(user) if user.status == UserStatus::Pending));
    assert!(matches!(plan.mails[0].mail, Mail::KareInvitation { .. }));
}

#[test]
fn an_active_account_is_only_told() {
    let (plan, _) = run(existing(UserStatus::Active, None)).expect("planned");
    assert!(matches!(
        &plan.changes[..],
        [Change::AddMembership(_), Change::AddInvitation(invitation)] if invitation.state == InvitationState::Accepted
    ));
    assert!(matches!(plan.mails[0].mail, Mail::AddedNotice { .. }));
}

#[test]
fn a_pending_account_gets_an_invitation_of_its_own() {
    let (plan, _) = run(existing(UserStatus::Pending, None)).expect("planned");
    assert!(matches!(plan.changes[..], [Change::AddMembership(_), Change::AddInvitation(_), Change::AddChallenge(_)]));
    assert!(matches!(plan.mails[0].mail, Mail::KareInvitation { .. }));
}

#[test]
fn a_live_member_is_a_conflict_and_a_removed_one_is_revived() {
    assert_eq!(run(existing(UserStatus::Active, Some(membership()))).map(|_| ()), Err(RefusalCode::AlreadyMember));
    let removed = Membership { deleted_at: Some(fixtures::now()), ..membership() };
    let created_at = removed.created_at;
    let (plan, answer) = run(existing(UserStatus::Active, Some(removed))).expect("planned");
    assert!(matches!(&plan.changes[0], Change::ReviveMembership(revived) if *revived == answer && revived.is_live()));
    assert_eq!(answer.created_at, created_at);
}

#[test]
fn an_older_invitation_of_the_address_is_closed_with_its_challenge() {
    let removed = Membership { deleted_at: Some(fixtures::now()), ..membership() };
    let invitee =
        InviteeFacts { pending: Some(fixtures::invitation()), ..existing(UserStatus::Pending, Some(removed)) };
    let (plan, _) = run(invitee).expect("planned");
    let closed = plan
        .changes
        .iter()
        .any(|change| matches!(change, Change::CloseInvitation { state: InvitationState::Revoked, .. }));
    let dead = plan.changes.iter().any(|change| matches!(change, Change::RevokeChallenges { .. }));
    assert!(closed && dead);
}

fn acceptance(email: &str) -> AdmittedAcceptance {
    acceptance_in(email, Some("fr")).expect("well formed")
}

fn acceptance_in(email: &str, lang: Option<&str>) -> Result<AdmittedAcceptance, Refusal> {
    let command = AcceptInvitation {
        invitation_token: PlainSecret::from_caller("inv_x"),
        email: email.into(),
        password: PlainSecret::from_caller("violet ladder seldom"),
        first_name: "Jane".into(),
        last_name: "Roe".into(),
        phone: "+33 1 23 45 67 89".into(),
        lang: lang.map(Into::into),
    };
    admit_acceptance(command)
}

#[test]
fn somebody_who_accepts_without_a_language_keeps_the_one_of_the_invitation() {
    let mut facts = fixtures::redemption(ChallengePurpose::KareInvitation, UserStatus::Pending);
    facts.user.profile.locale = Locale::Es;
    for (lang, expected) in [(None, Locale::Es), (Some("de"), Locale::De)] {
        let acceptance = acceptance_in("jane@example.com", lang).expect("well formed");
        let plan = plan_acceptance(acceptance, &facts, Some(PasswordHash::from_phc("hash")), fixtures::now());
        let profile = plan.changes.iter().find_map(|change| match change {
            Change::ActivateUser { profile, .. } => profile.as_ref(),
            _ => None,
        });
        assert_eq!(profile.map(|profile| profile.locale), Some(expected));
    }
    // The vendor's document has three languages; that mails are written in a fourth does not change it.
    for lang in ["es", "EN", ""] {
        assert_eq!(
            acceptance_in("jane@example.com", Some(lang)).map(|_| ()).expect_err("refused").code,
            RefusalCode::InvalidValue
        );
    }
}

#[test]
fn a_token_accepts_only_for_the_invited_address() {
    let facts = fixtures::redemption(ChallengePurpose::KareInvitation, UserStatus::Pending);
    let check =
        |email| check_acceptance(&acceptance(email), Some(&facts), fixtures::now()).map_err(|refusal| refusal.code);
    assert_eq!(check("JANE@example.com"), Ok(PasswordDuty::Set));
    assert_eq!(check("john@example.com"), Err(RefusalCode::SecretUnknown));
}

#[test]
fn an_activation_challenge_does_not_open_the_kare_door() {
    let facts = fixtures::redemption(ChallengePurpose::Activation, UserStatus::Pending);
    let refused =
        check_acceptance(&acceptance("jane@example.com"), Some(&facts), fixtures::now()).expect_err("refused");
    assert_eq!(refused.code, RefusalCode::SecretUnknown);
}

#[test]
fn an_active_account_must_give_its_own_password_and_keeps_everything() {
    let facts = fixtures::redemption(ChallengePurpose::KareInvitation, UserStatus::Active);
    let acceptance = acceptance("jane@example.com");
    assert_eq!(check_acceptance(&acceptance, Some(&facts), fixtures::now()), Ok(PasswordDuty::Keep));
    let plan = plan_acceptance(acceptance, &facts, None, fixtures::now());
    assert!(!plan.changes.iter().any(|change| matches!(change, Change::ActivateUser { .. })));
}
