"""Reads a pack of tag definitions and checks it whole: every fault at once, each with its line."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import cast, get_args

from quanyu import __version__
from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Document, read
from quanyu.foundation.measuring import Behaviour, Field, ValueType
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import BEHAVIOURS, Catalogue
from quanyu.targeting.fields.model import Askable, Form, Statistic, Step
from quanyu.targeting.fields.rules import check
from quanyu.targeting.fields.statistics import read_statistic
from quanyu.targeting.fields.values import Wrong, read_value
from quanyu.targeting.tags.given_definitions import listed_values, read_given
from quanyu.targeting.tags.model import (
    Bands,
    Better,
    Case,
    Cases,
    FromField,
    Highest,
    Joined,
    Pack,
    Prior,
    Ranked,
    Ratio,
    Source,
    Tag,
)
from quanyu.targeting.tags.taxonomy import FAMILIES, LEVELS, SCENARIOS, Family, Scenario

KEYS = ("name", "title", "description", "family", "type")
SOURCES = ("field", "statistic", "bands", "join", "cases", "ratio", "highest", "manual", "imported")
PLACES = ("level", "scenarios")
ALONGSIDE = {"as": ("field", "statistic"), "otherwise": ("cases",)}
FORMS = ("days_since", "days_until")
NUMERIC: frozenset[ValueType] = frozenset({"integer", "number", "money", "share"})
MOST_WEIGHT = 1_000_000
RESERVED = frozenset({"customer", "one_id"})

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NAMES = "a-z, 0-9 and _, at most 40, beginning with a letter"
_NO_TAG = Text("There is no such tag.", "没有这个标签。")
_TYPE = Text("The tag has another type.", "标签类型不符。")

Path = tuple[Step, ...]


@cache
def built_in_texts() -> tuple[str, ...]:
    """Return the packs that come with the product, as they are written: a folder each, with a file per family."""
    folders = sorted((files("quanyu.targeting.tags") / "packs").iterdir(), key=lambda each: each.name)
    return tuple(_joined(folder) for folder in folders if folder.is_dir() and not folder.name.startswith("_"))


def _joined(folder: Traversable) -> str:
    families = [(folder / f"{name}.yaml").read_text("utf-8") for name in FAMILIES]
    return "\n".join([f"pack: {folder.name}", "tags:", *families])


@cache
def built_in(fields: Catalogue[Field], currency: str) -> Pack:
    """Return the retail pack that comes with the product."""
    return merged(parse_together(built_in_texts(), fields, currency))


def parse(text: str, fields: Catalogue[Field], currency: str, behaviours: Catalogue[Behaviour] = BEHAVIOURS) -> Pack:
    """Return the checked pack, its amounts in minor units of `currency`; raises `Invalid` with every fault."""
    return parse_together((text,), fields, currency, behaviours)[0]


def parse_together(
    texts: Sequence[str], fields: Catalogue[Field], currency: str, behaviours: Catalogue[Behaviour] = BEHAVIOURS
) -> tuple[Pack, ...]:
    """Return packs whose tags may be derived from each other's; raises `Invalid` with every fault of all of them."""
    readings = [_PackReading(read(text), fields=fields, behaviours=behaviours, currency=currency) for text in texts]
    taken: set[str] = set()
    for reading in readings:
        reading.sketch(taken)
        taken |= reading.sketched.keys()
    askables = Catalogue(sketch.askable for reading in readings for sketch in reading.sketched.values())
    packs = tuple(reading.pack(askables) for reading in readings)
    _refuse_circles(readings, packs)
    for reading in readings:
        reading.refuse_faults(reading.problem(alone=len(readings) == 1))
    return packs


def merged(packs: Sequence[Pack]) -> Pack:
    """Return the tags of several packs as those of one."""
    if len(packs) == 1:
        return packs[0]
    hashes = "".join(pack.hash for pack in packs)
    tags = tuple(tag for pack in packs for tag in pack.tags)
    return Pack(", ".join(pack.name for pack in packs), tags, hashlib.sha256(hashes.encode()).hexdigest())


def _refuse_circles(readings: "Sequence[_PackReading]", packs: Sequence[Pack]) -> None:
    by_name = {tag.name: tag for pack in packs for tag in pack.tags}
    graph = {tag.name: sorted(tag.needs & by_name.keys()) for tag in by_name.values()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = cast("list[str]", error.args[1])
        problem = Text("Tags cannot be derived from themselves.", "标签不能由自身推导。")
        (reading,) = [each for each in readings if circle[0] in each.sketched]
        reading.fault(reading.sketched[circle[0]].path, problem, " ← ".join(circle), "no circle")


def _hash(document: Document, currency: str) -> str:
    """Hash what the definitions mean: their values, the currency of their amounts, the code that computes them."""
    meaning = json.dumps([document.value, currency, __version__], default=str, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(meaning.encode()).hexdigest()


@dataclass
class _Sketch:
    """A tag whose name and type are known, before its source has been read."""

    path: Path
    given: Mapping[str, object]
    askable: Askable


@dataclass(kw_only=True)
class _PackReading(Reading):
    fields: Catalogue[Field]
    behaviours: Catalogue[Behaviour]
    currency: str

    given: Mapping[str, object] = field(default_factory=dict[str, object])
    sketched: dict[str, _Sketch] = field(default_factory=dict[str, _Sketch])

    def problem(self, *, alone: bool) -> Text:
        if alone:
            return Text("The tag definitions cannot be used.", "标签定义无法使用。")
        said = Text("The tag definitions of {pack} cannot be used.", "标签包 {pack} 的定义无法使用。")
        return said.format_with(pack=self.given.get("pack"))

    def sketch(self, taken: AbstractSet[str]) -> None:
        """Read the names and types of the tags; `taken` are names that other packs have given."""
        self.given = self.mapping(self.document.value, (), ("pack", "tags"), ("pack", "owner", "department", "tags"))
        listed = self.list(self.given["tags"], ("tags",)) if "tags" in self.given else []
        self.sketched = self.sketches(listed, taken)

    def pack(self, askables: Catalogue[Askable]) -> Pack:
        """Read the tags, whose sources may name any of `askables`."""
        tags = [tag for sketch in self.sketched.values() if (tag := self.tag(sketch, askables)) is not None]
        owner, department = self.word(self.given, "owner", ()), self.text(self.given, "department", ())
        hash_ = _hash(self.document, self.currency)
        return Pack(str(self.pack_name()), tuple(tags), hash_, owner, department)

    def pack_name(self) -> str | None:
        raw = self.given.get("pack")
        if isinstance(raw, str) and _NAME.fullmatch(raw):
            return raw
        problem = Text("This cannot be the name of a pack.", "不能作为标签包名称。")
        return None if "pack" not in self.given else self.fault(("pack",), problem, raw, _NAMES)

    def sketches(self, raw: Sequence[object], taken: AbstractSet[str]) -> dict[str, _Sketch]:
        found: dict[str, _Sketch] = {}
        for i, item in enumerate(raw):
            path = ("tags", i)
            given = self.mapping(item, path, KEYS, (*KEYS, *PLACES, *SOURCES, *ALONGSIDE))
            name, type_ = self.name(given, path), self.choice(given, "type", path, get_args(ValueType))
            if name in found or name in taken:
                self.fault((*path, "name"), Text("Two tags have this name.", "标签名称重复。"), name, "another name")
            elif name is not None and type_ is not None:
                found[name] = _Sketch(path, given, self.askable(name, type_, given))
        return found

    def askable(self, name: str, type_: str, given: Mapping[str, object]) -> Askable:
        written = given.get("as")
        form = cast("Form", written) if written in FORMS else "plain"
        listed = given.get("cases")
        if isinstance(ranked := given.get("highest"), Mapping):
            listed = cast("Mapping[str, object]", ranked).get("of")
        listed = listed_values(given) or listed
        items = [*cast("list[object]", listed), given.get("otherwise")] if isinstance(listed, list) else []
        values = tuple(str(c["value"]) for c in items if isinstance(c, dict) and "value" in c)
        if isinstance(of := given.get("field"), str) and (field := self.fields.get(of)) is not None:
            values = tuple(code.value for code in field.codes)
        return Askable(name, cast("ValueType", type_), Text(name, name), form, values or None)

    def name(self, given: Mapping[str, object], path: Path) -> str | None:
        raw = given.get("name")
        if isinstance(raw, str) and _NAME.fullmatch(raw) and raw not in RESERVED:
            return raw
        if "name" in given:
            problem = Text("This cannot be the name of a tag.", "不能作为标签名称。")
            self.fault((*path, "name"), problem, raw, _NAMES)
        return None

    def tag(self, sketch: _Sketch, askables: Catalogue[Askable]) -> Tag | None:
        given, path = sketch.given, sketch.path
        title, description = self.text(given, "title", path), self.text(given, "description", path)
        family = self.choice(given, "family", path, get_args(Family))
        source = self.source(sketch, askables)
        if title is None or description is None or family is None or source is None:
            return None
        of_family = cast("Family", family)
        level, scenarios = self.choice(given, "level", path, list(LEVELS[of_family])), self.scenarios(given, path)
        return Tag(sketch.askable.name, title, description, of_family, sketch.askable.type, source, level, scenarios)

    def scenarios(self, given: Mapping[str, object], path: Path) -> tuple[Scenario, ...]:
        items = self.list(given["scenarios"], (*path, "scenarios")) if "scenarios" in given else []
        for i, item in enumerate(items):
            if item not in SCENARIOS:
                problem = Text("There is no such scenario.", "没有这个场景。")
                self.fault((*path, "scenarios", i), problem, item, *SCENARIOS)
        return tuple(cast("Scenario", item) for item in items)

    def source(self, sketch: _Sketch, askables: Catalogue[Askable]) -> Source | None:
        kinds = [kind for kind in SOURCES if kind in sketch.given]
        if len(kinds) != 1:
            problem = Text("A tag comes from exactly one source.", "标签必须且只能有一个来源。")
            return self.fault(sketch.path, problem, ", ".join(kinds) or None, *SOURCES)
        for key, beside in ALONGSIDE.items():
            if key in sketch.given and kinds[0] not in beside:
                problem = Text("This key belongs beside another source.", "该键只能与另一种来源同用。")
                return self.fault((*sketch.path, key), problem, kinds[0], *beside)
        if "as" in sketch.given and self.choice(sketch.given, "as", sketch.path, FORMS) is None:
            return None
        raw, path = sketch.given[kinds[0]], (*sketch.path, kinds[0])
        match kinds[0]:
            case "field":
                return self.from_field(raw, path, sketch.askable)
            case "statistic":
                return self.statistic(raw, path, sketch.askable)
            case "bands":
                return self.bands(raw, path, sketch.askable, askables)
            case "join":
                return self.joined(raw, path, sketch.askable, askables)
            case "ratio":
                return self.ratio(raw, path, sketch.askable, askables)
            case "highest":
                return self.highest(raw, path, sketch.askable, askables)
            case "manual" | "imported":
                return read_given(self, kinds[0], raw, path, sketch.askable.type)
            case _:
                return self.cases(raw, sketch, askables)

    def from_field(self, raw: object, path: Path, tag: Askable) -> FromField | None:
        field = self.fields.get(raw) if isinstance(raw, str) else None
        if field is None:
            near = self.fields.near(raw if isinstance(raw, str) else "")
            return self.fault(path, Text("There is no such field.", "没有这个字段。"), raw, *near)
        return (
            FromField(field.name, tag.form, tuple((code.value, code.title) for code in field.codes))
            if self.formed(tag, path, field.type)
            else None
        )

    def statistic(self, raw: object, path: Path, tag: Askable) -> Statistic | None:
        read, faults = read_statistic(raw, path, self.behaviours, self.currency, self.document)
        self.faults.extend(faults)
        if read is None or not self.formed(tag, path, read.type):
            return None
        return replace(read.statistic, form=tag.form)

    def formed(self, tag: Askable, path: Path, stored: ValueType) -> bool:
        """Say whether the tag may be asked as it wants to be, of values of this type."""
        if tag.form != "plain" and stored != "date":
            self.fault(path, Text("Days are counted from a date.", "天数须由日期计算。"), stored, "date")
            return False
        return self.typed(tag, path, stored if tag.form == "plain" else "integer")

    def bands(self, raw: object, path: Path, tag: Askable, askables: Catalogue[Askable]) -> Bands | None:
        keys = ("of", "better", "at")
        given = self.mapping(raw, path, keys, keys)
        better = self.choice(given, "better", path, get_args(Better))
        of = self.other(given["of"], (*path, "of"), askables, NUMERIC) if "of" in given else None
        right = self.typed(tag, path, "integer")
        if of is None or better is None or not right or "at" not in given:
            return None
        thresholds = self.thresholds(given["at"], (*path, "at"), of.type)
        return Bands(of.name, cast("Better", better), thresholds) if thresholds else None

    def thresholds(self, raw: object, path: Path, type_: ValueType) -> tuple[int | float, ...]:
        read_: list[int | float] = []
        items = self.list(raw, path)
        for i, item in enumerate(items):
            value = read_value(item, type_, self.currency)
            if isinstance(value, Wrong):
                self.fault((*path, i), value.problem, item, *value.allowed)
            else:
                read_.append(cast("int | float", value))
        if any(low >= high for low, high in pairwise(read_)):
            problem = Text("Thresholds ascend.", "阈值必须递增。")
            self.fault(path, problem, ", ".join(str(item) for item in items), "ascending numbers")
        return tuple(read_) if len(read_) == len(items) else ()

    def joined(self, raw: object, path: Path, tag: Askable, askables: Catalogue[Askable]) -> Joined | None:
        items = self.list(raw, path, least=2)
        allowed: frozenset[ValueType] = frozenset({"integer", "code"})
        others = [self.other(item, (*path, i), askables, allowed) for i, item in enumerate(items)]
        names = tuple(other.name for other in others if other is not None)
        return Joined(names) if self.typed(tag, path, "code") and items and len(names) == len(items) else None

    def ratio(self, raw: object, path: Path, tag: Askable, askables: Catalogue[Askable]) -> Ratio | None:
        given = self.mapping(raw, path, ("of", "over"), ("of", "over", "prior"))
        names = [self.other(given[key], (*path, key), askables, NUMERIC) for key in ("of", "over") if key in given]
        prior = self.prior(given["prior"], (*path, "prior")) if "prior" in given else None
        if tag.type not in ("share", "number", "money") or (prior is not None and tag.type != "share"):
            self.typed(tag, path, "share")
            return None
        of, over = (*names, None, None)[:2]
        if of is None or over is None or ("prior" in given and prior is None):
            return None
        return Ratio(of.name, over.name, prior)

    def prior(self, raw: object, path: Path) -> Prior | None:
        given = self.mapping(raw, path, ("share", "weight"), ("share", "weight"))
        share, weight = (read_value(given.get(key), "number", self.currency) for key in ("share", "weight"))
        if isinstance(share, float) and isinstance(weight, float) and 0 <= share <= 1 and 0 < weight <= MOST_WEIGHT:
            return Prior(share, weight)
        problem = Text("A prior is a share, and how many observations it is worth.", "先验为一个比例及其等价样本量。")
        return self.fault(path, problem, raw, "share: 0 … 1", f"weight: above 0, at most {MOST_WEIGHT:,}")

    def highest(self, raw: object, path: Path, tag: Askable, askables: Catalogue[Askable]) -> Highest | None:
        given = self.mapping(raw, path, ("of",), ("of", "least"))
        items = self.list(given["of"], (*path, "of"), least=2) if "of" in given else []
        ranked = [self.ranked(item, (*path, "of", i), askables) for i, item in enumerate(items)]
        least = read_value(given["least"], "number", self.currency) if "least" in given else None
        if isinstance(least, Wrong):
            return self.fault((*path, "least"), least.problem, given["least"], *least.allowed)
        found = tuple(each for each in ranked if each is not None)
        right = self.typed(tag, path, "code")
        return Highest(found, cast("float | None", least)) if right and items and len(found) == len(items) else None

    def ranked(self, raw: object, path: Path, askables: Catalogue[Askable]) -> Ranked | None:
        outcome = self.outcome(raw, path, ("value", "title", "tag"))
        given = cast("Mapping[str, object]", raw) if isinstance(raw, Mapping) else {}
        of = self.other(given["tag"], (*path, "tag"), askables, NUMERIC) if "tag" in given else None
        return None if outcome is None or of is None else Ranked(outcome.value, outcome.title, of.name)

    def other(
        self, raw: object, path: Path, askables: Catalogue[Askable], types: frozenset[ValueType]
    ) -> Askable | None:
        found = askables.get(raw) if isinstance(raw, str) else None
        if found is None:
            return self.fault(path, _NO_TAG, raw, *askables.near(raw if isinstance(raw, str) else ""))
        return found if found.type in types else self.fault(path, _TYPE, found.type, *sorted(types))

    def cases(self, raw: object, sketch: _Sketch, askables: Catalogue[Askable]) -> Cases | None:
        path = (*sketch.path, "cases")
        items = self.list(raw, path)
        right = self.typed(sketch.askable, path, "code")
        read_ = [self.case(item, (*path, i), askables) for i, item in enumerate(items)]
        if "otherwise" in sketch.given:
            read_.append(self.outcome(sketch.given["otherwise"], (*sketch.path, "otherwise"), ("value", "title")))
        cases = tuple(case for case in read_ if case is not None)
        for i, case in enumerate(cases):
            if case.value in [c.value for c in cases[:i]]:
                self.fault((*path, i, "value"), Text("Two cases have this value.", "取值重复。"), case.value)
        return Cases(cases) if right and items and len(cases) == len(read_) else None

    def case(self, raw: object, path: Path, askables: Catalogue[Askable]) -> Case | None:
        case = self.outcome(raw, path, ("value", "title", "when"))
        if not isinstance(raw, dict) or "when" not in raw:
            return None
        rule, faults = check(raw["when"], askables, self.currency, (*path, "when"), self.document.place)
        self.faults.extend(faults)
        return None if case is None or rule is None else replace(case, when=rule)

    def outcome(self, raw: object, path: Path, keys: Sequence[str]) -> Case | None:
        given = self.mapping(raw, path, keys, keys)
        title, value = self.text(given, "title", path), given.get("value")
        if title is not None and isinstance(value, str) and _NAME.fullmatch(value):
            return Case(value, title, None)
        if "value" in given and title is not None:
            self.fault((*path, "value"), Text("This cannot be a value.", "不能作为取值。"), value, "a-z, 0-9 and _")
        return None

    def typed(self, tag: Askable, path: Path, wanted: ValueType) -> bool:
        if tag.type != wanted:
            self.fault(
                (*path[:-1], "type"), Text("The type does not fit the source.", "类型与来源不符。"), tag.type, wanted
            )
        return tag.type == wanted
