//! For load balancers and supervisors.

use invite_api::responses::{LivenessResponse, ReadinessResponse};
use invite_api::types;

use super::context::Request;
use super::error::Problem;

const OK: types::HealthStatus = types::HealthStatus { status: types::HealthStatusStatus::Ok };

/// The process answers. It does not touch the database: a slow database must not get the process killed.
pub(super) async fn liveness(_request: Request) -> Result<LivenessResponse, Problem> {
    Ok(LivenessResponse::Ok(OK))
}

/// The process can serve: the database answers.
pub(super) async fn readiness(request: Request) -> Result<ReadinessResponse, Problem> {
    request.app().ready().await?;
    Ok(ReadinessResponse::Ok(OK))
}
