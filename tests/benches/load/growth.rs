//! Whether a server is as fast when its database is large: databases of several sizes, whose servers take turns.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use contract_tests::database::{self, Database};
use contract_tests::server::Server;
use tempfile::TempDir;

use crate::compare::{all_sent, demand, run};
use crate::generator::Load;
use crate::subjects::subjects;
use crate::{CONNECTIONS, PROGRAM, SECONDS, TURNS, engine, insist_on_durable_commits, median};

const NAMES: [&str; 4] = ["muninx", "kare", "nexus", "validate"];
/// How many times faster the smallest may be.
const MOST: f64 = 1.3;

/// A server with many invitations.
struct Grown {
    count: u64,
    server: Server,
    database: Database,
}

/// Whether the demand is met for so many invitations.
pub(crate) async fn bench(counts: &[u64]) -> bool {
    println!("\n{}, {CONNECTIONS} connections, {TURNS} turns of {SECONDS} s", engine());
    let mut all = Vec::new();
    for count in counts {
        let begin = Instant::now();
        all.push(grow(*count).await);
        println!("{count} invitations are there after {:.0} s", begin.elapsed().as_secs_f64());
    }
    let mut is_met = true;
    println!("\n|          | invitations | answers/s | times as slow as the first | demanded |");
    println!("|----------|------------:|----------:|---------------------------:|---------:|");
    for name in NAMES {
        let mut loads: Vec<Load> = all.iter().map(|grown| load(grown, name)).collect();
        let mut rates = vec![Vec::new(); all.len()];
        for _ in 0..TURNS {
            for ((grown, load), rates) in all.iter().zip(&mut loads).zip(&mut rates) {
                rates.push(run(load, None).rate());
                all_sent(&grown.database).await;
            }
        }
        let rates: Vec<f64> = rates.into_iter().map(median).collect();
        for (Grown { count, .. }, rate) in all.iter().zip(&rates) {
            let slower = rates[0] / rate;
            is_met &= slower <= MOST;
            let demanded = demand(MOST, slower <= MOST);
            println!("| {name:<8} | {count:>11} | {rate:>9.0} | {slower:>26.2} | {demanded:>8} |");
        }
    }
    is_met
}

fn load(grown: &Grown, name: &str) -> Load {
    // There is no floor here.
    let floor = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    subjects(&grown.server, floor).into_iter().find(|subject| subject.name == name).unwrap().server
}

async fn grow(count: u64) -> Grown {
    let (status, folder) = Server::start(PROGRAM, &[]).await.stop().await;
    assert!(status.success());
    fill(&folder, count).await;
    let server = Server::start_in(&[PROGRAM], folder, &[]).await;
    let database = server.database().await;
    insist_on_durable_commits(&database).await;
    Grown { count, server, database }
}

/// Writes invitations of the past: each with its person, of whom three of four have come in, its mail that was sent, and what
/// the audit log says of it. Indexes are made anew afterwards, which is much faster than one row at a time.
async fn fill(folder: &TempDir, count: u64) {
    let database = Database::open(folder.path()).await;
    let indexes = indexes(&database).await;
    let (begin, end) = match database::is_postgres() {
        true => ("BEGIN; SET LOCAL session_replication_role = replica;", "COMMIT;"),
        false => (
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF; BEGIN;",
            "COMMIT; PRAGMA journal_mode = WAL;",
        ),
    };
    let mut sql = begin.to_owned();
    for (name, _) in &indexes {
        sql.push_str(&format!("DROP INDEX {name};"));
    }
    for statement in rows(count) {
        sql.push_str(&format!("{statement};"));
    }
    for (_, definition) in &indexes {
        sql.push_str(&format!("{definition};"));
    }
    database.execute(&(sql + end)).await;
    database.execute("ANALYZE").await;
    // What is on its way to the disk while the first request is measured would be in its way.
    if database::is_postgres() {
        database.execute("CHECKPOINT").await;
    } else {
        // The server decides without statistics, as one does whose database has grown under it.
        database.execute("DELETE FROM sqlite_stat1").await;
    }
    database.close().await;
    for file in fs::read_dir(folder.path()).unwrap() {
        File::open(file.unwrap().path()).unwrap().sync_all().unwrap();
    }
}

/// Names and definitions of those that no constraint has made.
async fn indexes(database: &Database) -> Vec<(String, String)> {
    let sql = match database::is_postgres() {
        true => {
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND NOT EXISTS \
             (SELECT FROM pg_constraint WHERE conname = indexname AND connamespace = current_schema()::regnamespace)"
        }
        false => "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
    };
    let found = database.ask(sql).await;
    found.into_iter().map(|mut row| (row.swap_remove(0), row.swap_remove(0))).collect()
}

fn rows(count: u64) -> [String; 6] {
    let series =
        format!("WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < {count})");
    let (id, digest) = match database::is_postgres() {
        true => (
            "('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
            "decode(md5(n::text) || md5('b' || n::text), 'hex')",
        ),
        false => ("unhex('018f0000000070008000' || printf('%012x', n))", "randomblob(32)"),
    };
    // A number without gaps, long enough that it is in order as a text.
    let address = "'g' || (1000000000 + n) || '@grown.example'";
    // 2024 and 2100.
    let (then, far) = (1_704_067_200_000_u64, 4_102_444_800_000_u64);
    let is_active = "n % 4 <> 0";
    let user = "1000000000 + n";
    [
        format!(
            "INSERT INTO users (id, email, email_normalized, display_name, given_name, family_name, locale, status, \
             password_hash, activated_at, created_at, updated_at) {series} SELECT {user}, {address}, {address}, 'Jane Doe', \
             'Jane', 'Doe', 'en', CASE WHEN {is_active} THEN 'active' ELSE 'pending' END, \
             CASE WHEN {is_active} THEN 'none' END, CASE WHEN {is_active} THEN {then} END, {then}, {then} FROM series"
        ),
        format!(
            "INSERT INTO memberships (user_id, organization_id, is_admin, muninx_type, created_at, updated_at, \
             muninx_auto_assign) {series} SELECT {user}, 2, FALSE, 'customer', {then}, {then}, FALSE FROM series"
        ),
        format!(
            "INSERT INTO invitations (id, flow, organization_id, user_id, address, address_normalized, inviter_id, state, \
             delivery, created_at, expires_at, closed_at, tenant_id, listed_as) {series} SELECT {id}, 'muninx', 2, {user}, \
             {address}, {address}, 1, CASE WHEN {is_active} THEN 'accepted' ELSE 'pending' END, 'sent', {then}, {far}, \
             CASE WHEN {is_active} THEN {then} END, 1, CASE WHEN {is_active} THEN 'accepted' ELSE 'pending' END FROM series"
        ),
        format!(
            "INSERT INTO challenges (digest, purpose, invitation_id, user_id, created_at, expires_at, used_at) {series} \
             SELECT {digest}, 'activation', {id}, {user}, {then}, {far}, CASE WHEN {is_active} THEN {then} END FROM series"
        ),
        format!(
            "INSERT INTO outbox (id, kind, recipient, invitation_id, state, attempts, queued_at, next_at, closed_at) {series} \
             SELECT {id}, 'activation', {address}, {id}, 'sent', 1, {then}, {then}, {then} FROM series"
        ),
        format!(
            "INSERT INTO events (id, organization_id, tenant_id, kind, performer_kind, performer_id, subject_kind, subject_id, \
             user_id, at) {series} SELECT {id}, 2, 1, 'invitation.created', 'user', '1', 'invitation', 'grown', {user}, {then} \
             FROM series"
        ),
    ]
}
