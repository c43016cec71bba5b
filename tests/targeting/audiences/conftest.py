"""A crowd whose tags were drawn at random, but for a few that go with being a fan: as if a run had computed them."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from tests.conftest import new_settings
from tests.targeting.conftest import Retailer, open_retailer

from quanyu.app.rooms import ROOMS
from quanyu.customers.identity.tables import population
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.foundation import home as homes
from quanyu.foundation.database import launcher
from quanyu.foundation.registry import Registry
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.sets.storage import to_bytes
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.audiences.definitions import apply
from quanyu.targeting.audiences.recording import STARTED, list_exports
from quanyu.targeting.audiences.refreshing import refresh
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.model import TagRun
from quanyu.targeting.tags.packs import standing
from quanyu.targeting.tags.runs import save_run
from quanyu.targeting.tags.tables import customer_tags

AS_OF = datetime(2011, 6, 30, 22, 30, tzinfo=UTC)
TODAY = date(2011, 6, 30)
SIZE, DEAD = 6_000, 40
"""Customers with tags, and how many of them, the first, have died since."""


def draw(seed: int = 1) -> dict[str, list[object]]:
    """Return stored values: fans (one in eight) bought lately, in France, for much; the rest says nothing."""
    rng = np.random.default_rng(seed)
    fan = rng.random(SIZE) < 0.125
    lately = np.where(fan, rng.integers(0, 40, SIZE), rng.integers(0, 400, SIZE))
    spent = np.where(fan, 3_000, 1_000) * rng.gamma(2.0, 1.0, SIZE)
    france = rng.random(SIZE) < np.where(fan, 0.7, 0.2)
    others = rng.integers(0, 300, SIZE)
    columns: dict[str, list[object]] = {
        "frequency_score": np.where(fan, 5, rng.integers(1, 5, SIZE)).tolist(),
        "last_purchase": [TODAY - timedelta(days=int(d)) for d in lately],
        "monetary": spent.astype(np.int64).tolist(),
        "country": ["France" if f else f"C{o:03}" for f, o in zip(france, others, strict=True)],
        "return_share": rng.random(SIZE).tolist(),
        "lifecycle": rng.choice(["old", "dormant", "new"], SIZE).tolist(),
        "tenure_days": [TODAY - timedelta(days=int(d)) for d in rng.integers(0, 2_000, SIZE)],
        "recency_score": rng.integers(1, 6, SIZE).tolist(),
        "top_product": [f"P{p}" for p in rng.integers(0, 900, SIZE)],
        "rfm_score": [f"{a}{b}{c}" for a, b, c in rng.integers(1, 6, (SIZE, 3))],
    }
    columns["recency_days"] = columns["last_purchase"]
    for name in ("country", "monetary", "return_share", "tenure_days"):
        empty = rng.random(SIZE) < 0.2
        columns[name] = [None if e else value for e, value in zip(empty, columns[name], strict=True)]
    return columns


@dataclass(frozen=True)
class Crowd:
    ws: Workspace
    values: Mapping[str, list[object]]

    @property
    def indexed(self) -> Workspace:
        """The same workspace, in which so few customers are enough for an index."""
        return replace(self.ws, settings=replace(self.ws.settings, index_from=1))

    @property
    def alive(self) -> range:
        return range(DEAD, SIZE)

    def define(self, name: str, rule: str) -> None:
        words = f"title: {{en: {name.title()}, zh: 人群}}, description: {{en: D, zh: 述}}"
        apply(self.ws, f"{{name: {name}, {words}, rule: {rule}}}")


@pytest.fixture(scope="session")
def of_the_crowd(server: launcher.Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home of the crowd that nobody has open, made once."""
    with new_settings(server, tmp_path_factory.mktemp("crowd")) as made:
        home = homes.create(made, "main", "Europe/London", "GBP")
        gather(home.workspace(), draw())
        home.close()
        yield made


@pytest.fixture
def crowd(workspace: Workspace) -> Crowd:
    return Crowd(workspace, draw())


def gather(ws: Workspace, values: Mapping[str, list[object]]) -> Crowd:
    """Land these values as the tags of a run, other tags unknown."""
    pack = standing(ws)
    table = customer_tags(pack)
    size = len(next(iter(values.values())))
    columns = {"customer": list(range(size)), **values}
    rows = pa.table(
        {n: pa.array(columns.get(n) or [None] * size, table.schema.field(n).type) for n in table.schema.names}
    )
    alive = to_bytes(OrdinalSet.first(size) - OrdinalSet.first(min(DEAD, size - 1)))
    run = TagRun(0, AS_OF, ws.time_zone, pack.hash, 1, size, AS_OF)
    people = {"epoch": 1, "records": size, "customers": size, "alive": alive}
    with ws.lake.landing("tags", (table,)) as landing, ws.begin() as connection:
        landing.replace(table, rows)
        save_run(ws, connection, run, {})
        connection.execute(sa.insert(population).values(workspace=ws.number, **people))
        landing.publish(connection)
    return Crowd(ws, values)


EVERYBODY = """
name: everybody
title: {en: Everybody, zh: 全部}
description: {en: Everybody., zh: 全部。}
rule: {tag: frequency, is: is_known}
"""


@pytest.fixture(scope="session")
def of_everybody(server: launcher.Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A home of the small retailer with tags and a snapshot of an audience of all its customers, made once."""
    with new_settings(server, tmp_path_factory.mktemp("everybody")) as made:
        home = homes.create(made, "main", "Europe/London", "GBP")
        ws = open_retailer(home.workspace()).ws
        compute(ws, datetime(2011, 6, 30, 23, 30, tzinfo=UTC))
        apply(ws, EVERYBODY)
        refresh(ws)
        home.close()
        yield made


FURNISHED = {"everybody": "of_everybody", "crowd": "of_the_crowd", "retailer": "small_retailer"}


@pytest.fixture
def furnished(request: pytest.FixtureRequest) -> Settings | None:
    """The home that what a test asks for stands in."""
    made = next((made for asked, made in FURNISHED.items() if asked in request.fixturenames), None)
    return request.getfixturevalue(made) if made else None


@pytest.fixture
def everybody(workspace: Workspace) -> Retailer:
    """The small retailer with tags and a snapshot of an audience of all its customers."""
    return Retailer(workspace)


def import_texts(workspace: Workspace, below: Path, mapping: str, **files: str) -> None:
    """Import files, given by name, as a mapping says."""
    folder = below / uuid4().hex[:8]
    folder.mkdir()
    for name, text in {"mapping.yaml": mapping, **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    kinds = [kind for room in ROOMS for kind in room.kinds]
    readers = Registry("quanyu.sources")
    loaded = load_mapping(folder / "mapping.yaml", kinds, readers, workspace.time_zone, workspace.currency)
    assert import_files(workspace, loaded).lines.rejected == 0


@pytest.fixture
def imported(workspace: Workspace, tmp_path: Path) -> Callable[..., None]:
    """Return `import_texts` into this test's workspace."""
    return partial(import_texts, workspace, tmp_path)


def state_of_last(ws: Workspace) -> str:
    """Return the state of the last export, once the database has noticed that whoever was at it is dead."""
    for _ in range(200):
        (last,) = list_exports(ws, 1)
        if last.state != STARTED:
            break
        time.sleep(0.05)
    return last.state
