//! The schema that the tables are in, or are to be made in: whether it is this program's, and whether the user may do there what
//! is left to do.
//!
//! The catalog is asked, because `information_schema` hides what the user has no right to.

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use super::super::migrations::is_foreign;
use super::super::open::OpenError;
use super::migrate::failed;

/// Everything that has a name in the schema, beside indexes, and is not there for an extension; and who owns tables that are
/// not the user's.
const QUESTION: &str = "
    WITH named AS (
        SELECT relname::text AS name, relkind, relowner FROM pg_class
        WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
          AND relkind NOT IN ('i', 'I', 't')
          AND NOT EXISTS (SELECT FROM pg_depend
                          WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'))
    SELECT quote_ident(current_schema()), quote_ident(current_user), current_setting('search_path'),
           COALESCE(has_schema_privilege(current_schema()::text, 'CREATE'), FALSE),
           (SELECT quote_ident(nspname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE pg_class.oid = to_regclass('_sqlx_migrations')),
           ARRAY(SELECT name FROM named),
           (SELECT quote_ident(pg_get_userbyid(relowner)) FROM named
            WHERE relkind IN ('r', 'p') AND NOT pg_has_role(relowner, 'USAGE') LIMIT 1)";

/// What is to be done about tables that the user has too few rights to.
const OWN_THEM: &str =
    "connect as the user who owns the tables, or have that user run `ALTER TABLE … OWNER TO …` for each of them";

/// A schema as the user of the URL sees it. Names are written as SQL wants them.
pub(super) struct Schema {
    /// None: no schema of the search path is there, or may be looked into.
    name: Option<String>,
    user: String,
    search_path: String,
    may_create: bool,
    /// Where the search path finds the table of what was done.
    ledger: Option<String>,
    /// Somebody else whom tables belong to.
    other_owner: Option<String>,
}

impl Schema {
    /// Looks whose schema it is, before anything is written to it.
    pub(super) async fn find(client: &Client, database: &str) -> Result<Self, OpenError> {
        let row = client.query_one(QUESTION, &[]).await;
        let row = row.map_err(|error| failed(database, &error, OpenError::Failed))?;
        let schema = Self {
            name: row.get(0),
            user: row.get(1),
            search_path: row.get(2),
            may_create: row.get(3),
            ledger: row.get(4),
            other_owner: row.get(6),
        };
        let name = schema.name(database)?;
        let tables: Vec<String> = row.get(5);
        if is_foreign(&tables) {
            return Err(OpenError::Foreign { database: format!("the schema {name} of {database}") });
        }
        Ok(schema)
    }

    /// Whether there is a table of what was done.
    pub(super) fn has_ledger(&self) -> bool {
        self.ledger.is_some()
    }

    /// Whether the user may make tables and change those that are there.
    pub(super) fn can_be_changed(&self, database: &str) -> Result<(), OpenError> {
        let (name, user) = (self.name(database)?, &self.user);
        if let Some(ledger) = self.ledger.as_ref().filter(|ledger| *ledger != name) {
            return Err(unfit(
                database,
                format!("its tables are in the schema {ledger}, and {name} comes before that in the search path"),
                format!("name the schema of the tables in the URL: ?options=-c%20search_path%3D{ledger}"),
            ));
        }
        if !self.may_create {
            return Err(unfit(
                database,
                format!("the user {user} may not make tables in the schema {name}"),
                format!(
                    "have its owner run `ALTER SCHEMA {name} OWNER TO {user}`, or make a database by \
                     `createdb --owner={user} NAME`"
                ),
            ));
        }
        match &self.other_owner {
            None => Ok(()),
            Some(owner) => Err(unfit(
                database,
                format!("the tables in the schema {name} do not belong to the user {user} but to {owner}"),
                OWN_THEM.to_owned(),
            )),
        }
    }

    fn name(&self, database: &str) -> Result<&String, OpenError> {
        let (path, user) = (&self.search_path, &self.user);
        self.name.as_ref().ok_or_else(|| {
            unfit(
                database,
                format!("no schema of the search path {path} is there and open to the user {user}"),
                format!(
                    "make one by `CREATE SCHEMA NAME AUTHORIZATION {user}`, and name it in the URL: \
                     ?options=-c%20search_path%3DNAME"
                ),
            )
        })
    }
}

/// What PostgreSQL says of a user who may not do something; none if it says something else.
pub(super) fn forbidden(database: &str, error: &tokio_postgres::Error) -> Option<OpenError> {
    let said = error.as_db_error().filter(|said| *said.code() == SqlState::INSUFFICIENT_PRIVILEGE)?;
    Some(unfit(database, said.message().to_owned(), OWN_THEM.to_owned()))
}

fn unfit(database: &str, reason: String, remedy: String) -> OpenError {
    OpenError::Unfit { database: database.to_owned(), reason, remedy }
}
