"""Nouns of tags: a definition, a pack of them, a run over all customers, and the facts of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from graphlib import TopologicalSorter
from typing import ClassVar, Literal

from quanyu.foundation.bus.model import Fact
from quanyu.foundation.measuring import ValueType, day_before
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable, Form, Rule, Statistic, tags_of
from quanyu.targeting.tags.taxonomy import Family, Scenario

Better = Literal["lower", "higher"]
Hand = Literal["manual", "imported"]


@dataclass(frozen=True)
class FromField:
    """A room's field, kept as it is; a form other than plain keeps the date from which days are counted.

    `codes` are what the field may say, with what each is called; empty where that is open.
    """

    field: str
    form: Form = "plain"
    codes: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True)
class Bands:
    """A score from 1 (worst) to len(thresholds) + 1 (best) over the numeric tag `of`.

    One point more for each threshold that is met: value <= threshold where lower is better, else value >= threshold.
    """

    of: str
    better: Better
    thresholds: tuple[int | float, ...]


@dataclass(frozen=True)
class Joined:
    """The values of several tags, written one after the other; NULL if one of them is."""

    of: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    value: str
    title: Text
    when: Rule | None  # None: everybody who is left


@dataclass(frozen=True)
class Cases:
    """The value of the first case whose rule selects the customer; NULL where none does."""

    cases: tuple[Case, ...]


@dataclass(frozen=True)
class Prior:
    """What is believed of a share before anything is seen: its value, and how many observations that is worth."""

    share: float
    weight: float


@dataclass(frozen=True)
class Ratio:
    """One numeric tag over another; NULL where that is NULL or not above 0.

    With a prior the share is shrunk towards it: (of + share · weight) / (over + weight), the mean of a Beta posterior.
    """

    of: str
    over: str
    prior: Prior | None = None


@dataclass(frozen=True)
class Highest:
    """The value whose numeric tag is the highest and at least `least`; ties go to the first; NULL where none is."""

    of: tuple["Ranked", ...]
    least: float | None = None


@dataclass(frozen=True)
class Ranked:
    value: str
    title: Text
    tag: str


@dataclass(frozen=True)
class Given:
    """What people said of a customer (`manual`), or a file did (`imported`); `values` is the closed list of a code."""

    how: Hand
    values: tuple[Case, ...] = ()


Source = FromField | Statistic | Bands | Joined | Cases | Ratio | Highest | Given


@dataclass(frozen=True)
class Tag:
    name: str
    title: Text
    description: Text
    family: Family
    type: ValueType
    source: Source
    level: str | None = None
    scenarios: tuple[Scenario, ...] = ()

    @property
    def askable(self) -> Askable:
        form = self.source.form if isinstance(self.source, (FromField, Statistic)) else "plain"
        return Askable(self.name, self.type, self.title, form, self.values)

    @property
    def values(self) -> tuple[str, ...] | None:
        """What a code may be, None where that is open."""
        match self.source:
            case Cases(cases=cases):
                return tuple(case.value for case in cases)
            case Highest(of=ranked):
                return tuple(each.value for each in ranked)
            case FromField(codes=codes) if codes:
                return tuple(code for code, _title in codes)
            case Given(values=values):
                return tuple(each.value for each in values) or None
            case _:
                return None

    @property
    def needs(self) -> frozenset[str]:
        """The names of the tags from which this one is derived."""
        match self.source:
            case FromField() | Statistic() | Given():
                return frozenset()
            case Bands(of=of):
                return frozenset({of})
            case Joined(of=of):
                return frozenset(of)
            case Ratio(of=of, over=over):
                return frozenset({of, over})
            case Highest(of=ranked):
                return frozenset(each.tag for each in ranked)
            case Cases(cases=cases):
                return frozenset[str]().union(*(tags_of(case.when) for case in cases if case.when is not None))


@dataclass(frozen=True)
class Pack:
    """Tags as they were written, and the hash of what they mean."""

    name: str
    tags: tuple[Tag, ...]
    hash: str
    owner: str | None = None
    department: Text | None = None
    versions: tuple[tuple[str, int], ...] = ()  # of the workspace's own packs in it

    @property
    def askables(self) -> Catalogue[Askable]:
        return Catalogue(tag.askable for tag in self.tags)

    @property
    def in_order(self) -> tuple[Tag, ...]:
        """The tags, each after all that it is derived from."""
        by_name = {tag.name: tag for tag in self.tags}
        order = TopologicalSorter({tag.name: sorted(tag.needs) for tag in self.tags}).static_order()
        return tuple(by_name[name] for name in order)


@dataclass(frozen=True)
class TagRun:
    """One computation of all tags for all customers. `skipped`: nothing had changed, so the run before stands.

    `packs` are the workspace's own packs that were in force, with their versions. `recomputed` are the customers of
    whom something was taken anew, and `whole_because` says why that were all (`continuing.REASONS`): None where the run
    went on from the one before, and in runs of the first versions.
    """

    number: int
    as_of: datetime
    time_zone: str
    definition_hash: str
    epoch: int
    customers: int
    finished_at: datetime
    stale: bool = False
    skipped: bool = False
    packs: Mapping[str, int] = field(default_factory=dict[str, int])
    recomputed: int | None = None
    whole_because: str | None = None

    @property
    def day(self) -> date:
        """The day from which days since and until are counted."""
        return day_before(self.as_of, self.time_zone)


@dataclass(frozen=True)
class TagsComputed(Fact):
    """The tags of all customers were replaced by those of this run."""

    name: ClassVar[str] = "tags.computed"
    run: int


@dataclass(frozen=True)
class TagsGiven(Fact):
    """A manual tag was given to customers, or taken back from them, under one number."""

    name: ClassVar[str] = "tags.given"
    tag: str
    gift: int
    customers: int


@dataclass(frozen=True)
class PackChanged(Fact):
    """A pack of the workspace was put in force in a new version, or stands no longer."""

    name: ClassVar[str] = "tags.pack_changed"
    pack: str
    version: int
