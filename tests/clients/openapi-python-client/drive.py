"""Drives all four flows, from the invitation to the session, with the client that openapi-python-client makes.

`cargo xtask nightly clients` puts that client beside this file, as `invite_client`.
"""

import base64
import sys
from http import HTTPStatus
from typing import Any, TypeVar

from invite_client import AuthenticatedClient, Client
from invite_client.api.activation import activate as activation
from invite_client.api.kare import kare_accept_invitation, kare_invite_user_organization
from invite_client.api.muninx import muninx_invite_user
from invite_client.api.nexus import nexus_invite_organization_member
from invite_client.api.sessions import create_session
from invite_client.api.unleash import unleash_signup, unleash_validate_signup_token
from invite_client.models import (
    Activation,
    ActivationResult,
    KareAcceptInvitation,
    KareInvitedPermissions,
    KareInviteUserOrganization,
    KareMembershipEnvelope,
    KareSessionTokensEnvelope,
    MuninxNewUser,
    MuninxNewUserType,
    MuninxProblem,
    NewSession,
    NexusInviteMember,
    NexusProblemDetails,
    SessionTokens,
    UnleashCreateInvitedUser,
    UnleashError,
    UnleashUser,
)
from invite_client.types import Response
from world import PASSWORD, World, new_address

WORLD = World(sys.argv[1])
ANYONE = Client(base_url=WORLD.base_url)
T = TypeVar("T")


def expected(response: Response[Any], status: int, body: type[T]) -> T:
    """The typed body, if it is the one for this status."""
    assert response.status_code == status, (response.status_code, response.content)
    assert isinstance(response.parsed, body), response.parsed
    return response.parsed


def sign_in(address: str) -> None:
    response = create_session.sync_detailed(client=ANYONE, body=NewSession(email=address, password=PASSWORD))
    assert expected(response, HTTPStatus.CREATED, SessionTokens).access_token


def activate(address: str) -> None:
    body = Activation(challenge=WORLD.mailed(address, "challenge"), password=PASSWORD)
    activated = expected(activation.sync_detailed(client=ANYONE, body=body), HTTPStatus.OK, ActivationResult)
    assert activated.user.email == address
    sign_in(address)


def muninx() -> None:
    client = AuthenticatedClient(base_url=WORLD.base_url, token=WORLD.get("muninx", "bearer"))
    address = new_address()
    user = MuninxNewUser(
        email=address,
        name="Jane",
        last_name="Doe",
        type_=MuninxNewUserType.CUSTOMER,
        organization=WORLD.customer_organization,
    )
    answer = expected(muninx_invite_user.sync_detailed(client=client, body=user), HTTPStatus.OK, str)
    assert answer == "A confirmation email has been sent to the new user's email"
    problem = expected(muninx_invite_user.sync_detailed(client=client, body=user), HTTPStatus.CONFLICT, MuninxProblem)
    assert problem.status == HTTPStatus.CONFLICT
    activate(address)


def kare() -> None:
    # It takes one credential; a second one is a header.
    client = AuthenticatedClient(base_url=WORLD.base_url, token=WORLD.get("kare", "bearer"))
    client = client.with_headers({"x-session-token": WORLD.get("kare", "session_token")})
    address = new_address()
    permissions = KareInvitedPermissions(group=1, read=[1, 2])
    person = KareInviteUserOrganization(first_name="John", last_name="Doe", email=address, permissions=permissions)
    response = kare_invite_user_organization.sync_detailed(client=client, body=person)
    invited = expected(response, HTTPStatus.CREATED, KareMembershipEnvelope)
    assert invited.data.permissions.read == [1, 2]
    acceptance = KareAcceptInvitation(
        invitation_token=WORLD.mailed(address, "invitation"),
        email=address,
        password=PASSWORD,
        first_name="John",
        last_name="Doe",
        phone="+33 1 23 45 67 89",
    )
    accepted = kare_accept_invitation.sync_detailed(client=ANYONE, body=acceptance)
    assert expected(accepted, HTTPStatus.CREATED, KareSessionTokensEnvelope).data.session_token
    sign_in(address)


def nexus() -> None:
    pair = AuthenticatedClient(base_url=WORLD.base_url, token=WORLD.get("nexus", "bearer"))
    pair = pair.with_headers({"ApplicationToken": WORLD.get("nexus", "application_token")})
    name_and_password = ":".join(WORLD.get("nexus", "basic", name) for name in ("username", "password"))
    encoded = base64.b64encode(name_and_password.encode()).decode()
    basic = AuthenticatedClient(base_url=WORLD.base_url, token=encoded, prefix="Basic")
    address = new_address()
    member = NexusInviteMember(email_address=address, given_name="Maria", family_name="Silva")
    invited = nexus_invite_organization_member.sync_detailed(WORLD.organization, client=pair, body=member)
    assert invited.status_code == HTTPStatus.NO_CONTENT, invited.content
    again = nexus_invite_organization_member.sync_detailed(WORLD.organization, client=basic, body=member)
    expected(again, HTTPStatus.CONFLICT, NexusProblemDetails)
    activate(address)


def unleash() -> None:
    token = WORLD.get("unleash", "signup_token")
    valid = unleash_validate_signup_token.sync_detailed(token, client=ANYONE)
    assert valid.status_code == HTTPStatus.OK
    address = new_address()
    account = UnleashCreateInvitedUser(email=address, name="Hunter Burgan", password=PASSWORD)
    user = expected(unleash_signup.sync_detailed(token, client=ANYONE, body=account), HTTPStatus.OK, UnleashUser)
    assert user.email == address
    expected(unleash_signup.sync_detailed(token, client=ANYONE, body=account), HTTPStatus.CONFLICT, UnleashError)
    sign_in(address)


for flow in (muninx, kare, nexus, unleash):
    flow()
    print(f"{flow.__name__}: from nothing to a session")
