//! Makes the requests of the cases, one after the other, and takes down what came of each.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use invite_sdk::{Client, Credential, Retries, Scheme};
use mail_parser::MessageParser;
use serde_json::{Value, json};

use super::cases::{self, Case};
use super::judge::{self, Fault};
use super::world::{self, Secrets, Source, World};
use super::{Finding, NotMade, Report, Why};
use crate::document;
use crate::http::{self, Answer, Payload};
use crate::poll;
use crate::vectors::calls::{Inputs, Unsent};
use crate::vectors::target::{Filled, filled};
use crate::vectors::{File, RequestVector, Word, generated_calls};

/// How long a mail may take.
const MAIL: Duration = Duration::from_secs(15);

/// Values by where they go.
type Values = Vec<(String, Value)>;
/// What is missing, and why it is.
type Missing = (Why, String);

/// Which server, and what may be done to it.
#[derive(Debug)]
pub struct Options {
    /// Where it is.
    pub base_url: String,
    /// Which of [`cases::FLOWS`].
    pub flow: String,
    /// Whether requests may change something.
    pub write: bool,
    /// What exists there.
    pub world: World,
    /// Credentials.
    pub secrets: Secrets,
}

/// A call that had to be made first.
#[derive(Clone, Debug)]
struct Made {
    sent: Filled,
    answer: Value,
}

struct Runner<'a> {
    options: &'a Options,
    base_url: &'a str,
    http: reqwest::Client,
    /// What requests with a fault share by operation: none of them should use anything up.
    shared: BTreeMap<String, Values>,
}

/// Tries everything.
///
/// # Errors
/// Nobody answers at all.
pub async fn run(options: &Options) -> Result<Report, String> {
    let base_url = options.base_url.trim_end_matches('/');
    let mut runner = Runner { options, base_url, http: http::client(), shared: BTreeMap::new() };
    // Any answer will do; its reason has no word of what was sent.
    if let Err(error) = http::send(&runner.http, "GET", base_url, &[], None).await {
        return Err(format!("nobody answers at {}: {}", options.secrets.redacted(base_url), error.without_url()));
    }
    let info = &document::document()["info"];
    let mut report = Report {
        flow: options.flow.clone(),
        base_url: options.secrets.redacted(base_url),
        document: format!(
            "{} {}",
            info["title"].as_str().unwrap_or_default(),
            info["version"].as_str().unwrap_or_default()
        ),
        writes: options.write,
        kept: Vec::new(),
        findings: Vec::new(),
        not_made: Vec::new(),
        untried: Vec::new(),
    };
    let cases = cases::of(&options.flow, &options.world);
    report.untried = cases::untried(&options.flow, &cases);
    for case in cases {
        let raw = runner.raw(&case).await;
        // What could not be made by hand is not tried again.
        let typed = case.by_client && raw.is_ok();
        runner.take_down(&mut report, &case, case.name.clone(), raw);
        if typed {
            let outcome = runner.by_client(&case).await;
            runner.take_down(&mut report, &case, format!("{}/by-client", case.name), outcome);
        }
    }
    Ok(report)
}

impl Runner<'_> {
    fn take_down(&self, report: &mut Report, case: &Case, name: String, outcome: Result<Vec<Fault>, Missing>) {
        let clean = |text: &str| self.options.secrets.redacted(text);
        match outcome {
            Err((why, text)) => report.not_made.push(NotMade { why, case: name, text: clean(&text) }),
            Ok(faults) if faults.is_empty() => report.kept.push(name),
            Ok(faults) => report.findings.extend(faults.into_iter().map(|fault| Finding {
                code: fault.code,
                operation: case.file.operation.clone(),
                case: name.clone(),
                because: case.because.clone(),
                says: fault.says,
                came: clean(&fault.came),
                pointer: fault.pointer,
            })),
        }
    }

    async fn raw(&mut self, case: &Case) -> Result<Vec<Fault>, Missing> {
        let filled = self.prepared(case).await?;
        let answer = match self.send(case.file, case.vector, &filled, case.wrong_credential.as_deref()).await? {
            Ok(answer) => answer,
            Err(error) => return Ok(vec![no_answer(&case.expected, &error)]),
        };
        if answer.status == 429 && !case.expected.contains(&429) {
            return Err((Why::RateLimited, "the server asks to come back later (429)".to_owned()));
        }
        let operation = document::operation(&case.file.operation);
        Ok(judge::faults(operation, &case.expected, case.violates.as_deref(), &answer))
    }

    /// The same by the typed client, whose answer is the documented one, too: it sends what a request by hand does not.
    async fn by_client(&mut self, case: &Case) -> Result<Vec<Fault>, Missing> {
        let filled = self.prepared(case).await?;
        let client = self.client(&filled)?;
        let inputs = Inputs { request: &filled.request, body: filled.json.clone() };
        let report = match generated_calls::call(&client, &case.file.operation, &inputs).await {
            Ok(report) => report,
            Err(Unsent::Refused(text) | Unsent::Unexpressed(text)) => return Err((Why::NotExpressible, text)),
        };
        let status = report.status.map_or_else(|| "no whole answer".to_owned(), |status| status.to_string());
        let came = match report.word {
            _ if report.status == Some(429) && !case.expected.contains(&429) => {
                return Err((Why::RateLimited, "the server asks to come back later (429)".to_owned()));
            }
            Word::Success | Word::Error => {
                let operation = document::operation(&case.file.operation);
                let other = report.status.and_then(|status| judge::status_fault(operation, &case.expected, status));
                return Ok(other.into_iter().collect());
            }
            Word::Undeclared => format!("{status}, for which the client has no type"),
            Word::Unreadable => format!("{status} with a body that the client's type does not read"),
            Word::TooLarge => format!("{status} with a body larger than the client reads"),
            Word::Transport => status,
        };
        let says = format!("{:?}", case.expected);
        Ok(vec![Fault { code: judge::CLIENT_CANNOT_READ, says, came, pointer: None }])
    }

    /// The case's request with values of the server's world.
    async fn prepared(&mut self, case: &Case) -> Result<Filled, Missing> {
        if is_unsafe(&case.file.method) && !self.options.write {
            return Err((Why::Writes, format!("{} may change something", case.file.method)));
        }
        let operation = &case.file.operation;
        if let (true, Some(shared)) = (case.violates.is_some(), self.shared.get(operation)) {
            return Ok(with_headers(case, shared.clone()));
        }
        let mut made = BTreeMap::new();
        let values = self.values(operation, Some(&case.values), &mut made).await?;
        if case.violates.is_some() {
            self.shared.insert(operation.clone(), values.clone());
        }
        Ok(with_headers(case, values))
    }

    /// What the world has for an operation, under what a situation has.
    async fn values(
        &self,
        operation: &str,
        situation: Option<&BTreeMap<String, Source>>,
        made: &mut BTreeMap<String, Made>,
    ) -> Result<Values, Missing> {
        let declared = document::operation(operation);
        let mut sources = self.options.world.values.get(operation).cloned().unwrap_or_default();
        sources.extend(situation.into_iter().flatten().map(|(place, source)| (place.clone(), source.clone())));
        let segments = declared.path.split(['{', '}']).skip(1).step_by(2);
        let unknown = segments.map(|name| format!("/path/{name}")).find(|place| !sources.contains_key(place));
        if let Some(place) = unknown {
            return Err((Why::NoValue, format!("the world has no {place} for {operation}")));
        }
        if declared.body.is_some() && !self.options.world.values.contains_key(operation) {
            return Err((Why::NoValue, format!("the world says nothing of {operation}")));
        }
        let number = number();
        let mut values = Vec::new();
        for (place, source) in &sources {
            let value = match source {
                Source::Plain(value) => numbered(value, &number),
                Source::Env { env } => {
                    let value = std::env::var(env).map_err(|_| (Why::NoValue, format!("{env} is not set")))?;
                    self.options.secrets.hide(&value);
                    value.into()
                }
                Source::Answer { from, answer } => {
                    let first = Box::pin(self.first(from, made)).await?;
                    let found = first.answer.pointer(answer).cloned();
                    // It may be a token.
                    found.iter().filter_map(Value::as_str).for_each(|text| self.options.secrets.hide(text));
                    found.ok_or_else(|| (Why::Prerequisite, format!("the answer of {from} has no {answer}")))?
                }
                Source::Request { from, request } => sent(from, &Box::pin(self.first(from, made)).await?, request)?,
                Source::Mail { from, mailed_to } => {
                    let address = sent(from, &Box::pin(self.first(from, made)).await?, mailed_to)?;
                    self.mailed(address.as_str().unwrap_or_default()).await?.into()
                }
            };
            values.push((place.clone(), value));
        }
        Ok(values)
    }

    /// The call that has to come first, made once for a case.
    async fn first(&self, operation: &str, made: &mut BTreeMap<String, Made>) -> Result<Made, Missing> {
        if let Some(made) = made.get(operation) {
            return Ok(made.clone());
        }
        let file = crate::vectors::file(operation);
        if is_unsafe(&file.method) && !self.options.write {
            return Err((Why::Writes, format!("{operation} has to be called first, and may change something")));
        }
        let case =
            cases::valid(file).ok_or_else(|| (Why::Prerequisite, format!("{operation} has no valid request")))?;
        let values = self.values(operation, None, made).await?;
        let filled = filled(file, case.vector, values);
        let answer = self.send(file, case.vector, &filled, None).await?;
        let answer = answer.map_err(|error| (Why::Prerequisite, format!("{operation}, which comes first: {error}")))?;
        if !(200..300).contains(&answer.status) {
            return Err((Why::Prerequisite, format!("{operation}, which comes first, answered {}", answer.status)));
        }
        let body = serde_json::from_slice(&answer.body).unwrap_or_default();
        let first = Made { sent: filled, answer: body };
        made.insert(operation.to_owned(), first.clone());
        Ok(first)
    }

    /// The outer error is a credential that is missing, the inner one that no answer came.
    async fn send(
        &self,
        file: &File,
        vector: &RequestVector,
        filled: &Filled,
        wrong: Option<&str>,
    ) -> Result<Result<Answer, String>, Missing> {
        let mut headers: Vec<(String, String)> = Vec::new();
        for scheme in &filled.request.credentials {
            let mut value = self.credential(scheme)?.to_owned();
            if wrong == Some(scheme) {
                value.push_str("-wrong");
            }
            headers.push(world::header(scheme, &value));
        }
        headers.extend(filled.request.headers.clone());
        let headers: Vec<(&str, String)> = headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let payload = vector
            .request
            .body
            .as_ref()
            .map(|body| Payload { content_type: body.media_type.clone(), bytes: body.bytes(filled.json.as_ref()) });
        let url = format!("{}{}", self.base_url, filled.request.target(&file.path));
        let answer = http::send(&self.http, &file.method, &url, &headers, payload.as_ref()).await;
        Ok(answer.map_err(|error| error.without_url().to_string()))
    }

    fn credential(&self, scheme: &str) -> Result<&str, Missing> {
        let missing = || (Why::NoCredential, format!("no credential for {scheme}: set {}", world::variable(scheme)));
        self.options.secrets.credential(scheme).ok_or_else(missing)
    }

    fn client(&self, filled: &Filled) -> Result<Client, Missing> {
        let mut builder = Client::builder(self.base_url).retries(Retries::up_to(0)).http_client(self.http.clone());
        for name in &filled.request.credentials {
            let value = self.credential(name)?;
            let scheme = Scheme::ALL.iter().find(|scheme| scheme.name() == name);
            let scheme = *scheme.ok_or_else(|| (Why::NotExpressible, format!("the client has no scheme {name}")))?;
            let credential = match (scheme, value.split_once(':')) {
                (Scheme::NexusBasic, Some((username, password))) => {
                    Credential::Password { username: username.to_owned(), password: password.to_owned().into() }
                }
                _ => Credential::Token(value.to_owned().into()),
            };
            builder = builder.credential(scheme, credential);
        }
        builder.build().map_err(|error| (Why::NotExpressible, error.to_string()))
    }

    /// What the link in the newest mail to `address` holds in its fragment.
    async fn mailed(&self, address: &str) -> Result<String, Missing> {
        let Some(folder) = &self.options.world.mailbox else {
            return Err((Why::NoValue, "the world has no mailbox to read a mail in".to_owned()));
        };
        let start = Instant::now();
        while start.elapsed() < MAIL {
            if let Some(secret) = linked(folder, address) {
                self.options.secrets.hide(&secret);
                return Ok(secret);
            }
            poll::pass(Duration::from_millis(20)).await;
        }
        Err((Why::Prerequisite, format!("no mail with a link to {address} came within {} s", MAIL.as_secs())))
    }
}

fn is_unsafe(method: &str) -> bool {
    !matches!(method, "GET" | "HEAD" | "OPTIONS")
}

fn no_answer(expected: &[u16], error: &str) -> Fault {
    Fault { code: judge::NO_ANSWER, says: format!("{expected:?}"), came: error.to_owned(), pointer: None }
}

/// What was sent at a place: `/path/token`, `/body/email`.
fn sent(operation: &str, made: &Made, place: &str) -> Result<Value, Missing> {
    let found = match (place.strip_prefix("/path/"), place.strip_prefix("/body")) {
        (Some(name), _) => made.sent.request.path.get(name).map(|text| json!(text)),
        (None, Some(pointer)) => made.sent.json.as_ref().and_then(|json| json.pointer(pointer)).cloned(),
        (None, None) => None,
    };
    found.ok_or_else(|| (Why::Prerequisite, format!("the request of {operation} has no {place}")))
}

/// A case's request with these values and its headers.
fn with_headers(case: &Case, values: Values) -> Filled {
    let mut filled = filled(case.file, case.vector, values);
    let headers = case.headers.iter().map(|(name, value)| (name.clone(), value.replace("{n}", &number())));
    filled.request.headers.extend(headers);
    filled
}

/// A number that no other request has.
fn number() -> String {
    let mut number = uuid::Uuid::new_v4().simple().to_string();
    number.truncate(12);
    number
}

/// A value with the number in each of its texts.
fn numbered(value: &Value, number: &str) -> Value {
    match value {
        Value::String(text) => text.replace("{n}", number).into(),
        Value::Array(items) => items.iter().map(|item| numbered(item, number)).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), numbered(value, number))).collect(),
        _ => value.clone(),
    }
}

/// Reads mails of any kind: what is no mail, or has no link, is passed over.
fn linked(folder: &Path, address: &str) -> Option<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().rev().find_map(|path| {
        let bytes = std::fs::read(path).ok()?;
        let mail = MessageParser::default().parse(&bytes)?;
        let to = mail.to()?.first()?.address()?;
        let text = mail.body_text(0).filter(|_| to.eq_ignore_ascii_case(address))?;
        let link = text.split_whitespace().find(|word| word.starts_with("http") && word.contains('#'))?;
        let (_, secret) = link.split_once('#')?.1.split_once('=')?;
        Some(percent_encoding::percent_decode_str(secret).decode_utf8().ok()?.into_owned())
    })
}
