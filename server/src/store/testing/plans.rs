//! How PostgreSQL finds what the program asks for.
//!
//! It plans a statement once for each connection, and keeps to that until it gathers statistics of the tables, which may be after
//! thousands of rows. So a plan that was made of empty tables has to be good for full ones, too: every row is found by an index,
//! and of that index no more is read than the question is about.

use std::collections::BTreeMap;

use super::super::sql::once;
use super::super::{Pools, Store, Tx};

/// Questions about all that an index has, by what they say.
const WHOLE: [&str; 3] = [
    // Those that run are few.
    "FROM imports WHERE state = 'running'",
    // When an operator has found a secret; keys of programs are few.
    "SELECT * FROM api_keys WHERE digest = $1",
    // For the metrics.
    "SELECT COUNT(*) FROM outbox WHERE state = 'queued'",
];

impl Store {
    /// # Panics
    /// When a statement that a connection remembers reads more than it has to. On SQLite there is nothing to look at: what it
    /// remembers depends on the text alone, and single tests look at that.
    pub(crate) async fn assert_plans(&self) {
        let Pools::Postgres(_) = &self.pools else { return };
        let open = self.connections().into_iter().find(|pool| pool.pool == "main").expect("a pool");
        let mut all = Vec::new();
        for _ in 0..open.in_use + open.idle {
            all.push(self.begin_write().await.expect("begun"));
        }
        let (mut looked_at, mut faults) = (0, BTreeMap::new());
        for mut tx in all {
            let leading = leading_columns(&mut tx).await;
            for (statement, plan) in plans(&mut tx).await {
                looked_at += 1;
                if let Some(fault) = fault(&plan, &leading)
                    && !WHOLE.iter().any(|whole| statement.contains(whole))
                {
                    faults.insert(statement, format!("{fault}\n{plan}\n"));
                }
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
        assert!(looked_at > 0, "no connection remembers anything");
    }
}

/// The first column of each index that its own condition leaves open.
async fn leading_columns(tx: &mut Tx) -> BTreeMap<String, String> {
    let rows = once(
        "SELECT c.relname::text AS index, (SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid \
         AND COALESCE(pg_get_expr(i.indpred, i.indrelid), '') NOT LIKE '(' || a.attname || ' = %' ORDER BY a.attnum LIMIT 1) \
         AS leading FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = current_schema()::regnamespace",
    );
    let rows = rows.fetch_all(tx).await.expect("the indexes");
    rows.iter().map(|row| (row.get("index").expect("a name"), row.get("leading").expect("a name"))).collect()
}

/// What a connection remembers, and the plan of each whatever its values are.
async fn plans(tx: &mut Tx) -> Vec<(String, String)> {
    once("SET LOCAL plan_cache_mode = force_generic_plan").execute(tx).await.expect("set");
    let known =
        "SELECT name, statement, cardinality(parameter_types)::bigint AS parameters FROM pg_prepared_statements";
    let known = once(known).fetch_all(tx).await.expect("the statements");
    let mut plans = Vec::new();
    for row in known {
        let name: String = row.get("name").expect("a name");
        let statement: String = row.get("statement").expect("a text");
        if !statement.contains("pg_prepared_statements") {
            let values = vec!["NULL"; usize::try_from(row.get::<i64>("parameters").expect("a number")).expect("few")];
            plans.push((statement, explained(tx, &name, &values).await));
        }
    }
    plans
}

async fn explained(tx: &mut Tx, name: &str, values: &[&str]) -> String {
    let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
    let steps: Vec<String> =
        once(format!("EXPLAIN (COSTS OFF) EXECUTE \"{name}\"{values}")).scalars(tx).await.expect("explained");
    steps.join("\n")
}

/// What a plan reads that it does not have to.
fn fault(plan: &str, leading: &BTreeMap<String, String>) -> Option<String> {
    let mut lines = plan.lines().peekable();
    while let Some(line) = lines.next() {
        if line.contains("Seq Scan on ") {
            return Some("a whole table is read".to_owned());
        }
        if line.contains("Bitmap ") {
            return Some("all that is asked for is looked up before the first row".to_owned());
        }
        let Some((_, scanned)) = line.split_once(" using ") else { continue };
        let index = scanned.split(' ').next().unwrap_or_default();
        let condition = lines.peek().and_then(|next| next.trim().strip_prefix("Index Cond: ")).unwrap_or_default();
        let leads = leading.get(index).unwrap_or_else(|| panic!("no index {index}: {plan}"));
        if !condition.split(|char: char| !char.is_alphanumeric() && char != '_').any(|word| word == leads) {
            return Some(format!("all of the index {index} is read"));
        }
    }
    None
}
