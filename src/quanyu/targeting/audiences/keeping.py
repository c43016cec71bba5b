"""Portraits of audiences by their last snapshots, kept until anything they tell of changes."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json, to_jsonable_python

from quanyu.customers.identity.people import read_people
from quanyu.foundation.kept.answers import kept
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.portrait_report import describe_portrait
from quanyu.targeting.audiences.portraits import portrait
from quanyu.targeting.audiences.snapshots import taken
from quanyu.targeting.tags.runs import last_run


def kept_portrait(ws: Workspace, audience: str, against: str | None) -> Mapping[str, Any]:
    """Return what `describe_portrait` says of an audience by all tags, against all customers or another audience."""
    name = "portrait of " + " against ".join(filter(None, (audience, against)))
    return kept(ws, name, _made_of(ws, audience, against), lambda: _made(ws, audience, against))


def _made(ws: Workspace, audience: str, against: str | None) -> Mapping[str, Any]:
    return to_jsonable_python(describe_portrait(portrait(ws, audience, against)))


def _made_of(ws: Workspace, audience: str, against: str | None) -> str:
    names = list(filter(None, (audience, against)))
    people, run, documents = read_people(ws), last_run(ws), stored(ws)
    snapshots = {name: each.number for name, each in taken(ws, names).items()}
    whose = [people.epoch, people.customers, people.alive.count()]
    told = [run and run[0].number, whose, snapshots, [documents.get(name) for name in names]]
    return hashlib.sha256(to_json(told, fallback=str)).hexdigest()
