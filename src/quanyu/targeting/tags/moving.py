"""What tags have become of whom no row has changed: days have gone by, or others' rows have come."""

from collections.abc import Mapping
from functools import reduce
from operator import or_

import ibis.expr.types as ir

from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Measure
from quanyu.targeting.fields.aggregating import choices
from quanyu.targeting.fields.catalogue import BEHAVIOURS, FIELDS
from quanyu.targeting.fields.model import Window
from quanyu.targeting.tags.carrying import table_of
from quanyu.targeting.tags.changing import Changes
from quanyu.targeting.tags.deriving import answered, needed, retold, tags_of_measures
from quanyu.targeting.tags.model import FromField, Given, Highest, Joined, Pack, Ratio, Statistic, Tag
from quanyu.targeting.tags.pinning import Inputs

_LAST = "_last_"


def moved(inputs: Inputs, changes: Changes, last: Value, answers: Mapping[str, ir.Table]) -> ir.Table | None:
    """Return of whom, beside the changed ones, a tag is another than in the last run, with all tags that ever may be.

    These are the same from run to run, so that what is laid over has one set of columns. `answers` are those of
    measures that do not stand. All else that is not derived stands for who is not changed. None where no tag may have
    become another.
    """
    every = _told_anew(inputs.pack)
    told = {measure: names for measure, names in every.items() if measure.name not in changes.standing}
    names, written = (_with_derived(inputs.pack, some) for some in (told, every))
    if not names:
        return None
    pack = needed(inputs.pack, written)
    others = last.anti_join(table_of(changes.customers | changes.gone), "customer")
    stand = [tag.name for tag in pack.tags if tag.name not in names]
    rows = others.select("customer", *stand, **{f"{_LAST}{name}": others[name] for name in names})
    taken = [answered(m, answers[m.name], pack, FIELDS).select("customer", *some) for m, some in told.items() if some]
    now: Value = retold(pack, FIELDS, rows, inputs.scope, taken)
    first = [tag.name for tag in pack.tags if tag.name in names and _moves_first(tag, pack)]
    differs = reduce(or_, [~now[name].identical_to(now[f"{_LAST}{name}"]) for name in first])
    return now.filter(differs).select("customer", *written)


def moving(pack: Pack) -> list[str]:
    """Return the tags that may move of customers of whom no row of their own is another than it was.

    Windows have moved on, or rows that name no customer themselves, such as refunds, have come.
    """
    names = [tag.name for tag in pack.tags if isinstance(tag.source, Statistic) and _moves(tag.source)]
    names += [name for some in _told_anew(pack).values() for name in some]
    return [*names, *_derived_from(pack, names)]


def _moves(statistic: Statistic) -> bool:
    return not BEHAVIOURS[statistic.over].owned or all(window != Window() for window, _where in choices(statistic))


def _moves_first(tag: Tag, pack: Pack) -> bool:
    """Say whether a tag may become another while those that it is derived from stand: its rule asks for days."""
    if isinstance(tag.source, (Joined, Ratio, Highest)):
        return False
    return not tag.needs or bool(tag.needs & _days(pack))


def _days(pack: Pack) -> frozenset[str]:
    """Return the tags that a rule may ask for days since, which are others tomorrow."""
    return frozenset(tag.name for tag in pack.tags if tag.type == "date" or tag.askable.form != "plain")


def tags_following(pack: Pack, measure: Measure) -> tuple[str, ...]:
    """Return the tags of a measure that looks at everybody only in part, which keep what that part says."""
    following = () if measure.apart is None else measure.apart.following
    fields = {tag.name: FIELDS[tag.source.field] for tag in pack.tags if isinstance(tag.source, FromField)}
    return tuple(name for name, field in fields.items() if field.measure == measure and field.column in following)


def _told_anew(pack: Pack) -> dict[Measure, tuple[str, ...]]:
    """Return of each measure the tags that may change of anybody."""
    return {
        measure: names if measure.apart is None else tags_following(pack, measure)
        for measure, names in tags_of_measures(pack, FIELDS).items()
    }


def _with_derived(pack: Pack, told: Mapping[Measure, tuple[str, ...]]) -> list[str]:
    names = [name for some in told.values() for name in some]
    return [*names, *_derived_from(pack, names)]


def _derived_from(pack: Pack, names: list[str]) -> list[str]:
    """Return the derived tags that need one of these, or a day."""
    reached = {*names, *_days(pack)}
    found: list[str] = []
    for tag in pack.in_order:
        if not isinstance(tag.source, (FromField, Statistic, Given)) and tag.needs & reached:
            reached.add(tag.name)
            found.append(tag.name)
    return found
