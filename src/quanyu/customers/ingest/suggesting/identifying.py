"""Which columns point at a person, of which type, and within which scope each is unique."""

import re

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.exports import COMPANY, SOURCE, KnownKind
from quanyu.customers.ingest.suggesting.fitting import TYPES, Fitting
from quanyu.customers.ingest.suggesting.matching import Matching
from quanyu.customers.ingest.suggesting.model import Identified
from quanyu.customers.ingest.suggesting.relations import is_key
from quanyu.customers.ingest.suggesting.words import IDENTIFIERS

_GLOBAL, _OF_COMPANY = ("phone", "email"), ("unionid", "omid")
_SURE = 0.5
_OTHERS = re.compile(
    r"(?i)收[货件]|receiver|recipient|ship|billing|invited|referr|邀请|推荐人|导购|员工|店员|staff|employee|cashier|oper|门店|store"
)
_FALLBACK = "customer_number"


def scope_of(type_: str, source: str) -> tuple[str, bool]:
    """Return the scope within which a type is unique, and whether it is one for all sources of a company."""
    if type_ in _GLOBAL:
        return "global", False
    return (COMPANY, True) if type_ in _OF_COMPANY else (source, False)


def find_identifiers(matching: Matching, source: str, key: Column | None) -> tuple[Identified, ...]:
    """Return the columns that point at the person that a line is about, each type once; his key always."""
    scored = [
        (score, type_, column)
        for column in matching.filled
        if not _OTHERS.search(column.name)
        for type_ in _types(matching, column)
        if (score := matching.fitting.identifier(type_, column, matching.near(column))) >= _SURE
    ]
    found: dict[str, Identified] = {}
    taken: set[str] = set()
    for score, type_, column in sorted(scored, key=lambda each: (-each[0], each[2].position)):
        if type_ not in found and column.name not in taken:
            found[type_] = identified(type_, source, column, score)
            taken.add(column.name)
    if key is not None and key.name not in taken and is_key(key):
        found.setdefault(_FALLBACK, identified(_FALLBACK, source, key, _SURE))
    return tuple(sorted(found.values(), key=lambda each: each.column.position))


def identify_key(matching: Matching, source: str, key: Column) -> Identified:
    """Return as what the key itself points at a person."""
    near = matching.near(key)
    scores = {type_: matching.fitting.identifier(type_, key, near) for type_ in _types(matching, key)}
    best = max(scores, key=lambda type_: scores[type_], default=_FALLBACK)
    sure = scores.get(best, 0.0)
    return identified(best, source, key, sure) if sure >= _SURE else identified(_FALLBACK, source, key, _SURE)


def known_identifiers(known: KnownKind, source: str, fitting: Fitting) -> tuple[Identified, ...]:
    columns = {name.strip().lower(): column for name, column in fitting.relations.sample.by_name.items()}
    return tuple(
        Identified(type_, source if scope == SOURCE else scope, columns[column.lower()], 1.0, scope == COMPANY)
        for type_, scope, column in known.identifiers
        if column.lower() in columns
    )


def identified(type_: str, source: str, column: Column, score: float) -> Identified:
    scope, shared = scope_of(type_, source)
    return Identified(type_, scope, column, round(score, 4), shared)


def _types(matching: Matching, column: Column) -> list[str]:
    named = [place[1] for place in matching.near(column) if place[0] == IDENTIFIERS]
    return list(dict.fromkeys((*named, *TYPES)))
