"""A dry run counts what rules would change in what has landed, sealed values too, and shows samples masked."""

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.cleansing.rules import read_rules
from quanyu.customers.quality.cleansing.trying import Sample, try_rules
from quanyu.foundation.workspace import Workspace

KINDS = tuple(kind for room in ROOMS for kind in room.kinds)
RULES = """rules:
  - {name: provinces, kind: customer_record, input: province, reason: {en: a, zh: 一},
     do: {normalise: {words: {杭州: 浙江省}}}}
  - {name: names, kind: customer_record, input: name, reason: {en: b, zh: 二}, when: {matches: 测试}, do: clear}
  - {name: dear, kind: order_line, input: unit_price, source: pos, reason: {en: c, zh: 三},
     when: {beyond: {most: 9000}}, do: quarantine}
  - {name: none, kind: event, input: name, reason: {en: d, zh: 四}, when: {one_of: [x]}, do: quarantine}
"""


def test_values_are_counted_rule_by_rule_and_samples_are_masked(planted: Workspace):
    tried = {each.rule.name: each for each in try_rules(planted, read_rules(RULES, KINDS), KINDS)}
    assert {name: each.values for name, each in tried.items()} == {"provinces": 2, "names": 4, "dear": 1, "none": 0}
    assert tried["provinces"].samples == (Sample("杭州", "浙江省", 2),)
    assert tried["names"].samples == (Sample("测***", None, 4),)
    assert tried["dear"].samples == (Sample("9***", None, 1),)
