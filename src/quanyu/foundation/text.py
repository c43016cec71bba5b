"""Text in the two languages that everything a user reads is written in."""

import os
from typing import Literal, NamedTuple

Language = Literal["en", "zh"]

_LANGUAGE_VARIABLES = ("QUANYU_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")  # POSIX order after ours


class Text(NamedTuple):
    en: str
    zh: str

    def __str__(self) -> str:
        return self.zh if language() == "zh" else self.en

    def format_with(self, **values: object) -> "Text":
        return Text(self.en.format(**values), self.zh.format(**values))


def language() -> Language:
    """Return the reader's language: QUANYU_LANGUAGE, else the locale, else English."""
    chosen = next((os.environ[name] for name in _LANGUAGE_VARIABLES if os.environ.get(name)), "en")
    return "zh" if chosen.lower().startswith("zh") else "en"
