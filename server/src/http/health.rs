//! For load balancers and supervisors.

use invite_api::responses::{LivenessResponse, ReadinessResponse};
use invite_api::types;

use super::Context;
use super::error::Problem;
use crate::app;
use crate::health::Fault;

const OK: types::HealthStatus = types::HealthStatus { status: types::HealthStatusStatus::Ok };

/// The process answers. It does not touch the database: a slow database must not get the process killed.
pub(super) const fn liveness() -> LivenessResponse {
    LivenessResponse::Ok(OK)
}

/// The process can serve: it is not about to stop, its workers work, and the database answers.
pub(crate) async fn readiness(context: &Context) -> Result<ReadinessResponse, Problem> {
    if let Some(fault) = context.health.fault() {
        if let Fault::Ended(worker) = fault {
            tracing::error!(worker, "a worker has ended by itself; restart the server");
        }
        return Err(app::Error::unready().into());
    }
    context.app.ready().await?;
    Ok(ReadinessResponse::Ok(OK))
}
