"""Manual tags are given in batches, kept with who gave them, and become values of the run."""

import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.conftest import delivered

from quanyu.customers.identity.people import read_people
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, population
from quanyu.foundation import home as homes
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.giving import FAILPOINTS, Gift, gifts, give, land_gifts
from quanyu.targeting.tags.packs import apply
from quanyu.targeting.tags.runs import current

GIVEN = Path(__file__).with_name("given.yaml")
FEW_TAGS = Path(__file__).parents[1] / "few_tags.yaml"
LONG_AGO = datetime(2011, 6, 30, 23, 30, tzinfo=UTC)
CHILD = """
from quanyu.foundation.home import opened
from quanyu.foundation.settings import Settings
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.tags.giving import Gift, give

with opened(Settings.load()) as home:
    give(home.workspace(), Gift("care", "gold", "child"), OrdinalSet.of([0, 1]))
"""


@pytest.fixture(scope="module")
def furnished(module_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of three customers of one record each, made once."""
    home = homes.create(module_settings, "main", "Europe/London", "GBP")
    ws = home.workspace()
    apply(ws, FEW_TAGS)
    apply(ws, GIVEN)
    rows = [("A", "France"), ("B", "Norway"), ("C", "Japan")]
    delivered(ws, tmp_path_factory.mktemp("given"), "customer_record", "key country", rows, source="crm")
    recognise(ws)
    home.close()
    return module_settings


@pytest.fixture
def people(workspace: Workspace) -> Workspace:
    return workspace


def of(*customers: int) -> OrdinalSet:
    return OrdinalSet.of(list(customers))


def values(ws: Workspace, name: str, as_of: datetime | None = None) -> list[object]:
    compute(ws, as_of)
    rows = ws.lake.to_arrow(current(ws).rows.select("customer", name).order_by("customer"))
    return rows[name].to_pylist()


def test_values_come_in_with_the_next_run_and_other_tags_are_derived_from_them(people: Workspace) -> None:
    gave = give(people, Gift("care", "金", "ann", note="said so"), of(0, 2))
    assert (gave.changed, gave.same) == (2, 0)
    assert values(people, "care") == ["gold", None, "gold"]
    assert values(people, "dear") == ["very", "not_yet", "very"]
    assert compute(people).skipped, "nothing was given since"
    give(people, Gift("care", "plain", "bob"), of(2))
    give(people, Gift("care", None, "bob"), of(0, 1))
    assert values(people, "care") == [None, None, "plain"]


@pytest.mark.parametrize(
    ("tag", "written", "kept"),
    [
        ("tall", "是", True),
        ("tall", False, False),
        ("size", "-42", -42),
        ("size", 42, 42),
        ("weight", "61.5", 61.5),
        ("weight", 1e-7, 1e-7),
        ("met_on", "2011-12-31", date(2011, 12, 31)),
        ("hobby", "钓鱼, “fishing”", "钓鱼, “fishing”"),
    ],
)
def test_every_type_comes_back_as_it_was_given(people: Workspace, tag: str, written: object, kept: object) -> None:
    give(people, Gift(tag, written, "ann"), of(1))
    assert values(people, tag) == [None, kept, None]


def test_the_same_again_changes_nothing_and_is_no_gift(people: Workspace) -> None:
    first = give(people, Gift("care", "gold", "ann"), of(0, 1))
    again = give(people, Gift("care", "gold", "bob"), of(0, 1, 2))
    assert (again.changed, again.same) == (1, 2)
    assert give(people, Gift("care", "gold", "ann"), of(0, 1, 2)).gift is None
    assert give(people, Gift("size", None, "ann"), of(0)).gift is None, "there was nothing to take back"
    until = give(people, Gift("care", "gold", "ann", expires_on=date(2030, 1, 1)), of(0))
    assert until.changed == 1
    kept = [(g.number, g.value, g.author, g.customers) for g in gifts(people, "care")]
    assert kept == [
        (until.gift, "gold", "ann", 1),
        (again.gift, "gold", "bob", 1),
        (first.gift, "gold", "ann", 2),
    ]


def test_a_value_expires_by_the_day_of_the_run_and_the_one_before_does_not_come_back(people: Workspace) -> None:
    now = people.clock.now()
    give(people, Gift("hobby", "old", "ann"), of(0, 1))
    give(people, Gift("hobby", "new", "ann", expires_on=(now + timedelta(days=3)).date()), of(0))
    assert values(people, "hobby", now) == ["new", "old", None]
    assert values(people, "hobby", now + timedelta(days=3)) == ["new", "old", None]
    assert values(people, "hobby", now + timedelta(days=4)) == [None, "old", None]


def test_a_run_as_of_a_day_sees_what_had_been_given_by_its_end(people: Workspace) -> None:
    give(people, Gift("care", "gold", "ann"), of(0))
    assert values(people, "care", LONG_AGO) == [None] * 3
    assert values(people, "care", people.clock.now()) == ["gold", None, None]


def test_when_customers_are_merged_what_was_given_last_speaks(people: Workspace) -> None:
    give(people, Gift("care", "gold", "ann"), of(0))
    give(people, Gift("care", "plain", "bob"), of(1))
    give(people, Gift("size", 7, "ann"), of(1))
    give(people, Gift("tall", True, "ann"), of(0))
    give(people, Gift("tall", None, "bob"), of(1))
    remap(people, [(0, 0), (1, 0), (2, 2)], alive=(0, 2))
    assert values(people, "care") == ["plain", None]
    assert values(people, "size") == [7, None]
    assert values(people, "tall") == [True, None], "nothing was taken back from B, who did not have it"
    remap(people, [(0, 0), (1, 1), (2, 2)], alive=(0, 1, 2))
    assert values(people, "care") == ["gold", "plain", None], "parted again, each has his own"


def remap(ws: Workspace, rows: list[tuple[int, ...]], alive: tuple[int, ...]) -> None:
    table = pa.table({"record": [r for r, _ in rows], "customer": [c for _, c in rows]})
    with ws.lake.landing("test", (CUSTOMER_OF_RECORD,)) as landing, ws.begin() as connection:
        landing.replace(CUSTOMER_OF_RECORD, table)
        connection.execute(sa.update(population).values(alive=to_bytes(of(*alive))))
        landing.publish(connection)


def test_every_fault_of_a_gift_is_told_at_once(people: Workspace) -> None:
    with pytest.raises(Invalid) as caught:
        give(people, Gift("care", "silver", " ", note="n" * 501), of(0))
    assert [(f.place, f.received, f.allowed[0]) for f in caught.value.faults] == [
        ("value", "silver", "gold"),
        ("author", "1 characters", "1 … 200 characters"),
        ("note", "501 characters", "1 … 500 characters"),
    ]
    with pytest.raises(Invalid) as caught:
        give(people, Gift("skin", "dry", ""), of(0))
    assert [f.place for f in caught.value.faults] == ["tag", "author"], "an imported tag is not given by hand"
    for tag, value in (("size", "4.5"), ("tall", "maybe"), ("met_on", "31.12."), ("weight", "NaN"), ("hobby", "")):
        with pytest.raises(Invalid):
            give(people, Gift(tag, value, "ann"), of(0))
    assert gifts(people, "care") == []


def test_who_gave_it_to_one_customer(people: Workspace) -> None:
    give(people, Gift("care", "gold", "ann", note="asked"), of(0, 1))
    give(people, Gift("care", None, "bob", note="moved away"), of(1))
    with people.begin() as connection:
        one_id = connection.execute(sa.text("select one_id from customer where customer = 1")).scalar_one()
    found = gifts(people, "care", f"cus_{one_id.hex}")
    assert [(g.value, g.author, g.note) for g in found] == [(None, "bob", "moved away"), ("gold", "ann", "asked")]
    with pytest.raises(Invalid):
        gifts(people, "care", "42")


def test_gifts_land_once(people: Workspace) -> None:
    give(people, Gift("care", "gold", "ann"), of(0, 1))
    assert land_gifts(people) == 2
    assert land_gifts(people) == 0
    give(people, Gift("care", "plain", "ann"), of(1))
    assert land_gifts(people) == 1
    assert values(people, "care") == ["gold", "plain", None]


@pytest.mark.each_point
@pytest.mark.parametrize("point", FAILPOINTS)
def test_killed_anywhere_a_batch_is_there_as_a_whole_or_not(people: Workspace, environment, point: str) -> None:
    child = subprocess.run(
        ["python", "-c", CHILD],
        env={**environment, "QUANYU_FAILPOINT": point},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode == -9, child.stderr
    kept = point == "given.kept"
    gave = give(people, Gift("care", "gold", "child"), of(0, 1))
    assert (gave.changed, gave.same) == ((0, 2) if kept else (2, 0))
    assert [g.customers for g in gifts(people, "care")] == [2]
    assert values(people, "care") == ["gold", "gold", None]
    with people.begin() as connection:
        facts = connection.execute(sa.text("select count(*) from fact where name = 'tags.given'")).scalar_one()
    assert facts == 1
    assert read_people(people).alive.count() == 3
