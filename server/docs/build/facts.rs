//! What pages say of operations that the document says once for all of them.

use std::collections::BTreeSet;

/// Whom `x-access` lets in, in words.
pub(crate) fn who(word: &str) -> &'static str {
    match word {
        "anyone" => "Anyone",
        "token-holder" => "Whoever holds the token in the request",
        "admin" => "Administrators",
        "member" => "Members",
        "owner" => "The owner",
        _ => "See the rule",
    }
}

/// A limit that somebody who calls can reach.
struct Limit {
    /// Its name in a server's settings, below `limits`.
    name: &'static str,
    /// What is counted, and for whom.
    says: &'static str,
    calls: Calls,
}

/// What counts under a limit.
enum Calls {
    Probes,
    AllButProbes,
    /// Those that change something.
    Changes,
    Of(&'static [&'static str]),
}

/// Who invites or sends an invitation again.
const INVITE: &[&str] = &[
    "muninx_invite_user",
    "muninx_resend_activation_email",
    "kare_invite_user_organization",
    "nexus_invite_organization_member",
    "resend_invitation",
];
const SIGN_IN: &[&str] = &["kare_accept_invitation", "create_session"];

/// The limits, by the table in the section `Limits` of the document. Each kind that the server counts is among them, which a test
/// of the server holds (`operators_and_callers_are_told_of_every_limit`).
const LIMITS: [Limit; 12] = [
    Limit { name: "client", says: "Probes, for each client address", calls: Calls::Probes },
    Limit { name: "client", says: "Requests, for each client address", calls: Calls::AllButProbes },
    Limit { name: "changes", says: "Changes, for each client address", calls: Calls::Changes },
    Limit { name: "inviter", says: "Invitations, for each inviter", calls: Calls::Of(INVITE) },
    Limit { name: "organization", says: "Invitations, for each organization", calls: Calls::Of(INVITE) },
    Limit {
        name: "recipient",
        says: "Mails, for each recipient address",
        calls: Calls::Of(&[
            "muninx_invite_user",
            "muninx_resend_activation_email",
            "kare_invite_user_organization",
            "nexus_invite_organization_member",
            "nexus_import_organization_members",
            "resend_invitation",
            "renew_challenge",
        ]),
    },
    Limit { name: "signup_token", says: "Sign-ups, for each signup token", calls: Calls::Of(&["unleash_signup"]) },
    Limit {
        name: "signup_token",
        says: "Sign-ups for what is taken, for each signup token",
        calls: Calls::Of(&["unleash_signup"]),
    },
    Limit {
        name: "imports",
        says: "Imports, for each organization",
        calls: Calls::Of(&["nexus_import_organization_members"]),
    },
    Limit {
        name: "guesses",
        says: "Failed attempts, for each client address",
        calls: Calls::Of(&[
            // At challenges of others, by choosing one.
            "muninx_invite_user",
            "kare_accept_invitation",
            "unleash_signup",
            "activate",
            "decline_invitation",
            "create_session",
            "refresh_session",
        ]),
    },
    Limit {
        name: "account_guesses",
        says: "Failed attempts at a password, for each account and client address",
        calls: Calls::Of(SIGN_IN),
    },
    Limit { name: "account", says: "Failed attempts at a password, for each account", calls: Calls::Of(SIGN_IN) },
];

/// Problems that operations answer beside those in their examples: operation, status, code.
pub(crate) const ALSO: [(&str, &str, &str); 4] = [
    ("activate", "409", "secret_declined"),
    ("activate", "410", "secret_revoked"),
    ("decline_invitation", "409", "secret_declined"),
    ("decline_invitation", "410", "secret_revoked"),
];

/// Titles of problems that no example shows.
pub(crate) const TITLES: [(&str, &str); 3] = [
    ("secret_declined", "The invitation was declined"),
    ("secret_revoked", "The secret was withdrawn or replaced"),
    ("signup_token_not_found", "There is no such signup token"),
];

/// What counts under which limits when this operation is called.
pub(crate) fn limits(id: &str, method: &str) -> Vec<&'static str> {
    let is_probe = ["liveness", "readiness"].contains(&id);
    let counts = |limit: &&Limit| match limit.calls {
        Calls::Probes => is_probe,
        Calls::AllButProbes => !is_probe,
        Calls::Changes => method != "GET",
        Calls::Of(operations) => operations.contains(&id),
    };
    LIMITS.iter().filter(counts).map(|limit| limit.says).collect()
}

/// The names of the limits that pages tell of.
pub(crate) fn limit_names() -> BTreeSet<&'static str> {
    LIMITS.iter().map(|limit| limit.name).collect()
}

/// Operations that limits name.
pub(crate) fn limited() -> impl Iterator<Item = &'static str> {
    LIMITS.iter().flat_map(|limit| match limit.calls {
        Calls::Of(operations) => operations.iter().copied(),
        Calls::Probes | Calls::AllButProbes | Calls::Changes => [].iter().copied(),
    })
}
