//! What is no operation and no page: 404 or 405, with the headers of every answer.
//!
//! dropshot's router answers these by itself and without them. The one hook that is asked before it is the one that chooses a
//! version of the API, so that hook looks up the route first and refuses in the router's own words. There is one version, and a
//! request that gets past the hook has a route. Operations of the document are told without the router, whose answer is thrown away.

use std::fmt;

use dropshot::semver::Version;
use dropshot::{ApiDescription, Body, DynamicVersionPolicy, HttpError, Method, VersionPolicy};
use http::Request;
use invite_api::reply::common_headers;
use invite_api::security::Operation;

use super::Context;

/// The only version that there is.
const VERSION: Version = Version::new(1, 0, 0);

/// A look-up of the routes, with the router's error where there is none.
struct Routes<F>(F);

impl<F> fmt::Debug for Routes<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}

impl<F: Fn(&Method, &str) -> Result<(), HttpError> + Send + Sync> DynamicVersionPolicy for Routes<F> {
    fn request_extract_version(&self, request: &Request<Body>, _log: &slog::Logger) -> Result<Version, HttpError> {
        let (method, path) = (request.method(), request.uri().path());
        if !is_operation(method, path) {
            (self.0)(method, path).map_err(protected)?;
        }
        Ok(VERSION)
    }
}

/// Whether a request is for an operation, as far as that can be said without decoding: the router knows better.
fn is_operation(method: &Method, path: &str) -> bool {
    let mut operations = Operation::ALL.iter().filter(|operation| operation.method() == method.as_str());
    !path.contains('%') && operations.any(|operation| fits(operation.path(), path))
}

fn fits(template: &str, path: &str) -> bool {
    // As the router sees it, empty segments are none.
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let is_fit = template.split('/').skip(1).all(|wanted| match segments.next() {
        None | Some("." | "..") => false,
        Some(segment) => wanted.starts_with('{') || wanted == segment,
    });
    is_fit && segments.next().is_none()
}

/// The hook for a server that serves exactly what is described.
pub(crate) fn policy(description: ApiDescription<Context>) -> VersionPolicy {
    let router = description.into_router();
    let find = move |method: &Method, path: &str| router.lookup_route(method, path.into(), Some(&VERSION)).map(drop);
    VersionPolicy::Dynamic(Box::new(Routes(find)))
}

/// An error of dropshot with the headers of every answer beside its own.
pub(crate) fn protected(mut error: HttpError) -> HttpError {
    error.headers_mut().extend(common_headers());
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_told_by_method_and_segments() {
        for (method, path, is) in [
            (Method::POST, "/users", true),
            (Method::POST, "//users/", true),
            (Method::DELETE, "/users", false),
            (Method::POST, "/user", false),
            (Method::POST, "/users/a/b", false),
            (Method::GET, "/invite/t/validate", true),
            (Method::GET, "/invite/../validate", false),
            (Method::GET, "/invite//validate", false),
            (Method::GET, "/invite/%74/validate", false),
            (Method::GET, "/docs", false),
            (Method::GET, "/", false),
        ] {
            assert_eq!(is_operation(&method, path), is, "{method} {path}");
        }
    }
}
