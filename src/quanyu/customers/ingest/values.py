"""Turns a cleaned text into a value of an input's type, NULL where it is none; mends what can only mean one thing."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import add, and_

import ibis
import ibis.expr.datatypes as dt

from quanyu.foundation.kinds import Code
from quanyu.foundation.lake.instants import local_of, local_time
from quanyu.foundation.lake.model import Value
from quanyu.foundation.money import exponent

NUMBER_FORMS = ("1.234,56", "1 234,56", "minor units")
"""How a mapping may say that numbers are written, beside 1,234.56."""
TIME_FORMS = ("unix", "unix ms")
"""Seconds or milliseconds since 1970 in UTC, beside the formats of strptime."""

_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\uffe5\uffe1\u3000\u00a0"
_NARROW = "".join(chr(code) for code in range(0x21, 0x7F)) + "¥£  "
_LONG = "decimal(38, 6)"
_SIGNS = {
    "CNY": ("¥", "元", "圆", "块", "人民币", "rmb"),
    "USD": ("$", "us$"),
    "EUR": ("€",),
    "GBP": ("£",),
    "JPY": ("¥", "円", "日元"),
    "HKD": ("$", "hk$", "港元", "港币"),
    "TWD": ("$", "nt$", "新台币"),
    "KRW": ("₩",),
}
_PIECES = (*"件个只双瓶盒袋包台套张份条支罐箱本枚", "pcs", "pc", "ea")
_FACTORS = {"%": "0.01", "‰": "0.001", "万": "10000", "亿": "100000000"}
SIGNS = "+-"  # with which columns add up to a number
OTHER = "*"  # of a mapping's code list: any other text
_FLAGS = {
    "true": ("true", "yes", "y", "t", "1", "on", "是", "有", "对", "真"),
    "false": ("false", "no", "n", "f", "0", "off", "否", "无", "错", "假"),
}
FLAG_WORDS = {word: value for value, words in _FLAGS.items() for word in words}
_JOINED_BY = "|"
_DIGITS_LOST = r"(^|\|)[-+]?\d(\.\d+)?[Ee]\+\d+($|\|)"  # 1.38E+10; without the plus it may be a hexadecimal key
_WRAPPED = r'^=?"(.*)"$|^=(\S.*)$|^\'(.*)$'  # ="00123", and the apostrophe that says text
_SHORTEST = 17  # characters of 2026-03-01T09:30Z, the shortest time with an offset
_DAY = r"^(\d{4})\s?[年./-]\s?(\d{1,2})\s?[月./-]\s?(\d{1,2})\s?日?\s*(.*)$"
_RUN = r"^\d{8}([ T]?\d{2}:?\d{2}(:?\d{2})?)?$"
_RUNS = ("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%d %H:%M:%S", "%Y%m%d%H%M", "%Y%m%d %H:%M", "%Y%m%dT%H%M%S", "%Y%m%d %H%M%S")
_HALF_DAYS = (("上午", "AM"), ("早上", "AM"), ("凌晨", "AM"), ("下午", "PM"), ("晚上", "PM"))
_CLOCKS = ("%p%I:%M:%S", "%p %I:%M:%S", "%p%I:%M", "%p %I:%M", "%I:%M:%S %p", "%I:%M %p", "%H时%M分%S秒", "%H时%M分")
_NAMED = ("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y %H:%M:%S", "%b %d, %Y %I:%M:%S %p")
_WRITTEN = (*(f"%Y-%m-%d {clock}" for clock in _CLOCKS), *_NAMED)
_FORMS: tuple[dt.DataType, ...] = (dt.string, dt.Array(value_type=dt.string))  # type: ignore[reportCallIssue]


@ibis.udf.scalar.builtin(name="try_strptime", signature=(_FORMS, dt.Timestamp()))
def _first_form(text, forms):  # type: ignore[no-untyped-def]
    """Local time of a text in the first of the forms that it has."""


@ibis.udf.scalar.builtin(name="to_timestamp", signature=((dt.float64,), dt.Timestamp(timezone="UTC")))
def _since_1970(seconds):  # type: ignore[no-untyped-def]
    """Instant that is so many seconds after the beginning of 1970."""


def narrow(text: Value) -> Value:
    """Write full-width letters, digits and signs as half-width ones."""
    return text.translate(_WIDE, _NARROW)


def key(text: Value, unclean: Value) -> Value:
    """Return what tells a thing apart, without what spreadsheets and exports wrap around it."""
    unwrapped = narrow(text).re_replace(_WRAPPED, r"\1\2\3").strip()
    return ibis.ifelse(unclean, unwrapped.nullif(""), text)


def joined(parts: Sequence[Value]) -> Value:
    """Return a key that several columns make together; without one of them there is none."""
    return reduce(lambda left, right: left + _JOINED_BY + right, parts)


def lost_digits(key: Value, unclean: Value) -> Value:
    """Say whether a spreadsheet has rounded the key to a few digits: 1.38E+10."""
    return ibis.ifelse(unclean, key.re_search(_DIGITS_LOST), ibis.literal(False))


def numbers(text: Value, form: str, currency: str) -> list[Value]:
    """Return decimal(18, 6) as it is mostly written, and as books, tills and people write it besides.

    That is: with separators of thousands, units, percent, 万, signs behind or brackets. A sign of another currency is
    no number.
    """
    swapped = {
        "1.234,56": text.translate(".,", ",."),
        "1 234,56": text.re_replace(r"[ \x{A0}\x{202F}']", "").replace(",", "."),
    }.get(form, text)
    plain: Value = swapped.try_cast("decimal(18, 6)")
    tried = [plain, _let(narrow(swapped).lower(), lambda written: _mended(written, currency))]
    if form != "minor units":
        return tried
    whole: list[Value] = [value / 10 ** exponent(currency) for value in tried]
    return [value.cast("decimal(18, 6)") for value in whole]


def summed(texts: Sequence[Value], signs: str, form: str, currency: str) -> Value:
    """Return the text of what the numbers add up to, an empty one as nothing; one that is no number stands for all."""
    parsed = [first(numbers(text, form, currency)) for text in texts]
    nothing = ibis.null("string")
    wrong = [ibis.ifelse(number.isnull(), text, nothing) for text, number in zip(texts, parsed, strict=True)]
    signed = [number.fill_null(0) * (-1 if sign == "-" else 1) for number, sign in zip(parsed, signs, strict=True)]
    total: Value = reduce(add, signed)
    empty = reduce(and_, [text.isnull() for text in texts])
    return ibis.ifelse(empty, nothing, ibis.coalesce(*wrong, total.cast(_LONG).cast("string")))


def first(tried: Sequence[Value]) -> Value:
    """Return the first that is not NULL, and work out a later one only where those before it are.

    Of a coalesce the engine works out parts for every line.
    """
    head, *others = tried
    return ibis.ifelse(head.isnull(), first(others), head) if others else head


def _let(value: Value, then: Callable[[Value], Value]) -> Value:
    """Return `then` of a value that stands in it several times, but is worked out once."""
    worked_out: Value = ibis.array([value]).map(then)
    return worked_out[0]


def _mended(small: Value, currency: str) -> Value:
    signs = "|".join(re.escape(s) for s in sorted({*_SIGNS.get(currency, ()), currency.lower()}, key=len, reverse=True))
    units = "|".join((signs, *_PIECES))
    digits = r"((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)"
    pattern = rf"^\(?(?:[-+]?(?:{signs})?|(?:{signs})[-+]){digits}[%‰万亿]?(?:{units})?-?\)?$"
    written = small.re_replace(r"\s*([^\d\s])\s*", r"\1")
    # What does not have the pattern is left as it is, with a letter before it that makes it no number.
    bare = ("x" + written).re_replace("^x" + pattern[1:], r"\1").replace(",", "")
    value: Value = bare.try_cast("decimal(25, 6)")
    one: Value = ibis.literal("1")
    named = [(small.contains(sign), ibis.literal(times)) for sign, times in _FACTORS.items()]
    times: Value = ibis.cases(*named, else_=one)
    factor: Value = times.cast("decimal(13, 3)")
    sign: Value = ibis.ifelse(small.contains("-") | small.contains("("), -1, 1)
    return (value * factor * sign).try_cast("decimal(18, 6)")


def whole_number(value: Value) -> Value:
    """Return int64; 3.0 is 3, and 3.5 is no whole number."""
    return (value == value.floor()).ifelse(value, ibis.null("decimal(18, 6)")).try_cast("int64")


def times(text: Value, forms: Sequence[str], zone: str) -> list[Value]:
    """Return the time that clocks in `zone` showed, in each of the forms.

    Without a form: ISO 8601, with an offset or without, then ways of writing that can only mean one day.
    """
    if forms:
        return [_in_form(text, form, zone) for form in forms]
    return [_iso(text, zone), _let(_dashed(text), lambda dashed: _unmistakable(dashed, zone))]


def _in_form(text: Value, form: str, zone: str) -> Value:
    if form not in TIME_FORMS:
        return local_time(text, form)
    seconds: Value = text.try_cast("float64") / (1000 if form == "unix ms" else 1)
    sensible = ibis.ifelse(seconds.between(-62_000_000_000, 250_000_000_000), seconds, ibis.null("float64"))
    return local_of(_since_1970(sensible), zone)


def _iso(text: Value, zone: str) -> Value:
    told: Value = text.try_cast("timestamp('UTC', 6)")
    # The engine takes 1/2/26 for a day of the year 1, and reads over words behind a time, such as PM.
    sure = text.substr(4, 1).between("-", "/") & text.right(1).between("0", "9")
    bare = ibis.ifelse(sure, local_time(text, ""), ibis.null("timestamp(6)"))
    behind = text.substr(_SHORTEST - 1)
    zoned = behind.contains("+") | behind.contains("-") | behind.lower().endswith("z")
    return ibis.ifelse(zoned, local_of(told, zone), bare)


def _dashed(text: Value) -> Value:
    plain = narrow(text).strip()
    for word, half in _HALF_DAYS:
        plain = plain.replace(word, half)
    return plain.re_replace(_DAY, r"\1-\2-\3 \4").strip()


def _unmistakable(dashed: Value, zone: str) -> Value:
    written: Value = _first_form(dashed, ibis.array(list(_WRITTEN)))
    together: Value = _first_form(dashed, ibis.array(list(_RUNS)))
    run: Value = ibis.ifelse(dashed.re_search(_RUN), together, ibis.null("timestamp"))
    return ibis.coalesce(written.cast("timestamp(6)"), run.cast("timestamp(6)"), _iso(dashed, zone))


def flag(text: Value) -> Value:
    return code(text, FLAG_WORDS).cast("boolean")


def code(text: Value, words: Mapping[str, str]) -> Value:
    """Return the code that the text is a word for; `words` as `words_of` gives them, `*` for any other text."""
    named = {word: value for word, value in words.items() if word != OTHER}
    other = ibis.literal(words[OTHER]) if OTHER in words else ibis.null("string")
    return ibis.ifelse(text.notnull(), text.lower().substitute(named, else_=other), ibis.null("string"))


def translated(text: Value, words: Mapping[str, str]) -> Value:
    """Return what the text is a word for, and the text itself where it is none."""
    return code(text, words).coalesce(text)


def words_of(codes: Iterable[Code]) -> dict[str, str]:
    """Return what files may say, in small letters, and the code that it stands for."""
    return {word.lower(): known.value for known in codes for word in known.words}
