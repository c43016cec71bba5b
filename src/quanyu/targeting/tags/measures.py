"""What people and files said of customers: the given and imported values of a pack's tags, one row per customer."""

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
from ibis import _

from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import Measure, Scope
from quanyu.targeting.fields.values import LONGEST_TEXT
from quanyu.targeting.tags.model import Given, Hand, Pack, Tag
from quanyu.targeting.tags.tables import GIVEN_TAGS, IMPORTED_TAGS

MANUAL, IMPORTED = "manual", "imported"
YES, NO = ("true", "yes", "y", "1", "是"), ("false", "no", "n", "0", "否")
"""How true and false may be written, in small letters."""

_TABLES = {MANUAL: GIVEN_TAGS, IMPORTED: IMPORTED_TAGS}
_WHEN = {MANUAL: "given_at", IMPORTED: "observed_at"}
_NEWEST = {MANUAL: ("gift",), IMPORTED: ("observed_at", "import_number", "source", "record")}
_INTEGER, _DAY = r"^-?[0-9]{1,18}$", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def given_tags(pack: Pack, how: Hand) -> tuple[Tag, ...]:
    """Return the tags of a pack whose values people give, or files bring."""
    return tuple(tag for tag in pack.tags if isinstance(tag.source, Given) and tag.source.how == how)


def given_measures(pack: Pack) -> tuple[Measure, ...]:
    """Return a measure for all manual tags of a pack, and one for all imported ones, where it has any."""
    hands: tuple[Hand, ...] = ("manual", "imported")
    return tuple(_measure(how, tags) for how in hands if (tags := given_tags(pack, how)))


def _measure(how: Hand, tags: Sequence[Tag]) -> Measure:
    build = functools.partial(_values, tags=tags, how=how)
    return Measure(f"tags.{how}", (_TABLES[how], CUSTOMER_OF_RECORD), build)


def given_columns(measure: Measure, result: ir.Table) -> dict[str, Value]:
    """Return the columns of a measure of given tags, which are named as the tags; none of another measure."""
    ours = measure.name in (f"tags.{MANUAL}", f"tags.{IMPORTED}")
    return {name: result[name] for name in result.columns if name != "customer"} if ours else {}


def _values(scope: Scope, *, tags: Sequence[Tag], how: Hand) -> ir.Table:
    """Return one row per customer of whom something was said by the scope's day: customer, a column for each tag.

    What was said last of a customer speaks, by whichever of his records; where it has expired by the scope's day, or
    was taken back, he has no value, and what was said before does not come back.
    """
    told: Value = scope.tables[_TABLES[how].name]
    known = told.filter(told.tag.isin([tag.name for tag in tags]), told[_WHEN[how]] < _end_of_day(scope))
    mapped: Value = known.inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    order = [ibis.desc(mapped[name]) for name in _NEWEST[how]]
    rank = ibis.row_number().over(group_by=["customer", "tag"], order_by=order)
    last = mapped.mutate(_rank=rank).filter(_["_rank"] == 0, _.value.notnull())
    standing: Value = last.filter(_.expires_on.isnull() | (_.expires_on >= ibis.literal(scope.day)))
    columns = {tag.name: typed(standing.value, tag).max(where=standing.tag == tag.name) for tag in tags}
    return standing.group_by("customer").agg(**columns)


def _end_of_day(scope: Scope) -> Value:
    """Return the instant at which the scope's day is over."""
    after = datetime.combine(scope.day + timedelta(days=1), time(), ZoneInfo(scope.time_zone))
    return ibis.literal(after.astimezone(UTC), "timestamp('UTC', 6)")


def typed(written: Value, tag: Tag) -> Value:
    """Return a written value in the tag's stored type, NULL where it does not fit: another type, or not in the list."""
    match tag.type:
        case "boolean":
            said = written.lower()
            return ibis.cases((said.isin(YES), True), (said.isin(NO), False), else_=ibis.null("boolean"))
        case "integer":
            return ibis.ifelse(written.re_search(_INTEGER), written, ibis.null("string")).try_cast("int64")
        case "date":
            return ibis.ifelse(written.re_search(_DAY), written, ibis.null("string")).try_cast("date")
        case "number":
            number: Value = written.try_cast("float64")
            return ibis.ifelse(number.isnan() | number.isinf(), ibis.null("float64"), number)
        case _:
            return _worded(written, tag)


def _worded(written: Value, tag: Tag) -> Value:
    cases = tag.source.values if isinstance(tag.source, Given) else ()
    words = {word: case.value for case in cases for word in (*case.title, case.value)}
    if words:
        return ibis.cases(*((written == word, value) for word, value in words.items()), else_=ibis.null("string"))
    return ibis.ifelse(written.length().between(1, LONGEST_TEXT), written, ibis.null("string"))
