"""Keeps who uses which tag, and when last: audiences, counts, portraits, exports; cheap enough for every count.

A process writes each use once a day. Whatever shows all tags there are uses none of them: nothing would ever be unused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.foundation.documents import read
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.model import Pack
from quanyu.targeting.tags.tables import tag_use

AUDIENCE = "audience:"
COUNT, PORTRAIT, EXPORT = "count", "portrait", "export"
SEEN = "seen"
"""Not a use: since when the tag has been computed."""

_Told = tuple[str, int, date]
_told: dict[_Told, set[tuple[str, str]]] = {}


@dataclass(frozen=True)
class Uses:
    """Who uses one tag by itself. `used_at` is the last use, `seen` since when it has been there."""

    audiences: tuple[str, ...] = ()
    used_at: datetime | None = None
    seen: datetime | None = None


def use(ws: Workspace, uses: Iterable[tuple[str, str]]) -> None:
    """Keep that tags are used now: pairs of tag and holder."""
    now = ws.clock.now()
    already = _today(ws, now.date())
    news = sorted(set(uses) - already)
    if not news:
        return
    with ws.begin() as connection:
        _put(ws, connection, news, now)
    already.update(news)


def refer(ws: Workspace, connection: sa.Connection, audience: str, tags: Iterable[str]) -> None:
    """Keep which tags an audience asks for, in the place of what it asked before."""
    holder = f"{AUDIENCE}{audience}"
    wanted = sorted(set(tags))
    mine = (tag_use.c.workspace == ws.number, tag_use.c.holder == holder)
    connection.execute(sa.delete(tag_use).where(*mine, tag_use.c.tag.not_in(wanted)))
    if wanted:
        _put(ws, connection, [(tag, holder) for tag in wanted], ws.clock.now())


def see(ws: Workspace, connection: sa.Connection, tags: Iterable[str]) -> None:
    """Keep since when these tags have been computed."""
    now = ws.clock.now()
    rows = [{"workspace": ws.number, "tag": tag, "holder": SEEN, "used_at": now} for tag in sorted(tags)]
    if rows:
        connection.execute(insert(tag_use).on_conflict_do_nothing(), rows)


def read_uses(ws: Workspace) -> dict[str, Uses]:
    """Return who uses each tag that anybody has used or computed."""
    query = sa.select(tag_use.c.tag, tag_use.c.holder, tag_use.c.used_at).where(tag_use.c.workspace == ws.number)
    found: dict[str, dict[str, datetime]] = {}
    with ws.begin() as connection:
        for row in connection.execute(query):
            found.setdefault(row.tag, {})[row.holder] = row.used_at
    return {tag: _uses(holders) for tag, holders in found.items()}


def last_uses(pack: Pack, uses: Mapping[str, Uses]) -> dict[str, datetime]:
    """Return when each tag was used last, by itself or through a tag that is derived from it."""
    last = {name: each.used_at for name, each in uses.items() if each.used_at is not None}
    for tag in reversed(pack.in_order):
        if tag.name in last:
            last |= {need: max(last.get(need, last[tag.name]), last[tag.name]) for need in tag.needs}
    return last


@cache
def shipped_rules() -> Mapping[str, tuple[str, ...]]:
    """Return for each tag the rules that come with the product and ask for it."""
    text = (files("quanyu.targeting.tags") / "packs" / "retail" / "rules.yaml").read_text("utf-8")
    found: dict[str, list[str]] = {}
    for each in cast("list[Mapping[str, Any]]", read(text).value):
        for tag in _asked(each["rule"]):
            found.setdefault(tag, []).append(str(each["name"]))
    return {tag: tuple(names) for tag, names in found.items()}


def _asked(rule: Any) -> set[str]:
    if isinstance(rule, list):
        return set[str]().union(*(_asked(part) for part in cast("list[Any]", rule)))
    if not isinstance(rule, Mapping):
        return set()
    given = cast("Mapping[str, Any]", rule)
    own = {str(given["tag"])} if "tag" in given else set[str]()
    return own.union(*(_asked(part) for part in given.values()))


def _uses(holders: Mapping[str, datetime]) -> Uses:
    return Uses(
        tuple(sorted(name.removeprefix(AUDIENCE) for name in holders if name.startswith(AUDIENCE))),
        max((at for name, at in holders.items() if name != SEEN), default=None),
        holders.get(SEEN),
    )


def _today(ws: Workspace, day: date) -> set[tuple[str, str]]:
    """Return what this process has kept today; what it kept before is let go."""
    mine = (str(ws.settings.home), ws.number)
    for old in [told for told in _told if told[:2] == mine and told[2] != day]:
        _told.pop(old, None)
    return _told.setdefault((*mine, day), set())


def _put(ws: Workspace, connection: sa.Connection, uses: Iterable[tuple[str, str]], now: datetime) -> None:
    rows = [{"workspace": ws.number, "tag": tag, "holder": holder, "used_at": now} for tag, holder in uses]
    put = insert(tag_use)
    later = put.on_conflict_do_update(
        index_elements=["workspace", "tag", "holder"],
        set_={"used_at": put.excluded.used_at},
        where=tag_use.c.used_at < put.excluded.used_at,
    )
    connection.execute(later, rows)
