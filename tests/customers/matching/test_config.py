"""A configuration is checked whole: every fault has its line, and what is written reads back as the same."""

from pathlib import Path

import pytest

from quanyu.customers.matching.config import load_config, read_config
from quanyu.customers.matching.model import Key
from quanyu.customers.matching.writing import write_config
from quanyu.foundation.errors import Invalid, NotFound

WHOLE = """id: ["编号", "no"]
task: link
country: GB
threshold: 0.8
keep: best
most_pairs: 1000000
fields:
  given: {column: [first_name, "yes"], means: given_name}
  family: {column: last name, means: surname}
  born: {column: dob, means: birth_date, forms: ["%d/%m/%Y"]}
  town: {column: town, means: region}
  card: {column: card, means: number}
compare:
  person: {how: names, fields: [given, family]}
  born: {how: date, fields: [born], frequency: false}
  town: {how: text, fields: [town], levels: [0.95, 0.85]}
  card: {how: number, fields: card}
blocking:
  - [given, family]
  - [given~family]
  - born.year
training:
  passes: [[born], [card]]
  pairs: 20000
  seed: 7
"""


def test_what_is_written_reads_back_as_the_same():
    config = read_config(WHOLE)
    assert read_config(write_config(config, ("remark",), {"given": "why"})) == config
    assert config.id == ("编号", "no")
    assert config.fields[0].columns == ("first_name", "yes")
    assert config.blocking[1] == (Key("given", "family"),)
    assert (config.task, config.keep, config.threshold, config.training.seed) == ("link", "best", 0.8, 7)
    assert config.compare[2].levels == (0.95, 0.85)
    assert config.compare[3].levels == (1, 2)


FAULTS = [
    ("task: link", "task: guess", "task", "dedupe"),
    ("country: GB", "country: gb", "country", "CN"),
    ("threshold: 0.8", "threshold: 80", "threshold", "0 … 1"),
    ("keep: best", "kepp: best", "kepp", "keep"),
    ("means: surname", "means: last_name", "fields.family.means", "name"),
    ('forms: ["%d/%m/%Y"]', "forms: 3", "fields.born.forms", None),
    ("means: region}", "means: region, forms: ['%Y']}", "fields.town.forms", "birth_date"),
    ("town: {column: town", "Town: {column: town", "fields.Town", "a to z"),
    ("fields: [given, family]", "fields: [given, born]", "compare.person.fields", "given_name, surname"),
    ("how: date", "how: email", "compare.born.how", "date"),
    ("fields: [town]", "fields: [twon]", "compare.town.fields", "town"),
    ("frequency: false", "frequency: 1", "compare.born.frequency", None),
    ("levels: [0.95, 0.85]", "levels: [0.85, 0.95]", "compare.town.levels", "falling"),
    ("- [given~family]", "- [given~famly]", "blocking[1]", "family"),
    ("- born.year", "- born.century", "blocking[2]", "born."),
    ("[[born], [card]]", "[[born]]", "training.passes", "2 or more"),
    ("[[born], [card]]", "[[born], [given~family]]", "training.passes", None),
    ("pairs: 20000", "pairs: 2", "training.pairs", "1000"),
]


@pytest.mark.parametrize(("right", "wrong", "place", "allowed"), FAULTS)
def test_a_fault_is_told_with_its_place(right, wrong, place, allowed):
    assert right in WHOLE
    with pytest.raises(Invalid) as refused:
        read_config(WHOLE.replace(right, wrong))
    found = {fault.place.partition(": ")[2]: fault for fault in refused.value.faults}
    assert place in found, list(found)
    assert found[place].place.startswith("line ")
    assert allowed is None or any(allowed in each for each in found[place].allowed)


def test_all_faults_are_told_at_once():
    text = WHOLE
    for right, wrong, _, _ in (FAULTS[0], FAULTS[4], FAULTS[12], FAULTS[17]):
        text = text.replace(right, wrong)
    with pytest.raises(Invalid) as refused:
        read_config(text)
    places = [fault.place.partition(": ")[2] for fault in refused.value.faults]
    assert {"task", "fields.family.means", "compare.town.levels", "training.pairs"} <= set(places)


def test_what_is_missing_is_named():
    with pytest.raises(Invalid) as refused:
        read_config("id: x")
    assert [fault.allowed for fault in refused.value.faults] == [
        ("fields",),
        ("compare",),
        ("blocking",),
        ("training",),
    ]
    with pytest.raises(NotFound, match="cannot be read"):
        load_config(Path("nowhere.yaml"))
