//! The floor: the least that a server of this kind can do. Minimal dropshot endpoints write the rows of an invitation, without
//! asking whether they may, in one transaction that is as durable as the server's; or read one row by an index.
//!
//! A process of its own, on a database with the schema of the server and a world in it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use contract_tests::{database, poll};
use dropshot::{
    ApiDescription, ConfigDropshot, ConfigLogging, ConfigLoggingLevel, HttpError, HttpResponseOk,
    HttpResponseUpdatedNoContent, Path as PathParameters, RequestContext, ServerBuilder, TypedBody, endpoint,
};
use futures::FutureExt as _;
use futures::future::try_join_all;
use rusqlite::Connection;
use rusqlite::types::Value;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio_postgres::NoTls;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

const QUESTION: &str = "SELECT slug FROM organizations WHERE id = $1";

/// The server's own connections to PostgreSQL.
const CONNECTIONS: usize = 16;

/// A floor that answers.
pub(crate) struct Floor {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Floor {
    /// Starts it on the database of a server that has ended.
    pub(crate) async fn start(folder: &Path) -> Self {
        let program = std::env::current_exe().unwrap();
        let said = folder.join("floor");
        let process = Command::new(program).arg("floor").arg(folder).stdin(Stdio::null()).spawn().unwrap();
        let address = poll::until("the floor", async || std::fs::read_to_string(&said).ok()?.parse().ok()).await;
        Self { process, address }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The process.
pub(crate) fn main(folder: PathBuf) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(serve(folder));
}

async fn serve(folder: PathBuf) {
    let mut api = ApiDescription::new();
    api.register(write).unwrap();
    api.register(read).unwrap();
    let log = ConfigLogging::StderrTerminal { level: ConfigLoggingLevel::Error }.to_logger("floor").unwrap();
    let context = Context { engine: Engine::open(&folder).await, users: AtomicI64::new(1_000_000) };
    let config = ConfigDropshot { bind_address: "127.0.0.1:0".parse().unwrap(), ..ConfigDropshot::default() };
    let server = ServerBuilder::new(api, context, log).config(config).start().unwrap();
    let said = folder.join("floor.new");
    std::fs::write(&said, server.local_addr().to_string()).unwrap();
    std::fs::rename(said, folder.join("floor")).unwrap();
    server.await.unwrap();
}

struct Context {
    engine: Engine,
    users: AtomicI64,
}

enum Engine {
    Sqlite { writer: Arc<Mutex<Connection>>, readers: Vec<Mutex<Connection>> },
    Postgres(Vec<tokio::sync::Mutex<Client>>),
}

impl Engine {
    async fn open(folder: &Path) -> Self {
        let Some(url) = database::url(folder) else {
            let connect = || {
                let connection = Connection::open(folder.join("world/invite.db")).unwrap();
                connection.pragma_update(None, "journal_mode", "WAL").unwrap();
                connection.pragma_update(None, "synchronous", "FULL").unwrap();
                connection.pragma_update(None, "foreign_keys", true).unwrap();
                connection.set_prepared_statement_cache_capacity(64);
                connection
            };
            let readers = (0..4).map(|_| Mutex::new(connect())).collect();
            return Self::Sqlite { writer: Arc::new(Mutex::new(connect())), readers };
        };
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
            tokio::spawn(connection);
            let writes = try_join_all(WRITES.iter().map(|sql| client.prepare(sql))).await.unwrap();
            let question = client.prepare(QUESTION).await.unwrap();
            clients.push(tokio::sync::Mutex::new(Client { connection: client, writes, question }));
        }
        Self::Postgres(clients)
    }
}

#[derive(Deserialize, JsonSchema)]
struct Invitee {
    email: String,
}

/// Writes the rows of an invitation.
#[endpoint { method = POST, path = "/floor" }]
async fn write(
    request: RequestContext<Context>,
    body: TypedBody<Invitee>,
) -> Result<HttpResponseUpdatedNoContent, HttpError> {
    let context = request.context();
    let rows = rows(context.users.fetch_add(1, Ordering::Relaxed), &body.into_inner().email);
    match &context.engine {
        Engine::Sqlite { writer, .. } => {
            let writer = writer.clone();
            tokio::task::spawn_blocking(move || write_sqlite(&mut writer.lock().unwrap(), rows)).await.unwrap();
        }
        Engine::Postgres(clients) => write_postgres(clients, rows).await,
    }
    Ok(HttpResponseUpdatedNoContent())
}

#[derive(Deserialize, JsonSchema)]
struct ById {
    id: i64,
}

/// Reads one row by its key.
#[endpoint { method = GET, path = "/floor/{id}" }]
async fn read(
    request: RequestContext<Context>,
    path: PathParameters<ById>,
) -> Result<HttpResponseOk<String>, HttpError> {
    let id = path.into_inner().id;
    let slug = match &request.context().engine {
        Engine::Sqlite { readers, .. } => {
            let reader = readers.iter().find_map(|reader| reader.try_lock().ok());
            let reader = reader.unwrap_or_else(|| readers[0].lock().unwrap());
            let mut question = reader.prepare_cached(QUESTION).unwrap();
            question.query_row([id], |row| row.get(0)).unwrap()
        }
        Engine::Postgres(clients) => {
            let client = free(clients).await;
            let id = i32::try_from(id).unwrap();
            client.connection.query_one(&client.question, &[&id]).await.unwrap().get(0)
        }
    };
    Ok(HttpResponseOk(slug))
}

/// A connection that knows all statements.
struct Client {
    connection: tokio_postgres::Client,
    writes: Vec<tokio_postgres::Statement>,
    question: tokio_postgres::Statement,
}

async fn free(clients: &[tokio::sync::Mutex<Client>]) -> tokio::sync::MutexGuard<'_, Client> {
    match clients.iter().find_map(|client| client.try_lock().ok()) {
        Some(client) => client,
        None => futures::future::select_all(clients.iter().map(|client| client.lock().boxed())).await.0,
    }
}

/// What an invitation of MuninX writes; those of the others differ in a column or two.
const WRITES: [&str; 10] = [
    "INSERT INTO users (id, email, email_normalized, display_name, given_name, family_name, locale, status, created_at, updated_at) \
     VALUES ($1, $2, $2, 'Jane Doe', 'Jane', 'Doe', 'en', 'pending', $3, $3)",
    "INSERT INTO memberships (user_id, organization_id, is_admin, muninx_type, created_at, updated_at, muninx_auto_assign) \
     VALUES ($1, 2, FALSE, 'customer', $2, $2, FALSE)",
    "INSERT INTO invitations (id, flow, organization_id, user_id, address, address_normalized, inviter_id, state, delivery, \
     created_at, expires_at, tenant_id, listed_as) VALUES ($1, 'muninx', 2, $2, $3, $3, 1, 'pending', 'queued', $4, $4, 1, 'pending')",
    "INSERT INTO challenges (digest, purpose, invitation_id, user_id, created_at, expires_at) \
     VALUES ($1, 'activation', $2, $3, $4, $4)",
    "INSERT INTO outbox (id, kind, recipient, payload, invitation_id, state, attempts, queued_at, next_at) \
     VALUES ($1, 'activation', $2, $3, $4, 'queued', 0, $5, $5)",
    "INSERT INTO events (id, organization_id, tenant_id, kind, performer_kind, performer_id, subject_kind, subject_id, user_id, \
     request_id, address, at) VALUES ($1, 2, 1, 'invitation.created', 'user', '1', 'invitation', $2, $3, $4, '127.0.0.1', $5)",
    COUNT,
    COUNT,
    COUNT,
    COUNT,
];
const COUNT: &str = "INSERT INTO counts (scope, until, reach) VALUES ($1, $2, $2) \
                     ON CONFLICT (scope) DO UPDATE SET until = counts.until + 60";

/// A value, in the terms of either driver.
type Cell = (Value, Box<dyn ToSql + Sync + Send>);

fn number(value: i64) -> Cell {
    (value.into(), Box::new(value))
}

fn text(value: &str) -> Cell {
    (value.to_owned().into(), Box::new(value.to_owned()))
}

fn bytes(value: Vec<u8>) -> Cell {
    (value.clone().into(), Box::new(value))
}

fn id(value: Uuid) -> Cell {
    (value.as_bytes().to_vec().into(), Box::new(value))
}

fn digest() -> Vec<u8> {
    [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat()
}

/// The values of [`WRITES`].
fn rows(user: i64, address: &str) -> Vec<Vec<Cell>> {
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let invitation = Uuid::now_v7();
    let count = |scope: Vec<u8>| vec![bytes(scope), number(now * 1000)];
    vec![
        vec![number(user), text(address), number(now)],
        vec![number(user), number(now)],
        vec![id(invitation), number(user), text(address), number(now)],
        vec![bytes(digest()), id(invitation), number(user), number(now)],
        vec![id(Uuid::now_v7()), text(address), bytes(vec![7; 333]), id(invitation), number(now)],
        vec![id(Uuid::now_v7()), text(&invitation.to_string()), number(user), id(Uuid::new_v4()), number(now)],
        // The client, the inviter, the organization, the recipient.
        count(vec![1; 32]),
        count(vec![2; 32]),
        count(vec![3; 32]),
        count(digest()),
    ]
}

fn write_sqlite(connection: &mut Connection, rows: Vec<Vec<Cell>>) {
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection.execute_batch("UPDATE sequences SET next_value = next_value + 1 WHERE name = 'users'").unwrap();
    for (sql, row) in WRITES.iter().zip(rows) {
        let row = row.into_iter().map(|(value, _)| value);
        connection.prepare_cached(sql).unwrap().execute(rusqlite::params_from_iter(row)).unwrap();
    }
    connection.execute_batch("COMMIT").unwrap();
}

/// All statements are on their way before the first answer is there.
async fn write_postgres(clients: &[tokio::sync::Mutex<Client>], rows: Vec<Vec<Cell>>) {
    let client = free(clients).await;
    let connection = &client.connection;
    let writes = client.writes.iter().zip(rows).map(|(sql, row)| async move {
        connection.execute_raw(sql, row.iter().map(|(_, value)| -> &(dyn ToSql + Sync) { value.as_ref() })).await
    });
    let begin = connection.batch_execute("BEGIN");
    let (begun, (written, ended)) =
        futures::future::join(begin, futures::future::join(try_join_all(writes), connection.batch_execute("COMMIT")))
            .await;
    begun.unwrap();
    written.unwrap();
    ended.unwrap();
}
