"""The integers of a block as tables, each with the part of the files that its rows belong to."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quanyu.simulator.accounts import APP, CARD, KINDS, MINI, SECOND_CARD, TMALL_MEMBER, WEB, WECOM
from quanyu.simulator.aftermath import coupons_of, returns_of, sales_of
from quanyu.simulator.baskets import GIFT, VIRTUAL, Lines
from quanyu.simulator.blocks import Block
from quanyu.simulator.browsing import EVENTS, SURFACES
from quanyu.simulator.contact import CHANNELS, SMS, message_keys, message_numbers, opens_after
from quanyu.simulator.draws import hashed, uniform
from quanyu.simulator.moments import ACCOUNT_OF_MESSAGE, BUYERS, Part, buyer_ids, by_span, moment, seconds_of_day
from quanyu.simulator.people import (
    DOUYIN,
    SALES_CHANNELS,
    TMALL_FLAGSHIP,
    TMALL_OUTLET,
    Flags,
    Integers,
)
from quanyu.simulator.phones import NONE, virtual_number
from quanyu.simulator.records import unionids
from quanyu.simulator.world import World

_NOON_AND_EVENING = np.array([0] * 9 + [1, 4, 5, 3, 1, 1, 1, 2, 3, 4, 5, 3, 1, 0, 0], np.float64)
_LOGIN = len(EVENTS)  # the kind of a row that tells of a log-in


def tables_of(world: World, block: Block) -> dict[str, Part]:
    """Return name → (parts, part of each row, columns) for all that the block writes into files."""
    return {
        "records": _records(world, block),
        "lines": lines_of(world, block),
        "events": _events(world, block),
        "messages": _messages(world, block),
        "returns": returns_of(world, block),
        "coupons": coupons_of(world, block),
        "sales": sales_of(world, block),
    }


def write_parts(folder: Path, name: str, pieces: Sequence[Part], label: str) -> int:
    """Write the rows of each part to a file of its own, `folder/name/part/label.parquet`; return how many there are."""
    parts, part = pieces[0][0], np.concatenate([piece[1] for piece in pieces]).astype(np.int16)
    order = np.argsort(part, kind="stable")
    columns = {key: pa.array(np.concatenate([piece[2][key] for piece in pieces])[order]) for key in pieces[0][2]}
    # What may be NULL is written with levels beside it, which takes as long again.
    table = pa.table(columns, pa.schema([pa.field(key, column.type, False) for key, column in columns.items()]))
    edges = np.searchsorted(part[order], np.arange(len(parts) + 1))
    for number, (first, last) in enumerate(pairwise(edges)):
        if first < last:
            path = folder / name / parts[number]
            path.mkdir(parents=True, exist_ok=True)
            rows = table.slice(first, last - first)
            with pa.OSFile(str(path / f"{label}.parquet"), "wb") as target:
                pq.write_table(
                    rows,
                    target,
                    compression="lz4",
                    use_dictionary=False,
                    write_statistics=False,
                    store_schema=False,
                    write_batch_size=1 << 16,
                )
    return len(part)


def _person_columns(block: Block, who: Integers) -> dict[str, NDArray[np.generic]]:
    people = block.people
    return {
        "surname": people.surname[who].astype(np.int16),
        "given0": people.given[who, 0].astype(np.int16),
        "given1": people.given[who, 1].astype(np.int16),
        "city": people.city[who].astype(np.int16),
        "district": people.district[who].astype(np.int16),
        "address": people.address[who],
    }


def _records(world: World, block: Block) -> Part:
    records, people, seed = block.records, block.people, world.arguments.seed
    inside = block.inside(world)[records.who]
    who = records.who
    person = people.person[who]
    referrer = people.referrer[who]
    refers = (referrer >= 0) & (records.account == MINI)
    refers &= block.accounts.since[np.maximum(referrer, 0), MINI] < records.day
    refers &= block.inside(world)[np.maximum(referrer, 0)]
    deleted = np.where(records.account == WECOM, block.accounts.deleted[who], 1 << 20)
    gone = deleted < world.arguments.days
    columns = {
        "key": records.key,
        "moment": moment(world, records.day, records.second),
        **_person_columns(block, who),
        "woman": people.woman[who],
        "style": records.style.astype(np.int8),
        "sex": records.sex.astype(np.int8),
        "birthday": records.birthday.astype(np.int32),
        "phone": records.phone,
        "true_phone": records.true_phone,
        "phone_dirt": records.phone_dirt.astype(np.int8),
        "has_email": records.has_email,
        "has_address": records.has_address,
        "unionid": np.where(records.unionid, unionids(seed, person), 0).astype(np.uint64),
        "true_unionid": unionids(seed, person),
        "omid": np.where(records.account == TMALL_MEMBER, hashed(seed, "omid", person), 0).astype(np.uint64),
        "ouid": hashed(seed, BUYERS[TMALL_FLAGSHIP], person),
        "outlet_ouid": hashed(seed, BUYERS[TMALL_OUTLET], person),
        "open_id": hashed(seed, BUYERS[DOUYIN], person),
        "store": people.store[who].astype(np.int32),
        "guide": block.accounts.guide[who].astype(np.int32),
        "referrer": np.where(
            refers, hashed(seed, "account", (people.person[np.maximum(referrer, 0)] << 4) + MINI), 0
        ).astype(np.uint64),
        "deleted_at": np.where(gone, moment(world, deleted, records.second // 2 + 30_000), 0),
        "refuses_sms": block.accounts.refuses_sms[who],
        "excel": records.excel,
        "luck": records.luck,
    }
    part = np.where(records.account == SECOND_CARD, CARD, records.account)
    return list(KINDS), part[inside], {name: column[inside] for name, column in columns.items()}


def lines_of(world: World, block: Block, told: Flags | None = None) -> Part:
    """One row a line of an order, with its order's columns, by sales channel and month; of the orders that are told."""
    orders, lines, seed = block.orders, block.lines, world.arguments.seed
    of, who = lines.order, orders.who[lines.order]
    inside = block.inside(world)[who] & (True if told is None else told[of])
    person = block.people.person[orders.who]
    member = block.accounts.since[orders.who, TMALL_MEMBER] <= orders.day
    omid = np.where(member, hashed(seed, "omid", person), 0).astype(np.uint64)
    known = np.where(orders.carded, buyer_ids(world, orders.channel, person), 0).astype(np.uint64)
    receiver, phone = _receiver(world, block)
    listed, discount, subsidy = (
        _whole(lines, amount) for amount in (lines.price * lines.quantity, lines.discount, lines.subsidy)
    )
    header = {
        "number": orders.number,
        "moment": moment(world, orders.day, orders.second),
        "buyer": known,
        "payer": hashed(seed, "payer", person),  # the payment service's id of who paid
        "omid": omid,
        "status": orders.status.astype(np.int8),
        "store": orders.store.astype(np.int32),
        "guide": orders.guide.astype(np.int32),
        "receiver_kind": orders.receiver.astype(np.int8),
        "receiver_phone": phone,
        **_person_columns(block, receiver),
        "points": orders.points,
        "shipping": orders.shipping,
        "order_list": listed,
        "order_discount": discount,
        "order_subsidy": subsidy,
        "order_refund": _whole(lines, lines.refund),
        "kinds": np.bincount(lines.order, minlength=len(orders.key)).astype(np.int16),
        "pieces": _whole(lines, lines.quantity).astype(np.int32),
        "balance_at": np.where(orders.balance_day >= 0, moment(world, orders.balance_day, orders.second), 0),
        "luck": hashed(seed, "order luck", orders.key),
    }
    columns = {name: column[of] for name, column in header.items()}
    columns |= {
        "position": lines.position.astype(np.int16),
        "sku": lines.sku.astype(np.int32),
        "quantity": lines.quantity.astype(np.int32),
        "price": lines.price,
        "discount": lines.discount,
        "subsidy": lines.subsidy,
        "returned": lines.returned.astype(np.int32),
        "refund": lines.refund,
        "refund_at": np.where(lines.refund_day >= 0, moment(world, lines.refund_day, orders.second[of]), 0),
    }
    parts, part, columns["month"] = by_span(world, SALES_CHANNELS, orders.channel[of], orders.day[of])
    return parts, part[inside], {name: column[inside] for name, column in columns.items()}


def _whole(lines: Lines, amount: Integers) -> Integers:
    """Sum an amount over the lines of each order."""
    return np.bincount(lines.order, amount).astype(np.int64)


def _receiver(world: World, block: Block) -> tuple[Integers, Integers]:
    """Return who gets each parcel and the number given for it: a gift goes to anybody."""
    orders, seed = block.orders, world.arguments.seed
    anybody = (uniform(seed, "given to", orders.key) * len(block.people)).astype(np.int64)
    receiver = np.where(orders.receiver == GIFT, anybody, orders.who)
    phone = block.phones.on(receiver, orders.day)
    lent = virtual_number((hashed(seed, "virtual", orders.key) >> np.uint64(2)).astype(np.int64))
    return receiver, np.where(orders.receiver == VIRTUAL, lent, phone)


def _events(world: World, block: Block) -> Part:
    """Return a row an event; an order has one for each of its lines, and who logs in at the start has one for that."""
    events, orders, lines = block.events, block.orders, block.lines
    logs_in = events.opens & events.known & (events.number % np.uint64(2) == 0)
    row, line, nth = _rows_of_events(block, logs_in)
    inside = block.inside(world)[events.who[row]]
    row, line, nth = row[inside], line[inside], nth[inside]
    login = (nth == 1) & (line < 0)
    person = block.people.person[events.who]
    user = hashed(world.arguments.seed, "account", (person << 4) + np.array([WEB, APP, MINI])[events.surface])
    ordered, order = line >= 0, np.maximum(events.order[row], 0)
    listed, paid = _whole(lines, lines.price * lines.quantity), _whole(lines, lines.paid)

    def of_order(amount: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.where(ordered, amount[order], 0).astype(amount.dtype)

    def of_line(amount: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.where(ordered, amount[line], 0)

    columns = {
        "number": events.number[row] + login.astype(np.uint64),
        "moment": moment(world, events.day, events.second)[row] + login,
        "kind": np.where(login, _LOGIN, events.kind[row]).astype(np.int8),
        "sku": np.where(ordered, lines.sku[line], events.sku[row]).astype(np.int32),
        "category": events.category[row].astype(np.int16),
        "device": events.device[row],
        "account": np.where(events.known[row] & (login | ~logs_in[row]), user[row], 0).astype(np.uint64),
        "opens": events.opens[row],
        "campaign": events.campaign[row].astype(np.int32),
        "order_number": of_order(orders.number),
        "order_list": of_order(listed),
        "order_discount": of_order(listed - paid + orders.points),
        "shipping": of_order(orders.shipping),
        "position": of_line(lines.position).astype(np.int16),
        "quantity": of_line(lines.quantity).astype(np.int32),
        "price": of_line(lines.price),
    }
    parts, part, columns["month"] = by_span(world, SURFACES, events.surface[row], events.day[row])
    return parts, part, columns


def _rows_of_events(block: Block, logs_in: Flags) -> tuple[Integers, Integers, Integers]:
    """Return the event of each row, the line of its order (-1 where it is none), and its place in its event."""
    order, lines = block.events.order, block.lines
    length = np.bincount(lines.order, minlength=len(block.orders.key))
    first = np.cumsum(length) - length
    count = np.where(order >= 0, length[order], 1 + logs_in)
    row = np.repeat(np.arange(len(order)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, np.where(order[row] >= 0, first[order[row]] + nth, -1), nth


def _messages(world: World, block: Block) -> Part:
    messages, responses, seed = block.messages, block.responses, world.arguments.seed
    inside = block.inside(world)[messages.who]
    person = block.people.person[messages.who]
    second = seconds_of_day(seed, "sent", messages.campaign * 8 + messages.channel, _NOON_AND_EVENING)
    queued = (uniform(seed, "queued", message_keys(block.people, messages)) * 900).astype(np.int64)
    wait = opens_after(seed, block.people, messages)
    accounts = ACCOUNT_OF_MESSAGE[messages.channel]
    columns = {
        "number": message_numbers(seed, block.people, messages),
        "campaign": messages.campaign.astype(np.int32),
        "moment": moment(world, messages.day, second) + queued,
        "account": hashed(seed, "account", (person << 4) + accounts),
        "phone": np.where(messages.channel == SMS, _sms_phones(block)[messages.who], NONE),
        "category": messages.category.astype(np.int16),
        "offer": (messages.offer * 100).astype(np.int16),
        "delivered": responses.delivered,
        "opened_after": np.where(responses.opened, wait, 0).astype(np.int32),
        "clicked_after": np.where(responses.clicked, wait + 15, 0).astype(np.int32),
        "left": responses.left,
        "complained": responses.complained,
        "guide": block.accounts.guide[messages.who].astype(np.int32),
    }
    parts, part, columns["month"] = by_span(world, CHANNELS, messages.channel, messages.day)
    return parts, part[inside], {name: column[inside] for name, column in columns.items()}


def _sms_phones(block: Block) -> Integers:
    """Return the number that the company would write to: the card's, else the mini-program's, else the site's."""
    found = np.full(len(block.people), NONE)
    for account in (WEB, MINI, CARD):
        here = (block.records.account == account) & (block.records.phone != NONE)
        found[block.records.who[here]] = block.records.phone[here]
    return found
