//! Imports of many people: accepting one, and looking at it.

use dropshot::RequestContext;
use invite_api::params::{GetImportPath, GetImportQuery, NexusImportOrganizationMembersHeader};
use invite_api::responses::{GetImportResponse, NexusImportOrganizationMembersResponse};
use invite_api::security::op;
use invite_api::serve::Permit;
use invite_api::types;
use invite_api::validate::Described as _;
use invite_domain::actor::Administrator;
use invite_domain::flow::nexus::InviteMember;
use invite_domain::flow::nexus::import::ImportMembers;
use invite_domain::import::{Import, ImportRow, ImportState, RowResult, StopReason, Tally};
use invite_domain::refusal::Refusal;
use serde_json::json;

use super::Context;
use super::call::keyed;
use super::error::Problem;
use crate::app::App;
use crate::app::imports::ImportPage;

/// Rows of a page for which nothing is said.
const ROWS: i32 = 100;

pub(super) async fn import_organization_members(
    request: &RequestContext<Context>,
    administrator: Permit<op::NexusImportOrganizationMembers, Administrator>,
    header: NexusImportOrganizationMembersHeader,
    body: types::NexusImport,
) -> Result<NexusImportOrganizationMembersResponse, Problem> {
    let call = keyed(request, &*administrator, header.idempotency_key.as_deref(), &body)?;
    let app = &request.context().app;
    let command = ImportMembers {
        reference: body.id.into(),
        filename: body.import_filename.into(),
        organization: body.organization_id.get(),
        importing_user: body.importing_user_id.into(),
        rows: body.new_members.into_iter().map(row_command).collect(),
    };
    let id = app.once(&call, app.nexus_import_organization_members(&call, &administrator, command)).await?;
    Ok(NexusImportOrganizationMembersResponse::Accepted { location: format!("/imports/{id}") })
}

fn row_command(row: types::NexusImportMember) -> InviteMember {
    InviteMember {
        email_address: row.email_address.into(),
        display_name: row.display_name.map(kept),
        family_name: row.family_name.map(kept),
        given_name: row.given_name.map(kept),
        is_mfa_disabled: row.is_mfa_disabled,
        make_admin: row.make_admin,
    }
}

/// A name until its row is judged. The database keeps no NUL: another control stands for it, which is refused as well.
fn kept(name: impl Into<String>) -> String {
    name.into().replace('\0', "\u{1}")
}

/// Holds a row to the schema of the single invite. An empty member says nothing, as null does, and blanks around an address are
/// what is left of a table that somebody saved.
///
/// # Errors
/// `invalid_value`, for the first member at fault.
pub fn check_row(row: &InviteMember) -> Result<(), Refusal> {
    let names = [("displayName", &row.display_name), ("familyName", &row.family_name), ("givenName", &row.given_name)];
    let mut body = json!({ "emailAddress": row.email_address.trim() });
    for (field, name) in names {
        if let Some(name) = name.as_deref().filter(|name| !name.is_empty()) {
            body[field] = name.into();
        }
    }
    let Some(violation) = types::NexusInviteMember::validator().violations(&body).into_iter().next() else {
        return Ok(());
    };
    let at_fault = violation.field();
    let name = names.into_iter().map(|(field, _)| field).find(|field| at_fault.as_deref() == Some(*field));
    Err(Refusal::invalid(name.unwrap_or("emailAddress"), violation.detail))
}

pub(super) async fn get_import(
    app: &App,
    administrator: Permit<op::GetImport, Administrator>,
    path: GetImportPath,
    query: GetImportQuery,
) -> Result<GetImportResponse, Problem> {
    let limit = query.limit.unwrap_or(ROWS).unsigned_abs();
    let page = app.import(&administrator, path.id, query.cursor.as_deref(), limit).await?;
    Ok(GetImportResponse::Ok(page_view(page)))
}

fn page_view(page: ImportPage) -> types::Import {
    let ImportPage { import, rows, next } = page;
    let Import { id, reference, organization, filename, state, reason, total, tally, created_at, ended_at, .. } =
        import;
    types::Import {
        id: id.get(),
        reference,
        organization_id: organization.get(),
        filename,
        state: match state {
            ImportState::Running => types::ImportState::Running,
            ImportState::Finished => types::ImportState::Finished,
            ImportState::Stopped => types::ImportState::Stopped,
        },
        reason: reason.map(|reason| match reason {
            StopReason::NotAllowed => types::ImportReason::NotAllowed,
            StopReason::OrganizationNotFound => types::ImportReason::OrganizationNotFound,
        }),
        total: count(total),
        done: count(tally.done()),
        results: results(tally),
        created_at: created_at.into(),
        ended_at: ended_at.map(Into::into),
        items: rows.into_iter().map(|row| row_view(row, state)).collect(),
        next,
    }
}

fn results(tally: Tally) -> types::ImportResults {
    types::ImportResults {
        invited: count(tally.invited),
        added: count(tally.added),
        already_member: count(tally.already_member),
        duplicate: count(tally.duplicate),
        invalid: count(tally.invalid),
    }
}

fn row_view(row: ImportRow, state: ImportState) -> types::ImportRow {
    let (reason, detail, field) =
        row.fault.map_or((None, None, None), |fault| (Some(fault.reason), Some(fault.detail), fault.field));
    types::ImportRow {
        pointer: format!("/newMembers/{}", row.number),
        email_address: row.address,
        result: match (row.result, state) {
            (Some(RowResult::Invited), _) => types::ImportRowResult::Invited,
            (Some(RowResult::Added), _) => types::ImportRowResult::Added,
            (Some(RowResult::AlreadyMember), _) => types::ImportRowResult::AlreadyMember,
            (Some(RowResult::Duplicate), _) => types::ImportRowResult::Duplicate,
            (Some(RowResult::Invalid), _) => types::ImportRowResult::Invalid,
            (None, ImportState::Stopped) => types::ImportRowResult::Skipped,
            (None, ImportState::Running | ImportState::Finished) => types::ImportRowResult::Waiting,
        },
        user_id: row.user.map(|user| user.to_string()),
        reason,
        detail,
        field,
    }
}

/// A list has 10,000 rows at most.
fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(email_address: &str, display_name: Option<&str>) -> InviteMember {
        InviteMember {
            email_address: email_address.to_owned(),
            display_name: display_name.map(str::to_owned),
            family_name: None,
            given_name: None,
            is_mfa_disabled: None,
            make_admin: None,
        }
    }

    #[test]
    fn a_row_has_to_be_what_the_single_invite_takes() {
        for (address, name) in
            [("jane@example.com", None), ("jane@example.com", Some("Jane Doe")), ("  j@a.example ", Some(""))]
        {
            assert_eq!(check_row(&row(address, name)).ok(), Some(()), "{address} {name:?}");
        }
        for bait in ["Win 500 EUR: t.me/claim", "is.gd/abc", "evil.best", "evil.google", "кремль.рф", " "] {
            let refusal = check_row(&row("jane@example.com", Some(bait))).expect_err(bait);
            assert_eq!(refusal.field, Some("displayName"), "{bait}");
        }
        for address in ["victim@good.example．evil.example", "w＠x.example", "-a@-x-.example", "no address", ""] {
            assert_eq!(check_row(&row(address, None)).expect_err(address).field, Some("emailAddress"), "{address}");
        }
    }
}
