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
    pub(super) client: &'a Client,
    pub(super) rows: &'a [Row],
    pub(super) name: &'a str,
    pub(super) arguments: &'a Arguments,
}

impl Job<'_> {
    /// Sends the rows and, if asked to, waits for what becomes of them.
    pub(super) async fn done(&self, report: &mut Report) -> Result<Tally, (Tally, Failure)> {
        let mut tally = Tally::default();
        match self.run(report, &mut tally).await {
            Ok(()) => Ok(tally),
            Err(failure) => Err((tally, failure)),
        }
    }

    async fn run(&self, report: &mut Report, tally: &mut Tally) -> Result<(), Failure> {
        let sent: Vec<&Row> = self.rows.iter().filter(|row| row.input.is_ok()).collect();
        let input = self.input(&sent)?;
        let answer = call(self.client, OPERATION, &input).await?;
        let location = answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value.as_str());
        let id = location.and_then(|location| location.strip_prefix("/imports/"));
        let id =
            id.ok_or_else(|| Failure::new(Code::Fault, "the service does not say where the import is"))?.to_owned();
        report.say(&format!("accepted: `invite imports get-import --id {id}` shows what becomes of it"));
        report.begin(self.rows.len());
        for row in self.rows {
            if let Err(failure) = &row.input {
                tally.count(Outcome::Invalid);
                report.row(row, Outcome::Invalid, Err(failure))?;
            }
        }
        if !self.arguments.wait {
            let accepted = Sent { status: Some(answer.status), request_id: Some(answer.request_id) };
            for row in sent {
                tally.count(Outcome::Accepted);
                report.row(row, Outcome::Accepted, Ok(&accepted))?;
            }
            return Ok(());
        }
        tokio::select! {
            ended = self.ended(&id, report) => ended?,
            _ = tokio::signal::ctrl_c() => {
                tally.interrupted = true;
                report.say("the import goes on without this program");
                return Ok(());
            }
        }
        self.results(&id, &sent, report, tally).await
    }

    /// The body of the operation, and where it goes.
    fn input(&self, sent: &[&Row]) -> Result<Input, Failure> {
        let inputs = || sent.iter().filter_map(|row| row.input.as_ref().ok());
        let organization = inputs().find_map(|input| input.parameters.get("path/organizationId")).cloned();
        let organization = organization.ok_or_else(|| Failure::usage("no row can be sent"))?;
        if inputs().any(|input| input.parameters.get("path/organizationId") != Some(&organization)) {
            return Err(Failure::usage("the rows of a job are all of one organization")
                .hint("give it with `--set organizationId=NUMBER`, and make a job for each organization"));
        }
        let members: Vec<&Value> = inputs().filter_map(|input| input.body.as_ref()).collect();
        let file = self.arguments.file.file_name().map(|name| name.to_string_lossy().into_owned());
        let body = json!({
            "id": self.name,
            "importDate": DateTime::<Utc>::from(SystemTime::now()),
            "importFilename": file.unwrap_or_else(|| "-".to_owned()),
            "importingUserId": self.arguments.tell.as_deref().unwrap_or("-"),
            "organizationId": organization,
            "newMembers": members,
        });
        let secrets = inputs().flat_map(|input| input.secrets.clone()).collect();
        let parameters = [("path/organizationId".to_owned(), organization)].into();
        Ok(Input { parameters, body: Some(body), secrets, ..Input::default() })
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
    async fn results(&self, id: &str, sent: &[&Row], report: &mut Report, tally: &mut Tally) -> Result<(), Failure> {
        report.reach(0);
        let (mut rows, mut cursor) = (sent.iter(), None);
        loop {
            let page = self.page(id, PAGE, cursor).await?;
            for (result, row) in page["items"].as_array().into_iter().flatten().zip(rows.by_ref()) {
                let (outcome, failure) = outcome(result);
                tally.count(outcome);
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
