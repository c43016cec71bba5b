"""What is suggested lands as many lines as the mappings that people wrote, and reads the same columns."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanyu.customers.identity.receivers import RECEIVER
from quanyu.customers.ingest.suggesting.drafting import find_shapes, targets
from quanyu.customers.ingest.suggesting.model import Trial
from quanyu.foundation.documents import read
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.registry import Registry
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import simulate

EXAMPLE = Path(__file__).parents[4] / "examples" / "gift_retailer"
SOURCES = Path(__file__).parents[4] / "src" / "quanyu" / "simulator" / "sources"
SAME = {"tmall_outlet": "tmall_flagship", "app/events.yaml": "web", "mini_program/events.yaml": "web"}  # of one shape
PATHS = (f"{path.parent.name}/{path.name}" for path in SOURCES.glob("*/*.yaml"))
SHIPPED = sorted(path for path in PATHS if path not in SAME and path.partition("/")[0] not in SAME)
DAILY = SHIPPED[::3]
LATER = [pytest.param(shipped, marks=pytest.mark.scale) for shipped in SHIPPED if shipped not in DAILY]
OWN_CHOICE = {"observed_at"}  # inputs where a person may prefer another column
HELD_IF_DECLARED = {RECEIVER.name}  # kinds that a suggestion leaves to who may say that they can be held
UNKNOWN: dict[str, set[str]] = {  # inputs of which a suggestion cannot know what a constant or a code is
    "aftersales/cases.yaml": {"platform"},  # which of the company's tills is meant by 南区收银系统 and North POS
    "erp/coupons.yaml": {"scope"},  # the company's number at WeCom
    "org/stores.yaml": {"chain"},  # what the company calls its chains
    "tmall_flagship/orders.yaml": {"channel"},  # flagship store and outlet export alike
    "web/events.yaml": {"scope"},  # accounts are those of another source
}


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    simulate(Arguments(300, years=1, seed=5), folder / "out", folder / "truth", processes=1)
    return folder / "out"


Columns = list[str] | dict[str, list[str]]  # the first that is filled; or `join`, `sum` and `less`


def columns_of(text: str) -> dict[tuple[str, str], Columns]:
    """Return kind and input → columns, and types of identifiers → column."""
    found: dict[tuple[str, str], Columns] = {}
    for kind, entry in labelled(text):
        found |= {
            (kind, name): [given] if isinstance(given, str) else given for name, given in entry["columns"].items()
        }
        found |= {("@", each["type"]): [each["column"]] for each in entry.get("identifiers", ())}
    return found


def said_of(text: str) -> dict[tuple[str, ...], str]:
    """Return what a mapping says that stands in no column: kind and input → constant, with a file's word → its code."""
    found: dict[tuple[str, ...], str] = {}
    for kind, entry in labelled(text):
        found |= {(kind, name): text for name, text in entry.get("constants", {}).items()}
        found |= {(kind, n, str(word)): c for n, told in entry.get("codes", {}).items() for word, c in told.items()}
    return found


def labelled(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return each entry with its kind, the second of a kind as `kind 2`."""
    times = Counter[str]()
    for entry in read(text).value["kinds"]:
        times[entry["kind"]] += 1
        yield entry["kind"] if times[entry["kind"]] == 1 else f"{entry['kind']} {times[entry['kind']]}", entry


def names(columns: Columns) -> set[str]:
    return {name for each in columns.values() for name in each} if isinstance(columns, dict) else set(columns)


def are_alike(wanted: Columns, given: Columns, filled: set[str]) -> bool:
    """Say whether one of the columns is the same; of what is joined or added up, all that are filled."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and set(given) == set(wanted) and names(given) & filled == names(wanted) & filled
    return bool(set(wanted) & names(given))


def is_empty(folder: Path, pattern: str) -> bool:
    """Say whether the files have no lines, or headers only: in so small a company nobody did this."""
    headers = {".csv": 1, ".jsonl": 0}.get(Path(pattern).suffix, -1)
    return all(file.read_bytes().count(b"\n") <= headers for file in folder.glob(pattern))


@pytest.mark.parametrize("shipped", [*DAILY, *LATER])
def test_it_reads_what_the_shipped_mapping_reads(shipped, company, suggest, tried, tmp_path):
    told = read((company / shipped).read_text("utf-8")).value
    if is_empty(company / Path(shipped).parent, told["files"]):
        with pytest.raises(Invalid, match=r"no lines|empty"):
            suggest(company / Path(shipped).parent / told["files"])
        return
    found = suggest(company / Path(shipped).parent / told["files"])
    assert found.export is not None
    assert found.source == told["source"]
    assert found.trial is not None
    wanted = columns_of((company / shipped).read_text("utf-8"))
    given = columns_of((tmp_path / "mapping.yaml").read_text("utf-8"))
    present = {column.name for column in found.columns}
    fits = {name for columns in wanted.values() for name in names(columns)} <= present
    theirs = tried(company / shipped) if fits and found.trial.refused else Trial(found.trial.read, 0)
    assert (found.trial.read, found.trial.refused <= theirs.refused) == (theirs.read, True), found.trial.reasons
    filled = {column.name for column in found.columns if column.filled}
    assert not {kind for kind, _ in given} & HELD_IF_DECLARED
    differing = {
        place: (given.get(place), columns)
        for place, columns in wanted.items()
        if place[0] not in HELD_IF_DECLARED
        and place[1] not in OWN_CHOICE
        and not are_alike(columns, given.get(place, []), filled)
    }
    assert differing == {}
    said = said_of((tmp_path / "mapping.yaml").read_text("utf-8"))
    unsaid = said_of((company / shipped).read_text("utf-8")).items() - said.items()
    assert {place[1] for place, _ in unsaid} == UNKNOWN.get(shipped, set()), unsaid


def test_it_reads_the_example_of_the_tutorial(suggest, tmp_path):
    shutil.copy(EXAMPLE / "orders.csv", tmp_path)
    found = suggest(tmp_path / "orders.csv", source="gift_retailer")
    assert [entry.kind.name for entry in found.entries] == ["order_line", "customer_record", "product"]
    assert (found.trial.read, found.trial.refused) == (6_176, 0)
    wanted = columns_of((EXAMPLE / "mapping.yaml").read_text("utf-8"))
    given = columns_of((tmp_path / "mapping.yaml").read_text("utf-8"))
    assert {place: given.get(place) for place in wanted} == wanted


def orders(rows: int) -> str:
    """Order lines as somebody's till might export them: days first, signs of money, a dash for nothing."""
    line = "A202603{i:05d},{d:02d}/02/2026 1{h}:00,u{c},1380013{c:04d},SK-{p},{q},{q}.90元,{s}"
    values = ((i // 2, 1 + i % 28, i // 2 % 9, i // 2 % 7, i * 13 % 17, 1 + i % 3) for i in range(rows))
    lines = [
        line.format(i=i, d=1 + i % 28, h=h, c=c, p=1000 + p, q=q, s="-" if q == 1 else "x")
        for i, _, h, c, p, q in values
    ]
    return "\n".join(["单号,下单日期(日/月/年),客人,联系方式,货品,件数,金额(元),折扣金额", *lines])


def test_values_decide_how_things_are_written(suggest, tmp_path):
    (tmp_path / "export.csv").write_text(orders(60), encoding="utf-8")
    found = suggest(tmp_path / "export.csv")
    line = found.entries[0]
    columns = {c.wanted.name: c.column.name for c in line.chosen if c.column}
    assert columns | {"customer": "客人"} == {
        "order_number": "单号",
        "customer": "客人",
        "product": "货品",
        "quantity": "件数",
        "unit_price": "金额(元)",
        "placed_at": "下单日期(日/月/年)",
    }
    assert line.choice("placed_at").reading.forms == ("%d/%m/%Y %H:%M",)
    assert (found.currency, found.currency_seen, found.trial.refused) == ("CNY", True, 0)


def test_a_header_that_lies_loses_and_a_column_without_a_name_wins(suggest, tmp_path):
    rows = [f"{1000 + i},note {i},138001{i:05d},2026-03-0{1 + i % 9}" for i in range(40)]
    (tmp_path / "people.csv").write_text("\n".join(["member_id,phone,c7,join_date", *rows]))
    found = suggest(tmp_path / "people.csv")
    assert {each.type: each.column.name for each in found.entries[0].identifiers}["phone"] == "c7"
    assert "13800100001" not in (tmp_path / "mapping.yaml").read_text()
    assert "phone" in {column.name for column in found.unused}


BAD = {
    "empty.csv": "",
    "header.csv": "order_id,sku,qty\n",
    "nothing.csv": "a,b\nx,1\ny,2\n",
    "broken.json": '{"a": ',
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_words(name, suggest, tmp_path):
    (tmp_path / name).write_text(BAD[name])
    with pytest.raises(Invalid) as refused:
        suggest(tmp_path / name)
    assert name in str(refused.value.received) or "customer_record" in refused.value.allowed
    assert not (tmp_path / "mapping.yaml").exists()


def test_pictures_and_what_is_not_there_are_refused(suggest, tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(Invalid):
        suggest(tmp_path / "a.png")
    with pytest.raises(NotFound):
        suggest(tmp_path / "none*.csv")
    (tmp_path / "b.csv").write_text("a\n1\n")
    with pytest.raises(Invalid, match="kind"):
        suggest(tmp_path / "b.csv", kind="nonsense")


def test_thousands_of_columns_and_doubled_names(suggest, tmp_path):
    names = ["order_id", "sku", "qty", "price", "created_at", "sku", *(f"x{i}" for i in range(1_000))]
    row = ["A{i:08d}", "SK-{j}", "{q}", "{q}.50", "2026-03-01 10:00:00", "SK-{j}", *["7"] * 1_000]
    lines = [",".join(row).format(i=i // 2, j=100 + i, q=1 + i % 3) for i in range(60)]
    (tmp_path / "wide.csv").write_text("\n".join([",".join(names), *lines]))
    found = suggest(tmp_path / "wide.csv", kind="order_line")
    assert found.entries[0].choice("product").column.name == "sku"
    assert len(found.unused) > 900
    assert found.trial.refused == 0


def test_each_export_of_a_folder_gets_a_mapping(company, tmp_path):
    shapes = find_shapes([company / "pos_south"], Registry("quanyu.sources"))
    named = {path.name: len(shape.files) for shape, path in targets(shapes, tmp_path, None)}
    assert named == {"pos_south_members.yaml": 1, "pos_south_receipts.yaml": 12}
