"""Turns a cleaned text into a value of an input's type, NULL where it is none."""

from collections.abc import Iterable, Mapping

import ibis

from quanyu.foundation.kinds import Code
from quanyu.foundation.lake.model import Value

_NUMBER = "decimal(38, 6)"
_FLAGS = {
    "true": ("true", "yes", "y", "t", "1", "on", "是", "有", "对", "真"),
    "false": ("false", "no", "n", "f", "0", "off", "否", "无", "错", "假"),
}


def whole_number(text: Value) -> Value:
    """Return int64; `3.0` is 3, and `3.5` is no whole number."""
    number: Value = text.try_cast(_NUMBER)
    return (number == number.floor()).ifelse(number, ibis.null(_NUMBER)).try_cast("int64")


def flag(text: Value) -> Value:
    return code(text, {word: value for value, words in _FLAGS.items() for word in words}).cast("boolean")


def code(text: Value, words: Mapping[str, str]) -> Value:
    """Return the code that the text is a word for; `words` as `words_of` gives them."""
    return text.lower().substitute(words, else_=ibis.null("string"))


def words_of(codes: Iterable[Code]) -> dict[str, str]:
    """Return what files may say, in small letters, and the code that it stands for."""
    return {word.lower(): known.value for known in codes for word in known.words}
