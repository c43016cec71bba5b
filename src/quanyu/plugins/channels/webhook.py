"""Webhooks: messages as JSON to an address of yours, signed as Standard Webhooks are; one a request, or many.

A request holds `{"type": "messages", "data": {...}}`, or, of an account without a channel, what a step of a journey
tells of customers: `{"type": "customers", "data": {"journey": …, "customers": [{"id": …, "one_id": …}]}}`. The receiver
answers 2xx for all of them, or with `{"results": [{"id": …, "status": "accepted" | "refused" | "later", "reason": …}]}`
for each. Headers and signature are
those of https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: `webhook-id` is the
same when a request is sent again, and serves as the idempotency key.
"""

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, cast

import aiohttp
import msgspec
import numpy as np
import pyarrow as pa

from quanyu.engagement.channels.spec import (
    ACCEPTED,
    CUSTOMERS,
    LATER,
    LOST,
    MESSAGES,
    REFUSED,
    About,
    Answered,
    Capabilities,
    Opened,
    Setting,
)
from quanyu.foundation.text import Text

SECRET_PREFIX = "whsec_"  # noqa: S105  the word that begins one
_UNREACHED = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
_NOT_TAKEN = {408, 425, 429, 503}
_BROKEN = {401: "unauthorised", 403: "forbidden", 404: "no_such_address", 405: "wrong_method", 410: "gone"}
_STATUSES = {"accepted": ACCEPTED, "refused": REFUSED, "later": LATER}
_NOT_A_WORD = re.compile(r"[^a-z0-9_]+")
_ENCODE = msgspec.json.Encoder(decimal_format="number").encode
LONGEST_HOLD = 3_600.0


class Webhook:
    name = "webhook"
    title = Text("Webhook", "Webhook")
    capabilities = Capabilities(batch=None, requests=None, idempotent=None, receipts=None, endpoint=True)
    settings = (
        Setting("url", "url", Text("Address", "地址"), required=True),
        Setting("secret", "secret", Text("Secret that signs", "签名密钥"), required=True),
        Setting("private", "flag", Text("May know who customers are", "可接收客户身份信息")),
        Setting("timeout", "number", Text("Seconds to wait", "等待应答秒数"), default=30, least=1, most=600),
    )

    async def open(self, account: Opened) -> "Posting":
        return Posting(account)

    def read(self, file: Path) -> None:
        return None


class Posting:
    """One account's connections to its receiver."""

    def __init__(self, account: Opened) -> None:
        said = account.settings
        self._url, self._now = str(said["url"]), account.now
        self._key = _key(str(said["secret"]))
        waits = aiohttp.ClientTimeout(total=float(cast("int", said.get("timeout", 30))), sock_connect=10)
        connector = aiohttp.TCPConnector(limit=256, ttl_dns_cache=60)
        self._session = aiohttp.ClientSession(connector=connector, timeout=waits, auto_decompress=True)

    async def send(self, messages: pa.Table, about: About) -> Answered:
        count = messages.num_rows
        body, identity = _body(messages, about)
        try:
            async with self._session.post(
                self._url, data=body, headers=self._headers(identity, body), allow_redirects=False
            ) as response:
                answer = await response.read() if response.status < 300 else b""
                return _answered(response.status, response.headers, answer, messages, self._now)
        except _UNREACHED:
            return Answered.all(count, LATER, hold=0)
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError):
            return Answered.all(count, LOST)

    async def close(self) -> None:
        await self._session.close()

    def _headers(self, identity: str, body: bytes) -> dict[str, str]:
        at = str(int(self._now().timestamp()))
        signed = hmac.digest(self._key, f"{identity}.{at}.".encode() + body, hashlib.sha256)
        return {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
            "idempotency-key": identity,
        }


def _key(secret: str) -> bytes:
    """Return the bytes of a secret: base64 after `whsec_`, else the text itself."""
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX) + "==")


def _body(messages: pa.Table, about: About) -> tuple[bytes, str]:
    """Return the request's body and its id: the same whenever the same messages are sent again."""
    rows = messages.to_pylist()
    if about.of == CUSTOMERS:
        data = {"journey": about.campaign, "step": about.content, "version": about.version, "purpose": about.purpose}
        customers = [_of_customer(row) for row in rows]
        return _ENCODE({"type": CUSTOMERS, "data": {**data, "customers": customers}}), _identity(rows, about)
    columns = [name for name in messages.column_names if name not in ("message_id", "address")]
    said = [
        {"id": row["message_id"], "to": row["address"], **{n: row[n] for n in columns if row[n] is not None}}
        for row in rows
    ]
    data = {
        "campaign": about.campaign,
        "content": about.content,
        "version": about.version,
        "purpose": about.purpose,
        "messages": said,
    }
    return _ENCODE({"type": MESSAGES, "data": data}), _identity(rows, about)


def _of_customer(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a customer: `tags.points` stands as `points` below `tags`, what is missing not at all."""
    told: dict[str, Any] = {"id": row["message_id"], "one_id": row["one_id"]}
    for name, value in row.items():
        root, _, below = name.partition(".")
        if below and value is not None:
            told.setdefault(root, {})[below] = value
    return told


def _identity(rows: Sequence[Mapping[str, Any]], about: About) -> str:
    if len(rows) == 1:
        return f"msg_{rows[0]['message_id']}"
    digest = hashlib.sha256("".join(row["message_id"] for row in rows).encode()).hexdigest()
    return f"msg_{about.batch}-{digest[:24]}"


def _answered(
    status: int, headers: Mapping[str, str], answer: bytes, messages: pa.Table, now: Callable[[], datetime]
) -> Answered:
    count = messages.num_rows
    if 200 <= status < 300:
        return _each(answer, messages)
    if status in _NOT_TAKEN:
        return Answered.all(count, LATER, hold=_hold(headers.get("Retry-After", ""), now))
    if status in _BROKEN:
        return Answered.all(count, LATER, broken=_BROKEN[status])
    if status >= 500:  # it may have taken them over before it fell
        return Answered.all(count, LOST, hold=_hold(headers.get("Retry-After", ""), now))
    if 300 <= status < 400:
        return Answered.all(count, LATER, broken="moved")
    return Answered.all(count, REFUSED, reason=f"http_{status}")


def _each(answer: bytes, messages: pa.Table) -> Answered:
    """Read what is said of each message; of whom nothing is said it was taken over with the request."""
    codes = np.full(messages.num_rows, ACCEPTED, np.int8)
    results = _results(answer)
    if not results:
        return Answered(codes)
    places = {text: i for i, text in enumerate(messages["message_id"].to_pylist())}
    reasons: dict[int, str] = {}
    for result in results:
        place = places.get(str(result.get("id")))
        code = _STATUSES.get(str(result.get("status")))
        if place is not None and code is not None:
            codes[place] = code
            if code == REFUSED:
                reasons[place] = _NOT_A_WORD.sub("_", str(result.get("reason") or "refused").lower())[:40].strip("_")
    return Answered(codes, reasons)


def _results(answer: bytes) -> list[dict[str, Any]]:
    if not answer.startswith(b"{"):
        return []
    try:
        decoded: Any = msgspec.json.decode(answer)
    except msgspec.DecodeError:
        return []
    found = decoded.get("results")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _hold(written: str, now: Callable[[], datetime]) -> float:
    """Return the seconds that Retry-After asks for, given as such or as a date; 0 where it says nothing."""
    text = written.strip()
    if text.isdecimal():
        return min(float(text), LONGEST_HOLD)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return 0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now()).total_seconds(), 0), LONGEST_HOLD)


CHANNEL = Webhook()
