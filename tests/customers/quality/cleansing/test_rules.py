"""Rules come from a file; whatever is wrong with it is said at once, each fault at its place."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.quality.cleansing.rules import When, load_rules, read_rules
from quanyu.foundation.errors import Invalid, NotFound

KINDS = tuple(kind for room in ROOMS for kind in room.kinds)
REASON = "reason: {en: why, zh: 原因}"
RULES = f"""rules:
  - {{name: cities, kind: customer_record, input: city, {REASON}, do: {{normalise: {{words: {{杭州: 杭州市}}}}}}}}
  - {{name: births, kind: customer_record, input: birth_date, source: crm, {REASON},
     when: {{beyond: {{least: 1900-01-02}}}}, do: clear}}
  - {{name: prices, kind: order_line, input: unit_price, {REASON}, when: {{beyond: {{most: 5000.5}}}}, do: quarantine}}
  - {{name: zeros, kind: order_line, input: customer, {REASON}, when: {{matches: "^0+$"}}, do: clear}}
  - {{name: pieces, kind: order_line, input: quantity, {REASON}, when: {{one_of: [0, 99999]}}, do: quarantine}}
"""
WRONG = f"""rules:
  - {{name: a, kind: customers, input: city, {REASON}, do: clear}}
  - {{name: b, kind: customer_record, input: citty, {REASON}, do: clear}}
  - {{name: c, kind: customer_record, input: city, {REASON}, do: clear}}
  - {{name: d, kind: customer_record, input: city, {REASON}, when: {{in_future: true}}, do: clear}}
  - {{name: e, kind: customer_record, input: city, {REASON}, when: {{matches: "(?=x)"}}, do: clear}}
  - {{name: f, kind: customer_record, input: gender, {REASON}, do: {{normalise: {{words: {{男: male}}}}}}}}
  - {{name: g, kind: order_line, input: unit_price, {REASON}, when: {{beyond: {{most: much}}}}, do: quarantine}}
  - {{name: h, kind: order_line, input: quantity, {REASON}, when: {{one_of: [a]}}, do: drop}}
  - {{name: h, kind: order_line, input: product, {REASON}, do: {{normalise: {{pattern: a}}}}}}
"""


def test_rules_are_read_with_their_types(tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    found = {rule.name: rule for rule in load_rules(tmp_path / "rules.yaml", KINDS)}
    assert found["cities"].words == (("杭州", "杭州市"),)
    assert found["births"].when == When(least=date(1900, 1, 2))
    assert found["births"].source == "crm"
    assert found["prices"].when.most == Decimal("5000.5")
    assert found["pieces"].when.one_of == (Decimal(0), Decimal(99999))
    with pytest.raises(NotFound):
        load_rules(tmp_path / "none.yaml", KINDS)


def test_all_faults_come_at_once():
    with pytest.raises(Invalid) as refused:
        read_rules(WRONG, KINDS)
    assert [fault.place for fault in refused.value.faults] == [
        "line 2: rules[0].kind",
        "line 3: rules[1].input",
        "line 4: rules[2].when",
        "line 5: rules[3].when.in_future",
        "line 6: rules[4].when.matches",
        "line 7: rules[5].do.normalise.words.男",
        "line 8: rules[6].when.beyond.most",
        "line 9: rules[7].when.one_of",
        "line 9: rules[7].do",
        "line 10: rules[8].do.normalise.replacement",
    ]


def test_a_file_of_another_encoding_is_refused_in_words(tmp_path: Path):
    (tmp_path / "rules.yaml").write_bytes("rules: [] # 规则".encode("gb18030"))
    with pytest.raises(NotFound, match="UTF-8"):
        load_rules(tmp_path / "rules.yaml", KINDS)
