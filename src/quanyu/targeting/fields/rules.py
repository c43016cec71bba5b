"""Reads a rule written in YAML or JSON, checks it against what may be asked, and names every fault at once.

    all:
      - {tag: recency_days, is: "<=", value: 90}
      - any:
          - {tag: monetary, is: ">=", value: 500}       # major units of the workspace's currency
          - {tag: country, is: in, value: [Germany, France]}
      - not: {tag: lifecycle, is: "=", value: dormant}

Operators: = != < <= > >= in not_in between (both ends included) is_null is_known.

Rules follow SQL's three-valued logic. A comparison with an unknown (NULL) value is unknown; `not` unknown is unknown;
`all` is false if any part is false, else unknown if any part is unknown; `any` is true if any part is true, else
unknown if any part is unknown. Only true selects. So neither `country = France` nor `not country = France` selects a
customer without a country: ask for is_null. Only is_null and is_known answer for a NULL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from quanyu.foundation.definitions import shown
from quanyu.foundation.documents import written_path
from quanyu.foundation.errors import Fault, Invalid
from quanyu.foundation.measuring import ValueType
from quanyu.foundation.text import Text
from quanyu.targeting.fields.catalogue import Catalogue
from quanyu.targeting.fields.model import Askable, Group, Leaf, Negation, Operator, Place, Rule, Step, Stored
from quanyu.targeting.fields.values import MOST_DAYS, Wrong, read_value

MAX_LEVELS = 40
MAX_CONDITIONS = 1_000
MAX_VALUES = 10_000
MAX_FAULTS = 50

OPERATORS: tuple[Operator, ...] = get_args(Operator)
_SHAPES = ("all: [...]", "any: [...]", "not: ...")
WITHOUT_VALUE: frozenset[Operator] = frozenset({"is_null", "is_known"})
SEVERAL: frozenset[Operator] = frozenset({"in", "not_in", "between"})
EQUALITY: frozenset[Operator] = frozenset({"=", "!=", "in", "not_in", *WITHOUT_VALUE})
UNORDERED: frozenset[ValueType] = frozenset({"text", "code", "boolean"})
GROUPS = ("all", "any", "not")

Path = tuple[Step, ...]
Asks = Literal["tag", "column"]
ReadOther = Callable[[Mapping[str, object], Path, str, Place], tuple[Rule | None, list[Fault]]]
"""Reads what is asked for otherwise than by a comparison: what was written, its path, the currency, how places read."""

_UNKNOWN: dict[Asks, Text] = {
    "tag": Text("There is no such tag.", "没有这个标签。"),
    "column": Text("There is no such column.", "没有这一列。"),
}

_TOO_LONG: dict[Asks, Text] = {
    "tag": Text(
        "The list is too long for a rule. Paste it (quanyu audience paste) and ask for {audience: its name}; or import "
        "it as a column of your customers and ask for that.",
        "列表过长。请粘贴为名单（quanyu audience paste），再用 {audience: 名单名称} 筛选；"
        "或将其作为客户的一列导入，再按该列筛选。",
    ),
    "column": Text(
        "The list is too long for a rule. Ask for something that these have in common, such as a category.",
        "列表过长。请改用它们的共同之处筛选，例如品类。",
    ),
}


def parse(
    raw: object, askables: Catalogue[Askable], currency: str, others: Mapping[str, ReadOther] | None = None
) -> Rule:
    """Return the checked rule of decoded YAML or JSON; raises `Invalid` with every fault."""
    rule, faults = check(raw, askables, currency, others=others)
    if rule is None or faults:
        raise Invalid(
            Text("The rule cannot be used.", "该规则无法使用。"),
            remedy=Text("Correct the places named below.", "请修改以下各处。"),
            faults=faults,
        )
    return rule


def check_comparison(
    given: Mapping[str, object], askable: Askable, currency: str, path: Path, place: Place
) -> tuple[Leaf | None, list[Fault]]:
    """Return the comparison of something that has no name of its own: its `is` and its `value`."""
    reading = _Reading(Catalogue([askable]), currency, place, "tag", {})
    operator = reading.operator(given.get("is"), askable, (*path, "is"))
    values = None if operator is None else reading.values(given, askable, operator, (*path, "value"))
    found = None if operator is None or values is None else Leaf(askable.name, operator, values)
    return found, reading.faults


def check(
    raw: object,
    askables: Catalogue[Askable],
    currency: str,
    path: Path = ("rule",),
    place: Place = written_path,
    asks: Asks = "tag",
    others: Mapping[str, ReadOther] | None = None,
) -> tuple[Rule | None, list[Fault]]:
    """Return the rule, or None and what is wrong with it; `path` is where it stands in its definition.

    A rule asks for tags of a customer, or for columns of something that he did. `others` read what else may stand in
    the place of a comparison, by the key that tells it.
    """
    reading = _Reading(askables, currency, place, asks, others or {})
    rule = reading.rule(raw, path, 1)
    return (None if reading.faults else rule), reading.faults[:MAX_FAULTS]


@dataclass
class _Reading:
    askables: Catalogue[Askable]
    currency: str
    place: Place
    asks: Asks
    others: Mapping[str, ReadOther]
    faults: list[Fault] = field(default_factory=list[Fault])
    conditions: int = 0

    @property
    def shape(self) -> str:
        """How a comparison is written."""
        return f"{{{self.asks}, is, value}}"

    def rule(self, raw: object, path: Path, level: int) -> Rule | None:
        if level > MAX_LEVELS:
            problem = Text("The rule is nested too deeply.", "规则嵌套过深。")
            return self.fault(path, problem, raw, f"at most {MAX_LEVELS} levels")
        if not isinstance(raw, Mapping):
            problem = Text("A rule is a group or a comparison.", "规则应为条件组或比较。")
            return self.fault(path, problem, raw, *_SHAPES, self.shape, *self.others)
        given = cast("Mapping[object, object]", raw)
        kinds = [kind for kind in GROUPS if kind in given]
        if not kinds:
            key = next((key for key in self.others if key in given), None)
            return self.leaf(given, path) if key is None else self.other(key, given, path)
        if len(given) > 1:
            problem = Text("A group stands alone.", "条件组必须单独出现。")
            return self.fault(path, problem, ", ".join(str(k) for k in given), *GROUPS)
        if kinds[0] == "not":
            inner = self.rule(given["not"], (*path, "not"), level + 1)
            return None if inner is None else Negation(inner)
        return self.group(kinds[0], given[kinds[0]], (*path, kinds[0]), level)

    def group(self, kind: str, raw: object, path: Path, level: int) -> Rule | None:
        if not isinstance(raw, list) or not raw:
            problem = Text("A group is a list of at least one rule.", "条件组应为至少一条规则的列表。")
            return self.fault(path, problem, raw, f"- {self.shape}")
        parts = cast("list[object]", raw)
        read: list[Rule | None] = []
        for i, part in enumerate(parts):
            if self.conditions > MAX_CONDITIONS or len(self.faults) > MAX_FAULTS:
                return None
            read.append(self.rule(part, (*path, i), level + 1))
        rules = tuple(rule for rule in read if rule is not None)
        return Group("all" if kind == "all" else "any", rules) if len(rules) == len(read) else None

    def count(self, path: Path) -> None:
        self.conditions += 1
        if self.conditions == MAX_CONDITIONS + 1:
            problem = Text("The rule has too many comparisons.", "规则中的比较过多。")
            self.fault(path, problem, self.conditions, f"at most {MAX_CONDITIONS:,}")

    def other(self, key: str, given: Mapping[object, object], path: Path) -> Rule | None:
        self.count(path)
        rule, faults = self.others[key](cast("Mapping[str, object]", given), path, self.currency, self.place)
        self.faults += faults
        return rule

    def leaf(self, given: Mapping[object, object], path: Path) -> Leaf | None:
        self.count(path)
        for key in given:
            if key not in (self.asks, "is", "value"):
                self.fault(path, Text("This key is not known.", "未知的键。"), key, self.asks, "is", "value", *GROUPS)
        askable = self.askable(given.get(self.asks), (*path, self.asks))
        operator = self.operator(given.get("is"), askable, (*path, "is"))
        if askable is None or operator is None:
            return None
        values = self.values(given, askable, operator, (*path, "value"))
        return None if values is None else Leaf(askable.name, operator, values)

    def askable(self, raw: object, path: Path) -> Askable | None:
        found = self.askables.get(raw) if isinstance(raw, str) else None
        if found is not None:
            return found
        near = self.askables.near(raw if isinstance(raw, str) else "")
        return self.fault(path, _UNKNOWN[self.asks], raw, *near)

    def operator(self, raw: object, askable: Askable | None, path: Path) -> Operator | None:
        fits = askable is None or askable.type not in UNORDERED
        allowed = [o for o in OPERATORS if fits or o in EQUALITY]
        if isinstance(raw, str) and raw in allowed:
            return cast("Operator", raw)
        problem = Text("This tag cannot be compared so.", "该标签不能这样比较。")
        return self.fault(path, problem, raw, *allowed)

    def values(
        self, given: Mapping[Any, object], askable: Askable, operator: Operator, path: Path
    ) -> tuple[Stored, ...] | None:
        raw = given.get("value")
        if operator in WITHOUT_VALUE:
            problem = Text("This comparison takes no value.", "该比较不需要值。")
            return () if "value" not in given else self.fault(path, problem, raw, "no value")
        if operator not in SEVERAL:
            value = self.value(raw, askable, path)
            return None if value is None else (value,)
        written = self.several(raw, operator, path)
        if written is None:
            return None
        before = len(self.faults)
        read: list[Stored | None] = []
        for i, item in enumerate(written):
            if len(self.faults) > MAX_FAULTS:
                break
            read.append(self.value(item, askable, (*path, i)))
        values = tuple(value for value in read if value is not None)
        if len(self.faults) > before:
            return None
        return self.range(values, raw, path) if operator == "between" else tuple(dict.fromkeys(values))

    def several(self, raw: object, operator: Operator, path: Path) -> list[object] | None:
        items = cast("list[object]", raw) if isinstance(raw, list) else []
        if operator == "between":
            problem = Text("Give the lowest and the highest value.", "请给出最小值和最大值。")
            return items if len(items) == 2 else self.fault(path, problem, raw, "[low, high]")
        if not items:
            problem = Text("Give a list of at least one value.", "请给出至少一个值的列表。")
            return self.fault(path, problem, raw, "[value, …]")
        if len(items) > MAX_VALUES:
            return self.fault(path, _TOO_LONG[self.asks], raw, f"at most {MAX_VALUES:,}")
        return items

    def range(self, values: tuple[Stored, ...], raw: object, path: Path) -> tuple[Stored, ...] | None:
        low, high = values
        if low <= high:  # type: ignore[operator]
            return values
        problem = Text("The lowest value is above the highest.", "最小值大于最大值。")
        return self.fault(path, problem, " … ".join(shown(v) for v in cast("list[object]", raw)), "[low, high]")

    def value(self, raw: object, askable: Askable, path: Path) -> Stored | None:
        read = read_value(raw, askable.type, self.currency)
        if isinstance(read, Wrong):
            return self.fault(path, read.problem, raw, *read.allowed)
        if askable.form != "plain" and abs(int(read)) > MOST_DAYS:  # type: ignore[arg-type]
            problem = Text("So many days are out of range.", "天数超出范围。")
            return self.fault(path, problem, raw, f"-{MOST_DAYS:,} … {MOST_DAYS:,}")
        if askable.values is not None and read not in askable.values:
            problem = Text("This tag never has that value.", "该标签没有这个值。")
            return self.fault(path, problem, raw, *askable.values)
        return read

    def fault(self, path: Path, problem: Text, received: object, *allowed: str) -> None:
        self.faults.append(Fault(self.place(path), problem, shown(received), allowed))
