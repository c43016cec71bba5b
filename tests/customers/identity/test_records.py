"""Ordinals of records: dense, one per key of a source, the same whenever it comes again."""

from collections.abc import Callable
from typing import Any

import pytest

from quanyu.customers.identity.people import lock_people
from quanyu.customers.identity.tables import RECORDS
from quanyu.customers.ingest.model import Outcome
from quanyu.foundation import home as homes
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

Import = Callable[..., Outcome]
Ask = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]
ORDINALS = "select record from record order by record"


def bought(*cards: int) -> list[str]:
    return [f"{i},{card},MUG,Mug,1,1,2011-03-01 09:00,France" for i, card in enumerate(cards)]


def test_ordinals_are_dense_and_follow_from_import_to_import(bring: Import, ask: Ask):
    bring(bought(5, 3, 5, 9))
    assert ask(ORDINALS) == [(0,), (1,), (2,)]
    bring(bought(3, 11, 12))
    assert ask(ORDINALS) == [(n,) for n in range(5)]
    assert ask("select records, customers from population") == [(5, 0)]


def test_a_key_keeps_its_ordinal(bring: Import, ask: Ask):
    keys = "select key_hash, record from record order by record"
    bring(bought(5, 3))
    before = ask(keys)
    bring(bought(3, 5))
    assert ask(keys) == before


def test_the_same_key_of_another_source_is_another_record(bring: Import, ask: Ask):
    bring(bought(5))
    bring(bought(5), source="web")
    assert ask("select source, record from record order by record") == [("till", 0), ("web", 1)]


def test_lines_and_records_of_one_import_agree(bring: Import, rows: Rows, ask: Ask):
    bring(bought(5, 3, 9))
    assert sorted(row["record"] for row in rows(RECORDS)) == [0, 1, 2]
    assert ask("select count(*) from record") == [(3,)]


def test_workspaces_count_for_themselves(bring: Import, home: homes.Home, settings: Settings, ask: Ask):
    homes.create(settings, "other", "UTC", "GBP").close()
    other = home.workspace("other")
    bring(bought(5, 3))
    bring(bought(5), into=other)
    assert ask(ORDINALS, of=other) == [(0,)]
    mine, theirs = (ask("select key_hash from record", of=w) for w in (home.workspace("main"), other))
    assert not set(mine) & set(theirs)


def test_an_import_that_fails_gives_out_nothing(bring: Import, ask: Ask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUANYU_FAILPOINT", "lake.committed=full")
    with pytest.raises(OSError, match="No space left"):
        bring(bought(5, 3))
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert ask(ORDINALS) == []
    bring(bought(9))
    assert ask(ORDINALS) == [(0,)]


def test_the_population_is_made_once(workspace: Workspace):
    for _ in range(2):
        with workspace.begin() as connection:
            people = lock_people(workspace, connection)
            assert (people.records, people.customers) == (0, 0)
