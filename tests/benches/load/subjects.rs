//! What is measured: requests to the server, and what stands for them at the floor.

use std::net::SocketAddr;

use contract_tests::server::Server;
use contract_tests::world::Headers;
use invite_api::security::Operation;

use crate::generator::Load;
use crate::{SECONDS, connections, is_slow};

/// What part of the floor's rate is demanded.
const DEMAND: f64 = 0.8;
/// The same where every sync is slow, and one does for many.
const DEMAND_OF_GROUPS: f64 = 8.0;
/// The same of a sign-up, whose floor is nothing but the hash of a password.
const DEMAND_OF_HASHES: f64 = 0.9;

/// The least that can be done.
pub(crate) enum Least {
    /// Requests to the floor.
    Requests(Load),
    /// Passwords hashed.
    Hashes,
}

/// One kind of request to the server, and what stands for it at the floor.
pub(crate) struct Subject {
    pub(crate) name: &'static str,
    pub(crate) server: Load,
    pub(crate) floor: Least,
    pub(crate) demand: f64,
}

/// All of them.
pub(crate) fn subjects(server: &Server, floor: SocketAddr) -> Vec<Subject> {
    let world = &server.world;
    let address = world.base_url.trim_start_matches("http://").parse().unwrap();
    let invite = |name: &'static str, operation: Operation, target: String, body: String, expected| {
        let least = r#"{"email":"NAME-{n}@customer.example"}"#.replace("NAME", name);
        Subject {
            name,
            server: load(address, "POST", target, world.acme.credentials(operation), Some(body), expected),
            floor: Least::Requests(load(floor, "POST", "/floor".to_owned(), Headers::new(), Some(least), 204)),
            demand: if is_slow() { DEMAND_OF_GROUPS } else { DEMAND },
        }
    };
    let (organization, link) = (world.acme.organization(), format!("/invite/{}", world.acme.signup_token()));
    let muninx = format!(
        r#"{{"email":"m-{{n}}@customer.example","name":"Jane","last-name":"Doe","type":"customer","organization":"{}"}}"#,
        world.acme.customer_slug()
    );
    let kare = r#"{"firstName":"Jane","lastName":"Doe","email":"k-{n}@customer.example","permissions":{"group":0}}"#;
    let nexus = r#"{"emailAddress":"x-{n}@customer.example","displayName":"Jane Doe","familyName":"Doe","givenName":"Jane","isMfaDisabled":false,"makeAdmin":false}"#;
    let signup = r#"{"email":"s-{n}@customer.example","name":"Jane Doe","password":"orbit-lantern-{n}-velvet","username":"s-{n}"}"#;
    vec![
        invite("muninx", Operation::MuninxInviteUser, "/users".to_owned(), muninx, 200),
        invite(
            "kare",
            Operation::KareInviteUserOrganization,
            "/users-organizations/v1/ad/invite".to_owned(),
            kare.to_owned(),
            201,
        ),
        invite(
            "nexus",
            Operation::NexusInviteOrganizationMember,
            format!("/v1/organizations/{organization}/members/invite"),
            nexus.to_owned(),
            204,
        ),
        Subject {
            name: "validate",
            server: load(address, "GET", format!("{link}/validate"), Headers::new(), None, 200),
            floor: Least::Requests(load(floor, "GET", "/floor/1".to_owned(), Headers::new(), None, 200)),
            demand: DEMAND,
        },
        Subject {
            name: "signup",
            server: load(address, "POST", format!("{link}/signup"), Headers::new(), Some(signup.to_owned()), 200),
            floor: Least::Hashes,
            demand: DEMAND_OF_HASHES,
        },
    ]
}

/// Requests of one kind, as many as are answered.
fn load(
    address: SocketAddr,
    method: &str,
    target: String,
    headers: Headers,
    body: Option<String>,
    expected: u16,
) -> Load {
    let mut headers: Vec<(String, String)> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if body.is_some() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    let (method, first) = (method.to_owned(), 0);
    let connections = connections();
    Load { address, method, target, headers, body, expected, first, connections, seconds: SECONDS, rate: None }
}
