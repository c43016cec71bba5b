"""Commands that write a home into one file and make one from it."""

from pathlib import Path
from typing import Annotated

import typer

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.cli.screen import Screen
from quanyu.foundation.backup.making import backup as make_backup
from quanyu.foundation.backup.restoring import restore as restore_home
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text

Archive = Annotated[Path, typer.Argument(metavar="FILE", help="The backup. 备份文件。")]


def backup(
    file: Archive,
    force: Annotated[bool, typer.Option("--force", help="Replace the file. 覆盖已有文件。")] = False,
    home: HomeFolder = None,
    workspace: WorkspaceName = None,
    as_json: AsJson = False,
) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        done = make_backup(desk.house.home, file, desk.screen.note, force=force)
    desk.screen.note(
        Text(
            "It holds the keys of all private data: keep it as safe as the home.",
            "备份内含全部私密数据的密钥：请与数据目录同样妥善保管。",
        )
    )
    said = Text("{files:,} files, {mib:,} MiB: {file}", "{files:,} 个文件，{mib:,} MiB：{file}")
    document: dict[str, object] = {
        "file": str(done.file),
        "bytes": done.bytes,
        "files": done.files,
        "taken_at": done.taken_at,
    }
    desk.screen.answer(document, said.format_with(files=done.files, mib=done.bytes >> 20, file=done.file))


def restore(file: Archive, home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    screen = Screen(as_json)
    done = restore_home(file, Settings.load(home), screen.note)
    said = Text(
        "Restored to {home}, as it was at {at:%Y-%m-%d %H:%M} UTC.",
        "已恢复到 {home}，为 {at:%Y-%m-%d %H:%M} UTC 的状态。",
    )
    document: dict[str, object] = {
        "home": str(done.home),
        "files": done.files,
        "taken_at": done.taken_at,
        "schema": done.schema,
    }
    screen.answer(document, said.format_with(home=done.home, at=done.taken_at))
