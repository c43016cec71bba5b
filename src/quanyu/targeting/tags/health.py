"""Says how each tag of the last run is: filled, steady, fresh, dear, used; what it lacks, and whether it should go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from quanyu.customers.quality.drifting import GREAT, NOTABLE
from quanyu.foundation.definitions import near
from quanyu.foundation.errors import NotFound
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import BEHAVIOURS, FIELDS
from quanyu.targeting.fields.model import Statistic
from quanyu.targeting.fields.origins import Arrivals
from quanyu.targeting.tags.lacking import Standing, may_be_nought, needs_of, standings, survey_needs
from quanyu.targeting.tags.model import FromField, Pack, Tag, TagRun
from quanyu.targeting.tags.profiles import RunProfile, drift, find_profile, take_profile
from quanyu.targeting.tags.runs import Current, current
from quanyu.targeting.tags.usage import Uses, last_uses, read_uses, shipped_rules

COMPARED_DAYS = 28
"""Drift is told against the newest run that is so much older, else against the oldest that is kept."""
UNUSED_DAYS = 180
NOTABLE_LOSS = 0.05  # of all customers, who no longer have the tag
_BY_VALUE = frozenset({"distinct", "top"})  # rows are grouped by the column once more


@dataclass(frozen=True)
class Cost:
    """Rows that the pass reads in which a tag is computed, and how many tags share it; a derived tag reads none."""

    rows: int
    shared: int

    @property
    def share(self) -> float:
        return self.rows / self.shared if self.shared else 0.0


@dataclass(frozen=True)
class TagHealth:
    """How one tag is. `covered` and `covered_before` are shares of the living customers of either run.

    `drift` is the population stability index of the values of those who have one. `fresh` is when the stalest kind of
    data that the tag is made from was renewed last. `last_used` counts uses of tags that are derived from it.
    """

    tag: Tag
    known: int
    covered: float | None
    covered_before: float | None
    drift: float | None
    fresh: datetime | None
    cost: Cost
    audiences: tuple[str, ...]
    rules: tuple[str, ...]
    derived: tuple[str, ...]
    last_used: datetime | None
    standing: Standing
    retire: bool

    @property
    def lost(self) -> float:
        """The share of customers who have the tag no longer."""
        return max(0.0, (self.covered_before or 0.0) - (self.covered or 0.0))

    @property
    def findings(self) -> tuple[Text, ...]:
        """What somebody should look at."""
        found: list[Text] = []
        if not self.standing.computable:
            found.append(Text("cannot be computed", "无法计算"))
        elif not self.known:
            found.append(Text("nobody has it", "无人有值"))
        if self.drift is not None and self.drift >= NOTABLE:
            found.append(Text("drifts strongly", "分布大幅漂移") if self.drift >= GREAT else Text("drifts", "分布漂移"))
        if self.lost >= NOTABLE_LOSS:
            found.append(Text(f"{self.lost:.0%} of customers lost it", f"{self.lost:.0%} 的客户失去该标签"))
        if self.retire:
            text = Text(f"unused for {UNUSED_DAYS} days: retire it", f"{UNUSED_DAYS} 天未使用，建议下线")
            found.append(text)
        return tuple(found)


@dataclass(frozen=True)
class Health:
    """The tags of a run, compared with the run of an earlier day, where there was one."""

    run: TagRun
    customers: int
    compared: date | None
    tags: Sequence[TagHealth]


def tag_health(ws: Workspace, names: Sequence[str] | None = None, against: date | None = None) -> Health:
    """Return how the tags of the last run are, all or these; drift is told against the last run up to a day."""
    now = current(ws)
    _refuse_unknown(now.pack, names or ())
    profile = take_profile(ws)
    day = against or now.run.day - timedelta(days=COMPARED_DAYS)
    before = find_profile(ws, now.run.number, day)
    arrivals = survey_needs(ws, now)
    judged = _Judging(ws, now, profile, before, arrivals)
    wanted = [tag for tag in now.pack.tags if names is None or tag.name in names]
    compared = None if before is None else before.day
    return Health(now.run, profile.customers, compared, [judged.health(tag) for tag in wanted])


def _refuse_unknown(pack: Pack, names: Sequence[str]) -> None:
    known = [tag.name for tag in pack.tags]
    unknown = [name for name in names if name not in known]
    if unknown:
        problem = Text("There is no such tag.", "没有这个标签。")
        raise NotFound(problem, received=unknown[0][:60], allowed=near(unknown[0], known))


class _Judging:
    """What is known of all tags, by which each is judged."""

    def __init__(
        self, ws: Workspace, now: Current, profile: RunProfile, before: RunProfile | None, arrivals: Arrivals
    ) -> None:
        self.profile, self.before = profile, before
        doubtful = {tag.name for tag in now.pack.tags if not profile.tags[tag.name].known or may_be_nought(tag)}
        self.standings = standings(now.pack, arrivals, doubtful)
        self.fresh = freshness(now.pack, arrivals)
        self.costs = _costs(ws, now)
        self.uses = read_uses(ws)
        self.last = last_uses(now.pack, self.uses)
        self.since = ws.clock.now() - timedelta(days=UNUSED_DAYS)
        self.derived = {
            tag.name: tuple(other.name for other in now.pack.tags if tag.name in other.needs) for tag in now.pack.tags
        }
        self.asked = _asked(now.pack, self.uses)

    def health(self, tag: Tag) -> TagHealth:
        name = tag.name
        mine = self.profile.tags[name]
        then = None if self.before is None else self.before.tags.get(name)
        many = None if self.before is None else self.before.customers
        uses = self.uses.get(name, Uses())
        return TagHealth(
            tag=tag,
            known=mine.known,
            covered=mine.known / self.profile.customers if self.profile.customers else None,
            covered_before=then.known / many if then is not None and many else None,
            drift=drift(then, mine),
            fresh=self.fresh.get(name),
            cost=self.costs[name],
            audiences=uses.audiences,
            rules=shipped_rules().get(name, ()),
            derived=self.derived[name],
            last_used=self.last.get(name),
            standing=self.standings[name],
            retire=self._is_idle(name, uses),
        )

    def _is_idle(self, name: str, uses: Uses) -> bool:
        """Say whether no audience asks for a tag, directly or not, and nobody used it for long, nor is it new."""
        last = max((at for at in (self.last.get(name), uses.seen) if at is not None), default=None)
        return name not in self.asked and last is not None and last < self.since


def freshness(pack: Pack, arrivals: Arrivals) -> dict[str, datetime]:
    """Return when the stalest kind of data was renewed last from which each tag is made; what has none is left out."""
    found: dict[str, datetime] = {}
    for tag in pack.in_order:
        if tag.needs:
            times = [found[need] for need in tag.needs if need in found]
        else:
            times = [newest for inputs in needs_of(tag) if (newest := _newest(inputs, arrivals)) is not None]
        if times:
            found[tag.name] = min(times)
    return found


def _newest(inputs: Sequence[str], arrivals: Arrivals) -> datetime | None:
    told = (arrived.newest for given in inputs for arrived, _filled in arrivals.filling(given))
    return max((at for at in told if at is not None), default=None)


def _asked(pack: Pack, uses: Mapping[str, Uses]) -> set[str]:
    """Return the tags that a living audience asks for, and all that they are derived from."""
    asked = {name for name, each in uses.items() if each.audiences}
    for tag in reversed(pack.in_order):
        if tag.name in asked:
            asked |= tag.needs
    return asked


def _costs(ws: Workspace, now: Current) -> dict[str, Cost]:
    passes = {tag.name: _pass_of(tag) for tag in now.pack.tags}
    tables = {table.name: table for found in passes.values() if found is not None for table in [found[1]]}
    rows = {name: ws.lake.count(ws.lake.all_versions(table, now.read)) for name, table in tables.items()}
    keys = [found[0] for found in passes.values() if found is not None]
    return {
        name: Cost(0, 0) if found is None else Cost(rows[found[1].name], keys.count(found[0]))
        for name, found in passes.items()
    }


def _pass_of(tag: Tag) -> tuple[tuple[str, str], LakeTable] | None:
    """Return which pass computes a tag, and the table that it reads most of; None where other tags are all it needs.

    All plain statistics of a behaviour share one pass; each column of distinct or top values, and each streak, costs
    one more.
    """
    match tag.source:
        case FromField(field=field):
            measure = FIELDS[field].measure
            return ("measure", measure.name), measure.tables[0]
        case Statistic(over=over, take=take, of=of):
            own = tag.name if take == "streak" else f"{of}" if take in _BY_VALUE else ""
            return (over, own), BEHAVIOURS[over].tables[0]
        case _:
            return None
