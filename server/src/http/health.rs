//! For load balancers and supervisors.

use invite_api::responses::{LivenessResponse, ReadinessResponse};
use invite_api::types;

use super::error::Problem;
use crate::app::App;

const OK: types::HealthStatus = types::HealthStatus { status: types::HealthStatusStatus::Ok };

/// The process answers. It does not touch the database: a slow database must not get the process killed.
pub(super) const fn liveness() -> LivenessResponse {
    LivenessResponse::Ok(OK)
}

/// The process can serve: the database answers.
pub(super) async fn readiness(app: &App) -> Result<ReadinessResponse, Problem> {
    app.ready().await?;
    Ok(ReadinessResponse::Ok(OK))
}
