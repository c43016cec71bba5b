"""Commands that stay: the server and the worker."""

from typing import Annotated

import typer

from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen
from quanyu.app.house import opened
from quanyu.app.http import run_server
from quanyu.app.supervising import end_with_parent, supervise
from quanyu.app.worker import run_worker
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
        run_server(settings, host, port)
        return
    with opened(settings) as house:
        house.home.workspace(workspace)
        said = Text(
            "Serving on http://{host}:{port}; stop with Ctrl-C.", "服务地址 http://{host}:{port}；Ctrl-C 停止。"
        )
        Screen(as_json).note(said.format_with(host=host, port=port))
        place = ["--home", str(settings.home)]
        status = supervise([["serve", "--no-worker", "--host", host, "--port", str(port), *place], ["worker", *place]])
    raise typer.Exit(status)


def worker(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    end_with_parent()
    run_worker(Settings.load(home))
