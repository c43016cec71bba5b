"""What messages can be expected to bring: the mean over other luck, by which one lived life is told from chance."""

import csv
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from quanyu.simulator.arguments import Arguments
from quanyu.simulator.company import ABOUT, described
from quanyu.simulator.lots import brought
from quanyu.simulator.recipients import COLUMNS
from quanyu.simulator.respond import respond

LOTS, DAYS = 30, 20


def written(file: Path, rows: list[tuple[str, ...]]) -> Path:
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([COLUMNS, *rows])
    return file


@pytest.fixture(scope="module")
def arguments(company: Path) -> Arguments:
    return described(company / "out" / ABOUT)


@pytest.fixture(scope="module")
def sent(company: Path, arguments: Arguments, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an offer of a fifth to everybody who has a guide, two days after the company's last."""
    guides = duckdb.sql(
        "select distinct external_contact.external_userid as guide "
        f"from '{company}/out/wecom/external_contacts.jsonl' order by 1"
    ).fetchall()
    when = f"{arguments.until + timedelta(days=2)} 10:00:00"
    rows = [(f"w{i}", "wecom", guide, when, "tea", "0.2") for i, (guide,) in enumerate(guides)]
    return written(tmp_path_factory.mktemp("lots") / "messages.csv", rows)


@pytest.fixture(scope="module")
def found(arguments: Arguments, sent: Path) -> dict[str, np.ndarray]:
    table = brought(arguments, sent, DAYS, LOTS, 1)
    return {name: table[name].to_numpy() for name in table.column_names}


def test_a_lot_is_the_same_however_many_there_are(arguments, sent, found):
    few = brought(arguments, sent, DAYS, 3, 1)
    assert few["lot"].to_pylist() == [1, 2, 3]
    assert few["spent"].to_pylist() == found["spent"][:3].tolist()
    assert few["discount"].to_pylist() == found["discount"][:3].tolist()


def test_luck_differs_from_lot_to_lot(found):
    assert len(set(found["spent"].tolist())) == LOTS
    assert (found["discount"] > 0).all(), "what is taken off is taken off in every life"


def test_without_messages_nothing_changes(arguments, tmp_path):
    nothing = brought(arguments, written(tmp_path / "none.csv", []), DAYS, 2, 1)
    assert nothing["spent"].to_pylist() == nothing["discount"].to_pylist() == [0, 0]


def test_the_life_that_was_lived_is_one_of_the_lots(arguments, sent, found, tmp_path):
    respond(arguments, sent, tmp_path / "out", tmp_path / "truth", DAYS, 1)
    truth = duckdb.sql(f"select * from '{tmp_path}/truth/*.parquet'").df()
    for name, of in found.items():
        if name != "lot":
            lived = (truth[f"{name}_with"] - truth[f"{name}_without"]).sum()
            assert abs(lived - of.mean()) < 4 * of.std(ddof=1), name
