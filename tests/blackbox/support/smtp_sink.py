"""A mail server that keeps what it gets: aiosmtpd, as a program of its own.

smtp_sink.py PORT none|starttls|tls SPOOL [CERTIFICATE KEY] [USER PASSWORD]
SINK_NEVER_QUITS=1: QUIT gets no answer. Each message becomes a line of JSON in SPOOL. Debian has aiosmtpd for its own Python only.
"""

import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Spool:
    def __init__(self, path):
        self._path = path

    async def handle_DATA(self, server, session, envelope):
        line = json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos,
                           "tls": session.ssl is not None,
                           "user": getattr(session, "user", None),
                           "data": envelope.content.decode("utf-8", "replace")})
        with open(self._path, "a", encoding="utf-8") as spool:
            spool.write(line + "\n")
        return "250 kept"


class NeverQuits(Spool):
    async def handle_QUIT(self, server, session, envelope):
        await asyncio.sleep(3600)
        return "221 at last"


async def serve(port, mode, path, words):
    certificate = words[:2] if mode != "none" else None
    user = words[2:] if mode != "none" else words
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)

    def knows(server, session, envelope, mechanism, data):
        given = [data.login.decode(), data.password.decode()]
        session.user = given[0]
        return AuthResult(success=given == user, handled=False)

    def session():
        keeps = NeverQuits if os.environ.get("SINK_NEVER_QUITS") else Spool
        return SMTP(keeps(path), hostname="sink.test",
                    tls_context=context if mode == "starttls" else None,
                    require_starttls=mode == "starttls", authenticator=knows if user else None,
                    auth_required=bool(user), auth_require_tls=mode == "starttls")

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", port,
                                      ssl=context if mode == "tls" else None)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]))
