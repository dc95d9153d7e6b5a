//! `organization`: the tenants and their customer organizations.

use clap::Subcommand;
use invite_domain::ids::OrganizationId;
use invite_domain::organization::{Organization, OrganizationStatus};
use serde_json::{Value, json};

use super::failure::Failure;
use super::operator::{self, Common, Database, Page};
use super::output::{Output, Table};

#[derive(Subcommand)]
pub(super) enum OrganizationCommand {
    /// List the organizations of all tenants
    List {
        /// Those whose number is higher
        #[arg(long, value_name = "NUMBER")]
        after: Option<i32>,
        #[command(flatten)]
        page: Page,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Make a tenant, or a customer organization of one
    Add {
        /// Its name in paths: lower-case letters, digits and hyphens
        slug: String,
        /// Its name for people
        #[arg(long)]
        name: String,
        /// The tenant that it belongs to, by slug or number; none: it is a tenant itself
        #[arg(long, value_name = "ORGANIZATION")]
        tenant: Option<String>,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Lock an organization: nobody signs in to it, and its credentials are dead
    Suspend {
        /// Slug or number
        organization: String,
        #[command(flatten)]
        common: Box<Common>,
    },
    /// Unlock an organization
    Resume {
        /// Slug or number
        organization: String,
        #[command(flatten)]
        common: Box<Common>,
    },
}

/// Runs a subcommand.
///
/// # Errors
///
/// When it cannot be done.
pub(super) fn run(command: OrganizationCommand) -> Result<(), Failure> {
    match command {
        OrganizationCommand::List { after, page, common } => operator::run(*common, Database::Existing, async |app| {
            let found = app.operator_organizations(after.map(OrganizationId::new), page.limit).await?;
            let next = found.last().map(|last| format!("--after {}", last.id));
            Ok(table(&found).page(page.limit, || next))
        }),
        OrganizationCommand::Add { slug, name, tenant, common } => operator::run(*common, Database::New, async |app| {
            let tenant = match &tenant {
                Some(tenant) => Some(app.operator_organization(tenant).await?),
                None => None,
            };
            let made = app.operator_add_organization(&slug, &name, tenant.as_ref()).await?;
            Ok(Output::One(table(&[made])))
        }),
        OrganizationCommand::Suspend { organization, common } => {
            set_status(&organization, *common, OrganizationStatus::Suspended)
        }
        OrganizationCommand::Resume { organization, common } => {
            set_status(&organization, *common, OrganizationStatus::Active)
        }
    }
}

fn set_status(organization: &str, common: Common, status: OrganizationStatus) -> Result<(), Failure> {
    operator::run(common, Database::Existing, async |app| {
        let organization = app.operator_organization(organization).await?;
        let changed = app.operator_set_organization_status(organization.id, status).await?;
        Ok(Output::One(table(&[changed])))
    })
}

fn table(organizations: &[Organization]) -> Table {
    Table::new(&["id", "slug", "name", "tenant", "status"], organizations.iter().map(row))
}

fn row(organization: &Organization) -> Vec<Value> {
    vec![
        json!(organization.id.get()),
        json!(organization.slug),
        json!(organization.name),
        json!(organization.tenant.map(OrganizationId::get)),
        json!(organization.status.as_str()),
    ]
}
