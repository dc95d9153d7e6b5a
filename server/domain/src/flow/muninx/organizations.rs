//! Customer organizations of MuninX: an admin makes one within the tenant.
//!
//! 1. Only admins of the tenant may; the organization is active at once.
//! 2. A slug belongs to one organization of the whole system, because it is the key of an organization in other requests.
//! 3. A domain belongs to one customer organization of a tenant; there are at most five each.

use std::collections::BTreeSet;

use super::super::{Change, Plan, label};
use crate::actor::Administrator;
use crate::event::{EventKind, NewEvent, Performer, Subject};
use crate::ids::OrganizationId;
use crate::names;
use crate::organization::{Organization, OrganizationDetails, OrganizationStatus};
use crate::refusal::{Refusal, RefusalCode};

/// How many domains an organization can have.
const MAX_DOMAINS: usize = 5;

/// The body of a creation.
#[derive(Debug, Clone)]
pub struct CreateOrganization {
    /// `id`: the slug.
    pub slug: String,
    /// `display-name`.
    pub name: String,
    /// `domains`, in whatever letter case.
    pub domains: Vec<String>,
    /// `external-ref`.
    pub external_ref: Option<String>,
    /// `notes`.
    pub notes: Option<String>,
}

/// A creation that may go on to the facts.
#[derive(Debug, Clone)]
pub struct AdmittedOrganization {
    /// The slug to look up.
    pub slug: String,
    /// What is written down, with the domains to look up in lower case.
    pub details: OrganizationDetails,
    name: String,
}

/// What a creation needs to know.
#[derive(Debug, Clone, Copy)]
pub struct CreationFacts {
    /// A number for the organization.
    pub id: OrganizationId,
    /// Whether an organization of any tenant has the slug.
    pub is_slug_taken: bool,
    /// Whether another organization of the tenant has one of the domains.
    pub is_domain_taken: bool,
}

/// Checks of a creation what needs no facts.
///
/// # Errors
/// `invalid_value`.
pub fn admit(command: CreateOrganization) -> Result<AdmittedOrganization, Refusal> {
    let CreateOrganization { slug, name, domains, external_ref, notes } = command;
    names::check_name(&name).map_err(|problem| Refusal::invalid("display-name", problem.to_string()))?;
    let domains: Vec<String> = domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
    if domains.iter().collect::<BTreeSet<_>>().len() < domains.len() {
        return Err(Refusal::invalid("domains", "a domain is there twice: name each once"));
    }
    if domains.len() > MAX_DOMAINS {
        return Err(Refusal::invalid("domains", "an organization has at most 5 domains"));
    }
    let external_ref = external_ref.map(|text| label("external-ref", &text)).transpose()?;
    Ok(AdmittedOrganization { slug, name, details: OrganizationDetails { domains, external_ref, notes } })
}

/// Plans a creation; the organization is returned too.
///
/// # Errors
/// `organization_taken`, `domain_taken`.
pub fn plan(
    administrator: &Administrator,
    admitted: AdmittedOrganization,
    facts: CreationFacts,
) -> Result<(Plan, Organization), Refusal> {
    if facts.is_slug_taken {
        let detail = "another organization has this id; choose another one";
        return Err(Refusal::of_field(RefusalCode::OrganizationTaken, "id", detail));
    }
    if facts.is_domain_taken {
        let detail = "another customer organization of the tenant has one of these domains";
        return Err(Refusal::of_field(RefusalCode::DomainTaken, "domains", detail));
    }
    let (id, tenant) = (facts.id, administrator.organization());
    let AdmittedOrganization { slug, name, details } = admitted;
    let organization = Organization { id, slug, name, tenant: Some(tenant), status: OrganizationStatus::Active };
    let by = Performer::from(administrator.actor());
    let changes =
        vec![Change::AddOrganization(organization.clone()), Change::DescribeOrganization { id, tenant, details }];
    let event = NewEvent::new(EventKind::OrganizationCreated, id, by, Subject::Organization(id));
    Ok((Plan { changes, events: vec![event], ..Plan::default() }, organization))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{self, ACME};
    use super::*;

    fn command(domains: &[&str]) -> CreateOrganization {
        CreateOrganization {
            slug: "acme-customer-2".into(),
            name: "Second Customer".into(),
            domains: domains.iter().map(|&domain| domain.to_owned()).collect(),
            external_ref: None,
            notes: None,
        }
    }

    fn field(command: CreateOrganization) -> Option<&'static str> {
        admit(command).expect_err("refused").field
    }

    #[test]
    fn an_organization_of_the_tenant_is_active_at_once() {
        let administrator = super::super::administrator(fixtures::admin()).expect("an admin");
        let facts = CreationFacts { id: OrganizationId::new(9), is_slug_taken: false, is_domain_taken: false };
        let run = |facts| plan(&administrator, admit(command(&["Customer.Example"])).expect("fine"), facts);
        let (plan, organization) = run(facts).expect("planned");
        assert_eq!((organization.tenant, organization.status), (Some(ACME), OrganizationStatus::Active));
        let [_, Change::DescribeOrganization { details, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
        assert_eq!(details.domains, ["customer.example"]);
        let code = |facts| run(facts).expect_err("taken").code;
        assert_eq!(code(CreationFacts { is_slug_taken: true, ..facts }), RefusalCode::OrganizationTaken);
        assert_eq!(code(CreationFacts { is_domain_taken: true, ..facts }), RefusalCode::DomainTaken);
    }

    #[test]
    fn five_domains_are_enough_and_each_is_there_once() {
        let many = ["a.example", "b.example", "c.example", "d.example", "e.example", "f.example"];
        assert!(admit(command(&many[..5])).is_ok());
        assert_eq!(field(command(&many)), Some("domains"));
        assert_eq!(field(command(&["a.example", "A.EXAMPLE"])), Some("domains"));
        assert_eq!(field(CreateOrganization { name: "see evil.com".into(), ..command(&[]) }), Some("display-name"));
        let hidden = CreateOrganization { external_ref: Some("a\u{202e}b".into()), ..command(&[]) };
        assert_eq!(field(hidden), Some("external-ref"));
    }
}
