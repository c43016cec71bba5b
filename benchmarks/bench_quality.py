"""The survey of N customer records of five sources, with sealed names, births, phones and e-mails; beside its limit.

    python benchmarks/bench_quality.py [--records 2000000] [--keep FOLDER]

The limit beside it is DuckDB counting the same plain columns once, which opens nothing and links nobody.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
PORTION = 250_000  # records written at once
PLAIN = """select range as record, 's' || (range % 5) as source, 'China' as country,
    ['浙江省', '上海市', '广东省', '北京市', null][(1 + hash(range) % 5)::bigint] as province,
    'city ' || (hash(range * 3) % 300) as city, ['f', 'm', null][(1 + hash(range * 5) % 3)::bigint] as gender,
    (1950 + hash(range * 7) % 60)::int as birth_year, 'M' || (hash(range * 11) % 5) as level,
    'S' || (hash(range * 13) % 900) as store, 'active' as status,
    timestamptz '2020-01-01' + interval 1 second * (hash(range * 17) % 180000000)::bigint as registered_at,
    range as content_hash, timestamptz '2026-02-01' as observed_at,
    (1 + (range % 10 = 9)::int)::bigint as import_number
    from range({start}, {stop})"""
PRIVATE = """select range as record, 'phone' as type, 'global' as scope,
        '+8613' || lpad((hash(range // 2) % 1000000000)::varchar, 9, '0') as value from range({start}, {stop})
    union all select range, 'email', 'global', 'u' || range || '@heyuan.cn'
        from range({start}, {stop}) where range % 4 = 0"""
ATTRIBUTES = """select range as record, 'name' as type, '' as scope, '王' || chr(19968 + (range % 5000)::int) as value
        from range({start}, {stop})
    union all select range, 'birth_date', '', (date '1950-01-01' + (hash(range) % 20000)::int)::varchar
        from range({start}, {stop}) where range % 2 = 0"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--records", type=int, default=2_000_000)
    arguments.add_argument("--keep", type=Path, help="work here and keep everything")
    arguments.add_argument("--step", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.step:
        print(json.dumps({"write": write, "survey": survey, "limit": limit}[given.step](given.keep, given.records)))
        return
    folder = given.keep or Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    try:
        if not (folder / "home").exists():
            child("write", folder, given.records)
        found, least = (child(step, folder, given.records) for step in ("survey", "limit"))
    finally:
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    rate = given.records / found["seconds"]
    print(f"{'survey':32}{found['seconds']:8.1f} s{found['peak']:8,.0f} MB{rate:12,.0f} rows/s"
          f", {found['worked']:.1f} s of processor time")  # fmt: skip
    print(f"{'  of it plain columns only':32}{found['plain']:8.1f} s")
    print(f"{'DuckDB, plain columns, counted':32}{least['seconds']:8.1f} s{least['peak']:8,.0f} MB")
    print(f"{found['fields']} fields of {found['parts']} sources; 10 million records would take about "
          f"{found['seconds'] / given.records * 10_000_000:,.0f} s (bar: 60 s)")  # fmt: skip


def child(step: str, folder: Path, records: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--step", step, "--keep", str(folder), "--records", str(records)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{step} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write(folder: Path, records: int) -> dict[str, float]:
    """Write records and sealed values as landings would have, without files and identifiers in the database."""
    import duckdb
    import ibis
    import pyarrow as pa

    from quanyu.customers.identity.private import seal_values
    from quanyu.customers.identity.tables import RECORDS, RECORDS_PRIVATE
    from quanyu.foundation import home as homes
    from quanyu.foundation.kinds import Delivery
    from quanyu.foundation.settings import Settings

    home = homes.create(Settings.load(folder / "home"), "main", "UTC", "CNY")
    ws, plain = home.workspace(), duckdb.connect()
    with ws.lake.landing("bench", [RECORDS, RECORDS_PRIVATE]) as landing, ws.begin() as connection:
        delivery = Delivery(ws, connection, landing, "s0", 1, "CNY", 1, ibis.memtable({"x": [1]}), [])
        for start in range(0, records, PORTION):
            span = {"start": start, "stop": min(records, start + PORTION)}
            rows = plain.execute(PLAIN.format(**span)).to_arrow_table()
            for field in RECORDS.schema:
                if field.name not in rows.column_names:
                    rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
            landing.append(RECORDS, rows.select(RECORDS.schema.names).cast(RECORDS.schema), supersedes=False)
            seal_values(delivery, plain.execute(PRIVATE.format(**span)).to_arrow_table())
            seal_values(delivery, plain.execute(ATTRIBUTES.format(**span)).to_arrow_table(), attributes=True)
        landing.publish(connection)
    home.close()
    return {"seconds": 0, "peak": peak()}


def survey(folder: Path, records: int) -> dict[str, float]:
    from quanyu.customers.identity.landing import CUSTOMER_RECORD
    from quanyu.customers.quality.surveying import take_survey
    from quanyu.foundation import home as homes
    from quanyu.foundation.settings import Settings

    home = homes.open_home(Settings.load(folder / "home"))
    started, worked = time.perf_counter(), time.process_time()
    found = take_survey(home.workspace(), [CUSTOMER_RECORD], as_of=AS_OF)
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    top = peak()
    started = time.perf_counter()
    take_survey(home.workspace(), [replace(CUSTOMER_RECORD, takes_identifiers=False)], as_of=AS_OF)
    plain = time.perf_counter() - started
    assert sum(part.rows for part in found.parts) == records
    assert all(part.links.linked > 0 for part in found.parts)
    home.close()
    fields = len(found.parts[0].fields)
    figures = {"seconds": seconds, "worked": worked, "plain": plain, "peak": top}
    return {**figures, "fields": fields, "parts": len(found.parts)}


def limit(folder: Path, _: int) -> dict[str, float]:
    import duckdb

    files = f"{folder}/home/lake/*/records/**/*.parquet"
    connection = duckdb.connect(config={"threads": 2})
    started = time.perf_counter()
    counted = f"select source, count(columns(* exclude (source))) from read_parquet('{files}') group by 1"
    connection.execute(counted).fetchall()
    return {"seconds": time.perf_counter() - started, "peak": peak()}


if __name__ == "__main__":
    main()
