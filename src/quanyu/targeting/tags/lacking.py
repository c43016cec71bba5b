"""Says which tags the connected sources cannot compute, and what they lack: rows of a kind, or a value never given."""

import json
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from quanyu.foundation.kept.answers import kept
from quanyu.foundation.measuring import Behaviour
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields import calendar
from quanyu.targeting.fields.aggregating import COUNTING
from quanyu.targeting.fields.catalogue import BEHAVIOURS, FIELDS
from quanyu.targeting.fields.entries import EVERY, KINDS, find_entry
from quanyu.targeting.fields.model import Group, Leaf, Negation, Rule, Statistic, tags_of
from quanyu.targeting.fields.origins import Arrivals, Arrived, survey_inputs
from quanyu.targeting.tags.model import Cases, FromField, Highest, Pack, Tag
from quanyu.targeting.tags.runs import Current, written_vector

Inputs = tuple[str, ...]
"""Inputs (`<kind>.<input>`) of which any would do."""
_CALENDAR = frozenset(column.name for column in calendar.COLUMNS)


@dataclass(frozen=True)
class Lack:
    """Something that no source gives: any of `inputs` would do. `wholly`: not even rows of such a kind have come."""

    inputs: Inputs
    wholly: bool

    @property
    def words(self) -> Text:
        kinds = kinds_of(self.inputs)
        titles = [KINDS[kind].title for kind in kinds]
        en, zh = " or ".join(title.en for title in titles), "或".join(title.zh for title in titles)
        if self.wholly:
            return Text(f"no {en} has come in ({', '.join(kinds)})", f"尚无{zh}数据（{', '.join(kinds)}）")
        named = title_of(self.inputs)
        told = ", ".join(self.inputs)
        return Text(f"{en}: {named.en} is never filled ({told})", f"{zh}：{named.zh}从未填写（{told}）")


@dataclass(frozen=True)
class Standing:
    """What one tag lacks, itself or through tags that it is derived from, and whether it can be computed without."""

    computable: bool
    lacks: tuple[Lack, ...]


def kinds_of(inputs: Inputs) -> tuple[str, ...]:
    """Return the kinds of which inputs are, in the order of the register."""
    named = {given.partition(".")[0] for given in inputs}
    return tuple(kind.name for kind in KINDS if kind.name in named)


def title_of(inputs: Inputs) -> Text:
    """Return the titles of inputs, of which any would do."""
    told = [
        given_.title
        for kind, _dot, name in (given.partition(".") for given in inputs)
        for given_ in KINDS[kind].inputs
        if given_.name == name
    ]
    titles = list(dict.fromkeys(told))
    return Text(" or ".join(title.en for title in titles), "或".join(title.zh for title in titles))


def needs_of(tag: Tag) -> tuple[Inputs, ...]:
    """Return what a tag needs that comes from sources itself; a derived tag needs nothing of them but other tags."""
    match tag.source:
        case FromField(field=field):
            return (FIELDS[field].inputs,)
        case Statistic():
            return tuple(dict.fromkeys([rows_of(BEHAVIOURS[tag.source.over]), *_columns(tag.source)]))
        case _:
            return ()


def may_be_nought(tag: Tag) -> bool:
    """Say whether a tag is 0 of whom nothing is known, so that its having values proves nothing."""
    if isinstance(tag.source, FromField):
        return FIELDS[tag.source.field].absent is not None
    return isinstance(tag.source, Statistic) and tag.source.take in COUNTING


def rows_of(behaviour: Behaviour) -> Inputs:
    """Return the kinds whose rows a behaviour is made of."""
    table = behaviour.tables[0]
    own = [kind for kind in KINDS if kind.tables[0] == table]
    return tuple(f"{kind.name}.{EVERY}" for kind in own or [kind for kind in KINDS if table in kind.tables])


def survey_needs(ws: Workspace, now: Current, tags: AbstractSet[str] | None = None) -> Arrivals:
    """Count what has arrived of all that these tags need, in the tables that their run read; of all tags it is kept."""
    wanted = [tag for tag in now.pack.tags if tags is None or tag.name in tags]
    given = {name for tag in wanted for inputs in needs_of(tag) for name in inputs}
    rows = {f"{name.partition('.')[0]}.{EVERY}" for name in given}
    inputs = sorted(given | rows)
    if tags is not None:
        return survey_inputs(ws, inputs, now.read, now.run.as_of)
    tables = {kind: KINDS[kind].tables[0] for kind in (name.partition(".")[0] for name in inputs)}
    read = {**ws.lake.vector(list(tables.values())), **now.read}
    made_of = f"{now.run.number} {json.dumps(written_vector(read))}"

    def made() -> Mapping[str, Any]:
        return to_jsonable_python(survey_inputs(ws, inputs, read, now.run.as_of))

    found = kept(ws, "what tags need", made_of, made)["all"]
    return Arrivals(tuple(_read(each) for each in found))


def _read(told: Mapping[str, Any]) -> Arrived:
    newest = told["newest"] and datetime.fromisoformat(told["newest"])
    return Arrived(told["kind"], told["source"], told["rows"], newest, told["filled"])


def standings(pack: Pack, arrivals: Arrivals, suspects: AbstractSet[str] | None = None) -> dict[str, Standing]:
    """Return how each tag stands, each after those that it is derived from; all but suspects lack nothing themselves.

    What is made of all of its parts lacks what any of them lacks; cases and rankings stand as long as one part does.
    """
    found: dict[str, Standing] = {}
    for tag in pack.in_order:
        if tag.needs:
            found[tag.name] = _derived(tag, found)
        else:
            suspect = suspects is None or tag.name in suspects
            found[tag.name] = _own(tag, arrivals) if suspect else Standing(True, ())
    return found


def _own(tag: Tag, arrivals: Arrivals) -> Standing:
    missing = [inputs for inputs in needs_of(tag) if not arrivals.fills(inputs)]
    lacks = tuple(dict.fromkeys(_lack(inputs, arrivals) for inputs in missing))
    if not isinstance(tag.source, Statistic):
        return Standing(not lacks, lacks)
    rows = rows_of(BEHAVIOURS[tag.source.over])
    if rows in missing:
        return Standing(False, (_lack(rows, arrivals),))
    return Standing(not _is_stopped(tag.source, arrivals), lacks)


def _lack(inputs: Inputs, arrivals: Arrivals) -> Lack:
    kinds = kinds_of(inputs)
    if any(arrivals.of(kind) for kind in kinds):
        return Lack(inputs, wholly=False)
    return Lack(tuple(f"{kind}.{EVERY}" for kind in kinds), wholly=True)


def _is_stopped(source: Statistic, arrivals: Arrivals) -> bool:
    """Say whether a statistic can have no value: what it is taken of, or by which rows are chosen, is never filled."""

    def lacking(column: str) -> bool:
        inputs = _filling(source, column)
        return bool(inputs) and not arrivals.fills(inputs)

    named = [column for column in (source.of, source.by) if column is not None]
    return any(map(lacking, named)) or (source.where is not None and is_unanswerable(source.where, lacking))


def is_unanswerable(rule: Rule, lacking: Callable[[str], bool]) -> bool:
    """Say whether a rule can be true of nobody, because what it asks for is never filled."""
    match rule:
        case Leaf(tag=name, operator=operator):
            return operator != "is_null" and lacking(name)
        case Negation(inner):
            return is_unanswerable(inner, lacking)
        case Group(kind, parts):
            return (any if kind == "all" else all)(is_unanswerable(part, lacking) for part in parts)
        case _:
            return False


def _derived(tag: Tag, found: Mapping[str, Standing]) -> Standing:
    lacks = tuple(dict.fromkeys(lack for need in sorted(tag.needs) for lack in found[need].lacks))

    def lacking(name: str) -> bool:
        return not found[name].computable

    match tag.source:
        case Cases(cases=cases):
            rules = [case.when for case in cases if case.when is not None]
            return Standing(not all(is_unanswerable(rule, lacking) for rule in rules), lacks)
        case Highest(of=ranked):
            return Standing(not all(lacking(each.tag) for each in ranked), lacks)
        case _:
            return Standing(not any(map(lacking, tag.needs)), lacks)


def _columns(source: Statistic) -> Iterator[Inputs]:
    asked = tags_of(source.where) if source.where is not None else frozenset[str]()
    for column in (source.of, source.by, *sorted(asked)):
        if column is not None and (inputs := _filling(source, column)):
            yield inputs


def _filling(source: Statistic, column: str) -> Inputs:
    """Return what fills a column of a statistic's behaviour; nothing need fill what is known of any day."""
    known = {each.name for each in BEHAVIOURS[source.over].columns}
    return find_entry(f"{source.over}.{column}").inputs if column in known and column not in _CALENDAR else ()
