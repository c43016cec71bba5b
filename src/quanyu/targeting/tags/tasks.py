"""Says which data to fill first: for each value that a source lacks, how many customers would get how many tags."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

import ibis.expr.types as ir

from quanyu.commerce.stores.landing import STORE
from quanyu.customers.identity.landing import CUSTOMER_RECORD
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.customers.quality.goals import EVERY as EVERY_SOURCE
from quanyu.customers.quality.goals import Goal, aim, retail_goals
from quanyu.foundation.kinds import Kind
from quanyu.foundation.lake.model import Value
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.entries import EVERY, KINDS
from quanyu.targeting.fields.origins import Arrivals, column_of
from quanyu.targeting.tags.lacking import Inputs, kinds_of, needs_of, survey_needs, title_of
from quanyu.targeting.tags.model import Pack
from quanyu.targeting.tags.runs import Current, current

FILL = "fill"


@dataclass(frozen=True)
class DataTask:
    """Something to fill: `tags` of `customers` would have a value. `source` is None where nobody delivers the kind.

    `customers` have a row of the kind in this source and lack the value in all sources; of a kind that nobody delivers
    they are all living customers. `owner` and `goal` are those of quality's goal for the field, where there is one.
    """

    kind: str
    inputs: Inputs
    source: str | None
    title: Text
    customers: int
    tags: tuple[str, ...]
    owner: str | None = None
    goal: str | None = None

    @property
    def weight(self) -> int:
        return self.customers * len(self.tags)

    @property
    def words(self) -> Text:
        many, tags = f"{self.customers:,}", len(self.tags)
        some = f"{tags} tag{'s' if tags > 1 else ''} of {many} customers usable"
        if self.source is None:
            return Text(
                f"no {self.title.en} comes in: connecting a source makes {some}",
                f"尚无{self.title.zh}数据：接入来源后，{many} 位客户的 {tags} 个标签可用",
            )
        return Text(
            f"{self.title.en} missing in {self.source}: filling it makes {some}",
            f"{self.source} 缺{self.title.zh}：补齐后，{many} 位客户的 {tags} 个标签可用",
        )


def data_tasks(ws: Workspace, goals: Sequence[Goal] | None = None) -> list[DataTask]:
    """Return what to fill, the most customers times tags first; `goals` are those of a retailer if None.

    What a person is said to be is missing wherever it is empty. What happened need not have everything (few orders have
    a coupon): there a source is asked only for what it never gives at all.
    """
    now = current(ws)
    arrivals = survey_needs(ws, now)
    dependent = _dependent(now.pack)
    held = retail_goals((*KINDS, STORE)) if goals is None else goals
    found = [*_kinds(now, arrivals, dependent), *_values(ws, now, arrivals, dependent)]
    named = [_with_goal(task, held) for task in found if task.customers]
    return sorted(named, key=lambda task: (-task.weight, task.kind, task.inputs, task.source or ""))


def _dependent(pack: Pack) -> dict[Inputs, tuple[str, ...]]:
    """Return for each thing that tags need of sources those that need it, themselves or through other tags."""
    needed: dict[str, frozenset[Inputs]] = {}
    for tag in pack.in_order:
        own = frozenset(needs_of(tag))
        needed[tag.name] = reduce(or_, (needed[name] for name in tag.needs), own)
    every = sorted(frozenset[Inputs]().union(*needed.values()))
    return {each: tuple(tag.name for tag in pack.tags if each in needed[tag.name]) for each in every}


def _kinds(now: Current, arrivals: Arrivals, dependent: Mapping[Inputs, tuple[str, ...]]) -> Iterator[DataTask]:
    """Yield the kinds of which nothing has come in, with all tags that need anything of them."""
    wanted: dict[tuple[str, ...], dict[str, None]] = {}
    for inputs, tags in dependent.items():
        kinds = kinds_of(inputs)
        if not any(arrivals.of(kind) for kind in kinds):
            wanted.setdefault(kinds, {}).update(dict.fromkeys(tags))
    alive = now.people.alive.count()
    for kinds, tags in wanted.items():
        titles = [KINDS[kind].title for kind in kinds]
        title = Text(" or ".join(each.en for each in titles), "或".join(each.zh for each in titles))
        order = [tag.name for tag in now.pack.tags if tag.name in tags]
        yield DataTask(kinds[0], tuple(f"{kind}.{EVERY}" for kind in kinds), None, title, alive, tuple(order))


def _values(
    ws: Workspace, now: Current, arrivals: Arrivals, dependent: Mapping[Inputs, tuple[str, ...]]
) -> Iterator[DataTask]:
    """Yield the values that sources lack, kind by kind: each table is read once."""
    asked: dict[str, list[Inputs]] = {}
    for inputs in dependent:
        kinds = kinds_of(inputs)
        if len(kinds) == 1 and not any(given.endswith(f".{EVERY}") for given in inputs):
            asked.setdefault(kinds[0], []).append(inputs)
    for name, groups in asked.items():
        kind = KINDS[name]
        told = {inputs: _open_sources(kind, inputs, arrivals) for inputs in groups}
        lacking = [inputs for inputs in groups if told[inputs]]
        if lacking and "record" in kind.tables[0].schema.names:
            counted = _counted(ws, now, kind, lacking)
            for place, inputs in enumerate(lacking):
                for source in told[inputs]:
                    many = counted.get(source, {}).get(f"lacking_{place}", 0)
                    yield DataTask(name, inputs, source, title_of(inputs), many, dependent[inputs])


def _open_sources(kind: Kind, inputs: Inputs, arrivals: Arrivals) -> list[str]:
    """Return the sources that are to be asked for a value: see `data_tasks`."""
    names = [given.partition(".")[2] for given in inputs]
    some = kind is CUSTOMER_RECORD
    return [
        each.source
        for each in arrivals.of(kind.name)
        if (max(map(each.has, names)) < each.rows if some else not any(map(each.has, names)))
    ]


def _counted(ws: Workspace, now: Current, kind: Kind, groups: Sequence[Inputs]) -> dict[str, Mapping[str, int]]:
    """Count by source the customers with rows in it who have no value of a group in any source."""
    tables = (kind.tables[0], CUSTOMER_OF_RECORD)
    vector = {**ws.lake.vector(tables), **{t.name: now.read[t.name] for t in tables if t.name in now.read}}
    rows, owners = (ws.lake.table(table, vector) for table in tables)
    with ws.lake.held(_filled(rows, owners, kind, groups)) as pairs:
        return {row["source"]: row for row in ws.lake.to_arrow(_lacking(pairs, len(groups))).to_pylist()}


def _filled(rows: Value, owners: ir.Table, kind: Kind, groups: Sequence[Inputs]) -> ir.Table:
    """Columns customer, source and, of each group by its place, whether any row of the source has a value."""
    mapped: Value = rows.filter(rows.record.notnull()).inner_join(owners, "record")
    filled: dict[str, Value] = {}
    for place, inputs in enumerate(groups):
        columns = [column_of(kind, given.partition(".")[2]) for given in inputs]
        given_: list[Value] = [mapped[column].notnull() for column in columns if column is not None]
        has: Value = reduce(or_, given_)
        filled[f"has_{place}"] = has.any()
    return mapped.group_by("customer", "source").agg(**filled)


def _lacking(pairs: Value, groups: int) -> ir.Table:
    everywhere = pairs.group_by("customer").agg(**{f"any_{n}": pairs[f"has_{n}"].any() for n in range(groups)})
    beside: Value = pairs.inner_join(everywhere, "customer")
    return beside.group_by("source").agg(**{f"lacking_{n}": (~beside[f"any_{n}"]).sum() for n in range(groups)})


def _with_goal(task: DataTask, goals: Sequence[Goal]) -> DataTask:
    """Name whose goal it is that the value be filled, and what the goal is."""
    fields = {given.partition(".")[2] for given in task.inputs}
    for goal in goals:
        here = goal.source in {EVERY_SOURCE, task.source} and goal.measure == FILL
        if here and goal.kind == task.kind and goal.field in fields:
            return replace(task, owner=goal.owner, goal=aim(goal))
    return task
