"""Reads audience definitions, checks them whole, and keeps their versions."""

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Document, read
from quanyu.foundation.documents import text_of as document_text
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.lists import lists, refuse_list
from quanyu.targeting.audiences.model import Applied, Audience
from quanyu.targeting.audiences.places import refuse_unknown_places
from quanyu.targeting.audiences.tables import audience
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import Askable, Group, InAudience, Negation, Rule, tags_of
from quanyu.targeting.fields.rules import check
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.usage import refer

DEEPEST = 20
"""Audiences within audiences."""
KEYS = ("name", "title", "description", "rule")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def parse(document: Document, askables: Catalogue[Askable], currency: str) -> Audience:
    """Return the checked definition; raises `Invalid` with every fault and its line."""
    reading = Reading(document)
    given = reading.mapping(document.value, (), KEYS, KEYS)
    name = given.get("name")
    if "name" in given and not (isinstance(name, str) and _NAME.fullmatch(name)):
        problem = Text("This cannot be the name of an audience.", "不能作为人群名称。")
        reading.fault(("name",), problem, name, "a-z, 0-9 and _, at most 60, beginning with a letter")
    title, description = reading.text(given, "title", ()), reading.text(given, "description", ())
    rule = None
    if "rule" in given:
        rule, faults = check(given["rule"], askables, currency, place=document.place, others=LEAVES)
        reading.faults.extend(faults)
    reading.refuse_faults(Text("The audience cannot be used.", "该人群定义无法使用。"))
    if title is None or description is None or rule is None:
        raise Invalid(Text("The audience cannot be used.", "该人群定义无法使用。"), allowed=KEYS)
    written = cast("Mapping[str, object]", _plain(given))
    return Audience(str(name), title, description, rule, written, _hash(written, currency))


def apply(ws: Workspace, definition: Path | str) -> Applied:
    """Put a definition in force: a YAML or JSON file, or its text. The same definition again changes nothing."""
    document = read(document_text(definition))
    with ws.locked("audiences"):  # no pack is put in force meanwhile
        asked = askables(ws)
        found = parse(document, asked, ws.currency)
        inlined(ws, found.rule, asked, (found.name,))
        return _keep(ws, found)


def put_back(ws: Workspace, written: Mapping[str, object]) -> Applied:
    """Put a definition in force that was so before; raises `Invalid` where it can no longer be used."""
    return apply(ws, json.dumps(written, ensure_ascii=False))


def _keep(ws: Workspace, found: Audience) -> Applied:
    mine = (audience.c.workspace == ws.number, audience.c.name == found.name)
    query = sa.select(audience.c.version, audience.c.hash).where(*mine).order_by(audience.c.version.desc()).limit(1)
    with ws.begin() as connection:
        refuse_list(ws, connection, found.name)
        refer(ws, connection, found.name, tags_of(found.rule))
        last = connection.execute(query).one_or_none()
        if last is not None and last.hash == found.hash:
            return Applied(found.name, last.version, changed=False)
        version = 1 if last is None else last.version + 1
        values = {"name": found.name, "version": version, "definition": dict(found.written), "hash": found.hash}
        connection.execute(sa.insert(audience).values(workspace=ws.number, created_at=ws.clock.now(), **values))
    return Applied(found.name, version, changed=True)


def stored(ws: Workspace, name: str | None = None) -> dict[str, Document]:
    """Return the definitions in force by name, or the one of this name; they are not checked again here."""
    query = (
        sa.select(audience.c.name, audience.c.definition)
        .where(audience.c.workspace == ws.number)
        .ext(distinct_on(audience.c.name))
        .order_by(audience.c.name, audience.c.version.desc())
    )
    with ws.begin() as connection:
        found = {row.name: Document(row.definition) for row in connection.execute(query)}
    if name is None:
        return found
    if name not in found:
        problem = Text("There is no such audience.", "没有这个人群。")
        raise NotFound(problem, received=name[:60], allowed=near(name, list(found)))
    return {name: found[name]}


def inlined(ws: Workspace, rule: Rule, asked: Catalogue[Askable], above: tuple[str, ...] = ()) -> Rule:
    """Return the rule with the rules of the audiences that it names in their place; lists stay.

    Raises `Invalid` where an audience is part of itself, or there is no audience, store or unit of a name.
    """
    whole = _inlined(ws, rule, asked, above)
    refuse_unknown_places(ws, whole)
    return whole


def _inlined(ws: Workspace, rule: Rule, asked: Catalogue[Askable], above: tuple[str, ...]) -> Rule:
    match rule:
        case Negation(inner):
            return Negation(_inlined(ws, inner, asked, above))
        case Group(kind, parts):
            return Group(kind, tuple(_inlined(ws, part, asked, above) for part in parts))
        case InAudience(name):
            return _rule_of(ws, name, asked, above)
        case _:
            return rule


def _rule_of(ws: Workspace, name: str, asked: Catalogue[Askable], above: tuple[str, ...]) -> Rule:
    if name in above or len(above) >= DEEPEST:
        problem = Text("An audience cannot be part of itself.", "人群不能引用自身。")
        remedy = Text("Take the audience out of one of these rules.", "请从其中一条规则中移除该人群。")
        raise Invalid(problem, remedy=remedy, received=" ← ".join((*above, name)))
    defined = stored(ws)
    if name in defined:
        return _inlined(ws, parse(defined[name], asked, ws.currency).rule, asked, (*above, name))
    pasted = list(lists(ws))
    if name in pasted:
        return InAudience(name)
    known = [*defined, *pasted]
    raise Invalid(Text("There is no such audience.", "没有这个人群。"), received=name, allowed=near(name, known))


def askables(ws: Workspace) -> Catalogue[Askable]:
    """Return what rules of this workspace may ask."""
    return standing(ws).askables


def _hash(written: Mapping[str, object], currency: str) -> str:
    return hashlib.sha256(json.dumps([written, currency], sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _plain(value: object) -> object:
    """Return JSON values; 500 and 500.00 are the same number. Depth is bounded, for the rule has been checked."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in cast("dict[object, object]", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
