"""A till and a member system with planted faults, imported once for all tests of the room."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from tests.conftest import SOURCES

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.customers.ingest.model import Outcome
from quanyu.customers.quality.model import PartSurvey, Survey
from quanyu.customers.quality.surveying import take_survey
from quanyu.foundation import home as homes
from quanyu.foundation.database import launcher
from quanyu.foundation.kinds import Kind
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

KINDS: tuple[Kind, ...] = tuple(kind for room in ROOMS for kind in room.kinds)


def bring(workspace: Workspace, folder: Path, mapping: str, lines: Sequence[str], source: str) -> Outcome:
    """Import lines, the header first, by a mapping without `source` and `files`."""
    name = f"{source}-{uuid4().hex[:6]}"
    (folder / f"{name}.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(f"source: {source}\nfiles: {name}.csv\ntime_zone: UTC\ncurrency: GBP\n{mapping}", encoding="utf-8")
    loaded = load_mapping(path, KINDS, SOURCES, workspace.time_zone, workspace.currency)
    return import_files(workspace, loaded)


MEMBERS = """kinds:
  - kind: customer_record
    columns: {key: no, name: name, birth_date: born, gender: sex, city: city, province: prov, registered_at: since,
              observed_at: seen}
    identifiers:
      - {type: phone, column: phone}
"""
TILL = """kinds:
  - kind: order_line
    columns: {order_number: no, customer: card, product: article, quantity: qty, unit_price: price, placed_at: at}
  - kind: customer_record
    columns: {key: card}
    identifiers:
      - {type: phone, column: phone}
"""
MEMBER_HEADER = "no,name,born,sex,city,prov,since,seen,phone"
TILL_HEADER = "no,card,article,qty,price,at,phone"
AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
FIRST, SILENT, DAYS = date(2026, 1, 1), date(2026, 1, 15), 41


def member(n: int) -> str:
    """200 members: 20 masked phones, 5 dummy ones, births and places that cannot be."""
    phone = f"138****{n:04}" if n < 20 else "13800138000" if n < 25 else f"139{n:08}"
    births = {0: "1900-01-01", 1: "1900-01-01", 2: "1900-01-01", 3: "1970-01-01", 4: "1910-01-01"}
    born = "" if n >= 180 else births.get(n, f"19{70 + n % 30}-02-03")
    name = "测试" if n < 4 else f"王{chr(0x4E00 + n)}"
    since = {0: "2031-01-01", 1: "1998-01-01"}.get(n, "2024-01-01")
    sex = "" if n >= 190 else "男女"[n % 2]
    return f"{n},{name},{born},{sex},杭州市,{'杭州' if n < 2 else '浙江省'},{since},2026-01-10,{phone}"


def newcomer(n: int) -> str:
    """100 more of a later file, which has lost its cities and says of everybody that he is something else."""
    return f"{n},王{chr(0x4E00 + n)},1985-02-03,其他,,浙江省,2024-02-01,2026-02-10,139{n:08}"


def lines() -> list[str]:
    """Three lines a day, one of them nobody's, with numbers that a spreadsheet has rounded; one day is silent."""
    found: list[str] = []
    for n in range(DAYS):
        day = FIRST + timedelta(days=n)
        for k in range(3 if day != SILENT else 0):
            who = ("", "") if k == 2 else (f"c{(2 * n + k) % 50}", f"139{100 + (2 * n + k) % 50:08}")
            price = 9_999 if (n, k) == (7, 0) else 10 + (n + k) % 5
            found.append(f"{20_260_101_000_000 + n:014}{k}000,{who[0]},a{k},1,{price},{day} 12:00:00,{who[1]}")
    return found


@pytest.fixture(scope="package")
def planted(tmp_path_factory: pytest.TempPathFactory, server: launcher.Address) -> Iterator[Workspace]:
    """A workspace with a member system of two imports and a till of one, as it stands on the first of March."""
    database = f"quality_{uuid4().hex[:12]}"
    folder = tmp_path_factory.mktemp("planted")
    with psycopg.connect(**server.superuser_parameters, autocommit=True) as connection:
        connection.execute(f"create database {database} template quanyu_template owner {server.user}")
        url = psycopg.conninfo.make_conninfo(**{**server.parameters, "dbname": database})
        home = homes.create(Settings(folder / "home", url, memory=1 << 30, threads=2), "main", "UTC", "GBP")
        home.clock.move(AS_OF - home.clock.now())
        workspace = home.workspace()
        bring(workspace, folder, MEMBERS, [MEMBER_HEADER, *map(member, range(200))], "crm")
        bring(workspace, folder, MEMBERS, [MEMBER_HEADER, *map(newcomer, range(200, 300))], "crm")
        bring(workspace, folder, TILL, [TILL_HEADER, *lines()], "pos")
        yield workspace
        home.close()
        connection.execute(f"drop database {database} with (force)")


@pytest.fixture(scope="package")
def survey(planted: Workspace) -> Survey:
    return take_survey(planted, KINDS, as_of=AS_OF)


@pytest.fixture(scope="package")
def crm(survey: Survey) -> PartSurvey:
    found = survey.find("customer_record", "crm")
    assert found is not None
    return found


@pytest.fixture(scope="package")
def till(survey: Survey) -> PartSurvey:
    found = survey.find("order_line", "pos")
    assert found is not None
    return found
