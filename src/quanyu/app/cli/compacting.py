"""The command that does the night's work at once."""

from dataclasses import asdict

from quanyu.app.cli.desk import at_desk
from quanyu.app.cli.options import AsJson, HomeFolder, WorkspaceName
from quanyu.app.house import tidy
from quanyu.foundation.lake.compaction import Compacted
from quanyu.foundation.text import Text

NOTHING = Text("All is compact.", "无需整理。")


def compact(home: HomeFolder = None, workspace: WorkspaceName = None, as_json: AsJson = False) -> None:
    with at_desk(home, workspace, as_json=as_json) as desk:
        desk.screen.note(Text("compacting", "整理中"))
        done = tidy(desk.house, desk.workspace)
    desk.screen.answer({"tables": [asdict(each) for each in done]}, *(map(_told, done) if done else [NOTHING]))


def _told(done: Compacted) -> Text:
    counts = (done.table, done.files_before, done.files_after, done.rows, done.dropped, done.deleted)
    return Text(
        "{}: {:,} files became {:,} with {:,} rows; {:,} older versions and {:,} files are gone".format(*counts),
        "{}：{:,} 个文件合并为 {:,} 个，共 {:,} 行；清除旧版本 {:,} 行、文件 {:,} 个".format(*counts),
    )
