"""Brings what people have typed into forms that can be compared: names, dates, phones, addresses, and parts of them.

Each field `x` becomes a column `f_x` and a column `f_x_<part>` for each part that rules may ask for. Different texts
that patterns do not decide, such as names in Chinese characters, are worked out once each.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from quanyu.customers.identity.chinese import HAN, readings
from quanyu.customers.identity.identifiers import NOT_AN_ADDRESS, ODD, bare_of, email, phone
from quanyu.customers.identity.phones import calling_code, decide
from quanyu.customers.ingest.suggesting.shapes import has
from quanyu.customers.ingest.values import first, times
from quanyu.customers.matching.files import ID, ORIGIN, RECORD
from quanyu.customers.matching.model import Config, Field
from quanyu.foundation.lake.engine import DuckDB
from quanyu.foundation.lake.holding import hold
from quanyu.foundation.lake.model import Value

NAMES = ("given_name", "surname", "full_name")
_HONORIFICS = r"^(mr|mrs|ms|miss|dr|prof)\.?\s+|(先生|女士|小姐|同学)$"
_REGIONS = r"(.{2,})(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|省|市|区|县)$"
_WRITTEN_DAY = r"^(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})$"
_GENDERS = {
    **dict.fromkeys(("m", "male", "man", "男", "男性", "先生", "1"), "m"),
    **dict.fromkeys(("f", "female", "woman", "女", "女性", "女士", "小姐", "2"), "f"),
}
_SOUNDS_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("lyu", "lu"), ("lv", "lu"), ("nv", "nu"))
"""What speakers of many dialects do not tell apart, and passports write differently."""
_START, _SHORT_START, _ADDRESS_START = 4, 3, 6
_PHONE_START, _PHONE_END, _PHONE_TAIL = 9, 8, 4  # with the calling code: a slip leaves the start or the tail


@ibis.udf.scalar.builtin(name="strip_accents", signature=(("string",), "string"))
def _plain_letters(text):  # type: ignore[no-untyped-def]
    """Return the letters without their accents."""


@dataclass(frozen=True)
class _Told:
    """Values that were looked up: which column of `table` stands for what is in `value`."""

    field: Field
    table: pa.Table


@contextmanager
def cleaned(engine: DuckDB, given: ir.Table, config: Config) -> Generator[ir.Table]:
    """Show `record`, `origin`, `id` and the cleaned columns of all fields while the context lasts."""
    with ExitStack() as stack:
        home = config.country
        plain = {f"f_{field.name}": _plain(given[f"r_{field.name}"], field, home) for field in config.fields}
        rows = stack.enter_context(hold(engine, given.select(RECORD, ORIGIN, ID, **plain), {}))
        told = [each for field in config.fields if (each := _look_up(engine, rows, field, home)) is not None]
        yield stack.enter_context(hold(engine, _in_parts(rows, config, told), {}))


def _plain(raw: Value, field: Field, home: str) -> Value:
    """Return a field as it is compared, NULL where it says nothing; an odd phone comes with a mark before it."""
    written = bare_of(raw.cast("string"))
    bare: Value = ibis.ifelse(has(written, "nothing"), ibis.null("string"), written.nullif(""))
    if field.means == "phone":
        form = phone(bare, calling_code(home))
        return ibis.ifelse(form.reason == ODD, ibis.literal(ODD) + form.value, form.value)
    if field.means == "email":
        form = email(bare)  # an address with a slip of the pen is none, but it is compared
        return ibis.ifelse(form.reason == NOT_AN_ADDRESS, bare.lower().re_replace(r"\s", ""), form.value)
    if field.means == "birth_date":
        return _day(bare, field.forms)
    low: Value = _plain_letters(bare.lower())
    return _PLAIN.get(field.means, _words)(low).nullif("")


def _words(low: Value) -> Value:
    return low.re_replace(r"['’`´]", "").re_replace(r"[^\p{L}\p{N}]+", " ").strip()


def _name(low: Value) -> Value:
    """Return a name without titles, the surname last where a comma says that it stands first."""
    turned: Value = low.re_replace(_HONORIFICS, "").re_replace(r"^([^,，]+)[,，]\s*(.+)$", r"\2 \1")
    return _words(turned.re_replace(r"\d+", ""))


def _signs(low: Value) -> Value:
    return low.re_replace(r"[^\p{L}\p{N}]+", "")


def _region(low: Value) -> Value:
    return _words(low.re_replace(_REGIONS, r"\1"))


def _gender(low: Value) -> Value:
    return low.substitute(_GENDERS, else_=ibis.null("string"))


def _items(low: Value) -> Value:
    return low.re_replace(r"\s*[|;；、,，]\s*", "|").strip()


_PLAIN: dict[str, Callable[[Value], Value]] = {
    "given_name": _name,
    "surname": _name,
    "full_name": _name,
    "gender": _gender,
    "number": _signs,
    "house_number": _signs,
    "postcode": _signs,
    "region": _region,
    "items": _items,
}


def _day(bare: Value, forms: tuple[str, ...]) -> Value:
    """Return YYYY-MM-DD; a day that no calendar has keeps its digits, for all but one may be right."""
    read: Value = first(times(bare, forms, "UTC"))
    written: Value = bare.re_replace(_WRITTEN_DAY, r"\1-\2-\3")
    kept = ibis.ifelse(bare.re_search(_WRITTEN_DAY), written, ibis.null("string"))
    return ibis.ifelse(read.isnull(), kept, read.strftime("%Y-%m-%d"))


def _look_up(engine: DuckDB, rows: ir.Table, field: Field, home: str) -> _Told | None:
    """Work out each different value once that patterns do not decide: Chinese names, and odd phones."""
    column: Value = rows[f"f_{field.name}"]
    if field.means in NAMES:
        unlike = column.re_search(HAN)
    elif field.means == "phone":
        unlike = column.startswith(ODD)
    else:
        return None
    found = rows.filter(unlike).select(value=column).distinct()
    values = sorted(engine.backend().to_pyarrow(found)["value"].to_pylist())
    if not values:
        return None
    if field.means in NAMES:
        return _Told(field, readings(values, field.means))
    numbers = decide([value.removeprefix(ODD) for value in values], home)
    return _Told(field, pa.table({"value": pa.array(values, pa.string()), "number": numbers["number"]}))


def _in_parts(rows: ir.Table, config: Config, told: list[_Told]) -> ir.Table:
    """Join what was looked up, and add the parts of every field."""
    found = {each.field.name: each for each in told}
    joined: Value = rows
    for name, each in found.items():
        renamed = each.table.rename_columns([f"{column}_{name}" for column in each.table.column_names])
        joined = joined.left_join(ibis.memtable(renamed), [(f"f_{name}", f"value_{name}")])
    columns: dict[str, Value] = {}
    for field in config.fields:
        columns |= _parts(joined, field, looked_up=field.name in found)
    for each in config.compare:
        if each.how == "names":
            columns[f"f_{each.name}_full"] = columns[f"f_{each.fields[0]}"] + " " + columns[f"f_{each.fields[1]}"]
    return joined.select(RECORD, ORIGIN, ID, **columns)


def _parts(rows: Value, field: Field, *, looked_up: bool) -> dict[str, Value]:
    whole: Value = rows[f"f_{field.name}"]
    if field.means in NAMES:
        surname = rows[f"read_surname_{field.name}"] if looked_up else ibis.null("string")
        given = rows[f"read_given_{field.name}"] if looked_up else ibis.null("string")
        parts = _full_name(whole, surname, given) if field.means == "full_name" else _half(whole, surname, given)
    elif field.means == "phone":
        if looked_up:
            whole = ibis.ifelse(whole.startswith(ODD), rows[f"number_{field.name}"], whole)
        parts = {
            "start": whole.left(_PHONE_START),
            "end": whole.right(_PHONE_END),
            "tail": whole.right(_PHONE_TAIL),
        }
    elif field.means == "birth_date":
        parts = {"year": whole.left(4), "month": whole.left(7), "day": whole.right(5)}
    elif field.means == "email":
        parts = {"user": whole.re_replace(r"(\+[^@]*)?@.*$", "")}
    elif field.means == "postcode":
        parts = {"start": whole.left(_SHORT_START)}
    elif field.means in {"address", "text"}:
        parts = {"start": whole.left(_ADDRESS_START)}
    else:
        parts = {}
    return {f"f_{field.name}": whole, **{f"f_{field.name}_{part}": value for part, value in parts.items()}}


def _half(whole: Value, surname: Value, given: Value) -> dict[str, Value]:
    """Return the parts of a given name or of a surname; only one of the two readings holds anything."""
    sound: Value = ibis.ifelse(surname.isnull(), whole, surname + given)
    return {"sound": sound, "start": sound.left(_SHORT_START)}


def _full_name(whole: Value, surname: Value, given: Value) -> dict[str, Value]:
    sound: Value = ibis.ifelse(surname.isnull(), whole, (surname + " " + given).strip())
    words: Value = sound.split(" ").sort().join(" ")
    alike = words
    for heard, meant in _SOUNDS_ALIKE:
        alike = alike.replace(heard, meant)
    last: Value = ibis.ifelse(surname.isnull(), whole.re_extract(r"(\S+)$", 1), surname)
    others: Value = ibis.ifelse(surname.isnull(), whole.re_extract(r"^(.*)\s\S+$", 1), given)
    parts = {"sound": sound, "words": words, "alike": alike, "surname": last, "given": others}
    return {name: part.nullif("") for name, part in {**parts, "start": sound.left(_START)}.items()}
