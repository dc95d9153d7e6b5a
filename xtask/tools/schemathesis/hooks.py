"""State, which no schema can say: addresses are taken once, secrets work once, and only the server hands them out.

Schemathesis makes its cases from the document alone. Here each case gets the state that it presupposes: an address that
nobody has, a secret that was really mailed. So a valid case must succeed, and an invalid one can fail only for what is
wrong with it. The few valid cases whose state cannot be made are told apart by `EXPECTED`, from the request alone.

An invalid case keeps everything that makes it invalid: only members with the value of the document's example change.
"""

import atexit
import email
import email.policy
import itertools
import json
import os
import re
import time
import unicodedata
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote, unquote

import idna
import requests
import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

WORLD = json.loads(Path(os.environ["INVITE_DEV_JSON"]).read_text())
"""What `invite-server dev` wrote."""

MAIL_WAIT_SECONDS = 10

numbers = itertools.count(1)
sign_ins = itertools.count()
used = {WORLD["admin"]["email"], WORLD["other_tenant"]["admin"]["email"]}
read_mails = set()
filtered = Counter()


# Values that were not used before. The first use of a text keeps it, so that the shortest and the longest are tried.


def unused(text, change, same=str.lower):
    while same(text) in used:
        text = change(text, str(next(numbers)))
    used.add(same(text))
    return text


def unused_text(text):
    return unused(text, lambda text, number: text[: max(0, len(text) - len(number))] + number)


def unused_secret(text):
    """Keeps the length, and shares nothing with a secret of another operation."""
    return unused(text, lambda text, number: number.rjust(len(text), "s"))


def unused_address(text):
    """Keeps the length where it can: by the name, else by the first label of the domain. `me` is no address."""

    def change(text, number):
        name, domain = text.rsplit("@", 1)
        label, dot, rest = domain.partition(".")
        if len(name) < len(number) < len(label) and not label.lower().startswith("xn--"):
            return f"{name}@{label[: -len(number)]}{number}{dot}{rest}"
        return f"{name[: max(0, len(name) - len(number))]}{number}@{domain}"

    return text if text == "me" else unused(text, change, same_address)


def same_address(text):
    """One form for all spellings of an address: letter case, compatibility, the `xn--` form of its domain."""
    name, domain = unicodedata.normalize("NFKC", text).lower().rsplit("@", 1)
    try:
        return f"{name}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return f"{name}@{domain}"


def is_no_address(text):
    """What no pattern can say of an international address: its letters are letters, its domain is one, and so is its length."""
    name, at, domain = unicodedata.normalize("NFKC", text).rpartition("@")
    if not at:
        return False
    try:
        idna.encode(domain, uts46=True)
    except idna.IDNAError:
        return not text.isascii()
    too_long = max(len(text.encode()), len(same_address(text))) > 254
    return too_long or not all(letter.isascii() or letter.isalnum() for letter in name)


def hard_to_guess(text):
    """A password of the same length that the server has no reason to refuse."""
    return ("vexed quartz jumps by fig dwarf " * (len(text) // 32 + 1))[: len(text)]


# Secrets that the server really handed out.


def call(path, headers, body):
    answer = requests.post(WORLD["base_url"] + path, headers=headers, json=body, timeout=30)
    if not answer.ok:
        raise RuntimeError(f"cannot prepare a case: POST {path} with {body} answers {answer.status_code} {answer.text}")
    return answer


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def invite_customer(address, **members):
    person = {"email": address, "name": "Pending", "last-name": "Person", "type": "customer", **members}
    call("/users", bearer(WORLD["credentials"]["muninx"]["bearer"]), person)


def member(address):
    """Invites the address through Kare; the answer is the membership."""
    kare = WORLD["credentials"]["kare"]
    person = {"firstName": "Pending", "lastName": "Person", "email": address, "permissions": {"group": 0}}
    headers = {**bearer(kare["bearer"]), "x-session-token": kare["session_token"]}
    return call("/users-organizations/v1/ad/invite", headers, person).json()["data"]


def mailed_invitation(address):
    """Invites the address; the token is in the mail and nowhere else."""
    member(address)
    deadline = time.monotonic() + MAIL_WAIT_SECONDS
    while time.monotonic() < deadline:
        for path in set(Path(WORLD["mailbox"]).glob("*.eml")) - read_mails:
            read_mails.add(path)
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if address.lower() in mail["to"].lower():
                return re.search(r"inv_[\w-]{43}", mail.get_body(("plain",)).get_content())[0]
        time.sleep(0.01)
    raise RuntimeError(f"no mail to {address} within {MAIL_WAIT_SECONDS} s")


# The state that each operation presupposes. `values` holds the members and parameters that may change.


def muninx_invite_user(values):
    if "challenge" in values:
        values["challenge"] = unused_secret(values["challenge"])
    if values.get("type") == "customer" and "organization" in values:
        values["organization"] = WORLD["customer_organization"]["slug"]


def muninx_resend_activation_email(values):
    if values.get("email", "me") != "me":
        invite_customer(values["email"])


def muninx_get_user(values):
    """One who belongs to the tenant itself, so that no change of the type is a move."""
    if values.get("email", "me") != "me":
        invite_customer(values["email"])


def muninx_update_user(values):
    muninx_get_user(values)
    if "organization" in values:
        values["organization"] = WORLD["organization"]["slug"]


def muninx_delete_token(values):
    if "id" in values:
        bearer_token = bearer(WORLD["credentials"]["muninx"]["bearer"])
        values["id"] = call("/tokens", bearer_token, {"name": "Spare"}).json()["id"]


def muninx_create_customer_organization(values):
    if "id" in values:
        values["id"] = unused_text(values["id"])


def kare_accept_invitation(values):
    if "invitationToken" in values:
        address = values.get("email") or unused_address("pending@mail.example")
        values["invitationToken"] = mailed_invitation(address)


def activate(values):
    if "challenge" in values:
        values["challenge"] = unused_secret(values["challenge"])
        invite_customer(unused_address("pending@mail.example"), challenge=values["challenge"])


def decline_invitation(values):
    activate(values)


def nexus_create_api_key(values):
    if "id" in values:
        values["id"] = unused_text(values["id"])


def nexus_import_organization_members(values):
    if "id" in values:
        values["id"] = unused_text(values["id"])


def nexus_remove_member_role(values):
    if "userId" in values:
        values["userId"] = str(member(unused_address("member@mail.example"))["userId"])


def get_import(values):
    """One that was really made."""
    if "id" in values:
        nexus = WORLD["credentials"]["nexus"]
        organization = WORLD["organization"]["id"]
        people = {
            "id": unused_text("import"),
            "importDate": "2026-01-15T08:45:00Z",
            "importFilename": "people.csv",
            "importingUserId": "1",
            "organizationId": organization,
            "newMembers": [{"emailAddress": unused_address("row@mail.example")} for _ in range(2)],
        }
        headers = {**bearer(nexus["bearer"]), "ApplicationToken": nexus["application_token"]}
        answer = call(f"/v1/organizations/{organization}/members/import", headers, people)
        values["id"] = answer.headers["location"].rsplit("/", 1)[1]


def pending_invitation(values):
    """One that nobody has answered."""
    if "id" in values:
        address = unused_address("pending@mail.example")
        invite_customer(address)
        headers = bearer(WORLD["credentials"]["muninx"]["bearer"])
        found = requests.get(WORLD["base_url"] + "/invitations", headers=headers, params={"email": address}, timeout=30)
        values["id"] = found.json()["items"][0]["id"]


def create_session(values):
    right = {**WORLD["admin"], "organization": WORLD["organization"]["slug"]}
    values.update({name: right[name] for name in ("email", "password", "organization") if name in values})


def sign_in():
    return call("/sessions", {}, {name: WORLD["admin"][name] for name in ("email", "password")}).json()


def refresh_session(values):
    if "refreshToken" in values:
        values["refreshToken"] = sign_in()["refreshToken"]


def unleash_signup(values):
    if "token" in values:
        values["token"] = WORLD["credentials"]["unleash"]["signup_token"]
    if "username" in values:
        values["username"] = unused_text(values["username"])


def spare_signup_token(values):
    """One that nobody signs up with, because its cases switch it off."""
    if "token" in values:
        answer = requests.post(
            WORLD["base_url"] + "/api/admin/invite-link/tokens",
            headers={"Authorization": WORLD["credentials"]["unleash"]["admin_api_key"]},
            json={"name": "Spare", "expiresAt": "2999-01-01T00:00:00Z"},
            timeout=30,
        )
        values["token"] = answer.json()["secret"]


PREPARE = {
    function.__name__: function
    for function in (
        muninx_invite_user,
        muninx_resend_activation_email,
        muninx_get_user,
        muninx_update_user,
        muninx_delete_token,
        muninx_create_customer_organization,
        kare_accept_invitation,
        nexus_create_api_key,
        nexus_import_organization_members,
        nexus_remove_member_role,
        get_import,
        activate,
        decline_invitation,
        create_session,
        refresh_session,
        unleash_signup,
    )
} | {
    "unleash_validate_signup_token": unleash_signup,
    "unleash_get_signup_token": unleash_signup,
    "unleash_update_signup_token": spare_signup_token,
    "get_invitation": pending_invitation,
    "resend_invitation": pending_invitation,
    "revoke_invitation": pending_invitation,
}

KEY = "Idempotency-Key"


@schemathesis.hook
def before_call(context, case, kwargs):
    raw = case.operation.definition.raw
    valid = case.meta is None or case.meta.generation.mode.is_positive
    if isinstance(case.body, dict):
        # Assigned, not changed in place: cases share their values.
        case.body = {**case.body, **prepared(raw["operationId"], case.body, body_examples(raw), valid)}
        if valid and raw["operationId"] == "create_session" and next(sign_ins) % 2:
            # One pair of all is right; a whole round might not draw it, and nobody would have signed in.
            case.body = {**case.body, **{name: WORLD["admin"][name] for name in ("email", "password")}}
    if case.path_parameters:
        examples = {parameter.name: [parameter.definition.get("example")] for parameter in case.operation.path_parameters}
        plain = {name: unquote(value) if isinstance(value, str) else value for name, value in case.path_parameters.items()}
        changes = prepared(raw["operationId"], plain, examples, valid)
        # The at-sign stays: a changed value is judged anew, by the schema and as it stands here.
        case.path_parameters = {**case.path_parameters, **{name: quote(value, safe="@") for name, value in changes.items()}}
    if valid and raw["operationId"] == "nexus_import_organization_members":
        case.body = {**case.body, "organizationId": case.path_parameters["organizationId"]}
        # The import invites them, so that no other case can.
        used.update(row["emailAddress"].lower() for row in case.body["newMembers"])
    if valid and raw["operationId"] == "muninx_create_customer_organization" and "domains" in case.body:
        case.body = {**case.body, "domains": [f"d{next(numbers)}.example" for _ in case.body["domains"]]}
    if valid and "cursor" in (case.query or {}):
        case.query = with_real_cursor(case)
    # It ends what it is called by, which all other cases share.
    shared = bearer(WORLD["credentials"]["nexus"]["bearer"])["Authorization"]
    if raw["operationId"] == "delete_session" and (case.headers or {}).get("Authorization") == shared:
        case.headers["Authorization"] = bearer(sign_in()["accessToken"])["Authorization"]
    # A key stands for one request, and each case is another one.
    key = (case.headers or {}).get(KEY)
    examples = [parameter.definition.get("example") for parameter in case.operation.headers if parameter.name == KEY]
    if key is not None and (valid or key in examples):
        case.headers[KEY] = unused_text(key)


def with_real_cursor(case):
    """The same query from where its first item ends; without a cursor where there is no further page."""
    query = {name: value for name, value in case.query.items() if name != "cursor"}
    path = case.operation.path.format(**(case.path_parameters or {}))
    headers = bearer(WORLD["credentials"]["nexus"]["bearer"])
    headers["ApplicationToken"] = WORLD["credentials"]["nexus"]["application_token"]
    page = requests.get(WORLD["base_url"] + path, headers=headers, params={**query, "limit": 1}, timeout=30).json()
    return {**query, "cursor": page["next"]} if page.get("next") else query


def prepared(operation_id, values, examples, valid):
    """The values that change: of a valid case any text, of an invalid one only what the document gives as example.

    A sign-in changes nothing on the server, so its other values go as they are, and are told apart below.
    """
    sign_in = operation_id == "create_session"
    any_text = valid and not sign_in
    values = {name: value for name, value in values.items() if isinstance(value, str) and (any_text or value in examples.get(name, ()))}
    if not sign_in:
        for name in {"email", "emailAddress"} & values.keys():
            values[name] = unused_address(values[name])
        if "password" in values:
            values["password"] = hard_to_guess(values["password"])
    PREPARE.get(operation_id, lambda values: None)(values)
    return values


def body_examples(raw):
    """The values of each member in the document's examples of the body."""
    content = raw.get("requestBody", {}).get("content", {}).get("application/json", {})
    bodies = [example["value"] for example in content.get("examples", {}).values()] or [content.get("example", {})]
    return {name: [body.get(name) for body in bodies] for body in bodies for name in body}


def is_past(text):
    return text is not None and datetime.fromisoformat(text.upper()) <= datetime.now(timezone.utc)


def lacks_a_type(change):
    """An agent type without a type that takes one, a type without the agent type that it takes, tickets for a customer."""
    works = change.get("type") in ("admin", "agent")
    return works != ("agent-type" in change) or (not works and change.get("auto-assign-tickets") == "true")


def gives_up(change):
    return change.get("type", "admin") != "admin" or change.get("status") == "suspended"


def addresses(case):
    """All that the request names."""
    for values in (case.body, case.path_parameters, case.query):
        if isinstance(values, dict):
            yield from (values[name] for name in ("email", "emailAddress") if isinstance(values.get(name), str))


# Valid cases that are refused for state that cannot be made, or for what no schema can say: operation (none: each), status,
# reason, and which cases those are.
EXPECTED = [
    (
        None,
        400,
        "an international address has letters, and a domain under IDNA",
        lambda case: any(is_no_address(unquote(address)) for address in addresses(case)),
    ),
    (
        "nexus_invite_organization_member",
        404,
        "the tenant has two organizations, whatever numbers the schema allows",
        lambda case: int(case.path_parameters["organizationId"])
        not in (WORLD["organization"]["id"], WORLD["customer_organization"]["id"]),
    ),
    (
        "nexus_import_organization_members",
        404,
        "the tenant has two organizations, whatever numbers the schema allows",
        lambda case: int(case.path_parameters["organizationId"])
        not in (WORLD["organization"]["id"], WORLD["customer_organization"]["id"]),
    ),
    (
        "nexus_remove_member_role",
        404,
        "the member belongs to one organization",
        lambda case: int(case.path_parameters["organizationId"]) != WORLD["organization"]["id"],
    ),
    (
        "nexus_create_api_key",
        400,
        "a key ends in the future",
        lambda case: is_past(case.body.get("expiresAt")),
    ),
    (
        "muninx_resend_activation_email",
        409,
        "`me` is the caller, who is active",
        lambda case: case.path_parameters["email"] == "me",
    ),
    (
        "muninx_update_user",
        400,
        "`me` is the last administrator, and the others are customers until they have a type and what it takes",
        lambda case: lacks_a_type(case.body) or (case.path_parameters["email"] == "me" and gives_up(case.body)),
    ),
    (
        "muninx_update_user",
        409,
        "a pending user is not let in",
        lambda case: case.body.get("status") == "active",
    ),
    (
        "create_session",
        401,
        "one pair of address and password is right, and belongs to one organization",
        lambda case: (case.body["email"], case.body["password"]) != (WORLD["admin"]["email"], WORLD["admin"]["password"])
        or case.body.get("organization", WORLD["organization"]["slug"]) != WORLD["organization"]["slug"],
    ),
]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if isinstance(failure, RejectedPositiveData):
        for operation_id, status, reason, applies in EXPECTED:
            named = case.operation.definition.raw["operationId"]
            if operation_id in (None, named) and response.status_code == status and applies(case):
                filtered[f"{operation_id or 'any operation'} {status}: {reason}"] += 1
                return False
    return True


@atexit.register
def print_filtered():
    for reason, count in sorted(filtered.items()):
        print(f"refused as expected, {count} x {reason}")
