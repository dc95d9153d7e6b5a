//! Valid and invalid requests of the behaviour vectors, changed beyond what anybody thought of.

use std::collections::BTreeMap;

use contract_tests::random::Random;
use contract_tests::vectors::{self, File, RequestVector};
use contract_tests::world::{Headers, Tenant, World};
use invite_api::security::{Operation, Scheme};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::{Map, Value, json};

use super::wire::Wire;

/// People that requests are about: few, so that they meet, and lists stay short.
const PEOPLE: usize = 400;
/// Ids and secrets of answers that are remembered.
const REMEMBERED: usize = 256;

/// One of so many requests is as the vector says, one of so many is broken as HTTP, and of the others' parts each is changed
/// in one of so many.
const UNCHANGED: usize = 8;
const BROKEN: usize = 24;
const PART: usize = 3;

/// Texts that have broken something somewhere.
const TEXTS: [&str; 32] = [
    "",
    " ",
    "\0",
    "a\0b",
    "\r\n",
    "a\r\nBcc: b@c.example",
    "\u{202e}evil",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{1f}",
    "\u{7f}",
    "\u{85}",
    "e\u{301}\u{301}\u{301}\u{301}",
    "\u{10ffff}",
    "\u{fffd}",
    "İstanbul",
    "ﬀ",
    "𝔘𝔫𝔦",
    "👩‍👩‍👧‍👧",
    "null",
    "undefined",
    "NaN",
    "-0",
    "1e400",
    "../../etc/passwd",
    "'; DROP TABLE users; --",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%00",
    "${jndi:ldap://x}",
    "=?utf-8?q?evil?=",
];

/// Addresses that are almost ones.
const ADDRESSES: [&str; 14] = [
    "@",
    "a@",
    "@b",
    "a@b",
    "a@b@c.example",
    "a b@c.example",
    "\"a b\"@c.example",
    "a@[127.0.0.1]",
    "a@c．example",
    "a@exa\u{200b}mple.com",
    "A@XN--.example",
    "a@K\u{212a}elvin.example",
    "a\u{2060}@c.example",
    "jané@exämple.example",
];

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

    fn address(&mut self) -> String {
        if self.chance(8) {
            return (*self.random.one_of(&ADDRESSES)).to_owned();
        }
        format!("p{}@fuzz.example", self.random.below(PEOPLE))
    }

    fn headers(&mut self, operation: Operation, vector: &RequestVector, is_changed: bool) -> Vec<(String, Vec<u8>)> {
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

    fn media_type(&mut self, vector: &RequestVector, is_changed: bool) -> Option<String> {
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

    fn body(&mut self, file: &File, vector: &RequestVector, is_changed: bool) -> Option<Vec<u8>> {
        let Some(body) = &vector.request.body else {
            // A body where none belongs.
            return (is_changed && self.chance(PART)).then(|| self.text().into_bytes());
        };
        let mut json = body.json(file);
        if let Some(json) = &mut json {
            self.people(json);
            if is_changed && self.chance(2) {
                for _ in 0..=self.random.below(2) {
                    self.change(json, 0);
                }
            }
        }
        let mut bytes = body.bytes(json.as_ref());
        if is_changed && self.chance(6) {
            self.damage(&mut bytes);
        }
        Some(bytes)
    }

    /// Has a body be about few people, and about what is there.
    fn people(&mut self, json: &mut Value) {
        match json {
            Value::Object(members) => {
                for (name, value) in members.iter_mut() {
                    match (name.as_str(), &value) {
                        ("email", Value::String(_)) => *value = self.address().into(),
                        ("username", Value::String(_)) => *value = format!("p{}", self.random.below(PEOPLE)).into(),
                        ("challenge" | "invitationToken" | "refreshToken", Value::String(_))
                            if !self.learnt.is_empty() && self.chance(2) =>
                        {
                            *value = self.random.one_of(&self.learnt).clone().into();
                        }
                        _ => self.people(value),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.people(item)),
            _ => {}
        }
    }

    /// Changes something somewhere in a value.
    fn change(&mut self, value: &mut Value, depth: usize) {
        match value {
            Value::Object(members) if !members.is_empty() && !self.chance(8) => self.change_member(members, depth),
            Value::Array(items) if !items.is_empty() && !self.chance(4) => {
                let place = self.random.below(items.len());
                match self.random.below(4) {
                    0 => drop(items.remove(place)),
                    1 => {
                        let one = items[place].clone();
                        let times = 1 + self.random.below(300);
                        items.extend(std::iter::repeat_n(one, times));
                    }
                    _ => self.change(&mut items[place], depth + 1),
                }
            }
            _ => *value = self.anything(depth),
        }
    }

    fn change_member(&mut self, members: &mut Map<String, Value>, depth: usize) {
        let name = members.keys().nth(self.random.below(members.len())).cloned().unwrap_or_default();
        match self.random.below(8) {
            0 => drop(members.shift_remove(&name)),
            1 => {
                let (name, value) = (self.text(), self.anything(depth));
                members.insert(name, value);
            }
            2 => {
                let other = *self.random.one_of(&[
                    "rootRole",
                    "id",
                    "makeAdmin",
                    "isAPI",
                    "organization",
                    "__proto__",
                    "created-at",
                    "type",
                ]);
                let value = self.anything(depth);
                members.insert(other.to_owned(), value);
            }
            _ => {
                if let Some(value) = members.get_mut(&name) {
                    self.change(value, depth + 1);
                }
            }
        }
    }

    fn anything(&mut self, depth: usize) -> Value {
        match self.random.below(14) {
            0 => Value::Null,
            1 => json!(self.chance(2)),
            2 => json!(*self.random.one_of(&[0_i64, -1, 1, 2, 255, 65_536, i64::MAX, i64::MIN, 2_147_483_648])),
            3 => json!(*self.random.one_of(&[0.5, -0.0, 1e300, 1e-300, 1.000_000_000_000_000_2])),
            4 => json!(u64::MAX),
            5 => json!([]),
            6 => json!({}),
            7 => json!([self.text(), null]),
            8 if depth < 4 => (0..200).fold(Value::Null, |inner, _| json!([inner])),
            9 => self.address().into(),
            10 if !self.learnt.is_empty() => self.random.one_of(&self.learnt).clone().into(),
            _ => self.text().into(),
        }
    }

    fn text(&mut self) -> String {
        let text = *self.random.one_of(&TEXTS);
        match self.random.below(8) {
            0 => text.repeat(1 + self.random.below(2000)),
            1 => format!("{text}{}", self.random.one_of(&TEXTS)),
            2 => "x".repeat(1 + self.random.below(5000)),
            3 => char::from_u32(u32::try_from(self.random.below(0x11_0000)).unwrap_or(0)).unwrap_or('x').to_string(),
            4 => self.address(),
            _ => text.to_owned(),
        }
    }

    /// Changes bytes.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        match self.random.below(8) {
            0 => bytes.truncate(self.random.below(bytes.len() + 1)),
            1 => *bytes = [b"\xef\xbb\xbf", bytes.as_slice()].concat(),
            2 => *bytes = String::from_utf8_lossy(bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
            3 => bytes.extend_from_slice(b"}{"),
            4 => *bytes = [b"[".repeat(1 + self.random.below(100_000)), bytes.clone()].concat(),
            _ => {
                for _ in 0..=self.random.below(3) {
                    let byte = u8::try_from(self.random.below(256)).unwrap_or(0);
                    let place = self.random.below(bytes.len() + 1);
                    if place < bytes.len() && self.chance(2) { bytes[place] = byte } else { bytes.insert(place, byte) }
                }
            }
        }
    }

    /// Has a request be no HTTP, or hardly.
    fn break_http(&mut self, wire: &mut Wire) {
        let long = "x".repeat(1 + self.random.below(20_000));
        match self.random.below(12) {
            0 => {
                wire.method =
                    (*self.random.one_of(&["PATCH", "TRACE", "CONNECT", "get", "PROPFIND", "", "G\0T"])).to_owned()
            }
            1 => wire.target.extend_from_slice(
                self.random.one_of::<&[u8]>(&[b"%zz", b"%ff", b"%c0%af", b"//", b"/../..", b"\xff", b" x"]),
            ),
            2 => wire.target.extend_from_slice(long.as_bytes()),
            3 => wire.headers.push(("bad name".to_owned(), b"x".to_vec())),
            4 => wire.headers.push(("x".to_owned(), b"a\x00b\x7f".to_vec())),
            5 => wire.headers.push(("x-long".to_owned(), long.into_bytes())),
            6 => wire.headers.extend((0..200).map(|number| (format!("x-{number}"), b"y".to_vec()))),
            7 => wire.framing = Some(b"content-length: 999999\r\n".to_vec()),
            8 => wire.framing = Some(b"content-length: 1\r\ncontent-length: 2\r\n".to_vec()),
            9 => wire.framing = Some(b"content-length: -1\r\n".to_vec()),
            10 => wire.framing = Some(b"transfer-encoding: chunked\r\n".to_vec()),
            _ => wire.version = *self.random.one_of(&["HTTP/1.0", "HTTP/9.9", "HTTP/2.0", "x"]),
        }
    }
}
