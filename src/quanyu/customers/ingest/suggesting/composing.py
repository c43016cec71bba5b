"""Decides of which kinds a line tells: what it is, and what else it says of customers, products, stores."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from quanyu.customers.ingest.spec import FILE
from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.exports import Export, place_columns
from quanyu.customers.ingest.suggesting.identifying import find_identifiers, identify_key, known_identifiers
from quanyu.customers.ingest.suggesting.matching import Matching
from quanyu.customers.ingest.suggesting.model import Entry, Identified
from quanyu.foundation.errors import Invalid
from quanyu.foundation.kinds import Input, Kind
from quanyu.foundation.text import Text

_BESIDES: Mapping[str, tuple[str, ...]] = {
    "order_line": ("order", "customer_record", "product"),
    "order": ("customer_record",),
    "event": ("customer_record",),
    "coupon": (),
}
"""What lines of a kind may also tell of."""
_KEYS: Mapping[str, Mapping[str, str]] = {
    "order": {"order_number": "order_number", "customer": "customer", "placed_at": "placed_at"},
    "customer_record": {"key": "customer"},
    "product": {"product": "product"},
}
"""Inputs of a kind besides, and the inputs of the line's own kind from whose columns they come."""
_OF_BUYERS = frozenset({"country", "gender", "birth_date", "birthday", "birth_year", "level", "language"})
_WHEN = ("placed_at", "occurred_at", "sent_at", "issued_at", "opened_at")
_DETERMINED = {"product": 0.5}  # names of a product vary, and are still of it
_NEARLY = 0.9
_LINES_OF_ONE = 0.999
_OF_PERSONS = frozenset({"name", "gender", "birth_date", "birthday", "birth_year", "registered_at", "level"})
_SURELY, _VERY_SURELY, _UNLIKELY = 0.6, 0.8, 0.35
_LEAST = 0.35  # of the likeliest kind's score: below it nothing is suggested unless a person has named the kind
_PERSON_BONUS = 0.12  # of a likely customer file, for each identifier that it holds


def compose(matching: Matching, kinds: Sequence[Kind], source: str, wanted: str | None) -> list[Entry]:
    """Return the entries of the likeliest mapping, what a line is first; its score tells from the rivals."""
    ranked = rank(matching, kinds, source)
    likely = [entry for entry in ranked if entry.kind.name == wanted or (wanted is None and entry.score > _LEAST)]
    likely = [entry for entry in likely if entry.score > 0]
    if not likely:
        raise _nothing_fits(ranked, wanted)
    grain = likely[0]
    besides = [
        entry
        for name in _BESIDES.get(grain.kind.name, ())
        for kind in kinds
        if kind.name == name and (entry := _beside(matching, grain, kind, source)) is not None
    ]
    return [_whole(matching, grain), *besides]


def rank(matching: Matching, kinds: Sequence[Kind], source: str) -> list[Entry]:
    """Return every kind as an entry, the likeliest first."""
    entries = [matching.entry(kind) for kind in kinds]
    people = [_of_people(matching, entry, source) if entry.kind.takes_identifiers else entry for entry in entries]
    return sorted(people, key=lambda entry: -entry.score)


def compose_known(matching: Matching, kinds: Sequence[Kind], source: str, export: Export) -> list[Entry]:
    """Return the entries of a known export, of those kinds and inputs that there are."""
    by_name = {kind.name: kind for kind in kinds}
    found: list[Entry] = []
    for known in export.kinds:
        kind = by_name.get(known.kind)
        if kind is None:
            continue
        columns = place_columns(known, kind, matching.sample)
        entry = matching.known_entry(kind, columns, known.constants_of(source), known.codes)
        given = {choice.wanted.name for choice in entry.chosen}
        if any(each.required and each.name not in given for each in kind.inputs):
            continue
        identifiers = known_identifiers(known, source, matching.fitting) if kind.takes_identifiers else ()
        if known.identifiers and not identifiers and found:
            continue
        found.append(_whole(matching, replace(entry, identifiers=identifiers)))
    return found


def _of_people(matching: Matching, entry: Entry, source: str) -> Entry:
    """Add the identifiers of who a line is about; the more there are, the likelier it is about people."""
    if entry.score == 0 or entry.choice("key") is None:
        return entry
    key = entry.choice("key")
    identifiers = find_identifiers(matching, source, key.column if key else None)
    own = key is not None and key.column is not None and key.column.variety > _NEARLY
    about = [each for each in identifiers if own or key is None or each.column is not key.column]
    sure = sum(each.score for each in about if each.score > _SURELY)
    told = sum(choice.score > _SURELY and choice.wanted.name in _OF_PERSONS for choice in entry.chosen)
    score = entry.score + _PERSON_BONUS * sure if sure or told > 1 else entry.score * _UNLIKELY
    return replace(entry, identifiers=identifiers, score=score)


def _beside(matching: Matching, grain: Entry, kind: Kind, source: str) -> Entry | None:
    """Return what the lines tell of another kind, None where that is nothing but its key."""
    keys = _KEYS[kind.name]
    given = {
        name: choice.column
        for name, of_grain in keys.items()
        if (choice := grain.choice(of_grain)) and choice.column and any(each.name == name for each in kind.inputs)
    }
    if kind.key[0] not in given:
        return None
    key = given[kind.key[0]]
    free = [
        column
        for column in matching.filled
        if column.name not in grain.columns()
        and matching.fitting.relations.determines(key.name, column.name) >= _DETERMINED.get(kind.name, _NEARLY)
    ]
    entry = matching.entry(_narrowed(kind), free, given)
    entry = replace(entry, kind=kind, identifiers=_identifiers(matching, kind, key, free, source))
    told = [c for c in entry.chosen if c.wanted.name not in given and c.column is not None]
    if len(told) < (2 if kind.name == "order" else 1) and not entry.identifiers:
        return None
    return _observed(entry, grain)


def _identifiers(
    matching: Matching, kind: Kind, key: Column, free: Sequence[Column], source: str
) -> tuple[Identified, ...]:
    """Return the buyer's key, and what else is surely his: it is the same on all of his lines."""
    if not kind.takes_identifiers:
        return ()
    own = {column.name for column in free}
    found = [
        each
        for each in find_identifiers(matching, source, None)
        if each.column.name in own and each.score > _VERY_SURELY
    ]
    return (identify_key(matching, source, key), *found)


def _narrowed(kind: Kind) -> Kind:
    """Of a buyer take only what an order's line can know of him: who receives it may be somebody else."""
    left = [each for each in kind.inputs if each.name != "observed_at"]
    if kind.takes_identifiers:
        left = [each for each in left if each.name in _OF_BUYERS or each.name in kind.key]
    return replace(kind, inputs=tuple(left))


def _observed(entry: Entry, grain: Entry) -> Entry:
    """Let the latest line speak where several tell of one thing."""
    when = next((choice for name in _WHEN if (choice := grain.choice(name))), None)
    wanted: Input | None = next((each for each in entry.kind.inputs if each.name == "observed_at"), None)
    if wanted is None or when is None or entry.choice("placed_at") is not None:
        return entry
    return replace(entry, chosen=(*entry.chosen, replace(when, wanted=wanted, others=())))


def _whole(matching: Matching, entry: Entry) -> Entry:
    """Say that the files hold documents as a whole where a document has several lines, all in one file."""
    order = entry.choice(entry.kind.document[0]) if entry.kind.document else None
    if order is None or order.column is None or order.column.variety > _LINES_OF_ONE:
        return entry
    return replace(entry, whole=matching.fitting.relations.determines(order.column.name, FILE) >= _LINES_OF_ONE)


def _nothing_fits(ranked: Sequence[Entry], wanted: str | None) -> Invalid:
    entry = next((each for each in ranked if each.kind.name == wanted), ranked[0])
    given = {choice.wanted.name for choice in entry.chosen}
    missing = [each.name for each in entry.kind.inputs if each.required and each.name not in given]
    shown = ", ".join(f"{c.wanted.name}: {c.column.name}" for c in entry.chosen if c.column)
    return Invalid(
        Text("The columns fit no kind of input.", "这些列与任何数据类型都不符。"),
        remedy=Text(
            "Say with --kind what a line is, and name the columns in the mapping by hand; the kinds stand in "
            "docs/reference/data-standard.md.",
            "请用 --kind 指定类型，并在映射中手工写明各列；类型见 docs/reference/data-standard.zh.md。",
        ),
        received=f"{entry.kind.name} without {', '.join(missing) or 'what tells one'}; found {shown or 'nothing'}",
        allowed=[each.kind.name for each in ranked],
    )
