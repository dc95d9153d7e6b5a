//! All rows as one job of the server, where an operation takes many.
//!
//! Rows that cannot be read are not sent and do not stop the rest. Whoever waits gets the result of each row; whoever does not
//! gets the id to ask for later. The job goes on when nobody waits any more.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Arguments;
use super::report::{Outcome, Report, Sent, Tally};
use super::rows::Row;
use crate::arguments::by_id;
use crate::exchange::{Answer, Content};
use crate::failure::{Code, Failure};
use crate::input::Input;
use crate::sdk::Client;

/// The operation that takes many people.
pub(super) const OPERATION: &str = "nexus_import_organization_members";
/// How long to look away between two looks at the job.
const LOOK: Duration = Duration::from_millis(500);
/// Results asked for at a time.
const PAGE: u32 = 1000;

/// A job to make.
pub(super) struct Job<'a> {
    client: &'a Client,
    rows: &'a [Row],
    /// Those that can be sent.
    sent: Vec<&'a Row>,
    /// None if there are none.
    input: Option<Input>,
    wait: bool,
}

/// How far a job has come.
struct Course<'a> {
    /// What the service said when it took the rows.
    accepted: Option<Sent>,
    /// Those of which it is not known yet what becomes of them.
    open: std::slice::Iter<'a, &'a Row>,
    tally: Tally,
}

impl<'a> Job<'a> {
    /// # Errors
    /// The rows cannot be one job.
    pub(super) fn new(client: &'a Client, rows: &'a [Row], name: &str, arguments: &Arguments) -> Result<Self, Failure> {
        let sent: Vec<&Row> = rows.iter().filter(|row| row.input.is_ok()).collect();
        let input = input(&sent, name, arguments)?;
        Ok(Self { client, rows, sent, input, wait: arguments.wait })
    }

    /// Sends the rows and, if asked to, waits for what becomes of them. Whatever ends that, each row is in the report.
    pub(super) async fn done(&self, report: &mut Report) -> Result<Tally, (Tally, Failure)> {
        let mut course = Course { accepted: None, open: self.sent.iter(), tally: Tally::default() };
        let mut ended = self.invalid(report, &mut course.tally);
        if let (Ok(()), Some(input)) = (&ended, &self.input) {
            report.begin(self.sent.len());
            ended = tokio::select! {
                ended = self.followed(input, report, &mut course) => ended,
                Ok(()) = tokio::signal::ctrl_c() => {
                    course.tally.interrupted = true;
                    report.say(match course.accepted {
                        Some(_) => "the import goes on without this program",
                        None => "whether the service has taken the rows is not known",
                    });
                    Ok(())
                }
            };
        }
        let rest = course.rest(report, ended.as_ref().err());
        match ended.and(rest) {
            Ok(()) => Ok(course.tally),
            Err(failure) => Err((course.tally, failure)),
        }
    }

    /// Says what is wrong with the rows that are not sent.
    fn invalid(&self, report: &mut Report, tally: &mut Tally) -> Result<(), Failure> {
        for row in self.rows {
            if let Err(failure) = &row.input {
                tally.count(Outcome::Invalid);
                report.row(row, Outcome::Invalid, Err(failure))?;
            }
        }
        if self.input.is_some() { Ok(()) } else { Err(Failure::usage("no row can be sent")) }
    }

    async fn followed(&self, input: &Input, report: &mut Report, course: &mut Course<'_>) -> Result<(), Failure> {
        let answer = call(self.client, OPERATION, input).await?;
        course.accepted = Some(Sent { status: Some(answer.status), request_id: Some(answer.request_id) });
        let location = answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.as_str());
        let id = location.and_then(|location| location.strip_prefix("/imports/"));
        let id =
            id.ok_or_else(|| Failure::new(Code::Fault, "the service does not say where the import is"))?.to_owned();
        report.belongs_to(id.clone());
        report.say(&format!("accepted: `invite imports get-import --id {id}` shows what becomes of it"));
        if self.wait {
            self.ended(&id, report).await?;
            self.results(&id, report, course).await?;
        }
        Ok(())
    }

    /// Waits for the end of the job.
    async fn ended(&self, id: &str, report: &mut Report) -> Result<(), Failure> {
        loop {
            let import = self.page(id, 1, None).await?;
            let done = import["done"].as_u64().unwrap_or_default();
            report.reach(usize::try_from(done).unwrap_or_default());
            if import["state"] != "running" {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What became of each row that was sent.
    async fn results(&self, id: &str, report: &mut Report, course: &mut Course<'_>) -> Result<(), Failure> {
        report.reach(0);
        let mut cursor = None;
        loop {
            let page = self.page(id, PAGE, cursor).await?;
            for (result, row) in page["items"].as_array().into_iter().flatten().zip(course.open.by_ref()) {
                let (outcome, failure) = outcome(result);
                course.tally.count(outcome);
                report.row(row, outcome, failure.as_ref().map_or(Ok(&Sent::default()), Err))?;
            }
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(()),
            }
        }
    }

    async fn page(&self, id: &str, limit: u32, cursor: Option<String>) -> Result<Value, Failure> {
        let mut input = Input::default();
        input.parameters.insert("path/id".to_owned(), json!(id));
        input.parameters.insert("query/limit".to_owned(), json!(limit));
        if let Some(cursor) = cursor {
            input.parameters.insert("query/cursor".to_owned(), json!(cursor));
        }
        match call(self.client, "get_import", &input).await?.content {
            Content::Json(page) => Ok(page),
            Content::Nothing | Content::Bytes(_) => Err(Failure::new(Code::Fault, "the service shows no import")),
        }
    }
}

impl Course<'_> {
    /// The rows that nothing was said of yet: the service has taken them, or perhaps, or it has not.
    fn rest(&mut self, report: &mut Report, failure: Option<&Failure>) -> Result<(), Failure> {
        let outcome = match &self.accepted {
            Some(_) => Outcome::Accepted,
            None if self.tally.interrupted || failure.is_some_and(|failure| failure.parts().in_doubt) => {
                Outcome::Unknown
            }
            None => Outcome::NotSent,
        };
        let (accepted, mut written) = (self.accepted.take().unwrap_or_default(), Ok(()));
        for row in self.open.by_ref() {
            self.tally.count(outcome);
            written = written.and_then(|()| report.row(row, outcome, Ok(&accepted)));
        }
        written
    }
}

/// The body of the operation, and where it goes; none if no row can be sent.
fn input(sent: &[&Row], name: &str, arguments: &Arguments) -> Result<Option<Input>, Failure> {
    let inputs = || sent.iter().filter_map(|row| row.input.as_ref().ok());
    let organization = inputs().find_map(|input| input.parameters.get("path/organizationId")).cloned();
    let Some(organization) = organization else { return Ok(None) };
    if inputs().any(|input| input.parameters.get("path/organizationId") != Some(&organization)) {
        return Err(Failure::usage("the rows of a job are all of one organization")
            .hint("give it with `--set organizationId=NUMBER`, and make a job for each organization"));
    }
    let members: Vec<&Value> = inputs().filter_map(|input| input.body.as_ref()).collect();
    let file = arguments.file.file_name().map(|name| name.to_string_lossy().into_owned());
    let body = json!({
        "id": name,
        "importDate": DateTime::<Utc>::from(SystemTime::now()),
        "importFilename": file.unwrap_or_else(|| "-".to_owned()),
        "importingUserId": arguments.tell.as_deref().unwrap_or("-"),
        "organizationId": organization,
        "newMembers": members,
    });
    let secrets = inputs().flat_map(|input| input.secrets.clone()).collect();
    let parameters = [("path/organizationId".to_owned(), organization)].into();
    Ok(Some(Input { parameters, body: Some(body), secrets, ..Input::default() }))
}

async fn call(client: &Client, operation: &str, input: &Input) -> Result<Answer, Failure> {
    let command = by_id(operation).ok_or_else(|| Failure::usage(format!("there is no operation `{operation}`")))?;
    (command.call)(client, input).await
}

/// What the result of a row means here.
fn outcome(row: &Value) -> (Outcome, Option<Failure>) {
    let result = row["result"].as_str().unwrap_or_default();
    match result {
        "invited" | "added" => (Outcome::Done, None),
        "skipped" | "waiting" => {
            let text = "the import stopped before its turn";
            (Outcome::NotSent, Some(Failure::new(Code::Refused, text)))
        }
        _ => {
            let text = row["detail"].as_str().map_or_else(|| result.replace('_', " "), str::to_owned);
            (Outcome::Refused, Some(Failure::new(Code::Refused, text)))
        }
    }
}
