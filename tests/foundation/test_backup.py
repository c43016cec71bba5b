"""A backup holds all of a home that is at work, and comes back whole or not at all, whatever is killed or full."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import SourceMapping, load_mapping
from quanyu.foundation import home as homes
from quanyu.foundation.backup import making, restoring
from quanyu.foundation.backup.making import backup
from quanyu.foundation.backup.restoring import restore
from quanyu.foundation.bus.draining import drain
from quanyu.foundation.clock import Clock
from quanyu.foundation.database import launcher, migrating
from quanyu.foundation.database.connection import Database
from quanyu.foundation.database.schema import metadata
from quanyu.foundation.errors import Conflict, Invalid, NotFound, StorageFull
from quanyu.foundation.home import Home
from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.registry import Registry
from quanyu.foundation.settings import Settings
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace

MAPPING = """
source: till
files: {file}
time_zone: Europe/London
currency: GBP
kinds:
  - kind: order_line
    columns: {{order_number: order, customer: customer, product: product, quantity: quantity, unit_price: price,
               placed_at: at}}
  - kind: customer_record
    columns: {{key: customer, country: country, observed_at: at}}
    identifiers:
      - {{type: customer_number, column: customer}}
  - kind: product
    columns: {{product: product, name: product, observed_at: at}}
"""
CHILD = """
import sys
from pathlib import Path
from quanyu.foundation.settings import Settings
settings = Settings(Path(sys.argv[1]), None, 1 << 30, 1)
"""
BACK_UP = f"""{CHILD}
from quanyu.foundation import home as homes
from quanyu.foundation.backup.making import backup
backup(homes.open_home(settings), Path(sys.argv[2]))
"""
RESTORE = f"""{CHILD}
from quanyu.foundation.backup.restoring import restore
restore(Path(sys.argv[2]), settings)
"""
IMPORT = f"""{CHILD}
from quanyu.app.rooms import ROOMS
from quanyu.customers.ingest.importing import import_files
from quanyu.customers.ingest.mapping import load_mapping
from quanyu.foundation import home as homes
from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.registry import Registry
with homes.opened(settings) as home:
    ws = home.workspace()
    kinds = [kind for room in ROOMS for kind in room.kinds]
    import_files(ws, load_mapping(Path(sys.argv[2]), kinds, Registry("quanyu.sources"), ws.time_zone, ws.currency))
"""
TRANSIENT = {"postgres", "postgres.lock", "postgres.users", "spill", "staging"}
KEPT = {"home.json", "clock", "clock.lock", "keys", "lake"}
LAKE_TABLES = [table for room in ROOMS for table in room.lake_tables]


def write_lines(folder: Path, first: int, last: int) -> Path:
    """Write the orders `first` to `last` as a file with a mapping beside it, and return the mapping."""
    rows = [
        f"{n},c{n % 37},p{n % 11},{1 + n % 5},{n % 9}.5,2024-0{1 + n % 6}-11 10:{n % 60:02},Country {n % 3}"
        for n in range(first, last)
    ]
    file = folder / f"lines_{first}.csv"
    file.write_text("\n".join(["order,customer,product,quantity,price,at,country", *rows]) + "\n")
    mapping = folder / f"lines_{first}.yaml"
    mapping.write_text(MAPPING.format(file=file.name))
    return mapping


def mapping_of(workspace: Workspace, path: Path) -> SourceMapping:
    kinds = [kind for room in ROOMS for kind in room.kinds]
    return load_mapping(path, kinds, Registry("quanyu.sources"), workspace.time_zone, workspace.currency)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path has what paths have outside of test suites: spaces, Chinese."""
    folder = tmp_path_factory.mktemp("backup") / "门店 数据 b"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def live(place: Path) -> Iterator[Home]:
    """A home with an embedded database, two workspaces, a moved clock, three imports and a compacted lake."""
    settings = Settings(place / "home", None, memory=1 << 30, threads=2)
    home = homes.create(settings, "main", "Europe/London", "GBP")
    homes.create(settings, "second", "Europe/London", "GBP").close()
    home.clock.move(timedelta(days=3))
    for name, first, last in (("main", 0, 300), ("main", 200, 450), ("second", 100, 200)):
        workspace = home.workspace(name)
        import_files(workspace, mapping_of(workspace, write_lines(place, first, last)))
        drain(workspace, ROOMS)
    compact(home.workspace("main").lake, LAKE_TABLES)
    yield home
    home.close()


@pytest.fixture(scope="module")
def archive(live: Home, place: Path) -> Path:
    backup(live, place / "whole.tar")
    return place / "whole.tar"


@pytest.fixture
def target(live: Home, tmp_path: Path) -> Settings:
    folder = tmp_path / "新 home"
    return replace(live.settings, home=folder)


def lake_rows(workspace: Workspace) -> dict[str, list[str]]:
    """Return every row that readers see, table by table."""
    vector = workspace.lake.vector(LAKE_TABLES)
    shown = {t.name: workspace.lake.to_arrow(workspace.lake.table(t, vector)) for t in LAKE_TABLES if t.name in vector}
    return {name: sorted(map(str, rows.to_pylist())) for name, rows in shown.items()}


def database_rows(home: Home) -> dict[str, list[str]]:
    """Return every row of every table as the superuser sees them."""
    assert home.attachment is not None
    address = home.attachment.address
    everything = Database({**address.superuser_parameters, "dbname": address.dbname})
    with everything.begin() as connection:
        rows = {
            name: sorted(str(tuple(row)) for row in connection.execute(sa.select(table)))
            for name, table in metadata.tables.items()
        }
    everything.close()
    return rows


def orders(workspace: Workspace) -> list[tuple[object, ...]]:
    """Return what the order lines and records say, without the numbers that a run gives out."""
    vector = workspace.lake.vector(LAKE_TABLES)
    rows = [
        workspace.lake.to_arrow(workspace.lake.table(table, vector)).to_pylist()
        for table in LAKE_TABLES
        if table.name in ("order_lines", "orders", "products") and table.name in vector
    ]
    given = ("record", "import_number", "observed_at")
    return sorted(tuple(str(v) for k, v in row.items() if k not in given) for table in rows for row in table)


def living(folder: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["name", "cmdline", "status"])
        if process.info["name"] in ("postgres", "initdb", "pg_dump", "pg_restore")
        and process.info["status"] != psutil.STATUS_ZOMBIE
        and str(folder) in " ".join(process.info["cmdline"] or [])
    ]


def beside(settings: Settings) -> set[str]:
    return {path.name for path in settings.home.parent.iterdir() if path.name != "pytest"}


def run(program: str, *arguments: Path, point: str = "") -> int:
    environment = {**os.environ, "QUANYU_FAILPOINT": point}
    return subprocess.run([sys.executable, "-c", program, *map(str, arguments)], env=environment, timeout=60).returncode


def test_a_restored_home_is_equal(live: Home, archive: Path, target: Settings):
    said: list[str] = []
    report = restore(archive, target, lambda text: said.append(text.en))
    assert report.home == target.home
    assert len(said) == 3
    assert beside(target) == {target.home.name}
    assert (target.home / "keys" / "master").stat().st_mode & 0o077 == 0
    assert not (target.home / "database.dump").exists()
    with homes.opened(target) as restored:
        assert database_rows(restored) == database_rows(live)
        for name in ("main", "second"):
            assert lake_rows(restored.workspace(name)) == lake_rows(live.workspace(name))
            assert orders(restored.workspace(name))
        assert abs(restored.clock.now() - live.clock.now()) < timedelta(seconds=5)
        again = import_files(restored.workspace(), mapping_of(restored.workspace(), archive.parent / "lines_0.yaml"))
        assert {count.landed for count in again.counts} == {0}


def test_nothing_of_a_home_is_forgotten(live: Home):
    assert {path.name for path in live.settings.home.iterdir()} <= KEPT | TRANSIENT


def test_a_backup_is_for_its_owner_and_leaves_nothing_beside(live: Home, tmp_path: Path):
    file = tmp_path / "a.tar"
    report = backup(live, file)
    assert report.bytes == file.stat().st_size
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]
    with tarfile.open(file) as tar:
        names = tar.getnames()
    assert names[-2:] == ["manifest.json", "manifest.sha256"]
    assert len(names) == report.files + 2


def test_an_archive_is_not_written_over_nor_into_the_home(live: Home, tmp_path: Path):
    file = tmp_path / "a.tar"
    file.write_text("mine")
    with pytest.raises(Conflict, match="already"):
        backup(live, file)
    assert file.read_text() == "mine"
    backup(live, file, force=True)
    assert tarfile.is_tarfile(file)
    (tmp_path / "link").symlink_to(live.settings.home)
    for inside in (live.settings.home / "a.tar", tmp_path / "link" / "lake" / "a.tar"):
        with pytest.raises(Conflict, match="inside"):
            backup(live, inside, force=True)
    with pytest.raises(Conflict, match="not there"):
        backup(live, tmp_path / "nowhere" / "a.tar")


def test_a_database_of_ones_own_is_left_to_its_own_means(home: Home, settings: Settings, tmp_path: Path):
    with pytest.raises(Conflict, match="own means") as caught:
        backup(home, tmp_path / "a.tar")
    assert "pg_dump" in str(caught.value.remedy)
    with pytest.raises(Conflict, match="own means"):
        restore(tmp_path / "a.tar", replace(settings, home=tmp_path / "new"))


@pytest.mark.scale
def test_backups_during_an_import_hold_all_of_it_or_nothing(place: Path, tmp_path: Path):
    settings = Settings(place / "busy", None, memory=1 << 30, threads=2)
    home = homes.create(settings, "main", "Europe/London", "GBP")
    workspace = home.workspace()
    import_files(workspace, mapping_of(workspace, write_lines(tmp_path, 0, 300)))
    before, more = orders(workspace), write_lines(tmp_path, 300, 3_000)
    with home.database.begin() as connection:
        # The import can commit to the lake and not publish: the moment when both disagree most.
        connection.execute(sa.text("lock table lake_table in share mode"))
        child = subprocess.Popen([sys.executable, "-c", IMPORT, str(settings.home), str(more)])
        while child.poll() is None and not waits_for_a_lock(home):
            time.sleep(0.02)
        backup(home, tmp_path / "unpublished.tar")
    while child.poll() is None:
        backup(home, tmp_path / "later.tar", force=True)
    assert child.returncode == 0
    after = orders(workspace)
    assert len(before) < len(after)
    for name, found in (("unpublished", [before]), ("later", [before, after])):
        again = replace(settings, home=tmp_path / name)
        restore(tmp_path / f"{name}.tar", again)
        with homes.opened(again) as restored:
            assert orders(restored.workspace()) in found
            import_files(restored.workspace(), mapping_of(restored.workspace(), more))
            assert orders(restored.workspace()) == after
            recognised(restored.workspace())
    recognised(workspace)
    home.close()


def waits_for_a_lock(home: Home) -> bool:
    with home.database.begin() as connection:
        waiting = connection.execute(sa.text("select count(*) from pg_locks where not granted")).scalar_one()
    return waiting > 0


def recognised(workspace: Workspace) -> None:
    drain(workspace, ROOMS)
    with workspace.begin() as connection:
        assert connection.execute(sa.text("select count(distinct customer) from record_customer")).scalar_one() == 37


@pytest.mark.each_point
@pytest.mark.parametrize("point", making.FAILPOINTS)
def test_a_killed_backup_leaves_the_archive_whole_or_absent(live: Home, tmp_path: Path, point: str):
    file = tmp_path / "a.tar"
    assert run(BACK_UP, live.settings.home, file, point=point) == -signal.SIGKILL
    assert file.exists() == (point == "backup.renamed")
    backup(live, file, force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar"]
    assert restoring.verify(file).files


@pytest.mark.parametrize("point", making.FAILPOINTS[:-1])
def test_a_backup_onto_a_full_disk_leaves_nothing(
    live: Home, tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{point}=full")
    with pytest.raises(StorageFull):
        backup(live, tmp_path / "a.tar")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.scale
def test_a_killed_restore_leaves_no_home_and_the_next_one_cleans_up(archive: Path, target: Settings):
    hidden = f".{target.home.name}.restoring"
    for point in restoring.FAILPOINTS:
        assert run(RESTORE, target.home, archive, point=point) == -signal.SIGKILL
        assert beside(target) == {target.home.name if point == "restore.renamed" else hidden}, point
    assert living(target.home.parent) == []
    with homes.opened(target) as restored:
        assert restored.workspaces() == ["main", "second"]
        assert orders(restored.workspace())


@pytest.mark.parametrize("point", ["restore.extracted", "database.initdb", "restore.loaded"])
def test_a_restore_onto_a_full_disk_leaves_nothing(
    archive: Path, target: Settings, point: str, monkeypatch: pytest.MonkeyPatch
):
    target.home.mkdir()
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{point}=full")
    with pytest.raises(StorageFull):
        restore(archive, target)
    assert list(target.home.iterdir()) == []
    assert beside(target) == {target.home.name}
    assert living(target.home.parent) == []


def test_a_folder_with_something_in_it_is_left_alone(archive: Path, target: Settings):
    target.home.mkdir()
    (target.home / "mine").write_text("mine")
    with pytest.raises(Conflict, match="empty"):
        restore(archive, target)
    assert [path.name for path in target.home.iterdir()] == ["mine"]
    with pytest.raises(Conflict, match="empty"):
        restore(archive, replace(target, home=target.home / "mine"))


def test_two_restores_into_one_place_do_not_meet(archive: Path, target: Settings):
    met: list[str] = []

    def meet(text: Text) -> None:
        if "unpacking" in text.en:
            with pytest.raises(Conflict, match="Another restore"):
                restore(archive, target)
            met.extend(beside(target))
        if "loading" in text.en:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(archive, target, meet)
    assert met == [f".{target.home.name}.restoring"]
    assert beside(target) == set()


def members(archive: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with tarfile.open(archive) as tar:
        return [(member, tar.extractfile(member).read()) for member in tar]  # type: ignore[union-attr]


def rewrite(archive: Path, file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Make an archive whose manifest agrees with what `change` has made of its files."""
    files = {member.name: content for member, content in members(archive)}
    del files["manifest.sha256"]
    manifest = json.loads(files.pop("manifest.json"))
    files["+"] = json.dumps({"format": manifest["format"], "schema": manifest["schema"]}).encode()
    change(files)
    manifest |= json.loads(files.pop("+"))
    manifest["files"] = [{"name": n, "size": len(c), "sha256": sha256(c).hexdigest()} for n, c in files.items()]
    text = json.dumps(manifest).encode()
    files |= {"manifest.json": text, "manifest.sha256": sha256(text).hexdigest().encode()}
    with tarfile.open(file, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return file


def refused(file: Path, target: Settings) -> str:
    with pytest.raises(Invalid, match="damaged") as caught:
        restore(file, target)
    assert beside(target) <= {file.name}
    return str(caught.value.received)


def test_a_flipped_bit_names_the_first_bad_file(archive: Path, target: Settings, tmp_path: Path):
    content = archive.read_bytes()
    spots = {member.name: member.offset_data for member, body in members(archive) if body}
    for name in (*list(spots)[:4], *list(spots)[-3:]):
        spoiled = bytearray(content)
        spoiled[spots[name]] ^= 1
        file = tmp_path / "spoiled.tar"
        file.write_bytes(spoiled)
        expected = "manifest.json" if name.startswith("manifest") else name
        assert refused(file, target) == f"spoiled.tar: {expected}"


def test_a_damaged_header_names_its_place(archive: Path, target: Settings, tmp_path: Path):
    (first, _), (second, _), *_ = members(archive)
    spoiled = bytearray(archive.read_bytes())
    spoiled[second.offset : second.offset + 8] = b"\xff" * 8
    file = tmp_path / "spoiled.tar"
    file.write_bytes(spoiled)
    assert refused(file, target) == f"spoiled.tar: what follows {first.name}"


@pytest.mark.parametrize("part", [0, 300, 700, 0.3, 0.7, -1])
def test_a_truncated_archive_is_refused(archive: Path, target: Settings, tmp_path: Path, part: float):
    content, inside = archive.read_bytes(), [member for member, _ in members(archive)]
    end = inside[-1].offset_data + 10  # what follows the last member is padding
    file = tmp_path / "short.tar"
    file.write_bytes(content[: end if part < 0 else part if isinstance(part, int) else int(end * part)])
    named = refused(file, target).removeprefix("short.tar: ").removeprefix("what follows ")
    assert named in (*(member.name for member in inside), "not an archive of Quanyu")


def test_a_file_that_was_taken_out_is_missed(archive: Path, target: Settings, tmp_path: Path):
    kept = [pair for pair in members(archive) if pair[0].name != "keys/master"]
    file = tmp_path / "robbed.tar"
    with tarfile.open(file, "w") as tar:
        for member, content in kept:
            tar.addfile(member, io.BytesIO(content))
    assert refused(file, target) == "robbed.tar: keys/master"


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "lake/../../evil", "postgres/data/evil", "keys//evil"])
def test_nothing_is_written_outside_the_home(archive: Path, target: Settings, tmp_path: Path, name: str):
    file = rewrite(archive, tmp_path / "evil.tar", lambda files: files.update({name: b"x"}))
    assert refused(file, target) == f"evil.tar: {name}"
    assert not Path("/tmp/evil").exists()


def test_links_are_refused(archive: Path, target: Settings, tmp_path: Path):
    file = tmp_path / "evil.tar"
    shutil.copy(archive, file)
    with tarfile.open(file, "w") as tar:
        member = tarfile.TarInfo("lake/1")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(member)
    assert refused(file, target) == "evil.tar: lake/1"


@pytest.mark.parametrize("mark", [{"schema": "9999"}, {"format": 99, "new": "field"}])
def test_an_archive_of_a_newer_version_is_refused(
    archive: Path, target: Settings, tmp_path: Path, mark: dict[str, object]
):
    def raise_mark(files: dict[str, bytes]) -> None:
        files["+"] = json.dumps(mark).encode()

    file = rewrite(archive, tmp_path / "newer.tar", raise_mark)
    with pytest.raises(Conflict, match="newer version"):
        restore(file, target)
    assert beside(target) == {"newer.tar"}


def test_an_archive_that_is_not_there_is_said_so(target: Settings, tmp_path: Path):
    with pytest.raises(NotFound, match="no such file"):
        restore(tmp_path / "nothing.tar", target)
    assert beside(target) == set()


@pytest.mark.parametrize("lost", ["month=2024-01/c*.parquet", "_delta_log/*1.json", "_delta_log"])
def test_a_missing_lake_file_stops_the_backup(live: Home, tmp_path: Path, lost: str):
    file = next((live.settings.home / "lake" / "1" / "order_lines").glob(lost))
    file.rename(tmp_path / "away")
    try:
        with pytest.raises(Conflict, match="not there") as caught:
            backup(live, tmp_path / "a.tar")
    finally:
        (tmp_path / "away").rename(file)
    assert "order_lines" in str(caught.value.received)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_of_an_older_schema_is_brought_up_to_date(tmp_path: Path):
    settings = Settings(tmp_path / "old", None, memory=1 << 30, threads=2)
    attachment = launcher.attach(settings.home)
    database = Database(attachment.address.parameters)
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrating.__file__).parents[2] / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    (settings.home / "home.json").write_text('{"format": 1}')
    old = Home(settings, database, Clock(settings.home), attachment)
    backup(old, tmp_path / "old.tar")
    old.close()
    again = replace(settings, home=tmp_path / "again")
    assert restore(tmp_path / "old.tar", again).schema == "0001"
    with homes.opened(again) as restored:
        assert migrating.present(restored.database) == migrating.newest()
