"""Split: by lot, the same lot for a customer whenever he comes here; shares sum to one.

split: {a: 0.5, b: 0.5}                          # steps by their shares; `end` leaves people alone
split: {a: 0.5, b: 0.5, within: tier}            # exactly these shares of who comes with each value of a tag
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isclose

from quanyu.engagement.journeys.model import END, Split, Step
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.engagement.journeys.tagvalues import strata
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import parted, parted_within
from quanyu.foundation.text import Text


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    known = (*reader.steps, END)
    within = raw.get("within") if isinstance(raw, Mapping) else None
    stratified = isinstance(within, str)
    given = reader.mapping(raw, path, (), (*known, "within") if stratified else known)
    given.pop("within", None) if stratified else None
    if stratified and within not in {askable.name for askable in reader.askables}:
        problem = Text("There is no such tag.", "没有这个标签。")
        return reader.reading.fault((*path, "within"), problem, within, *reader.askables.near(str(within)))
    shares = {name: reader.share(share, (*path, name)) for name, share in given.items() if name in known}
    parts = tuple((share, name) for name, share in shares.items() if share is not None)
    if len(parts) < len(given):
        return None
    if len(parts) < 2 or not isclose(sum(share for share, _ in parts), 1, abs_tol=1e-9):
        problem = Text("The shares of two steps or more sum to one.", "至少两个步骤，比例之和为 1。")
        total = f"{len(parts)} with {sum(share for share, _ in parts):g}"
        return reader.reading.fault(path, problem, total, "{a: 0.5, b: 0.5}")
    return Split(parts, str(within) if stratified else None)


def leads_to(step: Split) -> tuple[str, ...]:
    return tuple(name for _, name in step.parts)


def run(step: Split, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    seed = f"{here.journey.name}/{here.name}"
    shares = [share for share, _ in step.parts]
    if step.within is None:
        groups = parted(members, shares, seed)
    else:
        groups = parted_within(strata(here.ws, step.within, members), shares, seed)
    return [Outcome(f"to:{name}", group, name) for (_, name), group in zip(step.parts, groups, strict=True)]


KINDS = (StepKind("split", Text("Split by lot", "随机分流"), Split, read, leads_to, run),)
