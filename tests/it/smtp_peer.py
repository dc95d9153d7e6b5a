"""An SMTP server that keeps what it gets: smtp_peer.py FOLDER PORT [CERTIFICATE KEY].

With a certificate it offers STARTTLS and demands it and a sign-in; without, it offers neither. Port 0 is a free one. What it
does with a mail depends on the recipient's domain:

- `refused.example`: refused for good
- `later.example`, `busy.example`, `closing.example`, `new.example`: refused with 451, 450, 421 or 550 the first time
- `relay.example`: refused the first time with a 554 that is about the sender
- `dropped.example`: kept, but the first time the connection ends without an answer
- `stalled.example`: never answered
- `slow.example`: taken after two seconds

It says which of the commands it hears that tell something of whom it serves, also where it refuses them.
"""

import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"invite", b"p@ss/word"
AT_FIRST = {
    "later.example": "451 4.2.0 greylisted, try again",
    "busy.example": "450 4.2.1 mailbox busy",
    "closing.example": "421 4.3.2 shutting down",
    "relay.example": "554 5.7.1 relay access denied for 10.0.0.7",
    "new.example": "550 5.1.1 \x1b[31mno such mailbox yet",
}


class Keeper:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0
        self.seen = set()

    def is_first(self, address):
        first = address not in self.seen
        self.seen.add(address)
        return first

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        domain = address.rpartition("@")[2]
        if domain == "refused.example":
            return "550 5.1.1 no such mailbox"
        if domain == "stalled.example":
            print("stalled", flush=True)
            await asyncio.Event().wait()
        if domain in AT_FIRST and self.is_first(address):
            return AT_FIRST[domain]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].endswith("@slow.example"):
            await asyncio.sleep(2)
        self.count += 1
        temporary = self.folder / f"{self.count:04}.new"
        temporary.write_bytes(envelope.content)
        temporary.rename(temporary.with_suffix(".eml"))
        if envelope.rcpt_tos[0].endswith("@dropped.example") and self.is_first(envelope.rcpt_tos[0]):
            server.transport.abort()
        print("mail", "tls" if session.ssl else "plain", "signed-in" if session.authenticated else "anonymous", flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    print("sign-in", "tls" if session.ssl else "plain", flush=True)
    # `handled` would mean that the answer to a failure has been given here.
    return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)


class Heard(SMTP):
    async def smtp_AUTH(self, arg):
        print("heard AUTH", flush=True)
        await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg):
        print("heard MAIL", flush=True)
        await super().smtp_MAIL(arg)


async def main(folder, port, *pair):
    context = None
    if pair:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
    keeper = Keeper(pathlib.Path(folder))
    loop = asyncio.get_running_loop()

    def session():
        return Heard(
            keeper,
            hostname="peer.example",
            tls_context=context,
            require_starttls=bool(context),
            auth_required=bool(context),
            auth_require_tls=bool(context),
            authenticator=authenticate,
            enable_SMTPUTF8=True,
        )

    server = await loop.create_server(session, "127.0.0.1", int(port))
    print("listening", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
