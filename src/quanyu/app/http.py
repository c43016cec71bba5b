"""The HTTP application: routes of every room under one roof, errors in one shape; served by Granian."""

import asyncio
import json
import signal
import sys
from importlib import import_module
from typing import Any, cast

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from granian.constants import Interfaces
from granian.server.embed import Server
from granian.utils.proxies import wrap_asgi_with_proxy_headers
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from quanyu import __version__
from quanyu.app import (
    access_routes,
    customer_routes,
    identity_routes,
    logs,
    overview_routes,
    profile_routes,
    upload_routes,
)
from quanyu.app.console import Console
from quanyu.app.door import Door, unexpected
from quanyu.app.failures import recognised
from quanyu.app.house import House, opened
from quanyu.app.rooms import ROOMS
from quanyu.app.routes import outside, router
from quanyu.foundation.errors import Fault, Invalid, NotFound, QuanyuError
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text

PREFIX = "/api/v1"
THREADS = 8  # verbs at once: each holds up to two connections of a pool of twenty


class ErrorDescription(BaseModel):
    """What went wrong: received and allowed values, what to do, whether the same call may succeed later."""

    code: str
    message: str
    remedy: str | None
    received: str | None
    allowed: list[str]
    retry: bool
    faults: list[dict[str, Any]]


class ErrorAnswer(BaseModel):
    error: ErrorDescription


def make_app() -> FastAPI:
    """Return the application without a home, which `attend` gives it."""
    app = FastAPI(
        title="Quanyu",
        version=__version__,
        description="Customer data, marketing and measurement for retail. 零售客户数据与营销。",
        docs_url=None,
        redoc_url=None,
        responses={"default": {"model": ErrorAnswer, "description": "An error."}},
    )
    app.include_router(outside)
    for found in (
        router,
        access_routes.router,
        overview_routes.router,
        upload_routes.router,
        identity_routes.router,
        profile_routes.router,
        customer_routes.router,
        *(_router(room.routes) for room in ROOMS if room.routes is not None),
    ):
        app.include_router(found, prefix=PREFIX)
    app.router.default = Console()  # not mounted: a mount would answer what a route refuses by its method
    app.add_exception_handler(RequestValidationError, _refuse_request)
    app.add_exception_handler(HTTPException, _refuse_route)
    app.add_exception_handler(QuanyuError, _answer_error)
    app.add_exception_handler(Exception, _answer_error)
    return app


def _router(place: str) -> APIRouter:
    module, _, name = place.partition(":")
    return cast("APIRouter", getattr(import_module(module), name))


def attend(app: FastAPI, house: House) -> Door:
    """Give the application a home, and put the door before it."""
    app.state.home = house.home
    app.state.house = house
    app.state.load_mapping = house.mapping
    return Door(cast("Any", app))


async def _answer_error(request: Request, error: Exception) -> JSONResponse:
    known = recognised(error)
    request.state.error = type(known or error).__name__
    return _answer(known or unexpected())


def _answer(error: QuanyuError) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    return JSONResponse({"error": error.describe()}, status_code=error.status, headers=headers)


async def _refuse_request(_: Request, error: Exception) -> JSONResponse:
    """Say what is wrong where, without the value: it may be a customer's."""
    faults = [
        Fault(".".join(str(step) for step in found["loc"]), Text(str(found["msg"]), f"不符合要求：{found['msg']}"))
        for found in cast("RequestValidationError", error).errors()
    ]
    return _answer(Invalid(Text("The request cannot be understood.", "请求有误。"), faults=faults))


async def _refuse_route(_: Request, error: Exception) -> JSONResponse:
    found = cast("HTTPException", error)
    if found.status_code == 404:
        return _answer(NotFound(Text("There is nothing at this address.", "此地址不存在。")))
    refused = _Refused(Text(str(found.detail), str(found.detail)))
    refused_headers = dict(found.headers or {})
    return JSONResponse({"error": refused.describe()}, status_code=found.status_code, headers=refused_headers)


class _Refused(QuanyuError):
    """What the framework itself refuses, such as a method that a route does not have."""

    code, status = "refused", 400


def run_server(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    with opened(settings) as house:
        logs.configure(house.home.clock)
        asyncio.run(_serve(house, host, port))


async def _serve(house: House, host: str, port: int) -> None:
    (house.home.settings.home / "inbox").mkdir(exist_ok=True)
    current_default_thread_limiter().total_tokens = THREADS
    server = Server(
        wrap_asgi_with_proxy_headers(attend(make_app(), house)),  # a proxy of this machine says whether it speaks TLS
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
        log_access=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()


def document() -> str:
    """Return the OpenAPI document as it is checked in."""
    return json.dumps(make_app().openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
