"""Files come out in the encoding of their system, a file a month, plain or packed, with the same content."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from quanyu.foundation.documents import read
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import simulate
from quanyu.simulator.formats import Shape, Targets, write_shape

MONTHS = {3: "2025-03", 4: "2025-04", 6: "2025-06"}
ROWS = "select * from (values (3, '茶', 1.50), (3, 'a,b', 2.00), (6, '说\"好\"', null)) rows(month, 名称, amount)"
OBJECTS = "select month, '{\"n\":\"' || 名称 || '\"}' || chr(10) as line from (" + ROWS + ")"
HEADING, FIRST, LAST = "名称,amount\n", '茶,1.50\n"a,b",2.00\n', '"说""好""",\n'


@pytest.fixture
def written(tmp_path) -> Callable[..., list[Path]]:
    """Return a writer of one shape to a folder."""

    def write(form: str, query: str, *, packed: bool = False, months: dict[int, str] = MONTHS) -> list[Path]:
        shape = Shape("shop/rows-{month}.csv" if months else "shop/rows.csv", "lines/shop", form, query)
        targets = Targets(tmp_path, months, packed)
        sizes = write_shape(duckdb.connect(), shape, targets)
        assert sizes == [path.stat().st_size for path in targets.of(shape)]
        assert sorted(path.name for path in (tmp_path / "shop").iterdir()) == sorted(
            path.name for path in targets.of(shape)
        )
        return targets.of(shape)

    return write


@pytest.mark.parametrize(("form", "encoding"), [("csv", "utf-8"), ("csv bom", "utf-8-sig"), ("csv gb18030", "gb18030")])
def test_each_month_has_its_rows_below_a_heading(written, form, encoding):
    texts = [path.read_bytes().decode(encoding) for path in written(form, ROWS)]
    assert texts == [HEADING + FIRST, HEADING, HEADING + LAST]


@pytest.mark.parametrize("form", ["csv", "csv bom", "csv gb18030"])
def test_one_month_at_a_time_is_the_same_bytes_as_many(written, form, tmp_path):
    together = [path.read_bytes() for path in written(form, ROWS)]
    for (number, name), whole in zip(MONTHS.items(), together, strict=True):
        shutil.rmtree(tmp_path / "shop")
        alone = written(form, f"select * from ({ROWS}) where month = {number}", months={number: name})
        assert alone[0].read_bytes() == whole


@pytest.mark.parametrize("form", ["csv", "csv bom", "csv gb18030", "jsonl"])
def test_packed_files_hold_the_same_and_no_time(written, form, tmp_path):
    query = OBJECTS if form == "jsonl" else ROWS
    plain = [path.read_bytes() for path in written(form, query)]
    shutil.rmtree(tmp_path / "shop")
    packed = [path.read_bytes() for path in written(form, query, packed=True)]
    assert [gzip.decompress(each) for each in packed] == plain
    assert {each[4:8] for each in packed} == {b"\0\0\0\0"}


def test_objects_are_parted_by_month(written):
    texts = [path.read_text() for path in written("jsonl", OBJECTS)]
    assert texts == ['{"n":"茶"}\n{"n":"a,b"}\n', "", '{"n":"说"好""}\n']


def test_many_rows_are_cut_where_their_month_ends(written):
    query = "select 3 + range // 90000 * 3 as month, range as number, repeat('茶', 20) as text from range(100000)"
    counts = [path.read_bytes().decode("gb18030").splitlines() for path in written("csv gb18030", query)]
    assert [len(lines) for lines in counts] == [90_001, 1, 10_001]
    assert (counts[0][-1][:5], counts[2][1][:5]) == ("89999", "90000")


@pytest.mark.scale
def test_a_packed_company_holds_what_a_plain_one_does(tmp_path):
    for name, packed in (("plain", False), ("packed", True)):
        simulate(Arguments(300, years=1, seed=5), tmp_path / name, tmp_path / f"{name}-truth", 1, packed=packed)
    plain = {str(path.relative_to(tmp_path / "plain")): path for path in (tmp_path / "plain").rglob("*.*")}
    for name, path in plain.items():
        if path.suffix not in (".yaml", ".json"):
            other = tmp_path / "packed" / (name if name.endswith(".gz") else f"{name}.gz")
            content = path.read_bytes()
            assert gzip.decompress(other.read_bytes()) == (
                gzip.decompress(content) if path.suffix == ".gz" else content
            )
    for mapping in (tmp_path / "packed").glob("*/*.yaml"):
        asked = read(mapping.read_text(encoding="utf-8")).value["files"]
        assert asked.endswith(".gz")
        assert sorted(mapping.parent.glob(asked)), asked
