"""A mapping says all that is wrong with it at once: where, what was found, what is allowed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.mapping import SourceMapping, check_columns, load_mapping
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.registry import Registry

KINDS = [kind for room in ROOMS for kind in room.kinds]

SOUND = """
source: till
files: till.csv
kinds:
  - kind: order_line
    columns:
      order_number: no
      product: article
      quantity: qty
      unit_price: price
      placed_at: at
    formats: {placed_at: "%d/%m/%Y %H:%M"}
  - kind: customer_record
    columns: {key: card}
    identifiers:
      - {type: phone, scope: cn, column: phone}
      - {type: card, column: card}
"""

BROKEN = """
source: till
file: till.csv
files: [tills.csv, 7]
time_zone: Europe/Londno
currency: pounds
class: friends
legal_basis: {basis: hope}
title: {en: Till}
kinds:
  - kind: order_lines
    columns: {order_number: no}
  - kind: order_line
    columns: {order_number: no, quantity: qty, unit_price: price, placed: at, product: 5}
    identifiers: [{type: phone, column: phone}]
  - kind: customer_record
    columns: {key: card}
    identifiers: [{type: phone}]
  - kind: customer_record
    columns: {key: card}
"""

Load = Callable[[str], SourceMapping]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    (tmp_path / "till.csv").write_text("no,article,qty,price,at,card,phone\n")

    def loaded(text: str) -> SourceMapping:
        path = tmp_path / "mapping.yaml"
        path.write_text(text)
        return load_mapping(path, KINDS, Registry("quanyu.sources"), "Asia/Shanghai", "CNY")

    return loaded


def test_a_sound_mapping_is_read(load: Load, tmp_path: Path):
    mapping = load(SOUND)
    assert (mapping.source, mapping.files) == ("till", (tmp_path / "till.csv",))
    assert (mapping.time_zone, mapping.currency, mapping.reader.name) == ("Asia/Shanghai", "CNY", "delimited")
    assert [k.kind.name for k in mapping.kinds] == ["order_line", "customer_record"]
    assert [(i.type, i.scope) for i in mapping.kinds[1].identifiers] == [("phone", "cn"), ("card", "till")]
    assert mapping.columns()["card"] == ("kinds", 1, "columns", "key")


def test_every_fault_is_told_at_once_with_its_line(load: Load):
    with pytest.raises(Invalid) as caught:
        load(BROKEN)
    faults = {fault.place: fault for fault in caught.value.faults}
    assert set(faults) == {
        "line 3: file",
        "line 4: files[0]",
        "line 4: files[1]",
        "line 5: time_zone",
        "line 6: currency",
        "line 7: class",
        "line 8: legal_basis.basis",
        "line 9: title.zh",
        "line 11: kinds[0].kind",
        "line 14: kinds[1].columns.placed_at",
        "line 14: kinds[1].columns.placed",
        "line 14: kinds[1].columns.product",
        "line 15: kinds[1].identifiers",
        "line 18: kinds[2].identifiers[0].column",
    }
    assert len(faults) == 14


def test_a_fault_says_what_was_received_and_what_is_near_it(load: Load):
    with pytest.raises(Invalid) as caught:
        load(BROKEN)
    faults = {fault.place.rpartition(" ")[2]: fault for fault in caught.value.faults}
    assert faults["time_zone"].received == '"Europe/Londno"'
    assert faults["time_zone"].allowed[0] == "Europe/London"
    assert faults["kinds[0].kind"].received == '"order_lines"'
    assert faults["kinds[0].kind"].allowed[0] == "order_line"
    assert faults["files[0]"].allowed == ("mapping.yaml", "till.csv")
    assert faults["class"].allowed[:1] == ("first_party",) or "first_party" in faults["class"].allowed
    assert "placed_at" in faults["kinds[1].columns.placed"].allowed


def test_a_missing_column_is_told_with_the_names_like_it(load: Load):
    mapping = load(SOUND)
    with pytest.raises(Invalid) as caught:
        check_columns(mapping, ["no", "articel", "qty", "price", "at", "card"])
    faults = [(f.place, f.received, f.allowed[0]) for f in caught.value.faults]
    assert faults == [
        ("line 8: kinds[0].columns.product", '"article"', "articel"),
        ("line 16: kinds[1].identifiers[0].column", '"phone"', "no"),
    ]


def test_a_mapping_that_fits_the_files_passes(load: Load):
    mapping = load(SOUND)
    check_columns(mapping, list(mapping.columns()))
    assert mapping.columns()


@pytest.mark.parametrize("text", ["", "[]", "text", "source: till", "kinds: {}", "source: [a]\nkinds: [7]"])
def test_what_is_no_mapping_is_refused(load: Load, text: str):
    with pytest.raises(Invalid) as caught:
        load(text)
    assert caught.value.faults


@pytest.mark.parametrize(
    "text", ["a: [", "a: 1\na: 2", "a: &x 1\nb: *x\n? [1]: 2", "\t", "a: !!python/object:os.system x", "[" * 5000]
)
def test_what_is_no_yaml_is_refused(load: Load, text: str):
    with pytest.raises(Invalid) as caught:
        load(text)
    assert "mapping.yaml" in str(caught.value.problem)


def test_a_mapping_that_is_not_there_is_not_found(tmp_path: Path):
    with pytest.raises(NotFound, match="cannot be read") as caught:
        load_mapping(tmp_path / "none.yaml", KINDS, Registry("quanyu.sources"), "UTC", "GBP")
    assert "none.yaml" in str(caught.value.received)


def test_patterns_find_files_once_and_in_order(load: Load, tmp_path: Path):
    (tmp_path / "2.csv").touch()
    (tmp_path / "1.csv").touch()
    mapping = load(SOUND.replace("files: till.csv", 'files: ["*.csv", till.csv]'))
    assert [file.name for file in mapping.files] == ["1.csv", "2.csv", "till.csv"]


def test_files_of_two_formats_must_name_theirs(load: Load, tmp_path: Path):
    (tmp_path / "till.parquet").touch()
    with pytest.raises(Invalid) as caught:
        load(SOUND.replace("files: till.csv", "files: [till.csv, till.parquet]"))
    assert [fault.place for fault in caught.value.faults] == ["line 2: format"]
    assert caught.value.faults[0].allowed == ("delimited", "excel", "jsonlines", "parquet")


def test_options_of_a_format_are_checked_by_name(load: Load):
    with pytest.raises(Invalid) as caught:
        load(SOUND + 'format_options: {delimeter: ";"}\n')
    assert caught.value.faults[0].allowed[0] == "delimiter"


@pytest.mark.parametrize("text", ["files: till.csv\nmissing: 5", "files: till.csv\nmissing: [n/a, '-', 0]"])
def test_what_means_nothing_is_a_list_of_texts(load: Load, text: str):
    changed = SOUND.replace("files: till.csv", text)
    if "[" in text:
        assert load(changed).missing == ("n/a", "-", "0")
    else:
        with pytest.raises(Invalid):
            load(changed)


def test_a_sum_names_the_columns_of_a_number(load: Load):
    mapping = load(SOUND.replace("unit_price: price", "unit_price: {sum: [price, qty], less: [no]}"))
    assert mapping.kinds[0].given("unit_price") == ("++-", "price", "qty", "no")
    assert {"price", "qty", "no"} <= set(mapping.columns())
    wrong = SOUND.replace("unit_price: price", "unit_price: {sum: price, minus: [no]}")
    wrong = wrong.replace("product: article", "product: {sum: [article]}")
    with pytest.raises(Invalid) as caught:
        load(wrong)
    assert {fault.place.rpartition(" ")[2] for fault in caught.value.faults} == {
        "kinds[0].columns.unit_price.sum",
        "kinds[0].columns.unit_price.minus",
        "kinds[0].columns.product",
    }
