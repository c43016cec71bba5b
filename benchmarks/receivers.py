"""Receivers of messages in processes of their own: `python receivers.py http|smtp` prints a port, and counts.

They do as little as a receiver can, so that what is measured is who sends. `GET /count` says how many came by HTTP.
"""

import asyncio
import sys

from aiosmtpd.smtp import SMTP


class Hook(asyncio.Protocol):
    """Reads requests with a content length, one after the other on one connection, and answers 200."""

    taken = 0

    def __init__(self) -> None:
        self.buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.buffer[:end]).lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            Hook.taken += body.count(b'"to":')
            answer = str(Hook.taken).encode() if head.startswith(b"get") else b""
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
            del self.buffer[: end + 4 + length]


class Taking:
    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        return "250 taken"


async def main(kind: str) -> None:
    made = Hook if kind == "http" else lambda: SMTP(Taking(), hostname="sandbox")
    server = await asyncio.get_running_loop().create_server(made, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
