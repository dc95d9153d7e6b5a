//! `cargo bench -p contract-tests --bench pages`: whether the last page of a long list costs what the first one does.
//!
//! A list of a million invitations, put into the database behind the server's back, is walked from end to end over HTTP; then
//! its first and its last full page are asked for in turns, so that whatever else the machine does slows both down alike.
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use contract_tests::server::Server;
use invite_api::security::Operation;

const INVITATIONS: u32 = 1_000_000;
/// How often each page is asked for.
const TURNS: usize = 200;
/// What the last page may cost, in first pages.
const DEMAND: f64 = 1.5;

const LISTS: [&str; 5] = ["", "&state=pending", "&state=expired", "&flow=kare", "&flow=nexus&state=accepted"];

/// Every fourth is pending, pending and too old, accepted, declined; by three flows in turn.
const ROWS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
    INSERT INTO invitations (id, flow, organization_id, user_id, address, address_normalized, state, delivery, \
    created_at, expires_at, closed_at, tenant_id, listed_as) \
    SELECT unhex(printf('01900000%08X%016X', i, i)), \
    CASE i % 3 WHEN 0 THEN 'muninx' WHEN 1 THEN 'kare' ELSE 'nexus' END, 1, 1, \
    printf('row%d@customer.example', i), printf('row%d@customer.example', i), \
    CASE i % 4 WHEN 2 THEN 'accepted' WHEN 3 THEN 'declined' ELSE 'pending' END, 'sent', 1700000000000 + i, \
    CASE i % 4 WHEN 1 THEN 1700000000000 + i ELSE 9700000000000 + i END, \
    CASE WHEN i % 4 < 2 THEN NULL ELSE 1700000000000 + i END, 1, \
    CASE i % 4 WHEN 0 THEN 'pending' WHEN 1 THEN 'expired' WHEN 2 THEN 'accepted' ELSE 'declined' END FROM n";

#[tokio::main]
async fn main() -> ExitCode {
    let server = Server::start(env!("CARGO_BIN_EXE_server-under-test"), &[]).await;
    eprintln!("putting {INVITATIONS} invitations into the database");
    let database = server.database().await;
    database.execute(&ROWS.replace("$1", &INVITATIONS.to_string())).await;
    database.close().await;
    println!("{:<30} {:>8} {:>10} {:>10} {:>7}  demand", "list", "pages", "first ms", "last ms", "ratio");
    let mut is_met = true;
    for list in LISTS {
        let pages = walk(&server, list).await;
        let (first, last) = in_turns(&server, &pages[0], &pages[pages.len() - 1]).await;
        let ratio = last.as_secs_f64() / first.as_secs_f64();
        let verdict = if ratio <= DEMAND { "met" } else { "MISSED" };
        is_met &= ratio <= DEMAND;
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        let name = format!("/invitations?limit=100{list}");
        let (first, last) = (milliseconds(first), milliseconds(last));
        println!("{name:<30} {:>8} {first:>10.2} {last:>10.2} {ratio:>7.2}  at most {DEMAND}: {verdict}", pages.len());
    }
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The targets of all full pages of a list, one after another.
async fn walk(server: &Server, list: &str) -> Vec<String> {
    let mut pages = vec![format!("/invitations?limit=100{list}")];
    loop {
        let target = &pages[pages.len() - 1];
        let page = server.send("GET", target, &server.world.acme.credentials(Operation::ListInvitations), None).await;
        assert_eq!(page.status, 200, "{target}: {}", page.text());
        let page = page.json();
        if page["items"].as_array().unwrap().len() < 100 {
            pages.pop();
            return pages;
        }
        let Some(next) = page["next"].as_str() else { return pages };
        pages.push(format!("/invitations?limit=100{list}&cursor={next}"));
    }
}

/// The median time of either page.
async fn in_turns(server: &Server, first: &str, last: &str) -> (Duration, Duration) {
    let (mut firsts, mut lasts) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        for (target, times) in [(first, &mut firsts), (last, &mut lasts)] {
            let headers = server.world.acme.credentials(Operation::ListInvitations);
            let start = Instant::now();
            let page = server.send("GET", target, &headers, None).await;
            times.push(start.elapsed());
            assert_eq!(page.status, 200);
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort();
        times[TURNS / 2]
    };
    (median(firsts), median(lasts))
}
