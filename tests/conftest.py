"""One PostgreSQL for the whole run, a fresh database from a template for each test that asks for a home."""

import csv
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from fcntl import LOCK_EX, flock
from functools import cache, partial
from pathlib import Path
from uuid import uuid4

import duckdb
import psycopg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from quanyu.app.cli import OBJECTS_BETWEEN_COLLECTIONS
from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.customers.ingest.model import Count
from quanyu.foundation import home as homes
from quanyu.foundation.database import launcher, migrating
from quanyu.foundation.database.connection import Database
from quanyu.foundation.home import Home
from quanyu.foundation.lake.compiling import RememberingBackend
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace

sys.path.insert(0, str(Path(__file__).parent))
import zygote

hypothesis_settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
hypothesis_settings.load_profile("house")
SOURCES = Registry("quanyu.sources")
gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)

SHARED = Path(__file__).parents[2] / "shared" / "data"
TEMPLATE = "quanyu_template"
MEMORY, ENOUGH_MEMORY = Path("/dev/shm"), 4 << 30
"""A file system of Linux that lies in memory, and how much of it must be free."""
SERVERS_PLACE = "TESTS_SERVERS_PLACE"


def shared_data(*parts: str) -> Path:
    """Return a public data file, or skip the test that needs it."""
    file = SHARED.joinpath(*parts)
    if not file.exists():
        pytest.skip(f"needs the public data file {'/'.join(parts)} beside the checkout")
    return file


def pytest_configure(config: pytest.Config) -> None:
    """Place the run's server in memory where there is some: a database is copied to a disk twenty times as slowly.

    Threads of numerical libraries wait busily for each other, on cores that other tests have: each test has one.
    """
    if hasattr(config, "workerinput"):
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.pop(SERVERS_PLACE, None)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_MEMORY:
        os.environ[SERVERS_PLACE] = tempfile.mkdtemp(prefix="quanyu-tests-", dir=MEMORY)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and SERVERS_PLACE in os.environ:
        shutil.rmtree(os.environ[SERVERS_PLACE], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a story that goes wrong at one point after the other, `make test` tells the middle one; long tests begin."""
    stories: dict[tuple[Path, str], list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("each_point"):
            stories.setdefault((item.path, item.name.partition("[")[0]), []).append(item)
    for told in stories.values():
        for item in told[: len(told) // 2] + told[len(told) // 2 + 1 :]:
            item.add_marker(pytest.mark.scale)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session", autouse=True)
def quiet_environment() -> None:
    """Nothing of the person's own settings reaches a test; child processes keep what they have compiled."""
    for name in [n for n in os.environ if n.startswith("QUANYU_")]:
        del os.environ[name]
    os.environ["QUANYU_LANGUAGE"] = "en"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def commands() -> Iterator[Path]:
    """A folder with a `quanyu` and a `python` that start at once; a socket's path must be short."""
    with tempfile.TemporaryDirectory(prefix="q") as folder:
        served = zygote.install(Path(folder))
        yield Path(folder)
        served.communicate()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[launcher.Address]:
    """The run's server: every worker attaches to the same folder, the last one stops it."""
    base = tmp_path_factory.getbasetemp()
    folder = Path(os.environ.get(SERVERS_PLACE, base if worker_id == "master" else base.parent)) / "server"
    folder.mkdir(exist_ok=True)
    attachment = launcher.attach(folder)
    with (folder / "template.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        _make_template(attachment.address)
    yield attachment.address
    attachment.release()


def _make_template(address: launcher.Address) -> None:
    with psycopg.connect(**address.superuser_parameters, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [TEMPLATE]).fetchone():
            return
        for needless in ("fsync", "full_page_writes"):  # nobody kills this server
            connection.execute(f"alter system set {needless} = off")
        connection.execute("select pg_reload_conf()")
        connection.execute("drop database if exists quanyu_making")
        connection.execute(f"create database quanyu_making owner {address.user}")
        making = Database({**address.parameters, "dbname": "quanyu_making"})
        migrating.upgrade(making)
        making.close()
        connection.execute(f"alter database quanyu_making rename to {TEMPLATE}")


@pytest.fixture
def database_url(server: launcher.Address) -> Iterator[str]:
    """A database of this test's own, as a connection string."""
    with _database(server) as url:
        yield url


@contextmanager
def new_settings(server: launcher.Address, folder: Path) -> Generator[Settings]:
    """Yield settings of a home that is not made yet."""
    with _database(server) as url:
        yield Settings(folder / "home", url, memory=2 << 30, threads=2)


@pytest.fixture(scope="module")
def module_settings(server: launcher.Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a home that the tests of a module share, not made yet."""
    with new_settings(server, tmp_path_factory.mktemp("shared")) as made:
        yield made


@pytest.fixture
def clone(server: launcher.Address, tmp_path: Path) -> Iterator[Callable[[Settings], Settings]]:
    """Return a function that copies a home which nobody has open, with its database, for this test alone."""
    with ExitStack() as stack:

        def cloned(model: Settings) -> Settings:
            return stack.enter_context(copied(server, model, tmp_path))

        yield cloned


@pytest.fixture(scope="session")
def copying(server: launcher.Address) -> Callable[[Settings, Path], AbstractContextManager[Settings]]:
    """Return `copied`, for fixtures that last longer than a test."""
    return partial(copied, server)


@contextmanager
def copied(server: launcher.Address, model: Settings, folder: Path) -> Generator[Settings]:
    """Copy a home which nobody has open, with its database."""
    name = psycopg.conninfo.conninfo_to_dict(model.database_url or "")["dbname"]
    with _database(server, str(name)) as url:
        yield replace(model, home=shutil.copytree(model.home, folder / "home"), database_url=url)


@contextmanager
def _database(server: launcher.Address, template: str = TEMPLATE) -> Generator[str]:
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(**server.superuser_parameters, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template} owner {server.user} strategy file_copy")
        yield psycopg.conninfo.make_conninfo(**{**server.parameters, "dbname": name})
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def furnished() -> Settings | None:
    """A home that a module or a folder has made once, and that nobody has open; none where it does not say."""
    return None


@pytest.fixture
def settings(request: pytest.FixtureRequest, furnished: Settings | None, tmp_path: Path) -> Settings:
    """Settings of this test's own home: a copy of the furnished one, or not made yet."""
    if furnished is not None:
        return request.getfixturevalue("clone")(furnished)
    return Settings(tmp_path / "home", request.getfixturevalue("database_url"), memory=2 << 30, threads=2)


@pytest.fixture
def home(settings: Settings) -> Iterator[Home]:
    made = homes.create(settings, "main", "Europe/London", "GBP")
    yield made
    made.close()
    shutil.rmtree(settings.home, ignore_errors=True)


@pytest.fixture
def workspace(home: Home) -> Workspace:
    return home.workspace()


@pytest.fixture
def deliver(workspace: Workspace, tmp_path: Path) -> Callable[..., Count]:
    """Return `delivered` into this test's workspace."""
    return partial(delivered, workspace, tmp_path)


def delivered(
    workspace: Workspace, below: Path, kind: str, columns: str, *files: list[tuple[object, ...]], source: str = "erp"
) -> Count:
    """Import rows of one kind, columns named as its inputs, and return how they came out."""
    names = columns.split()
    folder = below / f"{source}-{kind}-{uuid4().hex[:6]}"
    folder.mkdir()
    for n, rows in enumerate(files):
        with (folder / f"{n}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([names, *rows])
    mapping = [f"source: {source}", 'files: "*.csv"', "kinds:", f"  - kind: {kind}", "    columns:"]
    (folder / "mapping.yaml").write_text("\n".join([*mapping, *(f"      {name}: {name}" for name in names), ""]))
    kinds = [kind for room in ROOMS for kind in room.kinds]
    loaded = load_mapping(folder / "mapping.yaml", kinds, SOURCES, workspace.time_zone, workspace.currency)
    count = import_files(workspace, loaded).lines
    assert count.read == count.landed + count.rejected + count.known == sum(map(len, files))
    return count


@cache
def reader() -> RememberingBackend:
    """An engine without a lake, for expressions over rows in memory; as with the lake's, texts of queries are kept."""
    found = RememberingBackend.from_connection(duckdb.connect())
    found.raw_sql("set timezone = 'UTC'")
    return found


@pytest.fixture
def environment(settings: Settings, home: Home, commands: Path) -> dict[str, str]:
    """Environment of a child process that shall work on this test's home; its `python` has imported everything."""
    return {
        **os.environ,
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "QUANYU_HOME": str(settings.home),
        "QUANYU_DATABASE_URL": settings.database_url or "",
        "QUANYU_MEMORY_MB": "1024",
    }
