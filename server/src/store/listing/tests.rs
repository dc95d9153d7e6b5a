//! Every page that can be asked for is a range of one index: SQLite says so itself.

use invite_domain::ids::OrganizationId;

use super::*;
use crate::store::invitations::OVERDUE;
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

/// One search of an index by all of `columns`, beside the look-up of the slug; nothing is scanned.
fn assert_is_a_range(plan: &[String], columns: &[&str], sql: &str) {
    let searched: Vec<&String> = plan.iter().filter(|line| line.contains("SEARCH t ")).collect();
    let [search] = searched.as_slice() else { panic!("{plan:#?}\n{sql}") };
    assert!(search.contains("USING INDEX"), "{search}\n{sql}");
    for column in columns {
        assert!(search.contains(column), "{search} leaves {column} out\n{sql}");
    }
    assert!(!plan.iter().any(|line| line.contains("SCAN") && !line.contains("SCALAR")), "{plan:#?}\n{sql}");
}

fn assert_is_in_order(plan: &[String], sql: &str) {
    assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{plan:#?}\n{sql}");
}

#[tokio::test]
async fn every_page_of_invitations_is_a_range_of_an_index() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&Address::Sqlite(folder.path().join("invite.db"))).await.expect("opened");
    for page in invitation_pages() {
        for range in stored(page.state) {
            let query = invitation_range(Engine::Sqlite, &page, *range, now());
            let mut columns = vec![match page.realm {
                Realm::Tenant(_) => "tenant_id=?",
                Realm::Organization(_) => "organization_id=?",
            }];
            if page.address.is_some() {
                columns.push("address_normalized=?");
            } else {
                columns.extend(page.flow.map(|_| "flow=?"));
                columns.extend(range.0.map(|_| "listed_as=?"));
            }
            let plan = store.plan(&query.text).await;
            if page.address.is_none() && matches!(range.1, Some(Age::TooOld)) {
                columns.retain(|column| *column != "flow=?");
                columns.push("expires_at<?");
            } else {
                columns.extend(page.before.map(|_| "id<?"));
                assert_is_in_order(&plan, &query.text);
            }
            assert_is_a_range(&plan, &columns, &query.text);
        }
    }
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
                assert_is_a_range(&plan, &columns, &query.text);
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
