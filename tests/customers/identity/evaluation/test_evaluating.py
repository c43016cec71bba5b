"""A small home is graded as worked out by hand; nothing that is said of it names a value."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quanyu.customers.identity.evaluation.evaluating import evaluate
from quanyu.customers.identity.evaluation.model import (
    BARE,
    OTHERS,
    SEVERAL,
    UNKNOWN,
    UNTOLD,
    Kind,
    Merges,
    Splits,
    Ungraded,
)
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation.errors import Conflict
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
MEMBERS = """
source: SOURCE
files: "FILES"
kinds:
  - kind: customer_record
    columns: {key: id}
    identifiers:
      - {type: phone, column: phone}
      - {type: card, scope: all, column: card}
"""
EVENTS = """
source: SOURCE
files: "FILES"
time_zone: Europe/London
kinds:
  - kind: event
    columns: {event_id: id, name: name, occurred_at: at, customer: user, device: device}
  - kind: identifier
    columns: {key: user, value: device}
    constants: {type: device, scope: web}
  - kind: identifier
    columns: {key: user, value: user}
    constants: {type: card, scope: all}
"""
PHONE, CARD, DEVICE = Kind("phone", "global"), Kind("card", "all"), Kind("device", "web")


def lines(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


@pytest.fixture(scope="module")
def told(bring_once: Import, shared: Workspace) -> Workspace:
    """a, b and x have one phone; y shares a card with nobody; c has no identifier; dev1 is x's as far as we know."""
    members = ("a,13800138001,", "b,13800138001,", "c,,", "d,13900139001,")
    bring_once(lines("id,phone,card", *members), source="pos", name="pos.csv", mapping=MEMBERS)
    bring_once(lines("id,phone,card", "x,138-0013-8001,X", "y,,Y"), source="shop", name="shop.csv", mapping=MEMBERS)
    visits = ("1,page,2024-01-01 10:00,X,dev1", "2,page,2024-01-01 11:00,Y,dev2", "3,page,2024-01-02 09:00,,dev1")
    more = ("4,page,2024-01-02 10:00,,dev2", "5,page,2024-01-02 10:00,,dev3")
    bring_once(lines("id,name,at,user,device", *visits, *more), source="web", name="web.csv", mapping=EVENTS)
    recognise(shared)
    return shared


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """a and x are Ann, b and y are Bob, c is Ann too; both have used dev2, and e is of a file that never came."""
    persons = ("pos,a,Ann", "shop,x,Ann", "pos,c,Ann", "pos,b,Bob", "shop,y,Bob", "pos,e,Eve")
    devices = ("device,dev1,Bob", "device,dev2,Ann", "device,dev2,Bob", "device,dev3,Cid")
    path = tmp_path / "truth.csv"
    path.write_bytes(lines("source,record,person", *persons, *devices))
    return path


def test_a_small_home_is_graded_as_by_hand(told: Workspace, truth: Path):
    found = evaluate(told, truth)
    assert (found.graded, found.alone) == (7, 1)  # a, x, c, b, y, dev1, and dev3 that nobody has named
    assert found.ungraded == (
        Ungraded(UNKNOWN, "pos", 1),  # e
        Ungraded(SEVERAL, "web", 1),  # dev2
        Ungraded(UNTOLD, "pos", 1),  # d
        Ungraded(UNTOLD, "web", 2),  # what events call X and Y
    )
    # {a, x, b, dev1} {c} {y} {dev3} beside Ann {a, x, c}, Bob {b, y, dev1}, Cid {dev3}
    assert (found.scores.found_pairs, found.scores.true_pairs, found.scores.right_pairs) == (6, 6, 2)
    assert found.scores.bcubed_precision == pytest.approx((4 * 0.5 + 3) / 7)
    assert found.scores.bcubed_recall == pytest.approx((2 * 2 / 3 + 1 / 3 + 2 * 2 / 3 + 1 / 3 + 1) / 7)
    assert (found.floor.found_pairs, found.floor.right_pairs) == (3, 1)  # a, x and b
    assert [(band.name, band.persons, band.customers) for band in found.bands] == [
        ("1", 1, 3),
        ("2", 0, 0),
        ("3", 2, 0),
        ("4", 0, 1),
    ]
    assert found.joinable is None


def test_errors_say_what_joined_and_what_is_missing(told: Workspace, truth: Path):
    errors = evaluate(told, truth).errors
    assert errors.merges[0] == Merges(PHONE, 4, 1, 1)
    assert Merges(DEVICE, 0, 0, 1) in errors.merges  # what the events call X is Ann's, by her card
    (merge,) = errors.worst_merges
    assert (merge.pairs, merge.records, merge.persons, merge.kind, merge.touches) == (4, 4, 2, PHONE, 3)
    assert {named.source for named in merge.between} <= {"pos", "shop"}
    # c has nothing; what the events call Y names another device than the one that is Bob's
    assert set(errors.splits) == {Splits(BARE, (), 2), Splits(OTHERS, (DEVICE,), 2)}
    assert {split.records for split in errors.worst_splits} == {3}
    assert "13800138001" not in repr(errors)


def test_who_joins_nothing_is_right_where_he_speaks(bring: Import, workspace: Workspace, truth: Path):
    bring(lines("id,phone,card", "a,,", "b,,"), source="pos", name="pos.csv", mapping=MEMBERS)
    found = evaluate(workspace, truth)
    assert (found.graded, found.alone, found.scores.precision) == (2, 2, 1.0)
    assert found.errors.merges == ()
    assert found.errors.worst_splits == ()


def test_a_truth_of_another_home_is_refused(told: Workspace, tmp_path: Path):
    (tmp_path / "other.csv").write_bytes(lines("source,record,person", "till,a,Ann"))
    with pytest.raises(Conflict) as caught:
        evaluate(told, tmp_path / "other.csv")
    assert caught.value.allowed == ("pos", "shop", "web")


def test_half_of_the_worst_are_merges(told: Workspace, truth: Path):
    errors = evaluate(told, truth, worst=1).errors
    assert (len(errors.worst_merges), len(errors.worst_splits)) == (1, 0)
    assert sum(each.pairs for each in errors.splits) == 4


def test_what_correct_identifiers_join_is_asked_for_apart(told: Workspace, truth: Path, tmp_path: Path):
    """a, x and c hang together, y and dev1 too; b has the phone of a, as a number that has changed hands."""
    folder = tmp_path / "told"
    for name in ("links", "keys"):
        (folder / name).mkdir(parents=True)
    duckdb.read_csv(str(truth)).write_parquet(str(folder / "links" / "0.parquet"))
    rows = [("pos", "a", "phone", 1), ("shop", "x", "phone", 1), ("shop", "x", "card", 2), ("pos", "c", "card", 2)]
    rows += [("pos", "b", "phone", 1), ("shop", "y", "device", 1), ("device", "dev1", "device", 1)]
    columns = zip(("source", "record", "type", "key"), zip(*rows, strict=True), strict=True)
    pq.write_table(pa.table({name: list(column) for name, column in columns}), folder / "keys" / "0.parquet")
    joinable = evaluate(told, folder).joinable
    assert joinable is not None
    assert (joinable.pairs, joinable.found, joinable.recall) == (4, 1, 0.25)  # of ax, ac, cx, y-dev1 we have ax
    assert joinable.reachable == 1  # c tells nothing, and y's device is unknown
    ceiling = joinable.ceiling
    assert (ceiling.found_pairs, ceiling.true_pairs, ceiling.right_pairs) == (7, 6, 4)
