"""What `invite-server dev` wrote, and its mails."""

import json
import re
import time
import uuid
from pathlib import Path
from typing import Any

PASSWORD = "seven quiet otters swim"
MAIL_WAIT_SECONDS = 10


def new_address() -> str:
    return f"{uuid.uuid4()}@example.com"


class World:
    def __init__(self, path: str) -> None:
        self.values: Any = json.loads(Path(path).read_text())
        self.base_url = str(self.values["base_url"])
        self.organization = int(self.values["organization"]["id"])
        self.customer_organization = str(self.values["customer_organization"]["slug"])

    def get(self, *names: str) -> str:
        """A credential."""
        value = self.values["credentials"]
        for name in names:
            value = value[name]
        return str(value)

    def mailed(self, address: str, kind: str) -> str:
        """The secret in the link of the mail to an address: a `challenge` or an `invitation`."""
        deadline = time.monotonic() + MAIL_WAIT_SECONDS
        while time.monotonic() < deadline:
            for path in Path(self.values["mailbox"]).glob("*.eml"):
                mail = path.read_text()
                plain = re.sub(r"=\r?\n", "", mail).replace("=3D", "=")
                found = re.search(rf"#{kind}=([\w-]+)", plain)
                if f"To: {address}" in mail and found:
                    return found[1]
            time.sleep(0.02)
        raise AssertionError(f"no mail with {kind} to {address}")
