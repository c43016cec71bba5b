"""Gives manual tags to customers and takes them back, a batch at a time, and keeps who gave what when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import ibis
import pyarrow as pa
import sqlalchemy as sa

from quanyu.foundation import failpoints
from quanyu.foundation.database.copying import copy_in, read_columns
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.ids import inside
from quanyu.foundation.measuring import ValueType
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.values import Wrong, read_value
from quanyu.targeting.tags.measures import MANUAL, NO, YES, given_tags
from quanyu.targeting.tags.model import Given, Tag, TagsGiven
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.tables import GIVEN_TAGS, tag_gift

FAILPOINTS = ("given.written", "given.kept")
LONGEST_NOTE, LONGEST_AUTHOR = 500, 200


@dataclass(frozen=True)
class Gift:
    """A value that is to be given. `value` is as somebody wrote it, None takes back; the last day is `expires_on`."""

    tag: str
    value: object
    author: str
    expires_on: date | None = None
    note: str | None = None


@dataclass(frozen=True)
class Gave:
    """How a batch came out: customers who `changed`, and those of whom it was said already (`same`).

    `gift` is the number under which it is kept, None where nobody changed.
    """

    gift: int | None
    changed: int
    same: int


@dataclass(frozen=True)
class GiftRecord:
    """One batch as it was given; `value` is None where it was taken back."""

    number: int
    tag: str
    value: str | None
    expires_on: date | None
    note: str | None
    author: str
    given_at: datetime
    customers: int


def check(ws: Workspace, gift: Gift) -> str | None:
    """Return the value in its stored form; raises `Invalid` with every fault of the gift."""
    tags = given_tags(standing(ws), MANUAL)
    tag = next((tag for tag in tags if tag.name == gift.tag), None)
    faults = [] if tag is not None else [_no_tag(gift.tag, tags)]
    value = None
    if tag is not None and gift.value is not None:
        read = written(tag, gift.value)
        value = None if isinstance(read, Wrong) else read
        if isinstance(read, Wrong):
            faults.append(Fault("value", read.problem, str(gift.value)[:60], read.allowed))
    for place, text, most in (("author", gift.author, LONGEST_AUTHOR), ("note", gift.note, LONGEST_NOTE)):
        if text is not None and not (text.strip() and len(text) <= most):
            problem = Text("Here stands a text.", "此处应为文字。")
            faults.append(Fault(place, problem, f"{len(text)} characters", [f"1 … {most} characters"]))
    if faults:
        raise Invalid(Text("The tag cannot be given.", "无法赋予该标签。"), faults=faults)
    return value


def written(tag: Tag, value: object) -> str | Wrong:
    """Return the text in which a value of a tag is kept; a code may be said by its title."""
    cases = tag.source.values if isinstance(tag.source, Given) else ()
    words = {word: case.value for case in cases for word in (*case.title, case.value)}
    if cases:
        found = words.get(value) if isinstance(value, str) else None
        problem = Text("The tag cannot have this value.", "标签没有这个取值。")
        return found or Wrong(problem, tuple(case.value for case in cases))
    read = read_value(_unquoted(value, tag.type), tag.type, "")
    if isinstance(read, Wrong):
        return read
    return {True: "true", False: "false"}[read] if isinstance(read, bool) else str(read)


def _unquoted(value: object, type_: ValueType) -> object:
    """Return what a text means where a command line can give nothing but texts."""
    if not isinstance(value, str) or type_ in ("code", "text", "date"):
        return value
    if type_ == "boolean":
        said = value.strip().lower()
        return True if said in YES else False if said in NO else value
    try:
        return Decimal(value.strip())
    except InvalidOperation:
        return value


def _no_tag(name: str, tags: Sequence[Tag]) -> Fault:
    problem = Text("There is no such manual tag.", "没有这个人工标签。")
    return Fault("tag", problem, name[:60], Catalogue(tags).near(name))


def give(ws: Workspace, gift: Gift, customers: OrdinalSet) -> Gave:
    """Give a value to customers, or take it back, in one transaction; who has it so already is left as he is.

    It is written to the oldest record of each customer, and goes with that where customers are merged or parted.
    """
    value = check(ws, gift)
    many = customers.count()
    with ws.locked("given tags"), ws.begin() as connection:  # gifts become visible in the order of their numbers
        number, changed = _write(ws, connection, gift, value, customers)
        failpoints.reach("given.written")
        if changed:
            ws.publish(connection, TagsGiven(gift.tag, number, changed))
        else:
            connection.execute(sa.delete(tag_gift).where(_mine(ws, tag_gift), tag_gift.c.number == number))
    failpoints.reach("given.kept")
    return Gave(number if changed else None, changed, many - changed)


def _write(
    ws: Workspace, connection: sa.Connection, gift: Gift, value: str | None, customers: OrdinalSet
) -> tuple[int, int]:
    kept = {"expires_on": None if value is None else gift.expires_on, "note": gift.note, "author": gift.author}
    insert = sa.insert(tag_gift).values(workspace=ws.number, tag=gift.tag, value=value, **kept, given_at=ws.clock.now())
    number = int(connection.execute(insert.returning(tag_gift.c.number)).scalar_one())
    connection.execute(sa.text("create temporary table wanted_customer (customer bigint) on commit drop"))
    copy_in(connection, "wanted_customer", pa.table({"customer": pa.array(customers.ordinals(), pa.int64())}))
    given = {"workspace": ws.number, "gift": number, "tag": gift.tag, "value": value}
    return number, connection.execute(_GIVE, {**given, "expires_on": kept["expires_on"], "note": gift.note}).rowcount


def gifts(ws: Workspace, tag: str, one_id: str | None = None, limit: int = 100) -> list[GiftRecord]:
    """Return who gave a tag, or gave it to one customer, when: the last gifts, the newest first."""
    query = _GIFTS if one_id is None else _GIFTS_OF
    wanted = {} if one_id is None else {"one_id": inside("customer", one_id)}
    given = {"workspace": ws.number, "tag": tag, "limit": limit, **wanted}
    with ws.begin() as connection:
        return [GiftRecord(**row) for row in connection.execute(query, given).mappings()]


def land_gifts(ws: Workspace) -> int:
    """Bring what was given since the last time into the lake, where runs read it; return how many rows those are."""
    newest = sa.select(sa.func.max(tag_gift.c.number)).where(_mine(ws, tag_gift))
    with ws.lake.landing("given tags", (GIVEN_TAGS,)) as landing, ws.begin() as connection:
        present: ibis.Table = ws.lake.all_versions(GIVEN_TAGS, landing.vector)
        last = ws.lake.to_arrow(present.agg(last=present["gift"].max()))["last"][0].as_py() or 0
        if (connection.execute(newest).scalar_one() or 0) <= last:
            return 0
        landed = landing.append(GIVEN_TAGS, _since(ws, connection, last))
        landing.publish(connection)
    return landed


def _since(ws: Workspace, connection: sa.Connection, last: int) -> ibis.Table:
    mine = f"workspace = {ws.number}"
    rows = read_columns(
        connection,
        f"select record, gift from tag_given where {mine} and gift > {last}",
        dict.fromkeys(("record", "gift"), "bigint"),
    )
    columns = [tag_gift.c[name] for name in ("number", "tag", "value", "expires_on", "given_at")]
    query = sa.select(*columns).where(_mine(ws, tag_gift), tag_gift.c.number > last)
    found = [dict(row) for row in connection.execute(query).mappings()]
    schema = pa.schema([("number", pa.int64()), *(GIVEN_TAGS.schema.field(c.name) for c in columns[1:])])
    told = ibis.memtable(pa.Table.from_pylist(found, schema=schema)).rename(gift="number")
    return ibis.memtable(rows).inner_join(told, "gift").select(*GIVEN_TAGS.schema.names)


def _mine(ws: Workspace, table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.workspace == ws.number


_GIVE = sa.text(
    """with present as (
         select distinct on (w.customer) w.customer, g.value, g.expires_on, g.note
         from wanted_customer w
         join shown_record_customer c on c.workspace = :workspace and c.customer = w.customer
         join tag_given t on t.workspace = :workspace and t.record = c.record and t.gift < :gift
         join tag_gift g on g.workspace = :workspace and g.number = t.gift and g.tag = :tag
         order by w.customer, g.number desc)
       insert into tag_given (workspace, record, gift)
       select :workspace, min(c.record), :gift
       from wanted_customer w
       join shown_record_customer c on c.workspace = :workspace and c.customer = w.customer
       left join present p on p.customer = w.customer
       where case when cast(:value as text) is null then p.value is not null
             else (p.value, p.expires_on, p.note)
                  is distinct from (cast(:value as text), cast(:expires_on as date), cast(:note as text)) end
       group by w.customer"""
)

_GIFTS = sa.text(
    """select number, tag, value, expires_on, note, author, given_at,
         (select count(*) from tag_given t where t.workspace = :workspace and t.gift = number) as customers
       from tag_gift where workspace = :workspace and tag = :tag order by number desc limit :limit"""
)

_GIFTS_OF = sa.text(
    """select g.number, g.tag, g.value, g.expires_on, g.note, g.author, g.given_at, 1 as customers
       from customer o
       join shown_record_customer c on c.workspace = :workspace and c.customer = o.customer
       join tag_given t on t.workspace = :workspace and t.record = c.record
       join tag_gift g on g.workspace = :workspace and g.number = t.gift and g.tag = :tag
       where o.workspace = :workspace and o.one_id = :one_id
       order by g.number desc limit :limit"""
)
