"""A mail server in a process of its own: it writes down what it takes, and answers as the recipient's name says.

`python mail_server.py FILE` prints its port. FILE gets a line of JSON for each message. A recipient that begins with
`no` is refused (550), with `later` put off the first time (451), with `full` refused after the message (552); with
`silent` the message is taken and the connection cut without an answer.
"""

import asyncio
import base64
import json
import os
import sys
from collections import Counter

from aiosmtpd.smtp import SMTP

OUT = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
counts: Counter[str] = Counter()


class Taking:
    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        counts[address] += 1
        if address.startswith("no"):
            return "550 no such mailbox"
        if address.startswith("later") and counts[address] == 1:
            return "451 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        to = envelope.rcpt_tos[0]
        line = {"to": to, "raw": base64.b64encode(envelope.content).decode()}
        if not to.startswith("full"):
            os.write(OUT, json.dumps(line).encode() + b"\n")
        if to.startswith("silent"):
            server.transport.close()
        return "552 mailbox full" if to.startswith("full") else "250 taken"


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Taking(), hostname="sandbox"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
