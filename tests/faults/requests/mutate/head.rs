//! Headers: credentials of somebody, a media type, and others with a strange text.

use contract_tests::vectors::RequestVector;
use contract_tests::world::{Headers, Tenant};
use invite_api::security::{Operation, Scheme};

use super::{PART, Source};

impl Source {
    pub(super) fn headers(
        &mut self,
        operation: Operation,
        vector: &RequestVector,
        is_changed: bool,
    ) -> Vec<(String, Vec<u8>)> {
        let mut headers: Vec<(String, Vec<u8>)> = vec![("host".to_owned(), b"localhost".to_vec())];
        headers
            .extend(self.credentials(operation).into_iter().map(|(name, value)| (name.to_owned(), value.into_bytes())));
        headers.extend(vector.request.headers.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())));
        if is_changed && self.chance(PART) {
            let names = [
                "idempotency-key",
                "accept",
                "traceparent",
                "x-forwarded-for",
                "x-forwarded-host",
                "x-session-token",
                "cookie",
                "if-none-match",
                "expect",
                "authorization",
                "applicationtoken",
                "x-request-id",
                "content-encoding",
            ];
            let name = *self.random.one_of(&names);
            let mut value = self.text().into_bytes();
            value.truncate(4096);
            // Others end the line, and with it HTTP.
            value.retain(|byte| *byte >= b' ' && *byte != 0x7f);
            headers.retain(|(known, _)| known != name);
            headers.push((name.to_owned(), value));
        }
        headers
    }

    /// Mostly the right ones; those of others, none, halves, and what is none.
    fn credentials(&mut self, operation: Operation) -> Headers {
        // What ends the session of the world would end the run.
        if operation == Operation::DeleteSession {
            let token = self.learnt.last().cloned().unwrap_or_default();
            return vec![("authorization", format!("Bearer {token}"))];
        }
        let tenant = self.tenant();
        match self.random.below(12) {
            0 => Headers::new(),
            1 => self.strange_credentials(&tenant),
            2 => {
                let mut headers = tenant.credentials(operation);
                let garbled = self.text();
                if let Some((_, value)) = headers.first_mut() {
                    *value = garbled.chars().filter(|character| !character.is_control()).take(2000).collect();
                }
                headers
            }
            3 => tenant.credentials(operation).into_iter().take(1).collect(),
            _ => {
                let alternatives = operation.security();
                if alternatives.is_empty() {
                    return Headers::new();
                }
                let alternative = self.random.below(alternatives.len());
                tenant.headers(alternatives[alternative])
            }
        }
    }

    fn strange_credentials(&mut self, tenant: &Tenant) -> Headers {
        let schemes = [
            Scheme::MuninxBearer,
            Scheme::KareBearer,
            Scheme::KareSession,
            Scheme::NexusBearer,
            Scheme::NexusApplicationToken,
            Scheme::NexusBasic,
            Scheme::UnleashApiKey,
        ];
        (0..=self.random.below(2)).map(|_| tenant.header(*self.random.one_of(&schemes))).collect()
    }

    pub(super) fn media_type(&mut self, vector: &RequestVector, is_changed: bool) -> Option<String> {
        let given = vector.request.body.as_ref().and_then(|body| body.media_type.clone());
        if is_changed && self.chance(12) {
            let types = [
                "application/json; charset=utf-8",
                "application/json; charset=utf-16",
                "text/plain",
                "application/xml",
                "json",
                "*/*",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "APPLICATION/JSON",
                "application/json;",
            ];
            return Some((*self.random.one_of(&types)).to_owned());
        }
        given
    }
}
