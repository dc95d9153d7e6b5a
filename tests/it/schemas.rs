//! A schema of PostgreSQL that a server cannot keep its tables in: `config check` and a start say so alike, with what to do about
//! it, and leave it as it is.

use contract_tests::database::{self, Database};
use tempfile::TempDir;

use crate::away::{CHECK, LIST, SERVE, as_user, said};

/// A schema, and a user who may only look into it.
struct Place {
    home: TempDir,
    operator: Database,
    /// The schema and the user have the same name.
    name: String,
    url: String,
}

impl Place {
    async fn new() -> Option<Self> {
        if !database::takes_postgres("SQLite has no schemas and no users") {
            return None;
        }
        let home = TempDir::new().unwrap();
        let url = database::url(home.path()).unwrap();
        let (_, name) = url.rsplit_once("search_path%3D").unwrap();
        let operator = Database::open(home.path()).await;
        let role = format!("CREATE ROLE {name} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA {name} TO {name}");
        operator.execute(&role).await;
        let (name, url) = (name.to_owned(), as_user(&url, name));
        Some(Self { home, operator, name, url })
    }

    /// Makes the user the owner of the schema.
    async fn give(&self) {
        self.operator.execute(&format!("ALTER SCHEMA {0} OWNER TO {0}", self.name)).await;
    }

    /// Every command says the same of a database, and changes nothing.
    async fn is_refused(&self, url: &str, expected: &[&str]) {
        let before = self.tables().await;
        for command in [CHECK, SERVE, LIST] {
            let (code, output) = said(self.home.path(), command, url).await;
            assert_eq!(code, Some(2), "{command}: {output}");
            for expected in expected {
                assert!(output.contains(expected), "{command}: {expected} in {output}");
            }
            assert!(output.contains("hint: ") && !output.contains("backup"), "{command}: {output}");
        }
        assert_eq!(self.tables().await, before);
    }

    async fn tables(&self) -> Vec<String> {
        let tables = "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname";
        self.operator.texts(&format!("{tables} = '{}' ORDER BY 1", self.name)).await
    }

    async fn end(self) {
        self.operator.execute(&format!("DROP SCHEMA {0} CASCADE; DROP OWNED BY {0}; DROP ROLE {0}", self.name)).await;
        self.operator.close().await;
    }
}

#[tokio::test]
async fn a_schema_in_which_the_user_may_make_no_tables_is_told_with_what_to_do() {
    let Some(place) = Place::new().await else { return };
    let may_not = format!("the user {0} may not make tables in the schema {0}", place.name);
    let given = format!("ALTER SCHEMA {0} OWNER TO {0}", place.name);
    place.is_refused(&place.url, &[&may_not, &given, &format!("createdb --owner={}", place.name)]).await;

    place.give().await;
    let (code, output) = said(place.home.path(), CHECK, &place.url).await;
    assert_eq!(code, Some(0), "{output}");
    let (code, output) = said(place.home.path(), LIST, &place.url).await;
    assert_eq!(code, Some(0), "{output}");
    place.end().await;
}

#[tokio::test]
async fn a_search_path_without_a_schema_is_told() {
    let Some(place) = Place::new().await else { return };
    let nowhere = place.url.replace("search_path%3D", "search_path%3Dnot_");
    let path = format!("no schema of the search path not_{} is there", place.name);
    place.is_refused(&nowhere, &[&path, "CREATE SCHEMA"]).await;
    place.end().await;
}

#[tokio::test]
async fn tables_of_others_are_seen_whoever_may_read_them() {
    let Some(place) = Place::new().await else { return };
    place.give().await;
    for table in ["users", "notes"] {
        place.operator.execute(&format!("CREATE TABLE {}.{table} (id INTEGER)", place.name)).await;
        let expected = format!("the schema {} of ", place.name);
        place.is_refused(&place.url, &[&expected, "has tables of another program"]).await;
        place.operator.execute(&format!("DROP TABLE {}.{table}", place.name)).await;
    }
    place.end().await;
}

#[tokio::test]
async fn a_first_start_that_meets_something_else_leaves_nothing_behind() {
    let Some(place) = Place::new().await else { return };
    place.give().await;
    place.operator.execute(&format!("CREATE DOMAIN {}.users AS INTEGER", place.name)).await;
    let (code, output) = said(place.home.path(), SERVE, &place.url).await;
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("\"users\" already exists") && !output.contains("backup"), "{output}");
    assert_eq!(place.tables().await, Vec::<String>::new());
    place.end().await;
}

#[tokio::test]
async fn tables_that_belong_to_another_user_are_told() {
    let Some(place) = Place::new().await else { return };
    let (code, output) = said(place.home.path(), LIST, &database::url(place.home.path()).unwrap()).await;
    assert_eq!(code, Some(0), "{output}");
    place.is_refused(&place.url, &["permission denied", "OWNER TO"]).await;

    // A user who may read them and make others, but not change them.
    place.give().await;
    let read = format!("GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {0}", place.name);
    let older = format!("DELETE FROM {}._sqlx_migrations WHERE version > 16", place.name);
    place.operator.execute(&format!("{read}; {older}")).await;
    place.is_refused(&place.url, &[&format!("do not belong to the user {}", place.name), "OWNER TO"]).await;
    place.end().await;
}
