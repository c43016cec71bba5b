"""What is true of the people: kept apart from all that the company's systems know, for grading alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quanyu.simulator import findings, identifiers
from quanyu.simulator.accounts import KINDS
from quanyu.simulator.blocks import Block
from quanyu.simulator.browsing import SURFACES
from quanyu.simulator.contact import CHANNELS, message_effects, message_numbers
from quanyu.simulator.draws import uniform
from quanyu.simulator.moments import BUYERS, Columns, buyer_ids
from quanyu.simulator.people import SALES_CHANNELS, STAGES
from quanyu.simulator.records import PHONE_DIRT
from quanyu.simulator.world import World

TABLES = ("people", "records", "buyers", "devices", "orders", "messages", *identifiers.TABLES)
_TRAITS = (
    *("person", "household", "kind", "woman", "birth_year", "stage", "city", "store", "distance", "persona", "price"),
    *("sensitivity", "rate", "arrival", "leaving", "openness", "effect", "harmed"),
)


def write_truth(folder: Path, blocks: Sequence[Mapping[str, Columns]], label: str) -> None:
    """Write what `truth_of` these blocks says to `folder/<table>/<label>.parquet`."""
    for name in TABLES:
        (folder / name).mkdir(parents=True, exist_ok=True)
        whole = pa.concat_tables([pa.table(dict(block[name])) for block in blocks])
        pq.write_table(whole, folder / name / f"{label}.parquet", compression="zstd")


def write_links(connection: duckdb.DuckDBPyConnection, folder: Path, label: str) -> None:
    """Write which person each record is, by the ids of the files, to `folder/links/<label>.parquet`.

    And to `keys` what would join these records had no dirt touched the files. The connection is one of `open_writer`. A
    device of a household is in as many rows as have used it.
    """
    for name in ("records", "buyers", "devices", *identifiers.TABLES):
        connection.read_parquet(str(folder / name / f"{label}.parquet")).create_view(f"truth_{name}", replace=True)
    for name in ("links", "keys"):
        query = files("quanyu.simulator.sources").joinpath(f"{name}.sql").read_text(encoding="utf-8")
        (folder / name).mkdir(exist_ok=True)
        connection.execute(f"copy ({query}) to '{folder / name / label}.parquet' (format parquet, compression zstd)")


def write_findings(folder: Path, world: World) -> None:
    """Write what was planted, and what the codes of the tables mean."""
    planted = {name.lower(): value for name, value in vars(findings).items() if name.isupper()}
    goods = world.catalogue
    planted |= {"starter_sku": int(goods.starter), "decoy_sku": int(goods.decoy)}
    told = {
        "arguments": {**asdict(world.arguments), "until": world.arguments.until.isoformat()},
        "findings": planted,
        "codes": {
            "account": KINDS,
            "channel": SALES_CHANNELS,
            "message_channel": CHANNELS,
            "surface": SURFACES,
            "stage": STAGES,
            "phone_dirt": PHONE_DIRT,
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "findings.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def truth_of(world: World, block: Block) -> dict[str, Columns]:
    """Return the tables of the truth about a block."""
    return {
        "people": _people(world, block),
        "records": _records(world, block),
        "buyers": _buyers(world, block),
        "devices": _devices(world, block),
        "orders": _orders(world, block),
        "messages": _messages(world, block),
        **identifiers.identifiers_of(world, block),
    }


def _people(world: World, block: Block) -> Columns:
    """Latent traits; `expected_ahead` is how many purchases the days ahead would bring if nobody were written to."""
    people, inside = block.people, block.inside(world)
    arms = (uniform(world.arguments.seed, "cadence", people.person) * (1 + len(findings.CADENCE))).astype(np.int8)
    columns = {name: getattr(people, name) for name in _TRAITS}
    ahead = block.shopping.rate[:, world.arguments.days :]
    columns |= {"cadence_arm": arms, "expected_ahead": ahead.sum(axis=1), "favourite": people.taste.argmax(axis=1)}
    return {name: column[inside] for name, column in columns.items()}


def _records(world: World, block: Block) -> Columns:
    """Which person each account is, and what its phone should be."""
    records = block.records
    inside = block.inside(world)[records.who]
    columns = {
        "account": records.account.astype(np.int8),
        "key": records.key,
        "person": block.people.person[records.who],
        "store": block.people.store[records.who],
        "phone": records.phone,
        "true_phone": records.true_phone,
        "phone_dirt": records.phone_dirt.astype(np.int8),
        "unionid_given": records.unionid,
    }
    return {name: column[inside] for name, column in columns.items()}


def _buyers(world: World, block: Block) -> Columns:
    """Which person each id of a marketplace is: one row a channel and person who has ordered there."""
    orders, inside = block.orders, block.inside(world)
    met = np.unique(orders.who * len(BUYERS) + orders.channel)
    who, channel = met // len(BUYERS), met % len(BUYERS)
    kept = inside[who] & (channel > 0)
    person = block.people.person[who[kept]]
    return {
        "channel": channel[kept].astype(np.int8),
        "buyer": buyer_ids(world, channel[kept], person),
        "person": person,
    }


def _devices(world: World, block: Block) -> Columns:
    """Who has been seen on which device, at the first event of a visit; a device of a household has several."""
    events = block.events
    seen = events.opens & block.inside(world)[events.who]
    device, person = events.device[seen], block.people.person[events.who[seen]]
    order = np.lexsort((person, device))
    device, person = device[order], person[order]
    new = np.r_[True, (np.diff(device) != 0) | (np.diff(person) != 0)][: len(order)]
    return {"device": device[new], "person": person[new]}


def _orders(world: World, block: Block) -> Columns:
    orders = block.orders
    inside = block.inside(world)[orders.who]
    columns = {
        "number": orders.number,
        "person": block.people.person[orders.who],
        "channel": orders.channel.astype(np.int8),
        "receiver_kind": orders.receiver.astype(np.int8),
    }
    return {name: column[inside] for name, column in columns.items()}


def _messages(world: World, block: Block) -> Columns:
    """What each message truly added to the daily rate of purchase while it worked, beside what it met."""
    messages, people = block.messages, block.people
    inside = block.inside(world)[messages.who]
    columns = {
        "number": message_numbers(world.arguments.seed, people, messages),
        "person": people.person[messages.who],
        "campaign": messages.campaign.astype(np.int32),
        "effect": message_effects(people, messages),
        "rate_alone": block.shopping.rate[messages.who, messages.day],
    }
    return {name: column[inside] for name, column in columns.items()}
