//! What is served beside the operations: documentation, the document itself, and the pages behind mailed links.
//!
//! Every page is static. Secrets stand in the URL fragment, which never reaches a server; opening a page changes
//! nothing, only the POST that its script makes on the visitor's click does.

mod assets;

use bytes::Bytes;
use dropshot::{ApiDescription, ApiDescriptionRegisterError, Body, HttpError, Path, RequestContext, endpoint};
use http::{HeaderValue, Response, StatusCode, header};
use invite_api::reply::common_headers;
use invite_domain::limit::Neighbourhood;

use crate::app::Error;
use crate::gate::Place;
use crate::http::error::Problem;
use crate::http::routes::protected;
use crate::http::{Context, client, readiness};

const HTML: &str = "text/html; charset=utf-8";
/// Nothing but the page itself and calls back to this server; no text ever becomes markup or code.
const PEOPLE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
/// As [`PEOPLE_POLICY`], with the icon, which is a file there.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Adds the pages to the operations.
///
/// # Errors
/// A page's path collides with an operation's.
pub(crate) fn register(description: &mut ApiDescription<Context>) -> Result<(), ApiDescriptionRegisterError> {
    description.register(docs)?;
    description.register(openapi_yaml)?;
    description.register(openapi_json)?;
    description.register(activate_page)?;
    description.register(activate_page_head)?;
    description.register(new_user_page)?;
    description.register(new_user_page_head)?;
    description.register(asset)?;
    description.register(liveness_head)?;
    description.register(readiness_head)?;
    Ok(())
}

fn page(
    status: StatusCode,
    content_type: &'static str,
    policy: &'static str,
    body: impl Into<Body>,
) -> Result<Response<Body>, HttpError> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let mut headers = common_headers();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    *response.headers_mut() = headers;
    Ok(response)
}

fn html(policy: &'static str, body: impl Into<Body>) -> Result<Response<Body>, HttpError> {
    page(StatusCode::OK, HTML, policy, body)
}

/// A place among the requests at work. A page costs little, but is a request: nobody gets more of them than of others.
async fn admitted(context: &RequestContext<Context>) -> Result<Place, HttpError> {
    context.context().gate.enter(client(context)).await.map_err(|error| refused(context, error))
}

fn refused(context: &RequestContext<Context>, error: Error) -> HttpError {
    if let Error::Limited { kind, .. } = &error {
        context.context().metrics.limited(*kind);
        // As of operations. The path is left out: it may have a secret.
        let client = Neighbourhood::from(client(context)).to_string();
        tracing::info!(request_id = context.request_id, status = 429, client, "request");
    }
    protected(Problem::from(error).of_page())
}

/// A page behind a mailed or shared link. It is kept nowhere: its address may have a secret.
fn behind_link(body: &'static str) -> Result<Response<Body>, HttpError> {
    let mut page = html(PEOPLE_POLICY, body)?;
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(page)
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct DocsPath {
    path: Vec<String>,
}

/// The documentation of the API, and what a problem `type` leads to. Its links are relative, so its root ends in a slash.
#[endpoint { method = GET, path = "/docs/{path:.*}", unpublished = true }]
async fn docs(context: RequestContext<Context>, path: Path<DocsPath>) -> Result<Response<Body>, HttpError> {
    let _place = admitted(&context).await?;
    let path = path.into_inner().path.join("/");
    if path.is_empty() && !context.request.uri().path().ends_with('/') {
        let mut redirect = page(StatusCode::PERMANENT_REDIRECT, HTML, DOCS_POLICY, Body::empty())?;
        redirect.headers_mut().insert(header::LOCATION, HeaderValue::from_static("docs/"));
        return Ok(redirect);
    }
    match invite_docs::find(&path) {
        Some(found) => page(StatusCode::OK, found.content_type, DOCS_POLICY, Bytes::from_static(found.bytes)),
        None => page(StatusCode::NOT_FOUND, HTML, DOCS_POLICY, invite_docs::missing(&path)),
    }
}

/// The canonical document, as written.
#[endpoint { method = GET, path = "/openapi.yaml", unpublished = true }]
async fn openapi_yaml(context: RequestContext<Context>) -> Result<Response<Body>, HttpError> {
    let _place = admitted(&context).await?;
    page(StatusCode::OK, "application/yaml", PEOPLE_POLICY, assets::OPENAPI_YAML)
}

/// The canonical document as JSON.
#[endpoint { method = GET, path = "/openapi.json", unpublished = true }]
async fn openapi_json(context: RequestContext<Context>) -> Result<Response<Body>, HttpError> {
    let _place = admitted(&context).await?;
    page(StatusCode::OK, "application/json", PEOPLE_POLICY, assets::OPENAPI_JSON)
}

/// The page behind the link of an activation mail.
#[endpoint { method = GET, path = "/activate", unpublished = true }]
async fn activate_page(context: RequestContext<Context>) -> Result<Response<Body>, HttpError> {
    let _place = admitted(&context).await?;
    behind_link(assets::ACTIVATE_HTML)
}

/// The same for programs that only look whether a link leads somewhere; hyper leaves the body out.
#[endpoint { method = HEAD, path = "/activate", unpublished = true }]
async fn activate_page_head(context: RequestContext<Context>) -> Result<Response<Body>, HttpError> {
    let _place = admitted(&context).await?;
    behind_link(assets::ACTIVATE_HTML)
}

/// The page behind a signup link.
#[endpoint { method = GET, path = "/new-user", unpublished = true }]
async fn new_user_page(context: RequestContext<Context>) -> Result<Response<Body>, HttpError> {
    let _place = admitted(&context).await?;
    behind_link(assets::NEW_USER_HTML)
}

/// As [`activate_page_head`].
#[endpoint { method = HEAD, path = "/new-user", unpublished = true }]
async fn new_user_page_head(context: RequestContext<Context>) -> Result<Response<Body>, HttpError> {
    let _place = admitted(&context).await?;
    behind_link(assets::NEW_USER_HTML)
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct AssetPath {
    name: String,
}

/// Scripts and styles of the pages.
#[endpoint { method = GET, path = "/assets/{name}", unpublished = true }]
async fn asset(context: RequestContext<Context>, path: Path<AssetPath>) -> Result<Response<Body>, HttpError> {
    let _place = admitted(&context).await?;
    match assets::find(&path.into_inner().name) {
        Some((content_type, body)) => page(StatusCode::OK, content_type, PEOPLE_POLICY, body),
        None => Err(protected(HttpError::for_not_found(None, "there is no such asset".to_owned()))),
    }
}

/// For monitors that ask without wanting a body.
#[endpoint { method = HEAD, path = "/health/live", unpublished = true }]
async fn liveness_head(context: RequestContext<Context>) -> Result<Response<Body>, HttpError> {
    let _place = probed(&context)?;
    Ok(health(StatusCode::OK))
}

/// As [`liveness_head`].
#[endpoint { method = HEAD, path = "/health/ready", unpublished = true }]
async fn readiness_head(context: RequestContext<Context>) -> Result<Response<Body>, HttpError> {
    let _place = probed(&context)?;
    let is_ready = readiness(context.context()).await.is_ok();
    Ok(health(if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }))
}

fn probed(context: &RequestContext<Context>) -> Result<Place, HttpError> {
    context.context().gate.probe(client(context)).map_err(|error| refused(context, error))
}

fn health(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    *response.headers_mut() = common_headers();
    response
}

#[cfg(test)]
mod tests {
    use invite_domain::refusal::RefusalCode;

    use crate::http::error::{TRANSPORT_CODES, refusal_title};

    /// Sent by Unleash operations only, whose errors have no `type`.
    const WITHOUT_TYPE: [RefusalCode; 3] =
        [RefusalCode::SignupTokenUnusable, RefusalCode::SignupTokenNotFound, RefusalCode::UsernameTaken];

    #[test]
    fn every_code_that_is_sent_as_a_type_has_a_page_with_its_title() {
        let refusals = RefusalCode::ALL.iter().filter(|code| !WITHOUT_TYPE.contains(code));
        let refusals = refusals.map(|code| (code.as_str(), refusal_title(*code)));
        for (code, title) in refusals.chain(TRANSPORT_CODES) {
            let page = invite_docs::find(&format!("problems/{code}")).unwrap_or_else(|| panic!("{code} has no page"));
            let html = std::str::from_utf8(page.bytes).expect("UTF-8");
            assert!(html.contains(&format!("<h1>{title}</h1>")), "{code} is not titled {title}");
        }
    }
}
