"""Reads definitions of content, checks them whole, and keeps every version: what was sent can be read again."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import sqlalchemy as sa
from liquid.exceptions import LiquidError
from sqlalchemy.dialects.postgresql import distinct_on

from quanyu.engagement.content.liquid import FAULTS, fault_of, names_of
from quanyu.engagement.content.model import LANGUAGES, Applied, Content, Flagged, Part
from quanyu.engagement.content.parts import PARTS, weight
from quanyu.engagement.content.tables import content
from quanyu.engagement.content.variables import unknown
from quanyu.engagement.content.words import flagged
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Document, read
from quanyu.foundation.documents import Path as Place
from quanyu.foundation.documents import text_of as document_text
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.packs import standing

KEYS = ("name", "title", "languages", "links", "channels")
LONGEST_TEMPLATE = 1_000_000
LONGEST_LINK = 2_000

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_UNUSABLE = Text("The content cannot be used.", "该内容无法使用。")


def parse(document: Document, tags: Collection[str]) -> tuple[Content, list[Flagged]]:
    """Return the checked definition and what had better not stand in it; raises `Invalid` with every fault.

    `tags` are those that a template may ask for.
    """
    reading = Reading(document)
    given = reading.mapping(document.value, (), ("name", "title", "languages", "channels"), KEYS)
    name = given.get("name")
    if "name" in given and not (isinstance(name, str) and _NAME.fullmatch(name)):
        problem = Text("This cannot be the name of a content.", "不能作为内容名称。")
        reading.fault(("name",), problem, name, "a-z, 0-9 and _, at most 60, beginning with a letter")
    title = reading.text(given, "title", ())
    languages = _languages(reading, given)
    links = _links(reading, given)
    told = _Templates(reading, languages, tags, links)
    channels = reading.mapping(given["channels"], ("channels",), (), tuple(PARTS)) if "channels" in given else {}
    if "channels" in given and not channels and isinstance(given["channels"], Mapping):
        reading.fault(("channels",), Text("Write for one channel at least.", "至少编写一个渠道。"), "", *PARTS)
    variants = {channel: told.of_channel(channel, raw) for channel, raw in channels.items() if channel in PARTS}
    reading.refuse_faults(_UNUSABLE)
    if title is None:
        raise Invalid(_UNUSABLE, allowed=KEYS)
    written = cast("Mapping[str, object]", json.loads(json.dumps(given, ensure_ascii=False, default=str)))
    return Content(str(name), title, languages, links, variants, written, _hash(written)), told.warnings


def _languages(reading: Reading, given: Mapping[str, object]) -> tuple[str, ...]:
    listed = reading.list(given["languages"], ("languages",)) if "languages" in given else []
    for place, word in enumerate(listed):
        if word not in LANGUAGES or word in listed[:place]:
            problem = Text("Here stands a language, once.", "此处应为语言，且不重复。")
            reading.fault(("languages", place), problem, word, *LANGUAGES)
    return tuple(str(word) for word in listed)


def _links(reading: Reading, given: Mapping[str, object]) -> dict[str, str]:
    if "links" not in given:
        return {}
    links = cast("dict[str, Any]", given["links"]) if isinstance(given["links"], dict) else {}
    if not isinstance(given["links"], dict):
        reading.mapping(given["links"], ("links",), (), ("shop",))
    for name, url in links.items():
        if not _NAME.fullmatch(str(name)):
            problem = Text("This cannot be the name of a link.", "不能作为链接名称。")
            reading.fault(("links", name), problem, name, "a-z, 0-9 and _, beginning with a letter")
        if not _is_link(url):
            problem = Text("This is no link.", "不是有效的链接。")
            reading.fault(("links", name), problem, url, "https://… or http://…, without a user and a password")
    return {str(name): str(url) for name, url in links.items()}


def _is_link(url: object) -> bool:
    if not isinstance(url, str) or not 0 < len(url) <= LONGEST_LINK or any(c.isspace() for c in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.username is None
    except ValueError:
        return False


class _Templates:
    """Reads the variants of all channels; what is wrong goes to the faults of the reading."""

    def __init__(
        self, reading: Reading, languages: tuple[str, ...], tags: Collection[str], links: Mapping[str, str]
    ) -> None:
        self._reading, self._languages, self._tags, self._links = reading, languages, tags, links
        self.warnings: list[Flagged] = []

    def of_channel(self, channel: str, raw: object) -> dict[str, dict[str, str]]:
        """Return the templates by language and part; every language of the content is there."""
        where: Place = ("channels", channel)
        given = self._reading.mapping(raw, where, self._languages, self._languages or LANGUAGES)
        return {
            language: self._of_language(PARTS[channel], told, (*where, language))
            for language, told in given.items()
            if language in self._languages
        }

    def _of_language(self, parts: tuple[Part, ...], raw: object, where: Place) -> dict[str, str]:
        names = tuple(part.name for part in parts)
        given = self._reading.mapping(raw, where, tuple(part.name for part in parts if part.required), names)
        found: dict[str, str] = {}
        for part in parts:
            if part.name in given:
                template = given[part.name]
                if isinstance(template, str) and len(template.strip()) > 0 and len(template) <= LONGEST_TEMPLATE:
                    found[part.name] = template
                    self._check(part, template, (*where, part.name))
                else:
                    problem = Text("Here stands a text.", "此处应为文字。")
                    self._reading.fault((*where, part.name), problem, template, "a template in Liquid")
        return found

    def _check(self, part: Part, template: str, where: Place) -> None:
        try:
            paths = names_of(template, markup=part.markup)
        except LiquidError as error:
            said = f"{error.message}"[:200]
            return self._reading.fault(
                where, FAULTS[fault_of(error)], said, "{{ tags.points }}, {% if … %} … {% endif %}"
            )
        for path in paths:
            instead = unknown(path, self._tags, self._links)
            if instead is not None:
                self._reading.fault(where, Text("Nothing is called so.", "没有这个变量。"), ".".join(path), *instead)
        if not paths and weight(part, template) > part.most:
            problem = Text("This part is too long.", "该部分过长。")
            self._reading.fault(
                where, problem, f"{weight(part, template):,}", f"at most {part.most:,} {part.counted_in}"
            )
        if part.one_line and "\n" in template.strip():
            self._reading.fault(
                where, Text("This part has one line.", "该部分只能有一行。"), "several lines", "one line"
            )
        self._weigh_words(template, where)

    def _weigh_words(self, template: str, where: Place) -> None:
        for each in flagged(self._reading.document.place(where), template):
            if each.severity == "refused":
                self._reading.fault(where, each.why, each.word, "other words")
            else:
                self.warnings.append(each)


def apply(ws: Workspace, definition: Path | str) -> Applied:
    """Put a definition in force: a YAML or JSON file, or its text. The same definition again changes nothing."""
    found, warnings = parse(read(document_text(definition)), _tags(ws))
    mine = (content.c.workspace == ws.number, content.c.name == found.name)
    query = sa.select(content.c.version, content.c.hash).where(*mine).order_by(content.c.version.desc()).limit(1)
    with ws.locked("content"), ws.begin() as connection:
        last = connection.execute(query).one_or_none()
        if last is not None and last.hash == found.hash:
            return Applied(found.name, last.version, changed=False, warnings=tuple(warnings))
        version = 1 if last is None else last.version + 1
        values = {"name": found.name, "version": version, "definition": dict(found.written), "hash": found.hash}
        connection.execute(sa.insert(content).values(workspace=ws.number, created_at=ws.clock.now(), **values))
    return Applied(found.name, version, changed=True, warnings=tuple(warnings))


def _tags(ws: Workspace) -> list[str]:
    return [askable.name for askable in standing(ws).askables]


def stored(ws: Workspace) -> dict[str, int]:
    """Return the version in force of each content."""
    query = (
        sa.select(content.c.name, content.c.version)
        .where(content.c.workspace == ws.number)
        .ext(distinct_on(content.c.name))
        .order_by(content.c.name, content.c.version.desc())
    )
    with ws.begin() as connection:
        return {row.name: row.version for row in connection.execute(query)}


def find(ws: Workspace, name: str, version: int | None = None) -> tuple[Content, int]:
    """Return a content in a version, or the one in force; raises `NotFound`.

    What a template asks for is not checked again: a tag that went since is missing for everybody.
    """
    query = sa.select(content).where(content.c.workspace == ws.number, content.c.name == name)
    if version is not None:
        query = query.where(content.c.version == version)
    with ws.begin() as connection:
        row = connection.execute(query.order_by(content.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        problem = Text("There is no such content.", "没有这个内容。")
        received = name if version is None else f"{name} {version}"
        raise NotFound(problem, received=received[:80], allowed=near(name, list(stored(ws))))
    return _opened(row.definition, row.hash), row.version


def _opened(written: Mapping[str, Any], hash_: str) -> Content:
    links, variants = written.get("links") or {}, written["channels"]
    languages = tuple(written["languages"])
    return Content(written["name"], Text(**written["title"]), languages, links, variants, written, hash_)


def _hash(written: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(written, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
