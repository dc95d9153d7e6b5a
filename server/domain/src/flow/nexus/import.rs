//! Imports of Nexus: many invites as one job.
//!
//! 1. The job is accepted with all its rows, or not at all; none of them is looked at yet.
//! 2. Each row is an invite by the rules of a single one ([`super::admit`], [`super::plan`]). What is refused is the result
//!    of the row. A row whose address an earlier one was done with is a duplicate.
//! 3. The job stops when whoever made it may no longer invite, or the organization is locked.

use chrono::{DateTime, Utc};

use super::super::{Change, Plan};
use super::InviteMember;
use crate::actor::{Actor, Administrator};
use crate::email_address::EmailAddress;
use crate::event::{EventKind, NewEvent, Origin, Performer, Subject};
use crate::ids::{ImportId, MailId, UserId};
use crate::import::{Import, ImportState, NewImport, RowFault, RowOutcome, RowResult, StopReason, Tally};
use crate::invitation::InvitationState;
use crate::limit::TOO_MANY_REQUESTS;
use crate::mail::{Mail, MailEnvelope, NewMail};
use crate::organization::{Organization, OrganizationStatus};
use crate::refusal::{Refusal, RefusalCode};
use crate::user::{User, UserStatus};

/// The body of an import.
#[derive(Debug, Clone)]
pub struct ImportMembers {
    /// `id`.
    pub reference: String,
    /// `importFilename`.
    pub filename: String,
    /// `organizationId`.
    pub organization: u32,
    /// `importingUserId`.
    pub importing_user: String,
    /// `newMembers`.
    pub rows: Vec<InviteMember>,
}

/// What is known before an import is accepted.
#[derive(Debug, Clone)]
pub struct ImportFacts {
    /// The organization of the path.
    pub organization: Option<Organization>,
    /// Whether it has an import of this name.
    pub is_taken: bool,
    /// Who is to be told of the end.
    pub notified: Option<UserId>,
}

/// The rule of looking at imports: whoever may make one in its organization, locked or not.
///
/// # Errors
/// `import_not_found`, `not_allowed`.
pub fn viewer(actor: Actor, organization: Option<Organization>) -> Result<Administrator, Refusal> {
    let organization = organization
        .filter(|organization| actor.sees(organization))
        .ok_or_else(|| Refusal::new(RefusalCode::ImportNotFound, "there is no such import"))?;
    super::administrator(actor, Some(Organization { status: OrganizationStatus::Active, ..organization }))
}

/// Plans accepting an import.
///
/// # Errors
/// `organization_not_found`, `invalid_value`, `import_exists`.
pub fn plan(
    administrator: &Administrator,
    command: ImportMembers,
    facts: ImportFacts,
    id: ImportId,
    origin: Origin,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    let organization = super::existing(administrator.actor(), facts.organization)?;
    if i64::from(command.organization) != i64::from(organization.id.get()) {
        return Err(Refusal::invalid("organizationId", "the body names another organization than the path"));
    }
    let reference = super::super::label("id", &command.reference)?;
    let filename = super::super::label("importFilename", &command.filename)?;
    if facts.is_taken {
        let detail = "the organization has an import with this id; choose another one";
        return Err(Refusal::of_field(RefusalCode::ImportExists, "id", detail));
    }
    let by = Performer::from(administrator.actor());
    let event = NewEvent::new(EventKind::ImportStarted, organization.id, by.clone(), Subject::Import(id));
    let import = Import {
        id,
        reference,
        organization: organization.id,
        filename,
        by,
        notified: facts.notified,
        origin,
        state: ImportState::Running,
        reason: None,
        total: u32::try_from(command.rows.len()).unwrap_or(u32::MAX),
        tally: Tally::default(),
        created_at: now,
        ended_at: None,
    };
    let change = Change::AddImport(NewImport { import, rows: command.rows });
    Ok(Plan { changes: vec![change], events: vec![event], ..Plan::default() })
}

/// The right of whoever made an import, at this moment.
///
/// # Errors
/// The reason to stop.
pub fn standing(
    actor: Option<Actor>,
    organization: Option<Organization>,
    tenant: Option<&Organization>,
) -> Result<(Administrator, Organization), StopReason> {
    let is_open = |organization: &Organization| organization.status == OrganizationStatus::Active;
    let organization = organization.filter(is_open).ok_or(StopReason::OrganizationNotFound)?;
    if !tenant.is_some_and(is_open) {
        return Err(StopReason::OrganizationNotFound);
    }
    let administrator = actor
        .and_then(|actor| super::administrator(actor, Some(organization.clone())).ok())
        .ok_or(StopReason::NotAllowed)?;
    Ok((administrator, organization))
}

/// What becomes of a row whose invite is planned, or refused.
#[must_use]
pub fn outcome(address: &EmailAddress, planned: &Result<Plan, Refusal>) -> RowOutcome {
    let done = |result, user| RowOutcome { result, user, address: Some(address.clone()), fault: None };
    match planned {
        Ok(plan) => {
            let invitation = plan.invitation();
            let is_asked = invitation.is_some_and(|invitation| invitation.state == InvitationState::Pending);
            let result = if is_asked { RowResult::Invited } else { RowResult::Added };
            done(result, invitation.map(|invitation| invitation.user))
        }
        Err(refusal) if refusal.code == RefusalCode::AlreadyMember => done(RowResult::AlreadyMember, None),
        Err(refusal) => invalid(refusal.clone()),
    }
}

/// A row that is refused before its address is known.
#[must_use]
pub fn invalid(refusal: Refusal) -> RowOutcome {
    RowOutcome { result: RowResult::Invalid, user: None, address: None, fault: Some(refusal.into()) }
}

/// A row whose recipient gets no more mails for now.
#[must_use]
pub fn held_back(address: EmailAddress, seconds: u32) -> RowOutcome {
    let detail = format!("too many mails to this recipient; one more may go out in {seconds} s");
    let fault = RowFault { reason: TOO_MANY_REQUESTS.to_owned(), detail, field: Some("emailAddress".to_owned()) };
    RowOutcome { result: RowResult::Invalid, user: None, address: Some(address), fault: Some(fault) }
}

/// A row whose address an earlier one has.
#[must_use]
pub const fn duplicate() -> RowOutcome {
    RowOutcome { result: RowResult::Duplicate, user: None, address: None, fault: None }
}

/// Plans the end of an import whose rows are all done; its maker is told, if the mailbox is known to be theirs.
#[must_use]
pub fn plan_finish(
    import: &Import,
    organization: &Organization,
    notified: Option<&User>,
    mail: MailId,
    now: DateTime<Utc>,
) -> Plan {
    let mut plan = end(import, ImportState::Finished, None, now);
    if let Some(user) = notified.filter(|user| user.status == UserStatus::Active && user.is_proven()) {
        plan.mails.push(NewMail {
            id: mail,
            invitation: None,
            envelope: MailEnvelope { to: user.email.clone(), locale: user.profile.locale },
            mail: Mail::ImportFinished {
                recipient: user.profile.shown_in_mail(),
                organization: organization.name.clone(),
                import: Some(import.id),
                tally: import.tally,
            },
        });
    }
    plan
}

/// Plans the early end of an import. Nobody is told: whoever made it has lost the right to know.
#[must_use]
pub fn plan_stop(import: &Import, reason: StopReason, now: DateTime<Utc>) -> Plan {
    end(import, ImportState::Stopped, Some(reason), now)
}

fn end(import: &Import, state: ImportState, reason: Option<StopReason>, now: DateTime<Utc>) -> Plan {
    let kind = match state {
        ImportState::Stopped => EventKind::ImportStopped,
        ImportState::Running | ImportState::Finished => EventKind::ImportFinished,
    };
    let event = NewEvent::new(kind, import.organization, Performer::System, Subject::Import(import.id));
    let change = Change::EndImport { id: import.id, state, reason, at: now };
    Plan { changes: vec![change], events: vec![event], ..Plan::default() }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::super::fixtures::{self, ACME, ACME_CUSTOMER, GLOBEX};
    use super::*;

    fn command() -> ImportMembers {
        ImportMembers {
            reference: "spring".into(),
            filename: "people.csv".into(),
            organization: 1,
            importing_user: "1".into(),
            rows: vec![InviteMember { email_address: "nobody".into(), ..InviteMember::default() }],
        }
    }

    fn run(command: ImportMembers, is_taken: bool) -> Result<Plan, Refusal> {
        let acme = || Some(fixtures::organization(ACME));
        let administrator = super::super::administrator(fixtures::admin(), acme())?;
        let facts = ImportFacts { organization: acme(), is_taken, notified: None };
        plan(&administrator, command, facts, ImportId::new(Uuid::nil()), Origin::default(), fixtures::now())
    }

    #[test]
    fn an_import_is_accepted_whatever_its_rows_say() {
        let plan = run(command(), false).expect("planned");
        assert!(matches!(&plan.changes[..], [Change::AddImport(new)] if new.import.total == 1));
    }

    #[test]
    fn another_organization_in_the_body_and_a_name_that_was_used_are_refused() {
        let elsewhere = ImportMembers { organization: 2, ..command() };
        assert_eq!(run(elsewhere, false).expect_err("refused").field, Some("organizationId"));
        assert_eq!(run(command(), true).expect_err("refused").code, RefusalCode::ImportExists);
    }

    #[test]
    fn imports_of_other_tenants_do_not_exist_and_plain_members_see_none() {
        let code = |actor, organization| viewer(actor, organization).err().map(|refusal| refusal.code);
        for hidden in [None, Some(fixtures::organization(GLOBEX))] {
            assert_eq!(code(fixtures::admin(), hidden), Some(RefusalCode::ImportNotFound));
        }
        let locked = Organization { status: OrganizationStatus::Suspended, ..fixtures::organization(ACME_CUSTOMER) };
        assert_eq!(code(fixtures::plain_member(), Some(locked.clone())), Some(RefusalCode::NotAllowed));
        assert_eq!(code(fixtures::admin(), Some(locked)), None, "how it ended can be seen");
    }

    #[test]
    fn an_import_stops_with_the_right_of_its_maker_and_with_its_organization() {
        let acme = || fixtures::organization(ACME);
        let locked = Organization { status: OrganizationStatus::Suspended, ..acme() };
        let reason = |actor, organization, tenant: Organization| standing(actor, organization, Some(&tenant)).err();
        assert_eq!(reason(Some(fixtures::admin()), Some(acme()), acme()), None);
        assert_eq!(reason(None, Some(acme()), acme()), Some(StopReason::NotAllowed));
        assert_eq!(reason(Some(fixtures::plain_member()), Some(acme()), acme()), Some(StopReason::NotAllowed));
        for (organization, tenant) in
            [(None, acme()), (Some(locked.clone()), acme()), (Some(fixtures::organization(ACME_CUSTOMER)), locked)]
        {
            let stopped = reason(Some(fixtures::admin()), organization, tenant);
            assert_eq!(stopped, Some(StopReason::OrganizationNotFound));
        }
    }
}
