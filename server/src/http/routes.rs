//! What is no operation and no page: 404 or 405, with the headers of every answer.
//!
//! dropshot's router answers these by itself and without them. The one hook that is asked before it is the one that chooses a
//! version of the API, so that hook looks up the route first and refuses in the router's own words. There is one version, and a
//! request that gets past the hook has a route.

use std::fmt;

use dropshot::semver::Version;
use dropshot::{
    ApiDescription, Body, DynamicVersionPolicy, ErrorStatusCode, HttpError, Method, ServerContext, VersionPolicy,
};
use http::Request;
use invite_api::reply::common_headers;

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
        (self.0)(request.method(), request.uri().path()).map_err(protected)?;
        Ok(VERSION)
    }
}

/// The hook for a server that serves exactly what is described.
pub(crate) fn policy<C: ServerContext>(description: ApiDescription<C>) -> VersionPolicy {
    let router = description.into_router();
    let find = move |method: &Method, path: &str| {
        let found = router.lookup_route(method, path.into(), Some(&VERSION));
        found.map(drop).map_err(nowhere)
    };
    VersionPolicy::Dynamic(Box::new(Routes(find)))
}

/// A path that the router cannot read, of letters that are none or with dots that lead upwards, leads nowhere like any other that
/// is not described.
fn nowhere(error: HttpError) -> HttpError {
    if error.status_code != ErrorStatusCode::BAD_REQUEST {
        return error;
    }
    HttpError::for_not_found(None, error.internal_message)
}

/// An error of dropshot with the headers of every answer beside its own.
pub(crate) fn protected(mut error: HttpError) -> HttpError {
    error.headers_mut().extend(common_headers());
    error
}
