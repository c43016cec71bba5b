"""What can be measured about who a customer is: pinned tables in, one row per customer out."""

from datetime import date

import ibis
from ibis import _

from quanyu.customers.identity.attributes import GENDERS, STATUSES
from quanyu.customers.identity.brands import BETWEEN
from quanyu.customers.identity.golden import GoldenPolicy, from_rows
from quanyu.customers.identity.policy import default_policy, golden_of
from quanyu.customers.identity.surviving import ordered, survivors
from quanyu.customers.identity.tables import BRANDS, CUSTOMER_OF_RECORD, GOLDEN_RULES, RECORDS
from quanyu.foundation.kinds import Code
from quanyu.foundation.lake.instants import local_of
from quanyu.foundation.lake.model import Value
from quanyu.foundation.measuring import YEARS, Field, Measure, Privacy, Scope, ValueType
from quanyu.foundation.text import Text

OLDEST = 100
"""Who seems to be older has a year of birth that somebody had to fill in."""

CHOSEN = (
    "country", "province", "city", "gender", "language", "level", "status", "store", "staff", "channel",
    "birth_year", "birthday",
)  # fmt: skip
"""Attributes that the lake holds in plain and fields are made of."""
ARROW = " > "
"""Between the sources of a path."""
_LEAP_DAY = "02-29"
_DAY_AFTER = "03-01"


def people(scope: Scope) -> ibis.Table:
    """One row per customer who has a record.

    Of the values that his records say the one speaks that the policy chooses. Records have no history here: `as_of`
    bounds age, birthday and the days since, nothing else.
    """
    mapped: Value = scope.tables[RECORDS.name].inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    began = {
        "registered_at": _.registered_at.min(),
        **{f"first_{name}": _first(mapped[name], mapped) for name in ("source", "store", "staff", "channel")},
        "sources": _.source.nunique(),
    }
    persons: Value = survivors(mapped, golden_policy(scope), CHOSEN, also=began)
    registered: Value = local_of(persons.registered_at, scope.time_zone).date()
    age = _age(persons, scope.day)
    return persons.mutate(
        age=ibis.ifelse(age.between(0, OLDEST), age, None),
        birth_month=persons.birthday.left(2).cast("int64"),
        next_birthday=_next_birthday(persons.birthday, scope.day),
        registered=ibis.ifelse(registered <= scope.day, registered, None),
    ).drop("birth_year", "birthday", "registered_at")


def _first(told: Value, mapped: Value) -> Value:
    """Return what the record says that was registered first, of those that say it."""
    said = mapped.registered_at.notnull() & told.notnull()
    return told.argmin(ordered(mapped.registered_at, mapped.record), where=said)


def paths(scope: Scope) -> ibis.Table:
    """One row per customer whom a source has registered: the sources in the order in which they first did."""
    mapped: Value = scope.tables[RECORDS.name].inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    dated = mapped.filter(local_of(mapped.registered_at, scope.time_zone).date() <= scope.day)
    first = dated.group_by("customer", "source").agg(at=ordered(dated.registered_at, dated.record).min())
    return first.group_by("customer").agg(path=first.source.group_concat(ARROW, order_by=first["at"]))


def brands(scope: Scope) -> ibis.Table:
    """One row per customer whom a brand of the policy knows: their names, in order."""
    own = scope.tables[BRANDS.name]
    mapped = scope.tables[RECORDS.name].inner_join(scope.tables[CUSTOMER_OF_RECORD.name], "record")
    known = mapped.select("customer", "source").inner_join(own, "source").select("customer", "brand").distinct()
    return known.group_by("customer").agg(brands=known.brand.group_concat(BETWEEN, order_by=known.brand))


def golden_policy(scope: Scope) -> GoldenPolicy:
    """Return by which rules values are chosen in this scope."""
    told = scope.terms.get(GOLDEN_RULES.name)
    return golden_of(default_policy()) if told is None else from_rows(told)


def _age(persons: Value, day: date) -> Value:
    """Return whole years; where only the year of birth is known, those that are complete at its end."""
    ahead = (persons.birthday > day.strftime("%m-%d")).fill_null(False).cast("int64")
    return ibis.literal(day.year) - persons.birth_year.cast("int64") - ahead


def _next_birthday(birthday: Value, day: date) -> Value:
    """Return the next day on which MM-DD comes, the day itself among them; who was born on a leap day gets 1 March."""
    this, next_ = (_in_year(birthday, year) for year in (day.year, day.year + 1))
    return ibis.ifelse(this >= ibis.literal(day), this, next_)


def _in_year(birthday: Value, year: int) -> Value:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    held = birthday if leap else ibis.ifelse(birthday == _LEAP_DAY, _DAY_AFTER, birthday)
    begins: Value = ibis.literal(f"{year}-")
    return begins.concat(held).try_cast("date")


PEOPLE = Measure("people", (RECORDS, CUSTOMER_OF_RECORD, GOLDEN_RULES), people)
OF_BRANDS = Measure("brands", (RECORDS, CUSTOMER_OF_RECORD, BRANDS), brands)
PATHS = Measure("paths", (RECORDS, CUSTOMER_OF_RECORD), paths)


def _field(
    name: str,
    type_: ValueType,
    title: Text,
    *inputs: str,
    privacy: Privacy = "personal",
    unit: Text | None = None,
    codes: tuple[Code, ...] = (),
    measure: Measure = PEOPLE,
) -> Field:
    told = tuple(f"customer_record.{given}" for given in inputs or (name,))
    return Field(f"identity.{name}", name, type_, title, measure, unit, inputs=told, privacy=privacy, codes=codes)


_BORN = ("birthday", "birth_date")
_SEXES = tuple(code for code in GENDERS if code.value != "unknown")
_MONTH, _SYSTEMS = Text("1 to 12", "1 至 12"), Text("systems", "个系统")

FIELDS = (
    _field("country", "code", Text("Country", "国家")),
    _field("province", "code", Text("Province", "省份")),
    _field("city", "code", Text("City", "城市")),
    _field("gender", "code", Text("Gender", "性别"), privacy="sensitive", codes=_SEXES),
    _field("age", "integer", Text("Age", "年龄"), *_BORN, privacy="sensitive", unit=YEARS),
    _field("birth_month", "integer", Text("Month of birth", "出生月份"), *_BORN, privacy="sensitive", unit=_MONTH),
    _field("next_birthday", "date", Text("Next birthday", "下次生日"), *_BORN, privacy="sensitive"),
    _field("language", "code", Text("Language", "语言")),
    _field("level", "code", Text("Member level", "会员等级")),
    _field("status", "code", Text("Member status", "会员状态"), codes=STATUSES),
    _field("registered", "date", Text("Registered on", "注册日期"), "registered_at"),
    _field("store", "code", Text("Home store", "归属门店")),
    _field("staff", "code", Text("Guide", "专属导购")),
    _field("channel", "code", Text("Where he joined", "入会渠道")),
    _field("first_source", "code", Text("System in which he registered first", "最早注册的系统"), "registered_at"),
    _field("first_store", "code", Text("Store that registered him first", "最早注册的门店"), "store", "registered_at"),
    _field("first_staff", "code", Text("Guide who registered him first", "最早注册的导购"), "staff", "registered_at"),
    _field("first_channel", "code", Text("Where he joined first", "最早入会渠道"), "channel", "registered_at"),
    _field("path", "code", Text("Systems in the order of joining", "入会路径"), "registered_at", measure=PATHS),
    _field("brands", "code", Text("Brands that know him", "所属品牌"), "*", measure=OF_BRANDS),
    _field("sources", "integer", Text("Systems that know him", "已识别的系统数"), "*", unit=_SYSTEMS),
)
