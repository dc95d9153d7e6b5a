//! What a use case gets to know of its request: where it comes from, and its idempotency key.

use dropshot::RequestContext;
use invite_domain::actor::{Actor, Administrator, Owner};
use invite_domain::event::{Origin, Performer};
use invite_domain::secret::PlainSecret;
use serde::Serialize;
use uuid::Uuid;

use super::context::{Context, client};
use super::error::Problem;
use crate::app::{self, Call, KeyedRequest};

/// A request that takes no idempotency key.
pub(super) fn call(request: &RequestContext<Context>) -> Call {
    Call::new(origin(request))
}

/// A request that may carry an idempotency key, which counts for `holder`, this operation, path and body.
pub(super) fn keyed(
    request: &RequestContext<Context>,
    holder: &impl Principal,
    key: Option<&str>,
    body: &impl Serialize,
) -> Result<Call, Problem> {
    let Some(key) = key else { return Ok(call(request)) };
    let target = request.request.uri().path_and_query().map_or("", |target| target.as_str());
    // What was read, written down again: the same for every order of members and with members that nobody knows.
    let body = serde_json::to_string(body).map_err(app::Error::internal)?;
    let keyed = KeyedRequest {
        key,
        operation: &request.endpoint.operation_id,
        principal: &holder.principal(),
        content: &format!("{target}\n{body}"),
    };
    Ok(request.context().app.keyed_call(origin(request), &keyed)?)
}

fn origin(request: &RequestContext<Context>) -> Origin {
    Origin { request: Uuid::parse_str(&request.request_id).ok(), address: Some(client(request)) }
}

/// Whoever an idempotency key belongs to: two of them can use the same key for different things.
pub(super) trait Principal {
    /// A name that nobody else has.
    fn principal(&self) -> String;
}

impl Principal for Actor {
    fn principal(&self) -> String {
        let performer = Performer::from(self);
        // The organization of the credential: there one person, and any admin key, asks for something else with the same words.
        format!("{} {} {} {}", self.tenant, self.organization, performer.kind(), performer.id().unwrap_or_default())
    }
}

impl Principal for Administrator {
    fn principal(&self) -> String {
        self.actor().principal()
    }
}

impl Principal for Owner {
    fn principal(&self) -> String {
        format!("{} user {}", self.organization(), self.user())
    }
}

/// Whoever holds a secret. The name never leaves the process but as a keyed hash.
impl Principal for PlainSecret {
    fn principal(&self) -> String {
        format!("secret {}", self.expose())
    }
}

#[cfg(test)]
mod tests {
    use invite_domain::actor::ActorKind;
    use invite_domain::ids::{OrganizationId, UserId};

    use super::*;

    #[test]
    fn one_person_is_another_principal_in_another_organization_and_so_is_an_admin_key() {
        let actor = |organization, kind, user: Option<i64>| Actor {
            user: user.map(UserId::new),
            organization: OrganizationId::new(organization),
            tenant: OrganizationId::new(1),
            kind,
            token: None,
            session: None,
            admin_of: [].into(),
        };
        for (kind, user) in [(ActorKind::Session, Some(7)), (ActorKind::UnleashAdmin, None)] {
            let [here, there] = [1, 2].map(|organization| actor(organization, kind.clone(), user).principal());
            assert_ne!(here, there);
            assert_eq!(here, actor(1, kind, user).principal());
        }
    }
}
