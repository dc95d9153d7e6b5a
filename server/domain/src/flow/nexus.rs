//! Nexus: an organization admin, or a program with `user.write`, makes an address a member.
//!
//! Programs act in the organization of their key and, if it is a tenant, in its customer organizations. Inviting:
//!
//! 1. An organization of another tenant does not exist.
//! 2. A plain member may not invite.
//! 3. A known address gets a membership and a notice, an unknown one a pending account and an activation mail.
//! 4. A live member is a conflict, also with `makeAdmin`: inviting adds, it does not promote. Who has not accepted in time is
//!    invited anew.

pub mod import;
pub mod keys;
pub mod members;

use chrono::{DateTime, Utc};

use super::{FlowName, InviteeFacts, Offer, Plan, Supplies, purpose_of};
use crate::actor::{Actor, Administrator};
use crate::credential::Permission;
use crate::email_address::EmailAddress;
use crate::event::Performer;
use crate::mail::Locale;
use crate::membership::Grant;
use crate::organization::{Organization, OrganizationStatus};
use crate::refusal::{Refusal, RefusalCode};
use crate::user::{Profile, User};

/// The longest given or family name, in characters.
const MAX_PART_CHARS: usize = 100;

/// The body of an invite. Null and absent are the same.
#[derive(Debug, Clone, Default)]
pub struct InviteMember {
    /// `emailAddress`.
    pub email_address: String,
    /// `displayName`.
    pub display_name: Option<String>,
    /// `familyName`.
    pub family_name: Option<String>,
    /// `givenName`.
    pub given_name: Option<String>,
    /// `isMfaDisabled`: follows its name.
    pub is_mfa_disabled: Option<bool>,
    /// `makeAdmin`.
    pub make_admin: Option<bool>,
}

/// An invite that may go on to the facts about its invitee.
#[derive(Debug, Clone)]
pub struct AdmittedInvite {
    /// The invited address.
    pub address: EmailAddress,
    /// Where to.
    pub organization: Organization,
    by: Performer,
    profile: Profile,
    grant: Grant,
}

/// The rule of managing members: admins of the organization, and programs with `user.write`, if they see it at all.
///
/// # Errors
/// `organization_not_found`, `not_allowed`.
pub fn administrator(actor: Actor, organization: Option<Organization>) -> Result<Administrator, Refusal> {
    let organization = existing(&actor, organization)?;
    let is_program = actor.has_permission(Permission::UserWrite) && actor.acts_in(&organization);
    if !actor.administers(&organization) && !is_program {
        return Err(Refusal::not_allowed("this takes an organization admin or an API key of it with user.write"));
    }
    Ok(Administrator::proven(actor, organization.id))
}

/// The organization, if it is there for the actor. It may have been locked since the last look.
fn existing(actor: &Actor, organization: Option<Organization>) -> Result<Organization, Refusal> {
    organization
        .filter(|organization| actor.sees(organization) && organization.status == OrganizationStatus::Active)
        .ok_or_else(|| Refusal::new(RefusalCode::OrganizationNotFound, "there is no such organization"))
}

/// Checks of an invite what needs no facts but the organization that is administered.
///
/// # Errors
/// `organization_not_found`, `invalid_value`.
pub fn admit(
    administrator: &Administrator,
    organization: Option<Organization>,
    command: &InviteMember,
) -> Result<AdmittedInvite, Refusal> {
    let organization = organization.filter(|organization| organization.id == administrator.organization());
    let organization = existing(administrator.actor(), organization)?;
    let address = super::address("emailAddress", &command.email_address)?;
    let profile = profile(&address, command)?;
    let grant = Grant::nexus(command.make_admin.unwrap_or(false), command.is_mfa_disabled.unwrap_or(false));
    let by = Performer::from(administrator.actor());
    Ok(AdmittedInvite { address, organization, by, profile, grant })
}

/// Plans an invite.
///
/// # Errors
/// `already_member`.
pub fn plan(
    invite: AdmittedInvite,
    inviter: Option<&User>,
    invitee: InviteeFacts,
    supplies: Supplies,
    now: DateTime<Utc>,
) -> Result<Plan, Refusal> {
    if invitee.is_member(now) {
        return Err(super::already_member());
    }
    let offer = Offer {
        flow: FlowName::Nexus,
        organization: &invite.organization,
        inviter,
        by: invite.by,
        address: invite.address,
        profile: invite.profile,
        grant: invite.grant,
        purpose: purpose_of(FlowName::Nexus),
    };
    Ok(offer.plan(invitee, supplies, now))
}

/// The display name is what was given, else given and family name, else the address. An empty string says nothing, as
/// null does: no schema of this flow asks for a length.
fn profile(address: &EmailAddress, command: &InviteMember) -> Result<Profile, Refusal> {
    let display_name = optional_name("displayName", command.display_name.as_deref())?;
    let given_name = optional_part("givenName", command.given_name.as_deref())?;
    let family_name = optional_part("familyName", command.family_name.as_deref())?;
    let parts: Vec<&str> = [given_name.as_deref(), family_name.as_deref()].into_iter().flatten().collect();
    let display_name = match display_name {
        Some(display_name) => display_name,
        None if parts.is_empty() => address.original().to_owned(),
        None => parts.join(" "),
    };
    Ok(Profile { display_name, given_name, family_name, phone: None, locale: Locale::default() })
}

fn optional_name(field: &'static str, text: Option<&str>) -> Result<Option<String>, Refusal> {
    text.filter(|text| !text.is_empty()).map(|text| super::name(field, text)).transpose()
}

fn optional_part(field: &'static str, text: Option<&str>) -> Result<Option<String>, Refusal> {
    if text.is_some_and(|text| text.chars().count() > MAX_PART_CHARS) {
        return Err(Refusal::invalid(field, "the name has at most 100 characters"));
    }
    optional_name(field, text)
}

#[cfg(test)]
mod tests;
