"""Splits a refused line that a person has mended, as the reader of its format would, or says why it still cannot be."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True)
class Form:
    """How the lines of a file are written; without a delimiter the one that fits the columns is taken."""

    json: bool = False
    delimiter: str | None = None
    quote: str = '"'


def split(text: str, columns: Sequence[str], form: Form) -> dict[str, str] | str:
    """Return the line's columns, or the code of what is wrong with it."""
    return _split_object(text) if form.json else _split_fields(text, columns, form)


def _split_fields(text: str, columns: Sequence[str], form: Form) -> dict[str, str] | str:
    tries = [form.delimiter] if form.delimiter else list(_DELIMITERS)
    found = [fields for delimiter in tries if (fields := _fields(text, delimiter, form.quote)) is not None]
    fitting = [fields for fields in found if len(fields) == len(columns)]
    fields = max(fitting or found, key=len, default=[])
    if not fields or (len(fields) == 1 < len(columns) and len(found) < len(tries)):
        return "unquoted value"
    if len(fields) != len(columns):
        return "missing columns" if len(fields) < len(columns) else "too many columns"
    return dict(zip(columns, fields, strict=True))


def _fields(text: str, delimiter: str, quote: str) -> list[str] | None:
    """Return the fields of one line, None where it is none or more, or its quotes do not close."""
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote or None, quoting=quoting, strict=True
    )
    try:
        lines = [line for line in reader if line]
    except csv.Error:
        return None
    return lines[0] if len(lines) == 1 else None


def _split_object(text: str) -> dict[str, str] | str:
    try:
        found: object = json.loads(text)
        written: object = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(found, dict):
        return "not a JSON object"
    return _dotted(cast("_Object", found), cast("_Object", written), "")


_Object = Mapping[str, Any]


def _dotted(found: _Object, written: _Object, before: str) -> dict[str, str]:
    """Return texts by dotted names, numbers as they are written; what is null is left out."""
    flat: dict[str, str] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            flat |= _dotted(cast("_Object", value), written[name], f"{before}{name}.")
        elif isinstance(written[name], str):
            flat[f"{before}{name}"] = written[name]
        elif value is not None:
            flat[f"{before}{name}"] = json.dumps(value, ensure_ascii=False)
    return flat
