"""Homes of the simulated company that live on: what its people do comes in day by day, and a copy lives otherwise."""

import csv
import resource
import shutil
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import sqlalchemy as sa
import yaml

from quanyu.app.house import House, refresh
from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.tables import record, record_customer
from quanyu.customers.ingest.importing import import_files
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.reading import read_file
from quanyu.engagement.channels.receiving import receive
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.channels.tables import channel_batch
from quanyu.engagement.channels.telling import tell
from quanyu.engagement.journeys.counting import count
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation import home as homes
from quanyu.foundation.clock import Clock
from quanyu.foundation.settings import Settings
from quanyu.foundation.workspace import Workspace
from quanyu.simulator.arguments import Arguments
from quanyu.simulator.recipients import COLUMNS, TEXT
from quanyu.simulator.respond import respond
from quanyu.targeting.experiments.terms import in_force

DAILY = ("pos_south", "pos_north", "mini_program", "site", "aftersales")
"""Systems whose files come in afterwards: the company's own. Who buys at a marketplace alone cannot be written to."""


@dataclass
class Life:
    """A home whose company lives on: `brought` are the days ahead of which its files have come in."""

    house: House
    ws: Workspace
    company: Path
    arguments: Arguments
    folder: Path
    brought: int = 0

    @property
    def messages(self) -> Path:
        """Write all messages so far into one file, and return it."""
        file = self.folder / "messages.csv"
        rows = [row for _, each in sent(self.ws) for row in each]
        write_messages(file, rows)
        return file


def write_messages(file: Path, rows: Sequence[dict[str, str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        names: list[str] = [*COLUMNS, TEXT]
        writer = csv.DictWriter(out, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return file


def sent(ws: Workspace) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Yield the messages of each file that a channel has written, with the journey that they are of."""
    b = channel_batch.c
    with ws.begin() as connection:
        keys = dict(connection.execute(sa.select(b.number, b.key)).all())
    for file in sorted((ws.settings.home / "channels").rglob("*.csv")):
        if file.name.startswith("."):
            continue
        with file.open(encoding="utf-8", newline="") as rows:
            yield keys[int(file.name.partition("-")[0])].partition("/")[0], list(csv.DictReader(rows))


def noon(arguments: Arguments, day: int) -> datetime:
    """Return a moment after ten o'clock in China, so many days after the company's last."""
    begins = datetime.combine(arguments.until, datetime.min.time(), UTC) + timedelta(hours=2, minutes=1)
    return begins + timedelta(days=day + 1)


def at(clock: Clock, instant: datetime) -> None:
    clock.move(instant - clock.now())


@contextmanager
def lived(home: Path, company: Path, arguments: Arguments, folder: Path) -> Generator[Life]:
    opened = homes.open_home(Settings.load(home))
    began = cpu()
    try:
        folder.mkdir(exist_ok=True)
        yield Life(House(opened), opened.workspace(), company, arguments, folder)
    finally:
        opened.close()
        print(f"{folder.name}: {cpu() - began:,.0f} s of processors", file=sys.stderr, flush=True)


def cpu() -> float:
    """Return the processor seconds of this process and of those that it has waited for."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def all_rows(life: Life) -> list[dict[str, str]]:
    return [row for _, rows in sent(life.ws) for row in rows]


def live(life: Life, days: Sequence[int], every: int = 1) -> None:
    """Do what the worker does on each of these days: bring in what has happened since, move everybody, deliver.

    With `every`, files come in on every so many of them only, and tags are computed then.
    """
    for place, day in enumerate(days):
        at(life.ws.clock, noon(life.arguments, day))
        if place % every == 0:
            bring(life, day)
            refresh(life.ws)
        tick(life.ws)
        with Delivery(life.ws, installed(), INSTALLED) as delivery:
            delivery.deliver(10.0)
        tell(life.ws)


def bring(life: Life, day: int) -> None:
    """Import what happened on the days before this one that has not come in yet."""
    if day <= life.brought:
        return
    out = life.folder / f"days-{day}"
    respond(life.arguments, life.messages, out, life.folder / f"truth-{day}", day, 1, since=life.brought)
    take_in(life, out)
    receive(life.ws, read_file(out / "responses.csv", installed().get("simulated"), life.ws.time_zone))
    life.brought = day
    shutil.rmtree(out)


def take_in(life: Life, out: Path) -> None:
    """Import the files of a folder by the company's own mappings."""
    for mapping in sorted(life.company.glob("*/*.yaml")):
        here = out / mapping.relative_to(life.company)
        if here.parent.name not in DAILY:
            continue
        pattern = yaml.safe_load(mapping.read_text("utf-8"))["files"]
        if here.parent.is_dir() and any(here.parent.glob(pattern)):
            shutil.copyfile(mapping, here)
            import_files(life.ws, life.house.mapping(life.ws, here))


@contextmanager
def twin(life: Life, base: Path, name: str, messages: Path) -> Generator[Life]:
    """Yield a copy of the home as it was on the company's last day, in which only these messages were ever answered."""
    home, out = life.folder / f"home-{name}", life.folder / f"twin-{name}" / "out"
    for left in (home, out.parent):  # by one who was interrupted
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(base, home)
    with lived(home, life.company, life.arguments, life.folder / f"twin-{name}") as other:
        at(other.ws.clock, life.ws.clock.now())
        respond(life.arguments, messages, out, other.folder / "truth", life.brought, 1)
        take_in(other, out)
        recognise(other.ws)
        yield other
    shutil.rmtree(home)


def counted_there(life: Life, other: Life, assigned: pa.Table, days: int) -> pa.Table:
    """Count the same customers in the other home, which knows the same records: what they spent, by customer here."""
    tables = {"here": records_of(life.ws), "there": records_of(other.ws), "assigned": assigned}
    pairs = asked(
        "select distinct here.customer, there.customer as other from here join there using (key) join assigned on "
        "assigned.customer = here.customer",
        **tables,
    )
    those = asked(
        "select other as customer, any_value(arm) as arm, any_value(day) as day from pairs join assigned using "
        "(customer) group by other",
        pairs=pairs,
        assigned=assigned,
    )
    rows = count(other.ws, those, days, in_force(other.ws)).rows
    return asked(
        "select pairs.customer, sum(spent) as spent, sum(discount) as discount from pairs join rows on "
        "rows.customer = pairs.other group by pairs.customer",
        pairs=pairs,
        rows=rows,
    )


def asked(query: str, **tables: pa.Table) -> pa.Table:
    connection = duckdb.connect()
    for name, table in tables.items():
        connection.register(name, table)
    return connection.execute(query).to_arrow_table()


def records_of(ws: Workspace) -> pa.Table:
    """Return who each record is, by what it is called in its source, which is the same in every copy of a home."""
    query = sa.select(record.c.key_hash, record_customer.c.customer).join_from(
        record, record_customer, record.c.record == record_customer.c.record
    )
    with ws.begin() as connection:
        rows = connection.execute(query).all()
    return pa.table({"key": [str(row.key_hash) for row in rows], "customer": [row.customer for row in rows]})


def difference(mine: pa.Table, theirs: pa.Table, column: str) -> float:
    """Return by how much more those who entered have of it here than there, in all."""
    query = f"select sum(mine.{column} - coalesce(theirs.{column}, 0)) from mine left join theirs using (customer) "
    found = asked(query + "where arm = 'entered'", mine=mine, theirs=theirs)
    return float(found.column(0)[0].as_py())
