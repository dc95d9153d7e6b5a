//! Valid and invalid requests of the behaviour vectors, changed beyond what anybody thought of.

use std::collections::BTreeMap;

use contract_tests::random::Random;
use contract_tests::vectors::{self, File, RequestVector};
use contract_tests::world::{Tenant, World};
use invite_api::security::Operation;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;

use super::wire::Wire;

mod body;
mod broken;
mod head;
mod texts;

/// Ids and secrets of answers that are remembered.
const REMEMBERED: usize = 256;

/// One of so many requests is as the vector says, one of so many is broken as HTTP, and of the others' parts each is changed
/// in one of so many.
const UNCHANGED: usize = 8;
const BROKEN: usize = 24;
const PART: usize = 3;

/// Where requests come from, and what they have learnt.
pub(crate) struct Source {
    random: Random,
    world: World,
    operations: Vec<(Operation, &'static File)>,
    learnt: Vec<String>,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) operation: Operation,
    pub(crate) wire: Wire,
    /// Whether it is HTTP, and meant for the operation.
    pub(crate) is_sound: bool,
}

/// Of so many requests for an operation one is sent: of those that hash passwords, which would be all that happens; and of those
/// that list what others of these make, which would be all that is read.
fn rarity(operation: Operation) -> usize {
    match operation {
        Operation::CreateSession | Operation::UnleashSignup | Operation::KareAcceptInvitation | Operation::Activate => {
            16
        }
        Operation::MuninxListTokens | Operation::UnleashListSignupTokens => 32,
        Operation::MuninxListUsers
        | Operation::MuninxCreateToken
        | Operation::UnleashCreateSignupToken
        | Operation::NexusCreateApiKey
        | Operation::NexusImportOrganizationMembers
        | Operation::MuninxCreateCustomerOrganization => 12,
        _ => 1,
    }
}

impl Source {
    pub(crate) fn new(seed: u64, world: &World) -> Self {
        let operations: Vec<_> = Operation::ALL.iter().map(|one| (*one, vectors::file(one.id()))).collect();
        Self { random: Random::new(seed), world: world.clone(), operations, learnt: Vec::new() }
    }

    /// Remembers ids and secrets of an answer, so that later requests are about something that is there.
    pub(crate) fn learn(&mut self, answer: &Value) {
        match answer {
            Value::Array(items) => items.iter().take(4).for_each(|item| self.learn(item)),
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text)
                            if ["id", "secret", "token", "accessToken", "refreshToken"].contains(&name.as_str()) =>
                        {
                            if self.learnt.len() < REMEMBERED {
                                self.learnt.push(text.clone());
                            } else {
                                let place = self.random.below(REMEMBERED);
                                self.learnt[place].clone_from(text);
                            }
                        }
                        Value::Array(_) | Value::Object(_) => self.learn(value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    pub(crate) fn next(&mut self) -> Request {
        let (operation, file) = loop {
            let (operation, file) = self.operations[self.random.below(self.operations.len())];
            if self.random.below(rarity(operation)) == 0 {
                break (operation, file);
            }
        };
        let valid: Vec<_> = file.requests.iter().filter(|vector| vector.violates.is_none()).collect();
        let vector = if self.random.below(4) == 0 || valid.is_empty() {
            &file.requests[self.random.below(file.requests.len())]
        } else {
            valid[self.random.below(valid.len())]
        };
        let is_changed = self.random.below(UNCHANGED) != 0;
        let (target, is_sound) = self.target(operation, file, vector, is_changed);
        let mut wire = Wire {
            method: file.method.clone(),
            target,
            headers: self.headers(operation, vector, is_changed),
            body: self.body(file, vector, is_changed),
            framing: None,
            version: "HTTP/1.1",
        };
        if let Some(media_type) = self.media_type(vector, is_changed).filter(|_| wire.body.is_some()) {
            wire.headers.push(("content-type".to_owned(), media_type.into_bytes()));
        }
        let is_broken = is_changed && self.random.below(BROKEN) == 0;
        if is_broken {
            self.break_http(&mut wire);
        }
        Request { operation, wire, is_sound: is_sound && !is_broken }
    }

    fn chance(&mut self, of: usize) -> bool {
        self.random.below(of) == 0
    }

    /// Path and query; whether they still lead to the operation.
    fn target(
        &mut self,
        operation: Operation,
        file: &File,
        vector: &RequestVector,
        is_changed: bool,
    ) -> (Vec<u8>, bool) {
        let mut is_sound = true;
        let mut segments = Vec::new();
        for segment in file.path.split('/') {
            let Some(name) = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) else {
                segments.push(segment.to_owned());
                continue;
            };
            let given = vector.request.path.get(name).cloned().unwrap_or_default();
            let mut value = self.parameter(operation, name, given).into_bytes();
            if is_changed && self.chance(PART) {
                value = self.text().into_bytes();
                if self.chance(4) {
                    self.damage(&mut value);
                }
            }
            // Paths are put in order before they are looked up.
            is_sound &= !value.is_empty() && value != b"." && value != b".." && std::str::from_utf8(&value).is_ok();
            segments.push(percent_encode(&value, NON_ALPHANUMERIC).to_string());
        }
        let mut query: BTreeMap<String, String> = vector.request.query.clone();
        if is_changed && self.chance(PART) {
            let names = ["limit", "cursor", "flow", "state", "organization", "email", "unknown"];
            for _ in 0..=self.random.below(2) {
                let name = *self.random.one_of(&names);
                let text = self.text();
                query.insert(name.to_owned(), text);
            }
        }
        let encoded = |text: &str| percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string();
        let query: Vec<_> = query.iter().map(|(name, text)| format!("{}={}", encoded(name), encoded(text))).collect();
        let mut target = segments.join("/");
        if !query.is_empty() {
            target = format!("{target}?{}", query.join("&"));
        }
        (target.into_bytes(), is_sound)
    }

    /// A value of the world for a parameter of a path.
    fn parameter(&mut self, operation: Operation, name: &str, given: String) -> String {
        if self.chance(4) {
            return given;
        }
        let tenant = self.tenant();
        match name {
            "organizationId" => {
                let customer = tenant.customer_organization();
                self.random.one_of(&[tenant.organization(), customer, 0, -1, i64::from(i32::MAX)]).to_string()
            }
            "email" => self.address(),
            // Who may administer the world is to stay as it is.
            "userId" => (1000 + self.random.below(1000)).to_string(),
            "token" if operation != Operation::UnleashUpdateSignupToken && self.chance(2) => {
                tenant.signup_token().to_owned()
            }
            _ if self.learnt.is_empty() => given,
            _ => self.random.one_of(&self.learnt).clone(),
        }
    }

    fn tenant(&mut self) -> Tenant {
        if self.chance(4) { self.world.globex.clone() } else { self.world.acme.clone() }
    }
}
