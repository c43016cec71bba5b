"""What joins records into one customer, per type of identifier, and which value speaks where several are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

from quanyu.customers.identity.brands import Brands, read_brands
from quanyu.customers.identity.golden import GoldenPolicy, read_golden
from quanyu.customers.identity.identifiers import GLOBAL, MATCH, POSSIBLE, type_written
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Path as Place
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.text import Text

Strength = Literal["proves", "asks", "suggests", "never"]
STRENGTHS = ("proves", "asks", "suggests", "never")
EVERYWHERE, ANY = GLOBAL, "any"
SCOPES = (EVERYWHERE, "app", "corp", "brand", "store", ANY)
NAME, BIRTHDAY, GENDER = "name", "birthday", "gender"
EVIDENCE = (NAME, BIRTHDAY, GENDER)
"""What may keep records apart that share a value."""
LOWEST_RANK = 9
LONGEST = 3_650
"""Days for which a link may stay valid at most, where it does not for ever."""
JOINS = 3
"""Raised when a release joins otherwise under the same policy, or asks more: every record is then looked at anew."""
MOST = 1_000
"""Records that may share a value at most, whatever a policy says: what more of them share is no person's."""

_RULE = ("strength", "scope", "rank", "records", "customers", "single", "unless", "valid_for")
_NEVER = ("gender", "name", "birthday", "birth_date", "address", "city", "province", "district", "country", "age")


@dataclass(frozen=True)
class TypeRule:
    """How far one type of identifier is to be trusted. 0 in `records` and `customers` sets no limit but `MOST`.

    With `valid_for` (days) a value does not join a record that had it last so much longer ago than another one had it;
    0: it joins for ever.
    """

    strength: Strength
    scope: str = ANY
    rank: int = 1
    records: int = 0
    customers: int = 0
    single: bool = False
    unless: tuple[str, ...] = ()
    valid_for: int = 0

    @property
    def read(self) -> bool:
        """Say whether recognition looks at values of this type: they join, or somebody is asked about them."""
        return self.strength in ("proves", "asks")

    @property
    def guarded(self) -> bool:
        """Say whether a value is looked at before it joins what is known otherwise."""
        return bool(self.customers or self.unless)

    def fits(self, scope: str) -> bool:
        """Say whether a value of this scope may join: a global one everywhere, another one within its own only."""
        return self.scope == ANY or (scope == GLOBAL) == (self.scope == EVERYWHERE)


_OF_PROPOSED = {
    MATCH: TypeRule("asks", EVERYWHERE, 6, unless=EVIDENCE),
    POSSIBLE: TypeRule("asks", EVERYWHERE, 7, unless=EVIDENCE),
}
"""What holds for likely pairs where a policy does not speak of them: `otherwise` is meant for keys of sources."""


@dataclass(frozen=True)
class Policy:
    """Rules by type; `otherwise` holds for a type that none is for. `text` is the file as it was written."""

    name: str
    title: Text
    types: Mapping[str, TypeRule]
    otherwise: TypeRule
    text: str = field(compare=False, repr=False)
    profile: GoldenPolicy | None = None  # none: that of the policy for retail
    brands: Brands = field(default_factory=Brands)

    def rule(self, type_: str) -> TypeRule:
        return self.ruled.get(type_, self.otherwise)

    @property
    def ruled(self) -> Mapping[str, TypeRule]:
        """Return all types for which not `otherwise` holds, with their rules."""
        return {**_OF_PROPOSED, **self.types}

    def is_dated(self, type_: str) -> bool:
        """Say whether it matters when a record had a value of this type last."""
        return bool(self.rule(type_).valid_for)

    @property
    def key(self) -> str:
        """Return what differs between policies that may join differently, also between releases."""
        apart = () if self.brands.merge_across else (sorted(self.brands.of.items()),)
        return sha256(repr((JOINS, sorted(self.types.items()), self.otherwise, *apart)).encode()).hexdigest()


def read_policy(text: str) -> Policy:
    """Read a policy. Raises Invalid with every fault at once."""
    reading = Reading(read(text))
    keys = ("policy", "title", "types", "otherwise")
    given = reading.mapping(reading.document.value, (), keys, (*keys, "profile", "brands"))
    name, title = reading.word(given, "policy", ()), reading.text(given, "title", ())
    types = _types(reading, given.get("types")) if "types" in given else {}
    otherwise = _rule(reading, given["otherwise"], ("otherwise",)) if "otherwise" in given else None
    profile = read_golden(reading, given["profile"], ("profile",)) if "profile" in given else None
    brands = read_brands(reading, given["brands"], ("brands",)) if "brands" in given else Brands()
    reading.refuse_faults(Text("The identity policy has faults.", "识别策略有误。"))
    return Policy(str(name), title or Text("", ""), types, cast("TypeRule", otherwise), text, profile, brands)


def load_policy(file: Path) -> Policy:
    """Read a policy from a file. Raises Invalid with every fault at once, and NotFound."""
    if not file.is_file():
        raise NotFound(
            Text("There is no such file.", "没有该文件。"),
            remedy=Text(
                "Begin with the present policy: quanyu identity policy show --yaml > policy.yaml",
                "可从现行策略开始：quanyu identity policy show --yaml > policy.yaml",
            ),
            received=str(file),
        )
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        unread = Text("The policy cannot be read as UTF-8 text.", "策略文件无法按 UTF-8 文本读取。")
        raise Invalid(unread, received=str(file), allowed=["a UTF-8 file"]) from problem
    return read_policy(text)


@cache
def default_policy() -> Policy:
    """Return the policy for retail that every workspace begins with."""
    return read_policy(files("quanyu.customers.identity").joinpath("retail.yaml").read_text("utf-8"))


def golden_of(policy: Policy) -> GoldenPolicy:
    """Return by which rules a policy chooses among values; one without the section chooses as that for retail."""
    return policy.profile or cast("GoldenPolicy", default_policy().profile)


def _types(reading: Reading, raw: object) -> dict[str, TypeRule]:
    given = cast("Mapping[str, object]", raw) if isinstance(raw, Mapping) else {}
    if not given:
        problem = Text("Here stand types of identifiers.", "此处应为标识类型。")
        reading.fault(("types",), problem, raw, "phone", "unionid")
    rules = {name: _rule(reading, rule, ("types", name)) for name, rule in given.items()}
    for name in given:
        if name in _NEVER:
            problem = Text("This does not tell one person from another.", "该项不能区分两个人。")
            reading.fault(("types", name), problem, name, "an identifier, such as phone")
        elif name != type_written(name):
            problem = Text("Identifiers of this type are kept under another name.", "该类型的标识以另一名称保存。")
            reading.fault(("types", name), problem, name, type_written(name))
    return {name: rule for name, rule in rules.items() if rule is not None}


def _rule(reading: Reading, raw: object, path: Place) -> TypeRule | None:
    given = reading.mapping(raw, path, ("strength", "scope", "rank"), _RULE)
    before = len(reading.faults)
    strength = reading.choice(given, "strength", path, STRENGTHS)
    scope = reading.choice(given, "scope", path, SCOPES)
    rank = _number(reading, given, "rank", path, 1, LOWEST_RANK)
    records = _number(reading, given, "records", path, 1, MOST)
    customers = _number(reading, given, "customers", path, 1, MOST)
    valid_for = _number(reading, given, "valid_for", path, 1, LONGEST)
    single = given.get("single", False)
    if not isinstance(single, bool):
        reading.fault((*path, "single"), Text("Here stands yes or no.", "此处应为是或否。"), single, "true", "false")
    unless = _unless(reading, given, path)
    if len(reading.faults) > before or strength is None or scope is None:
        return None
    return TypeRule(cast("Strength", strength), scope, rank, records, customers, bool(single), unless, valid_for)


def _number(reading: Reading, given: Mapping[str, object], key: str, path: Place, low: int, high: int) -> int:
    raw = given.get(key)
    if key not in given:
        return 0
    if isinstance(raw, int) and not isinstance(raw, bool) and low <= raw <= high:
        return raw
    reading.fault((*path, key), Text("Here stands a whole number.", "此处应为整数。"), raw, f"{low} to {high}")
    return 0


def _unless(reading: Reading, given: Mapping[str, object], path: Place) -> tuple[str, ...]:
    if "unless" not in given:
        return ()
    told = reading.list(given["unless"], (*path, "unless"))
    for place, word in enumerate(told):
        if word not in EVIDENCE:
            problem = Text("This is no evidence that records are two persons.", "不是可用的区分依据。")
            reading.fault((*path, "unless", place), problem, word, *near(str(word), EVIDENCE))
    return tuple(word for word in EVIDENCE if word in told)
