"""Opens a truth: which person each record of each source is, told by a simulation or by hand."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.lake.model import Value
from quanyu.foundation.lake.store import Lake
from quanyu.foundation.text import Text

LINKS, KEYS = "links", "keys"
TOLD = ("source", "record", "person")
_OF_KEYS = ("source", "record", "type", "key")


@dataclass(frozen=True)
class Truth:
    """`people`: source, record, person, all texts, each row once. `keys`: source, record, type, key, where told."""

    people: ir.Table
    keys: ir.Table | None


def open_truth(lake: Lake, path: Path) -> Truth:
    """Open a folder that a simulation wrote, or one CSV or Parquet file with the columns source, record and person.

    Raises NotFound and Invalid.
    """
    if path.is_dir():
        keys = path / KEYS
        told = _of_texts(_folder(lake, keys), keys, _OF_KEYS) if keys.is_dir() else None
        return Truth(_people(_folder(lake, path / LINKS), path), told)
    if not path.is_file():
        raise NotFound(
            Text("There is no such truth.", "没有该真相数据。"),
            remedy=Text(
                "Give the folder that quanyu simulate wrote beside the company, or a file of your own.",
                "请给出 quanyu simulate 写在公司目录旁的真相目录，或自己的文件。",
            ),
            received=str(path),
        )
    return Truth(_people(_file(lake, path), path), None)


def _people(rows: ir.Table, path: Path) -> ir.Table:
    return _of_texts(rows, path, TOLD).filter(_.source.notnull() & _.record.notnull() & _.person.notnull()).distinct()


def _folder(lake: Lake, folder: Path) -> ir.Table:
    if not any(folder.glob("*.parquet")):
        raise NotFound(
            Text("The folder holds no truth.", "该目录中没有真相数据。"),
            remedy=Text(
                "It has links/*.parquet with the columns source, record and person.",
                "其中应有 links/*.parquet，含 source、record、person 三列。",
            ),
            received=folder.parent.name,
        )
    return lake.engine.backend().read_parquet(str(folder / "*.parquet"))


def _file(lake: Lake, file: Path) -> ir.Table:
    backend = lake.engine.backend()
    try:
        if file.suffix.lower() == ".parquet":
            return backend.read_parquet(str(file))
        return backend.read_csv(str(file), header=True, all_varchar=True)
    except duckdb.Error:
        raise Invalid(
            Text("The truth cannot be read.", "无法读取真相文件。"),
            remedy=Text("Save it as CSV in UTF-8, or as Parquet.", "请另存为 UTF-8 编码的 CSV，或 Parquet。"),
            received=file.name,
        ) from None


def _of_texts(rows: ir.Table, path: Path, columns: tuple[str, ...]) -> ir.Table:
    if missing := [name for name in columns if name not in rows.columns]:
        raise Invalid(
            Text(f"The truth lacks columns: {', '.join(missing)}.", f"真相缺少列：{'、'.join(missing)}。"),
            received=path.name,
            allowed=columns,
        )
    told: Value = rows
    return told.select(**{name: told[name].cast("string") for name in columns})


def key_value(table: ir.Table, *columns: str) -> Value:
    """Return 64 bits that stand for these columns together."""
    separator: Value = ibis.literal("\x1f")
    return separator.join([table[name].cast("string") for name in columns]).hash()
