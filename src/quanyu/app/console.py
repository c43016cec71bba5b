"""Serves the console: files that its build has left, and its one page for every other address."""

import mimetypes
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

PLACE = Path(__file__).parent / "console_build"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_RESERVED = ("api/", "health", "ready")
_MISSING = """The console is not built.  控制台尚未构建。

Build it with:  make console
"""


class Console:
    """An ASGI application; whatever is no file of the build is a page within the console, which its router finds."""

    def __init__(self, place: Path = PLACE) -> None:
        self._place = place
        self._files = {str(file.relative_to(place)): file for file in place.rglob("*") if file.is_file()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        path = str(scope["path"]).lstrip("/")
        if scope["method"] not in ("GET", "HEAD") or path.startswith(_RESERVED):
            raise HTTPException(404)
        if path.startswith("assets/") and path not in self._files:
            raise HTTPException(404)  # an old page asks for what a newer build no longer has
        if "index.html" not in self._files:
            return PlainTextResponse(_MISSING, 503)
        return self._file(path if path in self._files else "index.html", Headers(scope=scope))

    def _file(self, name: str, asked: Headers) -> Response:
        lasting = name.startswith("assets/")  # their names hold a hash of what is in them
        headers = {
            "cache-control": "public, max-age=31536000, immutable" if lasting else "no-cache",
            "content-security-policy": _POLICY,
            "vary": "accept-encoding",
        }
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if "gzip" in asked.get("accept-encoding", "") and f"{name}.gz" in self._files:
            headers["content-encoding"] = "gzip"
            return FileResponse(self._files[f"{name}.gz"], headers=headers, media_type=kind)
        return FileResponse(self._files[name], headers=headers, media_type=kind)
