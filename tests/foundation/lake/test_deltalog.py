"""The tables are plain Delta tables: another reader finds the same rows, and the log tells what has landed."""

from deltalake import DeltaTable

from quanyu.foundation.lake.compaction import compact
from quanyu.foundation.lake.deltalog import files_at


def alone(bench, table, version: int | None = None, **more):
    """Return the rows as the Delta library reads them without us."""
    published = bench.vector(table)[table.name].version if version is None else version
    delta = DeltaTable(str(bench.lake.folder / table.name), version=published)
    rows = delta.to_pyarrow_table(**more)
    return bench.plain(rows.select(list(bench.lake.table(table, bench.vector(table)).columns)))


def fill(bench) -> None:
    for n in (1, 2):
        months = ("2024-01", None, "a b/ü%=")
        bench.append(
            (bench.visits, [bench.visit(p, n, month) for p in (7, -3, None) for month in months]),
            (bench.cards, [bench.card(f"c{c}", n, n, n, "2024-02") for c in range(n, n + 2)]),
            (bench.notes, [{"n": n, "text": "é\n'\"" if n == 1 else None}]),
        )


def test_the_delta_library_reads_the_same_rows(bench):
    fill(bench)
    tables = (bench.visits, bench.cards, bench.notes)
    for table in tables:
        assert alone(bench, table) == bench.read(table, all_versions=True)
    compact(bench.lake, list(tables))
    for table in tables:
        assert alone(bench, table) == bench.read(table) != []


def test_the_statistics_of_a_file_hide_no_row(bench):
    fill(bench)
    for _ in range(2):
        for person in (7, -3):
            found = alone(bench, bench.visits, filters=[("person", "=", person)])
            assert found == [row for row in bench.read(bench.visits) if row[0] == person]
        assert len(alone(bench, bench.visits, filters=[("month", "=", "2024-01")])) == 6
        compact(bench.lake, [bench.visits])


def test_an_older_version_stays_what_it_was(bench):
    fill(bench)
    version = bench.vector(bench.visits)["visits"].version
    before = alone(bench, bench.visits)
    bench.append((bench.visits, [bench.visit(99)]))
    assert alone(bench, bench.visits, version) == before
    assert len(alone(bench, bench.visits)) == len(before) + 1


def test_the_table_itself_tells_the_batch_that_landed(bench):
    log = bench.lake.log(bench.visits)
    for n in (1, 2):
        number = bench.append((bench.visits, [bench.visit(n)]))
        assert log.batch() == number == bench.published_batch(bench.visits)
    with bench.lake.landing("test", [bench.visits]) as landing:
        landing.append(bench.visits, bench.rows(bench.visits, [bench.visit(3)]))
        assert log.batch() == landing.batch
    with bench.lake.landing("test", [bench.visits]):
        assert log.batch() == number == bench.published_batch(bench.visits)
    assert log.version() == bench.vector(bench.visits)["visits"].version
    assert DeltaTable(str(log.folder)).history(1)[0]["operation"] == "RESTORE"


def test_a_table_that_landed_nothing_is_back_at_its_beginning(bench):
    with bench.lake.landing("test", [bench.notes]) as landing:
        landing.append(bench.notes, bench.rows(bench.notes, [{"n": 1, "text": None}]))
    with bench.lake.landing("test", [bench.notes]):
        log = bench.lake.log(bench.notes)
        assert log.batch() == 0
        assert log.files(log.version()) == []


def test_a_folder_may_have_any_name(bench):
    fill(bench)
    version = bench.vector(bench.visits)["visits"].version
    for name in ("plain", "with space", "100% wool", "全域 ü", "a#b?c"):
        moved = bench.lake.folder.parent / name
        bench.lake.folder.rename(moved)
        found = files_at(moved / "visits", version)
        assert set(found) == {str(path) for path in (moved / "visits").rglob("*.parquet")}, name
        moved.rename(bench.lake.folder)


def test_partitions_list_their_files(bench):
    fill(bench)
    log = bench.lake.log(bench.visits)
    partitions = log.partitions(bench.vector(bench.visits)["visits"].version)
    assert set(partitions) == {"2024-01", None, "a b/ü%="}
    assert {sum(file["num_records"] for file in files) for files in partitions.values()} == {6}
    (files,) = bench.lake.log(bench.notes).partitions(bench.vector(bench.notes)["notes"].version).values()
    assert len(files) == 2


def test_many_commits_with_checkpoints_lose_nothing(bench):
    log = bench.lake.log(bench.notes)
    for n in range(3):
        bench.append((bench.notes, [{"n": n, "text": None}]))
    DeltaTable(str(log.folder)).create_checkpoint()
    bench.append((bench.notes, [{"n": 3, "text": None}]))
    assert [row[0] for row in alone(bench, bench.notes)] == [0, 1, 2, 3]
    assert log.batch() == bench.published_batch(bench.notes)


def test_files_removed_long_ago_are_deleted_once(bench):
    fill(bench)
    compact(bench.lake, [bench.visits])
    log = bench.lake.log(bench.visits)
    assert log.vacuum((), hours=1) == 0
    assert log.vacuum((), hours=0) > 0
    assert log.vacuum((), hours=0) == 0
