"""Makes the messages of one content for many people: in his language, with his values, within a channel's limits.

A message that cannot be made for somebody is not made for him, and says why; the others are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from quanyu.customers.identity.salutations import names_of
from quanyu.customers.identity.tables import CUSTOMERS
from quanyu.engagement.content.definitions import find
from quanyu.engagement.content.filling import filled
from quanyu.engagement.content.liquid import FAULTS
from quanyu.engagement.content.model import Content, Part
from quanyu.engagement.content.parts import PARTS
from quanyu.engagement.content.variables import CUSTOMER, ENTRY, LINKS, TAGS, UNSUBSCRIBE, Asked, asked_by
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.columns import rows_of
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.runs import current

pc: Any = pyarrow.compute  # its functions are made when it is imported, so that nobody knows their types

TOO_LONG, SEVERAL_LINES = "too_long", "several_lines"
REASONS = {
    **FAULTS,
    TOO_LONG: Text("Filled in, it is longer than the channel allows.", "填充后超出渠道长度限制。"),
    SEVERAL_LINES: Text("Filled in, a title has several lines.", "填充后标题出现换行。"),
}
"""Why a message cannot be made for somebody, by the word that `render` gives as its fault."""

NAME = f"{CUSTOMER}.name"
LANGUAGE = "language"
"""The tag that says which language a person speaks; where it is not there everybody reads the first one."""

Ordinals = npt.NDArray[np.int64]
Given = Mapping[str, pa.Array]
"""Values that the caller brings, by name, for each person: `links.shop`, `unsubscribe`, `entry.order`."""


def render(
    ws: Workspace, name: str, version: int, channel: str, customers: Ordinals, given: Given | None = None
) -> pa.Table:
    """Return a row for each of these customers, ascending: customer, language, a column for each part, fault.

    Where `fault` is a word of `REASONS` the parts are NULL. What a template asks for and nobody brings is missing.
    """
    content, _ = find(ws, name, version)
    parts = parts_of(content, channel)
    asked = asked_of(content, channel)
    columns = {**_empty(asked, len(customers)), **_known(ws, asked, customers), **(given or {})}
    languages = _languages(ws, content, customers)
    made = [
        _in_language(content.variants[channel][language], parts, columns, np.flatnonzero(languages == place))
        for place, language in enumerate(content.languages)
    ]
    numbers = np.concatenate([np.flatnonzero(languages == place) for place in range(len(content.languages))])
    rows = pa.concat_tables(made).take(pa.array(np.argsort(numbers, kind="stable")))
    spoken = pa.array(content.languages, pa.string()).take(pa.array(languages))
    whom = pa.table({"customer": pa.array(customers, pa.int64()), LANGUAGE: spoken})
    return pa.Table.from_arrays([*whom.columns, *rows.columns], [*whom.column_names, *rows.column_names])


def parts_of(content: Content, channel: str) -> tuple[Part, ...]:
    """Return the parts that the content has on a channel; raises `Invalid` where it has none."""
    if channel not in content.variants:
        raise Invalid(
            Text("The content says nothing for this channel.", "该内容没有这个渠道的版本。"),
            received=channel,
            allowed=[name for name in PARTS if name in content.variants],
        )
    written = {name for told in content.variants[channel].values() for name in told}
    return tuple(part for part in PARTS[channel] if part.name in written)


def asked_of(content: Content, channel: str) -> Asked:
    """Return what the templates of a channel ask for."""
    told = content.variants[channel].values()
    return asked_by([(each[p.name], p.markup) for each in told for p in parts_of(content, channel) if p.name in each])


def values(ws: Workspace, fields: Sequence[str], customers: Ordinals) -> dict[str, pa.Array]:
    """Return `one_id` and these fields of customers in their order, NULL where nothing is known; of others nothing."""
    asked = Asked(tuple(name.partition(".")[2] for name in fields if name.startswith(f"{TAGS}.")), NAME in fields)
    people = ws.lake.table(CUSTOMERS, ws.lake.vector((CUSTOMERS,)))
    wanted = ibis.memtable(pa.table({"customer": pa.array(customers, pa.int64())}))
    rows = ws.lake.to_arrow(people.semi_join(wanted, "customer").select("customer", "one_id"))
    at = pc.index_in(pa.array(customers, pa.int64()), rows["customer"].combine_chunks())
    ids = rows["one_id"].combine_chunks().take(at)
    return {**_known(ws, asked, customers), "one_id": ids}


def _empty(asked: Asked, rows: int) -> dict[str, pa.Array]:
    names = [f"{TAGS}.{name}" for name in asked.tags] + [f"{LINKS}.{name}" for name in asked.links]
    names += [f"{ENTRY}.{name}" for name in asked.entry] + [f"{CUSTOMER}.name", UNSUBSCRIBE]
    return {name: pa.nulls(rows, pa.string()) for name in names}


def _known(ws: Workspace, asked: Asked, customers: Ordinals) -> dict[str, pa.Array]:
    found = _tags(ws, asked.tags, customers) if asked.tags else {}
    return {**found, f"{CUSTOMER}.name": names_of(ws, customers)} if asked.name else found


def _tags(ws: Workspace, names: Sequence[str], customers: Ordinals) -> dict[str, pa.Array]:
    """Return the values of tags by the last run; of one that is no longer there nothing is known."""
    now = current(ws)
    wanted = [now.pack.askables[name] for name in names if name in now.pack.askables]
    if not len(customers):
        return {f"{TAGS}.{a.name}": pa.nulls(0, pa.string()) for a in wanted}
    people = ws.lake.table(CUSTOMERS, ws.lake.vector((CUSTOMERS,)))
    rows = rows_of(ws, now, people, OrdinalSet.of(customers), wanted)
    return {f"{TAGS}.{a.name}": rows.column(i + 1).combine_chunks() for i, a in enumerate(wanted)}


def _languages(ws: Workspace, content: Content, customers: Ordinals) -> npt.NDArray[np.int64]:
    """Return for each person which of the content's languages he reads, as its place; the first where none is known."""
    if len(content.languages) == 1 or LANGUAGE not in standing(ws).askables:
        return np.zeros(len(customers), np.int64)
    spoken = pc.utf8_slice_codeunits(_tags(ws, (LANGUAGE,), customers)[f"{TAGS}.{LANGUAGE}"], 0, 2)
    places = pc.index_in(spoken, pa.array(content.languages, pa.string()))
    return pc.fill_null(places, 0).to_numpy(zero_copy_only=False).astype(np.int64)


def _in_language(templates: Mapping[str, str], parts: Sequence[Part], columns: Given, rows: Ordinals) -> pa.Table:
    mine = {name: values.take(pa.array(rows)) for name, values in columns.items()}
    texts: list[pa.Array] = []
    fault = pa.nulls(len(rows), pa.string())
    for part in parts:
        if part.name not in templates:
            texts.append(pa.nulls(len(rows), pa.string()))
            continue
        text, wrong = filled(templates[part.name], mine, len(rows), markup=part.markup)
        texts.append(text)
        fault = pc.coalesce(fault, wrong, _against_limits(part, text))
    whole = pc.is_null(fault)
    told = [pc.if_else(whole, text, pa.scalar(None, pa.string())) for text in texts]
    return pa.table([*told, fault], names=[*(part.name for part in parts), "fault"])


def _against_limits(part: Part, text: pa.Array) -> pa.Array:
    weight = pc.binary_length(text) if part.counted_in == "bytes" else pc.utf8_length(text)
    fault = pc.if_else(pc.greater(weight, part.most), TOO_LONG, pa.scalar(None, pa.string()))
    if not part.one_line:
        return fault
    broken = pc.match_substring(pc.utf8_trim_whitespace(text), "\n")
    return pc.coalesce(fault, pc.if_else(broken, SEVERAL_LINES, pa.scalar(None, pa.string())))
