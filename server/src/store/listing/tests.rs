//! Every page that can be asked for is a range of one index: SQLite says so itself.

use invite_domain::ids::OrganizationId;

use super::*;
use crate::store::invitations::OVERDUE;
use crate::store::testing::TestDatabase;
use crate::store::{Address, Store};

const REALMS: [Realm; 2] = [Realm::Tenant(OrganizationId::new(1)), Realm::Organization(OrganizationId::new(2))];

fn now() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
}

/// Every combination of filters, on the first page and on a later one.
fn invitation_pages() -> Vec<InvitationPage> {
    let address = EmailAddress::parse("jane@example.com").expect("an address");
    let states = [
        None,
        Some(InvitationState::Pending),
        Some(InvitationState::Accepted),
        Some(InvitationState::Declined),
        Some(InvitationState::Revoked),
        Some(InvitationState::Expired),
    ];
    let mut pages = Vec::new();
    for realm in REALMS {
        for flow in [None, Some(FlowName::Kare)] {
            for state in states {
                for address in [None, Some(address.clone())] {
                    for before in [None, Some(InvitationId::new(Uuid::max()))] {
                        pages.push(InvitationPage { realm, flow, state, address: address.clone(), before, limit: 51 });
                    }
                }
            }
        }
    }
    pages
}

/// What a plan searches, by the index; nothing is scanned but what a search has found.
fn searches(plan: &[String], sql: &str) -> Vec<String> {
    let is_found =
        |line: &String| ["SCAN t", "SCAN overdue", "SCAN (subquery"].iter().any(|found| line.starts_with(found));
    let unfounded: Vec<&String> = plan.iter().filter(|line| line.contains("SCAN") && !is_found(line)).collect();
    assert!(unfounded.is_empty(), "{unfounded:?} {plan:#?}\n{sql}");
    plan.iter().filter(|line| line.contains("SEARCH")).cloned().collect()
}

fn assert_is_in_order(plan: &[String], sql: &str) {
    assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:#?}\n{sql}");
}

#[tokio::test]
async fn every_page_of_invitations_is_made_of_ranges_of_indexes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
    for page in invitation_pages() {
        let query = invitations_of(Engine::Sqlite, &page, now());
        let plan = store.plan(&query.text).await;
        let found = searches(&plan, &query.text);
        let count = |index: &str| found.iter().filter(|search| search.contains(index)).count();
        let (flows, states) = (page.flow.map_or(4, |_| 1), page.state.map_or(5, |_| 1));
        let (realm, name) = match page.realm {
            Realm::Tenant(_) => ("tenant_id=?", "tenant"),
            Realm::Organization(_) => ("organization_id=?", "organization"),
        };
        let range = format!("invitations_by_{name}_flow_and_state ({realm} AND flow=? AND listed_as=? AND id<?)");
        let of_address = "invitations_by_tenant_and_address (tenant_id=? AND address_normalized=? AND id<?)";
        let overdue = "invitations_overdue (expires_at<?)";
        let is_overdue = usize::from(page.state == Some(InvitationState::Expired));
        let expected = match page.address {
            Some(_) => [0, 1, 0],
            None => [flows * states, 0, is_overdue],
        };
        assert_eq!([count(&range), count(of_address), count(overdue)], expected, "{plan:#?}\n{}", query.text);
        // The rows by their ids, and the slugs and the tenant of organizations by theirs.
        let others = found.iter().filter(|search| !search.contains("invitations_")).all(|search| {
            search.contains("SEARCH t USING INDEX sqlite_autoindex_invitations_1 (id=?)")
                || search.contains("SEARCH o USING INTEGER PRIMARY KEY (rowid=?)")
        });
        assert!(others, "{plan:#?}\n{}", query.text);
    }
}

#[tokio::test]
async fn postgresql_finds_every_page_by_indexes() {
    let database = TestDatabase::new().await;
    let store = database.open().await;
    let mut tx = store.begin_write().await.expect("begun");
    for page in invitation_pages() {
        assert!(tx.invitation_page(&page, now()).await.expect("a page").is_empty());
    }
    drop(tx);
    store.assert_plans().await;
}

#[tokio::test]
async fn every_page_of_events_is_a_range_of_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
    for realm in REALMS {
        for kind in [None, Some("invitation.created".to_owned())] {
            for before in [None, Some(Uuid::max())] {
                let query = event_range(EventPage { realm, kind: kind.clone(), before, limit: 51 });
                let mut columns = vec![match realm {
                    Realm::Tenant(_) => "tenant_id=?",
                    Realm::Organization(_) => "organization_id=?",
                }];
                columns.extend(kind.iter().map(|_| "kind=?"));
                columns.extend(before.map(|_| "id<?"));
                let plan = store.plan(&query.text).await;
                assert_is_in_order(&plan, &query.text);
                let found = searches(&plan, &query.text);
                let [search, _] = found.as_slice() else { panic!("{plan:#?}\n{}", query.text) };
                assert!(columns.iter().all(|column| search.contains(column)), "{plan:#?}\n{}", query.text);
            }
        }
    }
}

#[tokio::test]
async fn the_sweep_finds_what_is_overdue_by_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
    let plan = store.plan(&format!("SELECT id FROM invitations WHERE {OVERDUE} LIMIT 1")).await;
    assert!(plan.iter().any(|line| line.contains("invitations_overdue (expires_at<?)")), "{plan:#?}");
}
