//! The metrics, on a listener of their own: who may scrape them is not who may call the API.

use dropshot::{ApiDescription, ApiDescriptionRegisterError, Body, HttpError, RequestContext, endpoint};
use http::{HeaderValue, Response, header};

use crate::headers;
use crate::metrics::{MEDIA_TYPE, Metrics};

/// The one thing that the listener answers.
///
/// # Errors
/// dropshot refuses it: a defect.
pub(crate) fn description() -> Result<ApiDescription<Metrics>, ApiDescriptionRegisterError> {
    let mut description = ApiDescription::new();
    description.register(metrics)?;
    Ok(description)
}

/// Everything that is measured.
#[endpoint { method = GET, path = "/metrics", unpublished = true }]
async fn metrics(rqctx: RequestContext<Metrics>) -> Result<Response<Body>, HttpError> {
    let failed = |error: String| HttpError::for_internal_error(error);
    let text = rqctx.context().text().await.map_err(|error| failed(error.to_string()))?;
    let mut response = Response::new(text.into());
    *response.headers_mut() = headers::data();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(response)
}
