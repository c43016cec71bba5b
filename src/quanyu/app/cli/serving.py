"""Commands that stay: the server and the worker; each imports only its own part."""

import os
import sys
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen
from quanyu.app.supervising import end_with_parent, supervise
from quanyu.foundation import home as homes
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text


def serve(
    *,
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen at. 监听地址。")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=1, max=65_535, help="Port. 端口。")] = 8000,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="With a worker beside. 同时运行后台任务。")
    ] = True,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    settings = Settings.load(home)
    if not with_worker:
        end_with_parent()
        import_module("quanyu.app.http").run_server(settings, host, port)
        _end()
    with homes.opened(settings) as opened:
        opened.workspace(workspace)
        said = Text(
            "Serving on http://{host}:{port}; stop with Ctrl-C.", "服务地址 http://{host}:{port}；Ctrl-C 停止。"
        )
        Screen(as_json).note(said.format_with(host=host, port=port))
        place = ["--home", str(settings.home)]
        status = supervise([["serve", "--no-worker", "--host", host, "--port", str(port), *place], ["worker", *place]])
    raise typer.Exit(status)


def worker(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    end_with_parent()
    import_module("quanyu.app.worker").run_worker(Settings.load(home))
    _end()


def _end() -> NoReturn:
    """Leave at once, all being closed: DuckDB's binding would complain of what threads still hold at this moment."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
