"""Portrays a group of customers by their tags, against all customers or against another group."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from quanyu.foundation.errors import Conflict, Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.distinguishing import Distinction, distinguish
from quanyu.targeting.audiences.groups import Party, Who, everybody, party
from quanyu.targeting.audiences.parts import SMALL, label, show
from quanyu.targeting.audiences.significance import Association, associate, compare_parts, correct, shares
from quanyu.targeting.audiences.spreads import Kind, Spread, take_spreads
from quanyu.targeting.tags.model import Tag
from quanyu.targeting.tags.runs import Current, current
from quanyu.targeting.tags.usage import PORTRAIT, use

CERTAIN = 0.05
"""Corrected p below which a difference is called certain."""

OTHERS = Text("The other selection", "另一所选客户")


@dataclass(frozen=True)
class Figure:
    """One part of a tag in both groups. `index` is 100 where its shares are equal, None where the other has nobody.

    `q` is the p of the difference, corrected for all that was looked at; None where there are too few people to say.
    """

    label: Text
    kind: Kind
    inside: int
    inside_share: float
    outside: int
    outside_share: float
    index: float | None
    p: float | None
    q: float | None = None

    @property
    def certain(self) -> bool:
        return self.q is not None and self.q < CERTAIN


@dataclass(frozen=True)
class TagPortrait:
    """One tag in both groups; `q` corrects the association's p for the number of tags.

    `by_rule` says that people were chosen by this tag, so that it differs by definition.
    """

    tag: Tag
    figures: tuple[Figure, ...]
    association: Association
    by_rule: bool = False
    q: float | None = None

    @property
    def certain(self) -> bool:
        return self.q is not None and self.q < CERTAIN


@dataclass(frozen=True)
class Portrait:
    """A group held against another one; tags by the strength of their association, the strongest first.

    `both` are people of both groups: they count in both, and the tests allow for them. `against_all` says that the
    other group is everybody, so that the tests hold the group against the rest. `distinctions` leave out the tags of
    the groups' own rules. `withheld` are tags of which nothing can be shown: all have the same value, or too few people
    another one.
    """

    party: Party
    other: Party
    both: int
    against_all: bool
    as_of: datetime
    day: date
    tag_run: int
    tags: tuple[TagPortrait, ...]
    distinctions: tuple[Distinction, ...]
    withheld: tuple[Tag, ...]


def portrait(ws: Workspace, who: Who, against: Who | None = None, tags: Sequence[str] | None = None) -> Portrait:
    """Portray an audience (by its last snapshot) or a rule against all customers, an audience or a rule.

    By the tags of the last run: all of them, or these.
    """
    now = current(ws)
    chosen = _chosen(now, tags)
    base = everybody(ws, now)
    one = party(ws, now, who, base)
    other = base if against is None else party(ws, now, against, base, OTHERS)
    for each in (one, other):
        _refuse_few(each)
    use(ws, ((tag, PORTRAIT) for tag in (*(tags or ()), *one.asks, *other.asks)))
    groups = [one.members - other.members, one.members & other.members, other.members - one.members]
    spreads = take_spreads(ws, now, groups, chosen)
    return _portray(now, ws.currency, one, other, groups[1], spreads, against_all=against is None)


def compare(ws: Workspace, one: Who, other: Who, tags: Sequence[str] | None = None) -> Portrait:
    """Portray one group against another; people in both count in both, and the tests allow for them."""
    return portrait(ws, one, other, tags)


def _portray(
    now: Current,
    currency: str,
    one: Party,
    other: Party,
    both: OrdinalSet,
    spreads: Sequence[Spread],
    *,
    against_all: bool,
) -> Portrait:
    drawn = [(spread, show(spread)) for spread in spreads]
    fit = [(whole, shown) for whole, shown in drawn if len(shown.parts) > 1]
    asks = one.asks | other.asks
    plain = [
        TagPortrait(
            tag=whole.tag,
            figures=tuple(_figures(shown, now.run.day, currency)),
            association=associate(whole.counts),
            by_rule=whole.tag.name in asks,
        )
        for whole, shown in fit
    ]
    portraits = _corrected(plain, fit)
    certain = {each.tag.name for each in portraits if each.certain and not each.by_rule}
    found = [distinguish(whole, now.run.day, currency) for whole, _ in fit if whole.tag.name in certain]
    telling = [each for each in found if each.bits > 0]
    return Portrait(
        party=one,
        other=other,
        both=both.count(),
        against_all=against_all,
        as_of=now.run.as_of,
        day=now.run.day,
        tag_run=now.run.number,
        tags=tuple(sorted(portraits, key=lambda each: -(each.association.v or 0.0))),
        distinctions=tuple(sorted(telling, key=lambda each: -each.bits)),
        withheld=tuple(whole.tag for whole, shown in drawn if len(shown.parts) < 2),
    )


def _figures(shown: Spread, day: date, currency: str) -> Iterator[Figure]:
    inside, outside = shares(shown.counts)
    for i, (part, p) in enumerate(zip(shown.parts, compare_parts(shown.counts), strict=True)):
        only, both, others = (int(n) for n in shown.counts[:, i])
        yield Figure(
            label=label(part, shown.tag, day, currency),
            kind=part.kind,
            inside=only + both,
            inside_share=float(inside[i]),
            outside=both + others,
            outside_share=float(outside[i]),
            index=float(100 * inside[i] / outside[i]) if outside[i] else None,
            p=p,
        )


def _corrected(portraits: Sequence[TagPortrait], spreads: Sequence[tuple[Spread, Spread]]) -> list[TagPortrait]:
    """Correct the tags' p for how many tags there are, and the parts' p for all parts that could have been shown.

    A part is never surer than its tag: a tag that goes with nothing does not gain by those that do.
    """
    of_tags = correct([each.association.p for each in portraits])
    hidden = [p for whole, shown in spreads for p in _hidden(whole, shown)]
    of_parts = iter(correct([*(f.p for each in portraits for f in each.figures), *hidden]))
    found: list[TagPortrait] = []
    for each, q in zip(portraits, of_tags, strict=True):
        mine = [(figure, next(of_parts)) for figure in each.figures]
        figures = tuple(replace(f, q=None if p is None or q is None else max(p, q)) for f, p in mine)
        found.append(replace(each, q=q, figures=figures))
    return found


def _hidden(whole: Spread, shown: Spread) -> list[float | None]:
    """Return the p of values among which those that are shown were picked: the most striking ones of many."""
    alone = {part.value for part in shown.parts if part.kind == "value"}
    found = zip(whole.parts, compare_parts(whole.counts), strict=True)
    return [p for part, p in found if part.kind == "value" and part.value not in alone]


def _chosen(now: Current, names: Sequence[str] | None) -> list[Tag]:
    known = {tag.name: tag for tag in now.pack.tags}
    if names is None:
        return list(known.values())
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid(
            Text("There is no such tag.", "没有这个标签。"),
            received=", ".join(unknown),
            allowed=now.pack.askables.near(unknown[0]),
        )
    return [known[name] for name in dict.fromkeys(names)]


def _refuse_few(group: Party) -> None:
    if group.size < SMALL:
        raise Conflict(
            Text(
                "A group of so few customers cannot be portrayed: somebody could be found out.",
                "人数过少的群体不做画像，以免识别出个人。",
            ),
            received=f"{group.name or group.title}: < {SMALL}",
            allowed=[f"≥ {SMALL}"],
        )
