"""Split: by lot, the same lot for a customer whenever he comes here; shares sum to one.

split: {a: 0.5, b: 0.5}                          # steps by their shares; `end` leaves people alone
"""

from collections.abc import Sequence
from datetime import datetime
from math import isclose

from quanyu.engagement.journeys.model import END, Split, Step
from quanyu.engagement.journeys.reader import Reader
from quanyu.engagement.journeys.steps.spec import Here, Outcome, StepKind
from quanyu.foundation.documents import Path
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.lots import parted
from quanyu.foundation.text import Text


def read(reader: Reader, raw: object, path: Path) -> Step | None:
    known = (*reader.steps, END)
    given = reader.mapping(raw, path, (), known)
    shares = {name: reader.share(share, (*path, name)) for name, share in given.items() if name in known}
    parts = tuple((share, name) for name, share in shares.items() if share is not None)
    if len(parts) < len(given):
        return None
    if len(parts) < 2 or not isclose(sum(share for share, _ in parts), 1, abs_tol=1e-9):
        problem = Text("The shares of two steps or more sum to one.", "至少两个步骤，比例之和为 1。")
        total = f"{len(parts)} with {sum(share for share, _ in parts):g}"
        return reader.reading.fault(path, problem, total, "{a: 0.5, b: 0.5}")
    return Split(parts)


def leads_to(step: Split) -> tuple[str, ...]:
    return tuple(name for _, name in step.parts)


def run(step: Split, here: Here, members: OrdinalSet, resumed: bool, due: datetime | None) -> Sequence[Outcome]:
    seed = f"{here.journey.name}/{here.name}"
    groups = parted(members, [share for share, _ in step.parts], seed)
    return [Outcome(f"to:{name}", group, name) for (_, name), group in zip(step.parts, groups, strict=True)]


KINDS = (StepKind("split", Text("Split by lot", "随机分流"), Split, read, leads_to, run),)
