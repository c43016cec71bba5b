"""Which of several values of an attribute speaks for a customer: the section `profile` of a policy, and its words.

Rules are asked in their order; where they leave several values, the one said last speaks, then the one of the later
import, then of the higher record: one value always wins, and the same one whatever order records came in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pyarrow as pa

from quanyu.customers.identity.tables import GOLDEN_RULES
from quanyu.foundation.definitions import Reading, near
from quanyu.foundation.documents import Path as Place
from quanyu.foundation.text import Text

VERIFIED, MOST_TRUSTED, MOST_FREQUENT, MOST_RECENT = "verified", "most_trusted", "most_frequent", "most_recent"
RULES = (VERIFIED, MOST_TRUSTED, MOST_FREQUENT, MOST_RECENT)
ATTRIBUTES = (
    "name", "gender", "birthday", "country", "province", "city", "district", "address", "language", "level", "status",
    "store", "staff", "channel",
)  # fmt: skip
FOLLOWING = {"birth_year": "birthday", "birth_date": "birthday"}
"""What is no attribute of a policy: it comes from the record that says the other one."""
MOST_TRUSTED_SOURCES = 49
"""Sources that a list may rank at most."""

_RULE = ("by", "trusted", "with")


@dataclass(frozen=True)
class GoldenRule:
    """How the value of one attribute is chosen: by which rules, one after the other.

    `trusted` lists sources, the most trusted first; those not in it come after them, all alike. With `beside` the value
    is that of the record which says that other attribute, as far as it has one, else of those that do not say it.
    """

    by: tuple[str, ...] = (MOST_RECENT,)
    trusted: tuple[str, ...] = ()
    beside: str | None = None


@dataclass(frozen=True)
class GoldenPolicy:
    """Rules by attribute; `otherwise` holds for those that none is for."""

    rules: Mapping[str, GoldenRule]
    otherwise: GoldenRule = GoldenRule()

    def rule(self, attribute: str) -> GoldenRule:
        """Return the rule of an attribute; one of `FOLLOWING` has the rule of what it follows."""
        if attribute in FOLLOWING:
            own = self.rule(FOLLOWING[attribute])
            return GoldenRule(own.by, own.trusted, FOLLOWING[attribute])
        return self.rules.get(attribute, self.otherwise)

    @property
    def told(self) -> dict[str, GoldenRule]:
        """Return the rule of every attribute."""
        return {attribute: self.rule(attribute) for attribute in ATTRIBUTES}


def read_golden(reading: Reading, raw: object, path: Place) -> GoldenPolicy:
    """Read the section; what is wrong is added to the faults of `reading`."""
    keys = ("trusted", "attributes", "otherwise")
    given = reading.mapping(raw, path, ("otherwise",), keys)
    trusted = _names(reading, given, "trusted", path)
    told = reading.mapping(given["attributes"], (*path, "attributes"), (), ATTRIBUTES) if "attributes" in given else {}
    rules = {
        name: _rule(reading, rule, (*path, "attributes", name), trusted)
        for name, rule in told.items()
        if name in ATTRIBUTES
    }
    otherwise = _rule(reading, given["otherwise"], (*path, "otherwise"), trusted) if "otherwise" in given else None
    if otherwise is not None and otherwise.beside is not None:
        problem = Text("Only an attribute of its own can go with another.", "只有单独列出的属性可随其他属性。")
        reading.fault((*path, "otherwise", "with"), problem, otherwise.beside, *keys[1:2])
    _refuse_chains(reading, rules, path)
    return GoldenPolicy(rules, otherwise or GoldenRule())


def _refuse_chains(reading: Reading, rules: Mapping[str, GoldenRule], path: Place) -> None:
    """What another one goes with stands by itself."""
    for name, rule in rules.items():
        leader = rule.beside
        if leader is not None and (leader == name or rules.get(leader, GoldenRule()).beside is not None):
            free = [each for each in ATTRIBUTES if each != name and rules.get(each, GoldenRule()).beside is None]
            problem = Text("What an attribute goes with goes with none.", "所随的属性本身不能再随其他属性。")
            reading.fault((*path, "attributes", name, "with"), problem, leader, *free)


def _rule(reading: Reading, raw: object, path: Place, trusted: tuple[str, ...]) -> GoldenRule:
    given = reading.mapping(raw, path, ("by",), _RULE)
    listed = reading.list(given["by"], (*path, "by")) if "by" in given else []
    for place, word in enumerate(listed):
        if word not in RULES:
            reading.fault((*path, "by", place), Text("There is no such rule.", "没有这条规则。"), word, *RULES)
        elif word in listed[:place]:
            reading.fault((*path, "by", place), Text("This rule stands twice.", "规则重复。"), word, "each rule once")
    own = _names(reading, given, "trusted", path)
    if MOST_TRUSTED in listed and not (own or trusted):
        problem = Text("Say which sources are trusted most.", "请列出最可信的来源。")
        reading.fault((*path, "trusted"), problem, None, "a list of sources, the most trusted first")
    if own and MOST_TRUSTED not in listed:
        problem = Text("Sources are asked by one rule only.", "仅一条规则使用来源次序。")
        reading.fault((*path, "trusted"), problem, list(own), f"by: [{MOST_TRUSTED}]")
    beside = reading.choice(given, "with", path, ATTRIBUTES)
    sources = (own or trusted) if MOST_TRUSTED in listed else ()
    return GoldenRule(tuple(str(word) for word in listed), sources, beside)


def _names(reading: Reading, given: Mapping[str, object], key: str, path: Place) -> tuple[str, ...]:
    """Return a list of sources, each once; empty where none is given."""
    if key not in given:
        return ()
    listed = reading.list(given[key], (*path, key))
    if len(listed) > MOST_TRUSTED_SOURCES:
        problem = Text("This list is too long.", "列表过长。")
        reading.fault((*path, key), problem, listed, f"{MOST_TRUSTED_SOURCES} sources")
    for place, name in enumerate(listed):
        if not isinstance(name, str) or not name.strip():
            reading.fault((*path, key, place), Text("Here stands a source.", "此处应为来源。"), name, "its name")
        elif name in listed[:place]:
            reading.fault((*path, key, place), Text("This source stands twice.", "来源重复。"), name, *near(name, ()))
    return tuple(str(name) for name in listed)


def written(policy: GoldenPolicy) -> pa.Table:
    """Return the policy as the rows of `golden_rules`."""
    rows = [
        {"attribute": name, "by": list(rule.by), "trusted": list(rule.trusted), "beside": rule.beside}
        for name, rule in sorted(policy.told.items())
    ]
    return pa.Table.from_pylist(rows, GOLDEN_RULES.schema)


def from_rows(rows: pa.Table) -> GoldenPolicy:
    """Read the rows of `golden_rules` back."""
    told = {
        str(row["attribute"]): GoldenRule(tuple(row["by"]), tuple(row["trusted"]), cast("str | None", row["beside"]))
        for row in rows.to_pylist()
    }
    return GoldenPolicy(told)
