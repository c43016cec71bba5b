"""Portraits of audiences by their last snapshots, kept until anything they tell of changes."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json, to_jsonable_python

from quanyu.customers.identity.people import read_people
from quanyu.foundation.kept.answers import kept, last_made
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import stored
from quanyu.targeting.audiences.portrait_report import describe_portrait
from quanyu.targeting.audiences.portraits import portrait
from quanyu.targeting.audiences.snapshots import taken
from quanyu.targeting.tags.runs import last_run


def kept_portrait(ws: Workspace, audience: str, against: str | None) -> Mapping[str, Any]:
    """Return what `describe_portrait` says of an audience by all tags, against all customers or another audience."""
    return kept(ws, _name(audience, against), _made_of(ws, audience, against), lambda: _made(ws, audience, against))


def renew_portraits(ws: Workspace) -> None:
    """Make portraits at which somebody has looked anew where they have changed, before somebody waits for them."""
    audiences = list(stored(ws))
    made, snapshots = last_made(ws, [_name(each, None) for each in audiences]), taken(ws, audiences)
    for audience in audiences:
        if audience in snapshots and _name(audience, None) in made:
            kept_portrait(ws, audience, None)


def _name(audience: str, against: str | None) -> str:
    return "portrait of " + " against ".join(filter(None, (audience, against)))


def _made(ws: Workspace, audience: str, against: str | None) -> Mapping[str, Any]:
    return to_jsonable_python(describe_portrait(portrait(ws, audience, against)))


def _made_of(ws: Workspace, audience: str, against: str | None) -> str:
    names = list(filter(None, (audience, against)))
    people, run, documents = read_people(ws), last_run(ws), stored(ws)
    snapshots = {name: each.number for name, each in taken(ws, names).items()}
    whose = [people.epoch, people.customers, people.alive.count()]
    told = [run and run[0].number, whose, snapshots, [documents.get(name) for name in names]]
    return hashlib.sha256(to_json(told, fallback=str)).hexdigest()
