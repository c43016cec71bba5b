"""What every request passes on its way in and out: language, size, headers, one log line, no traceback."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from quanyu.foundation.clock import monotonic
from quanyu.foundation.errors import QuanyuError
from quanyu.foundation.ids import new_id
from quanyu.foundation.text import Text, speak

MOST_BYTES = 20 << 20
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]
_log = structlog.get_logger("quanyu.http")


class TooLarge(QuanyuError):
    """The body is larger than any request of ours needs."""

    code, status = "too_large", 413


class Unexpected(QuanyuError):
    """Something nobody foresaw; what it said may hold personal data and is not answered."""

    code = "unexpected"


def too_large() -> TooLarge:
    return TooLarge(
        Text("The body is too large.", "请求体过大。"),
        remedy=Text("Put large files into the inbox and import them.", "大文件请放入收件目录后导入。"),
        allowed=[f"≤ {MOST_BYTES} bytes"],
    )


def unexpected() -> Unexpected:
    return Unexpected(
        Text("Something went wrong that we did not foresee.", "出现了意外错误。"),
        remedy=Text("The server's log has the request id.", "请凭请求编号查看服务日志。"),
    )


class Door:
    """Wraps the application; nothing that goes wrong inside comes out as anything but an answer of ours."""

    def __init__(self, inner: Application) -> None:
        self._inner = inner

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        passage = _Passage(scope, receive, send)
        try:
            if passage.announced > MOST_BYTES:
                await passage.answer(too_large())
            else:
                await self._inner(scope, passage.receive, passage.send)
                if passage.overflowed:
                    await passage.answer(too_large())
        except Exception as error:  # noqa: BLE001  no traceback leaves the house
            passage.error = type(error).__name__
            await passage.answer(unexpected())
        finally:
            passage.log()


class _Passage:
    """One request on its way."""

    def __init__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._begun, self._id = monotonic(), new_id().hex
        self._status, self._bytes = 0, 0
        self.overflowed = False
        self.error: str | None = None
        scope.setdefault("state", {})
        speak(self._headers.get(b"accept-language", b"").decode("latin-1"))

    @property
    def announced(self) -> int:
        length = self._headers.get(b"content-length", b"0")
        return int(length) if length.isdigit() else 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > MOST_BYTES:
            self.overflowed = True
            raise too_large()
        return message

    async def send(self, message: Message) -> None:
        """Pass an answer on; what the framework makes of a body that was cut off is not one."""
        if self.overflowed:
            return
        await self._pass(message)

    async def _pass(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            told = message.get("headers", [])
            ours = [header for header in _HEADERS if header[0] not in {name for name, _ in told}]
            message["headers"] = [*told, *ours, (b"x-request-id", self._id.encode())]
        await self._send(message)

    async def answer(self, error: QuanyuError) -> None:
        """Answer with an error, unless an answer has begun."""
        if self._status:
            return
        body = json.dumps({"error": error.describe()}, ensure_ascii=False).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._pass({"type": "http.response.start", "status": error.status, "headers": headers})
        await self._pass({"type": "http.response.body", "body": body})

    def log(self) -> None:
        """Write the route's template, never the path: a path or a query may hold what a customer typed."""
        route = getattr(self._scope.get("route"), "path", None)
        _log.info(
            "request",
            method=self._scope["method"],
            route=route,
            status=self._status,
            milliseconds=round((monotonic() - self._begun) * 1_000, 1),
            workspace=self._scope["state"].get("workspace"),
            request=self._id,
            error=self.error or self._scope["state"].get("error"),
        )
