"""A tick of journeys: sets that move in one transaction, beside the same step on rows in PostgreSQL.

    python benchmarks/bench_journeys.py [--customers 10000000] [--inside 5000000] [--journeys 50] [--among 1000000]
                                        [--profile]

The step: three conditions of which a third of the values is unknown, suppression, quiet hours, a cap of which a fifth
is full, lights and consent of two channels, and the batches for the outbox; committed durably. Who stands in which
journey, and who has which values, is drawn at random. Rows have the best form that we know: a table of what is asked
about customers, one of who stands where, narrow types, fresh statistics; one statement for batches, one for steps.
That both write to the same number of customers by each account is asserted before the times are printed. With
--profile the tick of many journeys is told by share, of its parts and of its functions; it takes longer so.
"""

import argparse
import cProfile
import pstats
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

TEXTS, MAILS = 0.7, 0.4
"""Shares of customers who have a phone, and an address."""
AS_OF = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PACK = """pack: retail
tags:
"""
TAG = """  - name: {name}
    title: {{en: {name}, zh: {name}}}
    description: {{en: A tag., zh: 一个标签。}}
    family: traits
    type: {type}
    field: {field}
"""
TAGS = (
    ("frequency", "integer", "orders.frequency"),
    ("monetary", "money", "orders.monetary"),
    ("last_purchase", "date", "orders.last_purchase"),
    ("city", "code", "identity.city"),
)
CONTENT = """name: hello
title: {en: Hello, zh: 你好}
languages: [zh]
channels:
  sms: {zh: {text: "您好"}}
  email: {zh: {subject: "您好", text: "您好"}}
"""
JOURNEY = """name: {name}
title: {{en: Play, zh: 演练}}
purpose: marketing
start: {{call: {{}}}}
steps:
  - {{step: before, wait: {{days: 1}}}}
  - step: chosen
    branch:
      if:
        all:
          - {{tag: frequency, is: ">=", value: {frequency}}}
          - {{tag: monetary, is: "<", value: {monetary}}}
          - {{tag: last_purchase, is: ">=", value: 2025-06-01}}
      then: hello
      otherwise: end
  - {{step: hello, send: {{content: hello, by: [texts, mails]}}}}
  - {{step: after, wait: {{days: 3}}}}
"""
POLICY = """quiet: {from: "22:00", until: "09:00", purposes: [marketing]}
caps: [{most: 2, days: 7}]
suppress: {far: {rule: {tag: city, is: "=", value: C7}}}
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--customers", type=int, default=10_000_000)
    arguments.add_argument("--inside", type=int, default=5_000_000)
    arguments.add_argument("--journeys", type=int, default=50)
    arguments.add_argument("--among", type=int, default=1_000_000, help="customers inside all of these journeys")
    arguments.add_argument(
        "--profile", action="store_true", help="tell where the tick of many journeys spends its time"
    )
    given = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="quanyu-bench-"))
    try:
        run(folder, given.customers, given.inside, given.journeys, given.among, given.profile)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(folder: Path, customers: int, inside: int, journeys: int, among: int, profiled: bool) -> None:
    from quanyu.foundation import home as homes
    from quanyu.foundation.settings import Settings

    home = homes.create(Settings.load(folder / "home"), "main", "Asia/Shanghai", "CNY")
    try:
        ws = home.workspace()
        rng = np.random.default_rng(7)
        drawn = draw(rng, customers)
        print(f"{customers:,} customers, four tags, two channels", flush=True)
        say("tags, records and addresses landed", lambda: land(ws, drawn, customers))
        say("index of tags", lambda: index(ws))
        prepare(ws)
        one_step(ws, home, drawn, customers, inside, rng)
        many_journeys(ws, customers, journeys, among, rng, profiled)
    finally:
        home.close()


def say(what: str, work: Callable[[], object]) -> float:
    started, used = time.perf_counter(), time.process_time()
    work()
    took, used = time.perf_counter() - started, time.process_time() - used
    print(f"{what}: {took:.2f} s, {used:.2f} s of processors in this process", flush=True)
    return took


PARTS = {
    "ticking.py": {"_holding": "rules answered", "_work_out": "worked out, journey by journey"},
    "running.py": {"running": "journeys and cohorts read"},
    "writing.py": {"write": "written"},
    "tallies.py": {"keep": "counts for caps written"},
    "sending.py": {"choose": "of these, who is written to"},
    "storage.py": {"to_bytes": "of these, sets put into their stored form", "from_bytes": "of these, sets read"},
    "base.py": {"execute": "of these, statements to PostgreSQL", "_commit_impl": "committed"},
}


def profile(what: str, work: Callable[[], object]) -> None:
    """Say how long it takes under a profiler, and print the shares of its parts and of what takes most by itself."""
    profiler = cProfile.Profile()
    say(f"{what}, profiled", lambda: profiler.runcall(work))
    stats = pstats.Stats(profiler)
    whole = stats.total_tt  # type: ignore[attr-defined]
    rows = [
        (Path(file).name, name, calls, own, within)
        for (file, _, name), (_, calls, own, within, _) in stats.stats.items()  # type: ignore[attr-defined]
    ]
    parts = [(PARTS[file][name], calls, within) for file, name, calls, _, within in rows if name in PARTS.get(file, {})]
    print("share of the time, with what they call:")
    for part, calls, within in sorted(parts, key=lambda each: -each[2]):
        print(f"  {within / whole:6.1%}  {part} ({calls:,} calls)")
    print("share of the time, by themselves:")
    for file, name, calls, own, _ in sorted(rows, key=lambda each: -each[3])[:15]:
        print(f"  {own / whole:6.1%}  {name} {'' if file == '~' else f'in {file}'} ({calls:,} calls)", flush=True)


def draw(rng: np.random.Generator, size: int) -> dict[str, np.ndarray]:
    """Draw skewed values that go together, a third of them unknown (-1), the cities in no order."""
    frequency = rng.geometric(0.3, size).astype(np.int32) - 1
    monetary = (frequency * rng.gamma(2.0, 5_000, size)).astype(np.int32)
    last = np.where(frequency > 0, rng.exponential(200, size), 9_000).astype(np.int32)
    return {
        "frequency": np.where(rng.random(size) < 0.3, -1, frequency).astype(np.int32),
        "monetary": np.where(rng.random(size) < 0.35, -1, monetary).astype(np.int32),
        "last_purchase": np.where(rng.random(size) < 0.3, -1, np.minimum(last, 5_000)).astype(np.int32),
        "city": (rng.zipf(1.6, size) % 300).astype(np.int16),
        "texts": rng.random(size) < TEXTS,
        "mails": rng.random(size) < MAILS,
        "had": rng.choice(np.array([0, 1, 2, 3], np.int8), size, p=[0.5, 0.3, 0.15, 0.05]),
    }


def land(ws, drawn: dict[str, np.ndarray], size: int) -> None:
    """Write what a run of tags and the imports before it would have left."""
    from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES
    from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS, population
    from quanyu.foundation.sets.algebra import OrdinalSet
    from quanyu.foundation.sets.storage import to_bytes
    from quanyu.targeting.tags.model import TagRun
    from quanyu.targeting.tags.packs import apply, standing
    from quanyu.targeting.tags.runs import save_run
    from quanyu.targeting.tags.tables import customer_tags

    apply(ws, PACK + "".join(TAG.format(name=n, type=t, field=f) for n, t, f in TAGS))
    ordinals = pa.array(np.arange(size))
    told = {name: pa.array(drawn[name], mask=drawn[name] < 0) for name in ("frequency", "monetary", "last_purchase")}
    day = np.datetime64("2026-03-09") - np.maximum(drawn["last_purchase"], 0)
    told["last_purchase"] = pa.array(day.astype("datetime64[D]"), pa.date32(), mask=drawn["last_purchase"] < 0)
    told["city"] = pa.array([f"C{n}" for n in range(300)]).take(pa.array(drawn["city"]))
    pack = standing(ws)
    table = customer_tags(pack)
    rows = {"customer": ordinals, **told}
    tags = pa.table(
        {n: (rows[n] if n in rows else pa.nulls(size)).cast(table.schema.field(n).type) for n in table.schema.names}
    )
    records = filled(RECORDS, size, record=ordinals, source=constant("club", size), observed_at=constant(AS_OF, size))
    whose = filled(CUSTOMER_OF_RECORD, size, record=ordinals, customer=ordinals)
    held = [filled(ADDRESSES, int(drawn[by].sum()), record=pa.array(np.flatnonzero(drawn[by])),
                   source=constant("club", int(drawn[by].sum())), channel=constant(channel, int(drawn[by].sum())))
            for by, channel in (("texts", "sms"), ("mails", "email"))]  # fmt: skip
    bases = pa.Table.from_pylist(
        [{"source": "club", "purpose": "marketing", "channel": channel} for channel in ("sms", "email")],
        schema=LEGAL_BASES.schema,
    )
    people = {"epoch": 1, "records": size, "customers": size, "alive": to_bytes(OrdinalSet.first(size))}
    landed = {
        table: tags,
        RECORDS: records,
        CUSTOMER_OF_RECORD: whose,
        ADDRESSES: pa.concat_tables(held),
        LEGAL_BASES: bases,
    }
    with ws.lake.landing("tags", tuple(landed)) as landing, ws.begin() as connection:
        for each, content in landed.items():
            landing.replace(each, content)
        save_run(ws, connection, TagRun(0, AS_OF, ws.time_zone, pack.hash, 1, size, AS_OF, packs={"retail": 1}), {})
        connection.execute(sa.insert(population).values(workspace=ws.number, **people))
        landing.publish(connection)


def constant(value: object, size: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), size)


def filled(table, size: int, **columns: pa.Array) -> pa.Table:
    schema = table.schema
    return pa.table({n: columns.get(n, pa.nulls(size)).cast(schema.field(n).type) for n in schema.names})


def index(ws) -> None:
    from quanyu.targeting.tags.indexing import build

    assert build(ws) is not None


def prepare(ws) -> None:
    from quanyu.customers.ingest.tables import source
    from quanyu.engagement.channels.accounts import add
    from quanyu.engagement.channels.model import Account
    from quanyu.engagement.content.definitions import apply as apply_content
    from quanyu.engagement.journeys import policy

    for name, channel in (("texts", "sms"), ("mails", "email")):
        add(ws, Account(name, "webhook", channel, {"url": "http://127.0.0.1:1/"}, {}))
    apply_content(ws, CONTENT)
    policy.apply(ws, POLICY)
    basis = {"basis": "consent", "purposes": ["marketing"], "channels": ["sms", "email"]}
    with ws.begin() as connection:
        values = {"name": "club", "mapping": "", "legal_basis": basis, "registered_at": AS_OF}
        connection.execute(sa.insert(source).values(workspace=ws.number, **values))
    ws.clock.move(AS_OF - ws.clock.now())


def light(ws) -> None:
    from quanyu.customers.identity.people import read_people
    from quanyu.engagement.journeys import reachability
    from quanyu.targeting.audiences import consenting

    consenting.project = lambda _: False  # addresses were landed as they are
    people = read_people(ws)
    for channel in ("sms", "email"):
        say(
            f"lights of {channel}, worked out when a day begins or data come",
            lambda c=channel: reachability.reachable(ws, people, c, "marketing"),
        )
    say("and read again", lambda: reachability.reachable(ws, people, "sms", "marketing"))


def tally(ws, had: np.ndarray) -> None:
    """Count what everybody was sent yesterday."""
    from quanyu.engagement.journeys.tallies import Tallies
    from quanyu.foundation.sets.algebra import OrdinalSet

    before = Tallies(ws, 1, ws.clock.today(ws.time_zone) - DAY)
    for number in (1, 2, 3):
        before.add(("all",), OrdinalSet.of(np.flatnonzero(had >= number)))
    with ws.begin() as connection:
        before.keep(connection)


def one_step(ws, home, drawn: dict[str, np.ndarray], size: int, inside: int, rng: np.random.Generator) -> None:
    from quanyu.engagement.channels.tables import channel_batch
    from quanyu.engagement.journeys.definitions import apply
    from quanyu.engagement.journeys.states import bring, start
    from quanyu.engagement.journeys.ticking import tick
    from quanyu.foundation.sets.algebra import OrdinalSet

    apply(ws, JOURNEY.format(name="play", frequency=1, monetary=400))
    start(ws, "play")
    whom = np.sort(rng.choice(size, inside, replace=False))
    bring(ws, "play", "all", OrdinalSet.of(whom))
    say(f"{inside:,} enter", lambda: tick(ws))
    ws.clock.move(DAY + timedelta(minutes=1))
    light(ws)
    tally(ws, drawn["had"])
    ours = say(f"a step of {inside:,} customers, sets", lambda: tick(ws))
    with ws.begin() as connection:
        query = sa.select(channel_batch.c.account, channel_batch.c.size)
        sent = {row.account: row.size for row in connection.execute(query)}
    rows, told = on_rows(home, drawn, whom)
    assert sent == told, f"answers differ: {sent} {told}"
    print(f"answers are equal: {sent}")
    print(f"a step of {inside:,} customers, rows in PostgreSQL: {rows:.2f} s, {rows / ours:.1f} times ours", flush=True)


def on_rows(home, drawn: dict[str, np.ndarray], whom: np.ndarray) -> tuple[float, dict[str, int]]:
    """Do the same step on a row for each customer; what it asks stands in columns beside him."""
    from quanyu.foundation.database.copying import copy_in

    limits = ("frequency", "monetary", "last_purchase")
    asked = {n: pa.array(drawn[n], pa.int32(), mask=drawn[n] < 0) for n in limits}
    asked |= {"city": pa.array(drawn["city"], pa.int16())}
    asked |= {n: pa.array(drawn[n]) for n in ("texts", "mails")} | {"had": pa.array(drawn["had"].astype(np.int16))}
    people = pa.table({"customer": pa.array(np.arange(len(drawn["had"]), dtype=np.int32)), **asked})
    with home.database.begin() as connection:
        connection.execute(sa.text("create schema rows"))
        connection.execute(sa.text(
            "create table rows.person (customer int, frequency int, monetary int, last_purchase int, city smallint,"
            " texts bool, mails bool, had smallint)"))  # fmt: skip
        connection.execute(
            sa.text("create table rows.inside (customer int, step smallint, due timestamptz) with (fillfactor = 50)")
        )
        connection.execute(sa.text("create table rows.outbox (customer int, account smallint, due timestamptz)"))
        copy_in(connection, "rows.person", people)
        copy_in(
            connection,
            "rows.inside",
            pa.table(
                {
                    "customer": pa.array(whom.astype(np.int32)),
                    "step": pa.repeat(pa.scalar(1, pa.int16()), len(whom)),
                    "due": pa.repeat(pa.scalar(AS_OF, pa.timestamp("us", "UTC")), len(whom)),
                }
            ),
        )
        for table, key in (("person", "customer"), ("inside", "customer")):
            connection.execute(sa.text(f"alter table rows.{table} add primary key ({key})"))
    with home.database.begin() as connection:
        for table in ("person", "inside"):
            connection.execute(sa.text(f"analyze rows.{table}"))
        connection.execute(sa.text("set local max_parallel_workers_per_gather = 2"))
    started = time.perf_counter()
    with home.database.begin() as connection:
        connection.execute(sa.text("set local work_mem = '1GB'"))
        connection.execute(
            sa.text("""
            insert into rows.outbox
            select p.customer, case when texts then 1 else 2 end, now()
            from rows.inside i join rows.person p using (customer)
            where i.step = 1 and frequency >= 1 and monetary < 40000 and last_purchase <= 281 and city <> 7
              and (texts or mails) and had < 2""")
        )
        connection.execute(
            sa.text("""
            update rows.inside i
            set step = case when frequency >= 1 and monetary < 40000 and last_purchase <= 281 then 2 else 9 end,
                due = now() + interval '3 days' from rows.person p where p.customer = i.customer and i.step = 1""")
        )
    took = time.perf_counter() - started
    with home.database.begin() as connection:
        found = connection.execute(sa.text("select account, count(*) from rows.outbox group by account")).all()
        connection.execute(sa.text("drop schema rows cascade"))
    return took, {{1: "texts", 2: "mails"}[account]: many for account, many in found}


def many_journeys(ws, size: int, journeys: int, among: int, rng: np.random.Generator, profiled: bool) -> None:
    from quanyu.engagement.journeys.definitions import apply
    from quanyu.engagement.journeys.states import bring, start, stop
    from quanyu.engagement.journeys.ticking import tick
    from quanyu.foundation.sets.algebra import OrdinalSet

    stop(ws, "play")
    groups = np.array_split(rng.permutation(size)[:among], journeys)
    for number, group in enumerate(groups):
        name = f"journey_{number}"
        apply(ws, JOURNEY.format(name=name, frequency=1 + number % 4, monetary=300 + number))
        start(ws, name)
        bring(ws, name, "all", OrdinalSet.of(np.sort(group)))
    say(f"{among:,} enter {journeys} journeys", lambda: tick(ws))
    ws.clock.move(DAY + timedelta(minutes=1))
    light(ws)
    due = f"a tick of {journeys} journeys with {among:,} customers inside, all due"
    if profiled:
        profile(due, lambda: tick(ws))
    else:
        say(due, lambda: tick(ws))
    say("a tick in which nothing is due", lambda: tick(ws))


if __name__ == "__main__":
    main()
