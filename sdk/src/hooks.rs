//! Where our requests differ from progenitor's: the target, the headers, the timeout.

use std::time::Duration;

use progenitor_client::{ClientHooks, Error, OperationInfo};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName};

use crate::generated::client::Client;

/// What one call adds to its request; travels inside progenitor's client.
#[derive(Clone, Debug)]
pub struct Context {
    /// Where the request goes, without a query.
    pub(crate) url: Url,
    /// Credentials, `Accept`, user agent, request id. Credentials are marked sensitive, so `Debug` hides them.
    pub(crate) headers: HeaderMap,
    /// Until the last byte of the answer.
    pub(crate) timeout: Duration,
}

/// Progenitor sends it on every request, although no document asks for it.
const API_VERSION: HeaderName = HeaderName::from_static("api-version");

impl ClientHooks<Context> for Client {
    async fn pre<E>(&self, request: &mut reqwest::Request, _: &OperationInfo) -> Result<(), Error<E>> {
        let Context { url, headers, timeout } = &self.inner;
        // Progenitor parsed its URL from text; ours was put together so that no value can change the operation.
        let query = request.url().query().map(str::to_owned);
        *request.url_mut() = url.clone();
        request.url_mut().set_query(query.as_deref());
        request.headers_mut().remove(API_VERSION);
        for (name, value) in headers {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        *request.timeout_mut() = Some(*timeout);
        Ok(())
    }
}
