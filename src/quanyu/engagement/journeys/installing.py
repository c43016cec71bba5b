"""Installs journeys for ordinary days, with the audiences and contents that they need, in one go.

What stands under the same name already is left as it is: it may have been changed since.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast

import yaml

from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.content.definitions import stored as contents
from quanyu.engagement.journeys.definitions import apply as apply_journey
from quanyu.engagement.journeys.definitions import newest
from quanyu.foundation.definitions import near
from quanyu.foundation.errors import NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import apply as apply_audience
from quanyu.targeting.audiences.definitions import stored as audiences

_SUFFIX = ".yaml"
_ACCOUNTS = "BY"
"""Stands in a template for the accounts that a message goes by."""


@dataclass(frozen=True)
class Template:
    name: str
    title: Text
    description: Text
    journey: str


@dataclass(frozen=True)
class Installed:
    """What was put in force, and what was there already, as `audience sop_dormant`."""

    journey: str
    added: tuple[str, ...]
    kept: tuple[str, ...]


def templates() -> list[Template]:
    """Return what can be installed."""
    names = sorted(file.name for file in _folder().iterdir() if file.name.endswith(_SUFFIX))
    told = [(name.removesuffix(_SUFFIX), _read(name)) for name in names]
    return [
        Template(name, Text(**each["title"]), Text(**each["description"]), each["journey"]["name"])
        for name, each in told
    ]


def install(ws: Workspace, name: str, by: Sequence[str]) -> Installed:
    """Put a template's audiences, contents and journey in force; messages go by these accounts, the first that reaches.

    Raises NotFound where there is no such template, Invalid where an account does not fit.
    """
    known = [each.name for each in templates()]
    if name not in known:
        problem = Text("There is no such template.", "没有这个模板。")
        raise NotFound(problem, received=name[:60], allowed=near(name, known))
    told = _read(f"{name}{_SUFFIX}")
    added: list[str] = []
    kept: list[str] = []
    for kind, wanted, there, apply in (
        ("audience", told["audiences"], audiences(ws), apply_audience),
        ("content", told["contents"], contents(ws), apply_content),
        ("journey", [told["journey"]], newest(ws), apply_journey),
    ):
        for definition in wanted:
            named = f"{kind} {definition['name']}"
            if definition["name"] in there:
                kept.append(named)
            else:
                apply(ws, _written(definition, by))
                added.append(named)
    return Installed(told["journey"]["name"], tuple(added), tuple(kept))


def text_of_template(name: str, by: Sequence[str]) -> str:
    """Return the journey of a template as it is put in force."""
    return _written(_read(f"{name}{_SUFFIX}")["journey"], by)


def _written(definition: Mapping[str, Any], by: Sequence[str]) -> str:
    """Return a definition as somebody may go on writing it."""
    filled = json.loads(json.dumps(definition, ensure_ascii=False).replace(f'"{_ACCOUNTS}"', json.dumps(list(by))))
    return yaml.safe_dump(filled, allow_unicode=True, sort_keys=False, width=120)


def _folder() -> Any:
    return files("quanyu.engagement.journeys.templates")


def _read(file: str) -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((_folder() / file).read_text("utf-8")))
