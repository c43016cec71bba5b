"""Keeps the workspace's own packs of tags: each a file that can be had back as it was written, in versions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from quanyu.foundation.definitions import near
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.tags.definitions import built_in_texts, merged, parse_together
from quanyu.targeting.tags.model import Pack, PackChanged
from quanyu.targeting.tags.tables import tag_pack

LARGEST = 4 << 20


@dataclass(frozen=True)
class Applied:
    """What became of a file of tags: `changed` is False where the pack already stood so."""

    name: str
    version: int
    tags: int
    changed: bool


@dataclass(frozen=True)
class Standing:
    """A pack in force. One that comes with the product has version 0, and was applied by nobody."""

    pack: Pack
    text: str
    version: int = 0
    author: str | None = None
    applied_at: datetime | None = None


def standing(ws: Workspace) -> Pack:
    """Return all tags of the workspace as one pack."""
    return _whole(ws, _own(ws))


def as_of_versions(ws: Workspace, versions: Mapping[str, int]) -> Pack:
    """Return all tags as they were with these versions of the workspace's own packs."""
    wanted = sa.tuple_(tag_pack.c.name, tag_pack.c.version).in_(list(versions.items()))
    query = sa.select(tag_pack).where(tag_pack.c.workspace == ws.number, wanted).order_by(tag_pack.c.name)
    with ws.begin() as connection:
        return _whole(ws, {row.name: row for row in connection.execute(query)})


def _whole(ws: Workspace, own: Mapping[str, sa.Row[Any]]) -> Pack:
    pack = merged(_parsed(tuple(_texts(own).values()), ws.currency))
    return replace(pack, versions=tuple((name, row.version) for name, row in own.items()))


def list_packs(ws: Workspace) -> list[Standing]:
    """Return the packs in force; one of the workspace stands in the place of a built-in one of its name."""
    own = _own(ws)
    texts = tuple(_texts(own).values())
    return [
        Standing(pack, text, row.version, row.author, row.applied_at)
        if (row := own.get(pack.name)) is not None
        else Standing(pack, text)
        for pack, text in zip(_parsed(texts, ws.currency), texts, strict=True)
    ]


def text_of(ws: Workspace, name: str) -> str:
    """Return the file of a pack as it was written, or of the pack in which a tag of this name stands."""
    packs = list_packs(ws)
    for each in packs:
        if each.pack.name == name or any(tag.name == name for tag in each.pack.tags):
            return each.text
    known = [each.pack.name for each in packs] + [tag.name for each in packs for tag in each.pack.tags]
    problem = Text("There is no such pack or tag.", "没有这个标签包或标签。")
    raise NotFound(problem, received=name[:60], allowed=near(name, known))


def with_text(ws: Workspace, text: str) -> tuple[Pack, Pack]:
    """Return the pack of a text, and all tags as they would be with it; raises `Invalid` with every fault.

    All packs are checked together: one that another is derived from cannot lose what that needs.
    """
    name = parsed_name(text)
    texts = {**_texts(_own(ws)), name: text}
    packs = _parsed(tuple(texts.values()), ws.currency)
    return packs[list(texts).index(name)], merged(packs)


def _accept(_pack: Pack) -> None:
    """Refuse nothing."""


def apply(
    ws: Workspace, definition: Path | str, author: str | None = None, check: Callable[[Pack], None] = _accept
) -> Applied:
    """Put a pack in force: a YAML or JSON file, or its text. The same text again changes nothing.

    `check` is given all tags as they would be, and may raise.
    """
    text = read_text(definition)
    with ws.locked("tag packs"):
        pack, whole = with_text(ws, text)
        row = _own(ws).get(pack.name)
        if row is not None and row.text == text:
            return Applied(pack.name, row.version, len(pack.tags), changed=False)
        check(whole)
        version = _put(ws, pack.name, text, author)
    return Applied(pack.name, version, len(pack.tags), changed=True)


def stop(ws: Workspace, name: str, author: str | None = None, check: Callable[[Pack], None] = _accept) -> int:
    """Let a pack of the workspace stand no longer, and a built-in one of its name again; return the version."""
    with ws.locked("tag packs"):
        own = _own(ws)
        if name not in own:
            problem = Text("The workspace has no pack of this name.", "本工作区没有这个标签包。")
            raise NotFound(problem, received=name[:60], allowed=near(name, list(own)))
        del own[name]
        check(merged(_parsed(tuple(_texts(own).values()), ws.currency)))
        return _put(ws, name, None, author)


def parsed_name(text: str) -> str:
    """Return the name of the pack that a text defines; raises `Invalid` where it has none."""
    value = read(text).value
    name = cast("Mapping[str, object]", value).get("pack") if isinstance(value, Mapping) else None
    if isinstance(name, str):
        return name
    (pack,) = parse_together((text,), FIELDS, "CNY")  # says what is wrong
    return pack.name


def read_text(definition: Path | str) -> str:
    """Return the text of a file; raises `Invalid` where it cannot be read."""
    if isinstance(definition, str):
        return definition
    try:
        if definition.stat().st_size <= LARGEST:
            return definition.read_text("utf-8-sig")
        received = f"{definition.name}: {definition.stat().st_size:,} bytes"
    except (OSError, UnicodeDecodeError) as problem:
        received = f"{definition.name}: {type(problem).__name__}"
    raise Invalid(
        Text("The file of tags cannot be read.", "无法读取标签文件。"),
        remedy=Text("Give the path of a UTF-8 file in YAML or JSON.", "请给出 UTF-8 编码的 YAML 或 JSON 文件路径。"),
        received=received,
        allowed=[f"at most {LARGEST:,} bytes"],
    )


@lru_cache(maxsize=16)
def _parsed(texts: tuple[str, ...], currency: str) -> tuple[Pack, ...]:
    return parse_together(texts, FIELDS, currency)


@cache
def _built_in() -> Mapping[str, str]:
    return {parsed_name(text): text for text in built_in_texts()}


def _texts(own: Mapping[str, sa.Row[Any]]) -> dict[str, str]:
    return {**_built_in(), **{name: row.text for name, row in own.items()}}


def _own(ws: Workspace) -> dict[str, sa.Row[Any]]:
    """Return the latest versions of the workspace's own packs that stand, by name."""
    query = (
        sa.select(tag_pack)
        .where(tag_pack.c.workspace == ws.number)
        .ext(distinct_on(tag_pack.c.name))
        .order_by(tag_pack.c.name, tag_pack.c.version.desc())
    )
    with ws.begin() as connection:
        return {row.name: row for row in connection.execute(query) if row.text is not None}


def _put(ws: Workspace, name: str, text: str | None, author: str | None) -> int:
    mine = (tag_pack.c.workspace == ws.number, tag_pack.c.name == name)
    with ws.begin() as connection:
        last = connection.execute(sa.select(sa.func.max(tag_pack.c.version)).where(*mine)).scalar_one()
        version = 1 if last is None else last + 1
        values = {"name": name, "version": version, "text": text, "author": author, "applied_at": ws.clock.now()}
        connection.execute(sa.insert(tag_pack).values(workspace=ws.number, **values))
        ws.publish(connection, PackChanged(name, version))
    return version
