"""A receiver of webhooks in a process of its own: it writes down what arrives, and answers as its path says.

`python receiver.py FILE [SECRET]` prints its port. FILE gets a line `path id text` for each message of a request that
is taken, and for each customer of whom it tells, all that is told, before the answer goes out. Paths: `/ok`;
`/status/S/N` (S without taking anything, N times, then 200);
`/taken/S/N` (takes them, and answers S, N times); `/silent/N` (takes them, and does not answer, N times); `/patience/S`
(429 with Retry-After S, once); `/each` (of each message whether its text says "refuse" or "later"); `/slow/MS`.
"""

import asyncio
import json
import os
import sys
from collections import Counter

counts: Counter[str] = Counter()
OUT = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
VERIFYING = len(sys.argv) > 2
if VERIFYING:
    from standardwebhooks import Webhook

    VERIFIER = Webhook(sys.argv[2])


def take(path: str, body: bytes) -> list[dict[str, str]]:
    said = json.loads(body)
    messages = said["data"][said["type"]]
    texts = [m.get("text", "") if said["type"] == "messages" else json.dumps(m, ensure_ascii=False) for m in messages]
    lines = "".join(f"{path} {m['id']} {text}\n" for m, text in zip(messages, texts, strict=True))
    os.write(OUT, lines.encode())
    return messages


async def decide(path: str, body: bytes) -> tuple[int, str, bytes] | None:
    """Return status, further headers and the answer; None for silence."""
    counts[path] += 1
    _, kind, *given = path.split("/")
    if kind == "status" and counts[path] <= int(given[1]):
        return int(given[0]), "", b""
    if kind == "patience" and counts[path] == 1:
        return 429, f"Retry-After: {given[0]}\r\n", b""
    messages = take(path, body)
    if kind == "taken" and counts[path] <= int(given[1]):
        return int(given[0]), "", b""
    if kind == "silent" and counts[path] <= int(given[0]):
        return None
    if kind == "slow":
        await asyncio.sleep(int(given[0]) / 1_000)
    if kind == "each":
        results = []
        for m in messages:
            says = next((word for word in ("refuse", "later") if word in str(m)), "accept")
            later = says == "later" and counts[f"later {m['id']}"] == 0
            counts[f"later {m['id']}"] += 1
            status = "refused" if says == "refuse" else "later" if later else "accepted"
            results.append({"id": m["id"], "status": status, "reason": "No such Number"})
        return 200, "", json.dumps({"results": results}).encode()
    return 200, "", b""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            if VERIFYING:
                VERIFIER.verify(body, headers)
            found = await decide(request.split(" ")[1], body)
            if found is None:
                await asyncio.sleep(3_600)
                return
            status, more, answer = found
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(answer)}\r\n{more}\r\n".encode() + answer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 26)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
