"""Reads definitions of journeys, checks them whole, and keeps every version.

name: second_purchase
title: {en: Second purchase, zh: 二次购买}
purpose: marketing
priority: marketing                # service, promised, manual
start: {audience: bought_once}
again: {days: 180}                 # after so long; never, if left out
control: 0.05                      # share that is left alone, and measured against
goal: {rule: {tag: frequency, is: ">", value: 1}, then: end}
steps:
  - step: week
    wait: {days: 7, at: "10:00"}
  - step: hello
    send: {content: second_hello, by: [texts]}
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from quanyu.engagement.journeys.checking import check_paths, check_surroundings
from quanyu.engagement.journeys.model import END, PRIORITIES, Applied, Goal, Journey, Priority, Step
from quanyu.engagement.journeys.reader import UNITS, Reader
from quanyu.engagement.journeys.steps.kinds import BY_WORD
from quanyu.engagement.journeys.tables import journey, journey_state
from quanyu.engagement.journeys.triggers import read_trigger
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Document, read
from quanyu.foundation.documents import text_of as document_text
from quanyu.foundation.errors import Conflict, Invalid, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable
from quanyu.targeting.tags.packs import standing

REQUIRED = ("name", "title", "purpose", "start", "steps")
KEYS = ("name", "title", "purpose", "priority", "start", "again", "control", "goal", "steps")
MOST_STEPS = 500

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_UNUSABLE = Text("The journey cannot be used.", "该旅程无法使用。")
_NAMES = "a-z, 0-9 and _, at most 60, beginning with a letter"


def parse(document: Document, askables: Catalogue[Askable], currency: str, text: str) -> Journey:
    """Return the checked definition; raises `Invalid` with every fault and its line."""
    reading = Reading(document)
    given = reading.mapping(document.value, (), REQUIRED, KEYS)
    name = given.get("name")
    if "name" in given and not (isinstance(name, str) and _NAME.fullmatch(name)):
        reading.fault(("name",), Text("This cannot be the name of a journey.", "不能作为旅程名称。"), name, _NAMES)
    listed = reading.list(given["steps"], ("steps",)) if "steps" in given else []
    names = _names(reading, listed)
    reader = Reader(reading, askables, currency, names)
    steps = _steps(reader, listed, names)
    trigger = read_trigger(reader, given["start"], ("start",)) if "start" in given else None
    goal = _goal(reader, given["goal"]) if "goal" in given else None
    again = (
        reader.duration(reader.mapping(given["again"], ("again",), (), UNITS), ("again",)) if "again" in given else None
    )
    control = reader.share(given["control"], ("control",)) if "control" in given else 0.0
    priority = reading.choice(given, "priority", (), PRIORITIES) if "priority" in given else "marketing"
    title, purpose = reading.text(given, "title", ()), reading.word(given, "purpose", ())
    if steps and not reading.faults:
        check_paths(reading, steps, names, goal)
    reading.refuse_faults(_UNUSABLE)
    if title is None or purpose is None or trigger is None or control is None or not steps:
        raise Invalid(_UNUSABLE, allowed=KEYS)
    hashed = hashlib.sha256(text.encode()).hexdigest()
    ranked = cast("Priority", priority)
    return Journey(str(name), title, purpose, ranked, trigger, again, control, goal, steps, names[0], text, hashed)


def _names(reading: Reading, listed: list[object]) -> list[str]:
    names: list[str] = []
    if len(listed) > MOST_STEPS:
        problem = Text("A journey has too many steps.", "步骤过多。")
        reading.fault(("steps",), problem, f"{len(listed):,}", f"at most {MOST_STEPS}")
    for place, raw in enumerate(listed[:MOST_STEPS]):
        name = cast("Mapping[str, object]", raw).get("step") if isinstance(raw, Mapping) else None
        good = isinstance(name, str) and _NAME.fullmatch(name) is not None and name != END and name not in names
        if not good:
            problem = Text("A step has a name of its own.", "步骤应有不重复的名称。")
            reading.fault(("steps", place, "step"), problem, name, f"{_NAMES}; not {END}")
        names.append(str(name))
    return names


def _steps(reader: Reader, listed: list[object], names: list[str]) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    for place, (raw, name) in enumerate(zip(listed, names, strict=False)):
        following = names[place + 1] if place + 1 < len(names) else END
        own = Reader(reader.reading, reader.askables, reader.currency, names, following)
        where = ("steps", place)
        told = own.mapping(raw, where, ("step",), ("step", *BY_WORD))
        words = [word for word in BY_WORD if word in told]
        if len(words) != 1:
            problem = Text("A step does one thing.", "一个步骤只做一件事。")
            reader.reading.fault(where, problem, ", ".join(words) or name, *BY_WORD)
            continue
        step = BY_WORD[words[0]].read(own, told[words[0]], (*where, words[0]))
        if step is not None:
            steps[name] = step
    return steps


def _goal(reader: Reader, raw: object) -> Goal | None:
    given = reader.mapping(raw, ("goal",), ("rule",), ("rule", "then"))
    rule = reader.rule(given["rule"], ("goal", "rule")) if "rule" in given else None
    then = reader.target(given, "then", ("goal",), END)
    return None if rule is None else Goal(rule, then)


def apply(ws: Workspace, definition: Path | str, keeper: str | None = None) -> Applied:
    """Put a definition in force: a YAML or JSON file, or its text. The same definition again changes nothing.

    Who is inside goes on in the version in which he entered. A journey that a room keeps (`keeper`) is defined by that
    room alone: raises `Conflict` for everybody else.
    """
    text = document_text(definition)
    document = read(text)
    found = parse(document, standing(ws).askables, ws.currency, text)
    check_surroundings(ws, document, found)
    mine = (journey.c.workspace == ws.number, journey.c.name == found.name)
    query = sa.select(journey.c.version, journey.c.hash).where(*mine).order_by(journey.c.version.desc()).limit(1)
    with ws.locked("journeys"), ws.begin() as connection:
        last = connection.execute(query).one_or_none()
        if last is not None:
            refuse_kept(ws, connection, found.name, keeper)
        if last is not None and last.hash == found.hash:
            return Applied(found.name, last.version, changed=False)
        version, now = 1 if last is None else last.version + 1, ws.clock.now()
        values = {"name": found.name, "version": version, "text": text, "hash": found.hash, "created_at": now}
        connection.execute(sa.insert(journey).values(workspace=ws.number, **values))
        if last is None:
            state = {"journey": found.name, "state": "draft", "since": now, "ticks": 0, "keeper": keeper}
            connection.execute(sa.insert(journey_state).values(workspace=ws.number, **state))
    return Applied(found.name, version, changed=True)


def refuse_kept(ws: Workspace, connection: sa.Connection, name: str, keeper: str | None = None) -> None:
    """Refuse a journey that somebody else keeps than `keeper`: another room, or those who apply journeys by hand."""
    mine = (journey_state.c.workspace == ws.number, journey_state.c.journey == name)
    found = connection.execute(sa.select(journey_state.c.keeper).where(*mine)).scalar_one()
    if found == keeper:
        return
    raise Conflict(
        Text("This journey is kept by somebody else.", "该旅程由其他模块维护。"),
        remedy=Text(
            "Choose another name, or change and release it where it is kept, as: quanyu campaign apply FILE",
            "请另取名称，或在维护它的地方修改与放量，例如：quanyu campaign apply 文件",
        ),
        received=name,
        allowed=[f"kept by {found or 'hand'}"],
    )


def newest(ws: Workspace) -> dict[str, int]:
    """Return the version in force of each journey."""
    query = (
        sa.select(journey.c.name, journey.c.version)
        .where(journey.c.workspace == ws.number)
        .ext(distinct_on(journey.c.name))
        .order_by(journey.c.name, journey.c.version.desc())
    )
    with ws.begin() as connection:
        return {row.name: row.version for row in connection.execute(query)}


def text_of(ws: Workspace, name: str, version: int | None = None) -> tuple[str, int]:
    """Return a definition as it was written, and its version; raises `NotFound`."""
    query = sa.select(journey.c.text, journey.c.version).where(journey.c.workspace == ws.number, journey.c.name == name)
    if version is not None:
        query = query.where(journey.c.version == version)
    with ws.begin() as connection:
        row = connection.execute(query.order_by(journey.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        problem = Text("There is no such journey.", "没有这个旅程。")
        raise NotFound(problem, received=name[:60], allowed=near(name, list(newest(ws))))
    return row.text, row.version


def texts_of(ws: Workspace, wanted: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Return several versions as they were written, by name and version."""
    query = sa.select(journey.c.name, journey.c.version, journey.c.text).where(
        journey.c.workspace == ws.number, sa.tuple_(journey.c.name, journey.c.version).in_(wanted)
    )
    with ws.begin() as connection:
        return {(row.name, row.version): row.text for row in connection.execute(query)} if wanted else {}


def title_of(text: str) -> Text:
    """Return the title in a definition that was checked when it was kept."""
    title = cast("Mapping[str, Mapping[str, str]]", read(text).value)["title"]
    return Text(title["en"], title["zh"])


def accounts_in(text: str) -> list[str]:
    """Return the accounts that the steps of a definition name which was checked when it was kept."""
    steps = cast(
        "Sequence[Mapping[str, Mapping[str, object]]]", cast("Mapping[str, object]", read(text).value)["steps"]
    )
    found: dict[str, None] = {}
    for step in steps:
        by = cast("Sequence[str]", step["send"]["by"]) if "send" in step else ()
        told = (str(step["webhook"]["account"]),) if "webhook" in step else ()
        found |= dict.fromkeys((*by, *told))
    return list(found)


def control_of(text: str) -> float:
    """Return which share is left alone by a definition that was checked when it was kept."""
    return float(cast("Mapping[str, float]", read(text).value).get("control", 0))


def load(ws: Workspace, name: str, version: int, askables: Catalogue[Askable]) -> Journey:
    """Return a version as the present tags allow it; raises `Invalid` where they no longer do."""
    text, _ = text_of(ws, name, version)
    return parse(read(text), askables, ws.currency, text)
