//! What pages say of operations that the document says once for all of them.

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

/// The limits beside the one on all requests, by the table in the section `Limits` of the document, and who counts under them.
const LIMITS: [(&str, &[&str]); 6] = [
    (
        "Invitations, for each inviter and for each organization",
        &[
            "muninx_invite_user",
            "muninx_resend_activation_email",
            "kare_invite_user_organization",
            "nexus_invite_organization_member",
            "resend_invitation",
        ],
    ),
    (
        "Mails, for each recipient address",
        &[
            "muninx_invite_user",
            "muninx_resend_activation_email",
            "kare_invite_user_organization",
            "nexus_invite_organization_member",
            "resend_invitation",
            "renew_challenge",
        ],
    ),
    ("Sign-ups, for each signup token", &["unleash_signup"]),
    ("Imports, for each organization", &["nexus_import_organization_members"]),
    (
        "Failed attempts, for each client address",
        &[
            "kare_accept_invitation",
            "unleash_signup",
            "unleash_validate_signup_token",
            "activate",
            "decline_invitation",
            "create_session",
            "refresh_session",
        ],
    ),
    ("Failed attempts at a password, for each account", &["kare_accept_invitation", "create_session"]),
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
    let probe = ["liveness", "readiness"].contains(&id);
    let requests = if probe { "Probes, for each client address" } else { "Requests, for each client address" };
    let changes = (method != "GET").then_some("Changes, for each client address");
    let others = LIMITS.iter().filter(|(_, operations)| operations.contains(&id)).map(|(limit, _)| *limit);
    std::iter::once(requests).chain(changes).chain(others).collect()
}
