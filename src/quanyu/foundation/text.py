"""Text in the two languages that everything a user reads is written in."""

import os
from contextvars import ContextVar
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]

_reader: ContextVar[Language | None] = ContextVar("reader", default=None)
_LANGUAGE_VARIABLES = ("QUANYU_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # POSIX order after ours


class Text(NamedTuple):
    en: str
    zh: str

    def __str__(self) -> str:
        return self.zh if language() == "zh" else self.en

    def format_with(self, **values: object) -> "Text":
        """Fill in values; one that is a text speaks each language."""
        en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
        zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
        return Text(self.en.format(**en), self.zh.format(**zh))


def language() -> Language:
    """Return the reader's language: the one set for this request, QUANYU_LANGUAGE, the locale, else English."""
    return _reader.get() or _known(next((os.environ[name] for name in _LANGUAGE_VARIABLES if os.environ.get(name)), ""))


def speak(wanted: str) -> None:
    """Set the language of this request from its Accept-Language header; without one, the server's own stands."""
    ranked = sorted(wanted.split(","), key=_quality, reverse=True)
    found = next((name.strip().lower() for name in ranked if name.strip().lower().startswith(("zh", "en"))), None)
    _reader.set(None if found is None else _known(found))


def _quality(part: str) -> float:
    weight = part.partition(";q=")[2].strip()
    return float(weight) if weight.replace(".", "", 1).isdecimal() else 1.0


def _known(name: str) -> Language:
    return "zh" if name.lower().startswith("zh") else "en"
