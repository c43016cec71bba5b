"""Prints what it takes to choose the values of every customer among those of his records, by several policies.

python benchmarks/measure_profile.py --customers 10000000 --folder FOLDER
"""

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import ibis

from quanyu.customers.identity.golden import (
    MOST_FREQUENT,
    MOST_RECENT,
    MOST_TRUSTED,
    VERIFIED,
    GoldenPolicy,
    GoldenRule,
)
from quanyu.customers.identity.golden import written as written_rules
from quanyu.customers.identity.measures import people
from quanyu.customers.identity.policy import default_policy, golden_of
from quanyu.customers.identity.tables import GOLDEN_RULES
from quanyu.foundation.measuring import Scope

AS_OF = datetime(2026, 6, 30, tzinfo=UTC)
RECORDS_OF_ONE = 3
POLICIES = {
    "recent": GoldenPolicy({}, GoldenRule((MOST_RECENT,))),
    "retail": golden_of(default_policy()),
    "trusted": GoldenPolicy({}, GoldenRule((VERIFIED, MOST_TRUSTED), ("s1", "s3", "s0"))),
    "two frequent": GoldenPolicy({name: GoldenRule((VERIFIED, MOST_FREQUENT)) for name in ("gender", "birthday")}),
}
_RECORDS = """
copy (select r as record, 's' || (r % 5) as source, 'CN' as country, 'P' || (h % 30) as province,
        case when h % 3 > 0 then 'C' || (h % 300) end as city,
        case when h % 5 = 0 then 'D' || (h % 3000) end as district,
        case when h % 2 = 0 then 'f' when h % 7 = 0 then null else 'm' end as gender,
        case when h % 4 = 0 then 1950 + (h % 60)::int end as birth_year,
        case when h % 4 < 2 then lpad((1 + h % 12)::text, 2, '0') || '-' || lpad((1 + h % 28)::text, 2, '0') end
          as birthday,
        null::text as language, timestamptz '2020-01-01' + to_seconds(h % 100000000) as registered_at,
        'S' || (h % 500) as store, 'E' || (h % 5000) as staff, 'c' || (h % 9) as channel, 'L' || (h % 4) as level,
        'active' as status, h % 50 = 0 as verified, timestamptz '2020-01-01' + to_seconds(h % 200000000) as observed_at,
        case when h % 20 = 0 then map {'city': timestamptz '2019-01-01', 'gender': timestamptz '2019-06-01'} end
          as older_values, (h % 40)::bigint as import_number
      from (select r, (hash(r) >> 8)::bigint as h from range(COUNT) t(r))) to 'FILE' (format parquet)
"""


def main() -> None:
    given = arguments()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        engine = ibis.duckdb.connect(threads=2, memory_limit="8GB", temp_directory=folder)
        records, owners = Path(folder) / "records.parquet", Path(folder) / "owners.parquet"
        count = given.customers * RECORDS_OF_ONE
        engine.raw_sql(_RECORDS.replace("COUNT", str(count)).replace("FILE", str(records)))
        engine.raw_sql(
            f"copy (select r as record, (hash(r * 7) % {given.customers})::bigint as customer "
            f"from range({count}) t(r)) to '{owners}' (format parquet)"
        )
        tables = {"records": engine.read_parquet(records), "customer_of_record": engine.read_parquet(owners)}
        for name, policy in POLICIES.items():
            scope = Scope(tables, AS_OF, "Asia/Shanghai", terms={GOLDEN_RULES.name: written_rules(policy)})
            wall, cpu = time.perf_counter(), time.process_time()
            engine.raw_sql(f"create or replace temp table persons as {engine.compile(people(scope))}")
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            size = f"{count:,} records, {given.customers:,} customers"
            print(f"{name}: {size}: {wall:.1f} s, {cpu:.1f} s of processor, {peak:.1f} GB", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the tables lie meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    main()
