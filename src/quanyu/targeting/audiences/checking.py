"""Says which audiences can be used with the tags of a pack, and which wait for the next run of tags."""

from collections.abc import Mapping
from dataclasses import dataclass

from quanyu.foundation.documents import Document
from quanyu.foundation.errors import Conflict, Fault, Invalid
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import inlined, parse
from quanyu.targeting.audiences.model import Audience
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.leaves import LEAVES
from quanyu.targeting.fields.model import Askable, Rule
from quanyu.targeting.fields.rules import parse as parse_rule
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.runs import Current

COMPUTE = Text("Compute tags: quanyu tag compute", "请先计算标签：quanyu tag compute")
_WAITS = Text(
    "It asks for tags that were applied after the last run of tags.", "它使用的标签是在上次标签计算之后应用的。"
)


@dataclass(frozen=True)
class Checked:
    """Audiences that can be used, and the faults of each that cannot; their places begin with its name."""

    good: tuple[Audience, ...]
    faults: Mapping[str, tuple[Fault, ...]]


def check(ws: Workspace, asked: Catalogue[Askable], documents: Mapping[str, Document]) -> Checked:
    """Hold definitions, with those that they name, against what may be asked."""
    good: list[Audience] = []
    faults: dict[str, tuple[Fault, ...]] = {}
    for name, document in documents.items():
        try:
            audience = parse(document, asked, ws.currency)
            inlined(ws, audience.rule, asked, (name,))
            good.append(audience)
        except Invalid as problem:
            whole = Fault(name, problem.problem, problem.received, problem.allowed)
            found = [Fault(f"{name}: {f.place}", f.problem, f.received, f.allowed) for f in problem.faults]
            faults[name] = tuple(found) or (whole,)
    return Checked(tuple(good), faults)


def refuse_broken(ws: Workspace, now: Current, checked: Checked, documents: Mapping[str, Document]) -> None:
    """Raise for audiences that the last run cannot answer: `Conflict` where all that they lack is a new run."""
    if not checked.faults:
        return
    broken = {name: documents[name] for name in checked.faults}
    later = check(ws, standing(ws).askables, broken) if _is_outdated(ws, now) else Checked((), checked.faults)
    waiting = [Fault(audience.name, _WAITS, None, ["quanyu tag compute"]) for audience in later.good]
    faults = [fault for name in later.faults for fault in checked.faults[name]]
    if not faults:
        raise Conflict(
            Text("Some audiences wait for tags; the others were refreshed.", "部分人群有待标签计算，其余已刷新。"),
            remedy=COMPUTE,
            faults=waiting,
        )
    raise Invalid(
        Text("Some audiences can no longer be used; the others were refreshed.", "部分人群已无法使用，其余已刷新。"),
        remedy=Text("Correct their definitions and apply them again.", "请修改其定义后重新应用。"),
        faults=[*faults, *waiting],
    )


def asked_rule(ws: Workspace, now: Current, written: object) -> Rule:
    """Return a rule (decoded YAML or JSON) that the last run can answer; it names the audiences that it names still.

    Raises `Conflict` where the rule is right and asks for tags that wait for the next run.
    """
    try:
        return parse_rule(written, now.pack.askables, ws.currency, LEAVES)
    except Invalid:
        if _is_outdated(ws, now):
            parse_rule(written, standing(ws).askables, ws.currency, LEAVES)
            raise Conflict(_WAITS, remedy=COMPUTE) from None
        raise


def _is_outdated(ws: Workspace, now: Current) -> bool:
    return standing(ws).hash != now.run.definition_hash
