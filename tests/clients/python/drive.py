"""Drives all four flows, from the invitation to the session, with the client that openapi-generator makes (python).

`cargo xtask nightly clients` puts that client into the folder `client` beside this file.
"""

import sys
from collections.abc import Callable
from typing import Any

from invite_client import ApiClient, ApiException, Configuration
from invite_client.api.activation_api import ActivationApi
from invite_client.api.kare_api import KareApi
from invite_client.api.muninx_api import MuninxApi
from invite_client.api.nexus_api import NexusApi
from invite_client.api.sessions_api import SessionsApi
from invite_client.api.unleash_api import UnleashApi
from invite_client.models.activation import Activation
from invite_client.models.kare_accept_invitation import KareAcceptInvitation
from invite_client.models.kare_invite_user_organization import KareInviteUserOrganization
from invite_client.models.kare_invited_permissions import KareInvitedPermissions
from invite_client.models.muninx_new_user import MuninxNewUser
from invite_client.models.muninx_problem import MuninxProblem
from invite_client.models.new_session import NewSession
from invite_client.models.nexus_invite_member import NexusInviteMember
from invite_client.models.unleash_create_invited_user import UnleashCreateInvitedUser
from invite_client.models.unleash_error import UnleashError
from world import PASSWORD, World, new_address

WORLD = World(sys.argv[1])


def client(**credentials: Any) -> ApiClient:
    return ApiClient(Configuration(host=WORLD.base_url, **credentials))


def refusal(call: Callable[[], object]) -> Any:
    """The typed body of the refusal that a call ends with."""
    try:
        call()
    except ApiException as error:
        assert error.status == 409, error
        return error.data
    raise AssertionError("a call that must be refused succeeded")


def sign_in(address: str) -> None:
    assert SessionsApi(client()).create_session(NewSession(email=address, password=PASSWORD)).access_token


def activate(address: str) -> None:
    challenge = WORLD.mailed(address, "challenge")
    activated = ActivationApi(client()).activate(Activation(challenge=challenge, password=PASSWORD))
    assert activated.user.email == address
    sign_in(address)


def muninx() -> None:
    api = MuninxApi(client(access_token=WORLD.get("muninx", "bearer")))
    address = new_address()
    user = MuninxNewUser(
        email=address,
        name="Jane",
        last_name="Doe",
        type="customer",
        organization=WORLD.customer_organization,
    )
    assert api.muninx_invite_user(user) == "A confirmation email has been sent to the new user's email"
    problem = refusal(lambda: api.muninx_invite_user(user))
    assert isinstance(problem, MuninxProblem) and problem.status == 409
    activate(address)


def kare() -> None:
    credentials = {"access_token": WORLD.get("kare", "bearer"), "api_key": {"kareSession": WORLD.get("kare", "session_token")}}
    address = new_address()
    permissions = KareInvitedPermissions(group=1, read=[1, 2])
    invited = KareApi(client(**credentials)).kare_invite_user_organization(
        KareInviteUserOrganization(first_name="John", last_name="Doe", email=address, permissions=permissions)
    )
    assert invited.data.permissions.read == [1, 2]
    accepted = KareApi(client()).kare_accept_invitation(
        KareAcceptInvitation(
            invitation_token=WORLD.mailed(address, "invitation"),
            email=address,
            password=PASSWORD,
            first_name="John",
            last_name="Doe",
            phone="+33 1 23 45 67 89",
        )
    )
    assert accepted.data.session_token
    sign_in(address)


def nexus() -> None:
    pair = {
        "access_token": WORLD.get("nexus", "bearer"),
        "api_key": {"nexusApplicationToken": WORLD.get("nexus", "application_token")},
    }
    basic = {name: WORLD.get("nexus", "basic", name) for name in ("username", "password")}
    address = new_address()
    member = NexusInviteMember(email_address=address, given_name="Maria", family_name="Silva")
    NexusApi(client(**pair)).nexus_invite_organization_member(WORLD.organization, member)
    assert refusal(lambda: NexusApi(client(**basic)).nexus_invite_organization_member(WORLD.organization, member)).status == 409
    activate(address)


def unleash() -> None:
    api = UnleashApi(client())
    token = WORLD.get("unleash", "signup_token")
    api.unleash_validate_signup_token(token)
    address = new_address()
    account = UnleashCreateInvitedUser(email=address, name="Hunter Burgan", password=PASSWORD)
    assert api.unleash_signup(token, account).email == address
    assert isinstance(refusal(lambda: api.unleash_signup(token, account)), UnleashError)
    sign_in(address)


for flow in (muninx, kare, nexus, unleash):
    flow()
    print(f"{flow.__name__}: from nothing to a session")
