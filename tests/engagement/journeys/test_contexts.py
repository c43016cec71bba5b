"""What was told of an entry stands in the messages of that entry, and of no other, whatever happens meanwhile."""

from datetime import timedelta
from pathlib import Path

import pyarrow.csv
import pytest
import sqlalchemy as sa
from tests.conftest import delivered
from tests.engagement.conftest import AS_OF, customers_of
from tests.engagement.journeys.conftest import journey, outcomes
from tests.engagement.journeys.test_following import merge

from quanyu.engagement.channels.accounts import add
from quanyu.engagement.channels.definitions import installed
from quanyu.engagement.channels.delivering import Delivery
from quanyu.engagement.channels.model import Account
from quanyu.engagement.channels.rendering import INSTALLED
from quanyu.engagement.content.definitions import apply as apply_content
from quanyu.engagement.journeys.contexts import table_of
from quanyu.engagement.journeys.definitions import apply
from quanyu.engagement.journeys.following import move_to_survivors
from quanyu.engagement.journeys.states import bring, start, stop
from quanyu.engagement.journeys.tables import journey_context, journey_entrance
from quanyu.engagement.journeys.ticking import tick
from quanyu.foundation.errors import Invalid
from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.foundation.workspace import Workspace
from quanyu.targeting.tags.computing import compute

CONTENT = """name: cart
title: {en: Cart, zh: 购物车}
languages: [zh]
channels:
  sms: {zh: {text: "{{ entry.item | default: '商品' }}{% if entry.pieces %} {{ entry.pieces }} 件{% endif %}"}}
"""
SEND = "{step: hello, send: {content: cart, by: [texts]}}"
NOBODY = OrdinalSet.empty()


@pytest.fixture
def texts(stage: Workspace, tmp_path: Path) -> Path:
    """A journey that writes of a cart, a day after it and again two days later; its messages go into this folder."""
    add(stage, Account("texts", "file", "sms", {"folder": str(tmp_path), "format": "csv"}, {}))
    apply_content(stage, CONTENT)
    second = "{step: again, send: {content: cart, by: [texts]}}"
    apply(stage, journey("{call: {}}", SEND, "{step: w, wait: {days: 2}}", second, again="{days: 0}"))
    start(stage, "play")
    return tmp_path


def sent(ws: Workspace, folder: Path) -> list[str]:
    """Deliver, and return the texts that were written since."""
    known = set(folder.glob("*.csv"))
    with Delivery(ws, installed(), INSTALLED) as delivery:
        delivery.deliver(10.0)
    files = sorted(set(folder.glob("*.csv")) - known)
    return sorted(text for file in files for text in pyarrow.csv.read_csv(file)["text"].to_pylist())


def kept(ws: Workspace) -> set[int]:
    with ws.begin() as connection:
        return set(connection.execute(sa.select(journey_context.c.customer)).scalars())


def test_each_gets_what_was_told_of_his_own_entry(stage: Workspace, texts: Path) -> None:
    one, two, three, four = customers_of(stage, [1, 2, 4, 5])
    bring(stage, "play", "a", OrdinalSet.of([three]), [(one, {"item": "茶", "pieces": 2}), (two, {"item": "杯"})])
    bring(stage, "play", "a", NOBODY, [(four, {"item": "never"})])
    bring(stage, "play", "b", NOBODY, [(one, {"item": "second call of the same customer"})])
    tick(stage)
    assert kept(stage) == {one, two}
    assert sent(stage, texts) == ["商品", "杯", "茶 2 件"]
    bring(stage, "play", "c", NOBODY, [(one, {"item": "while he is inside"})])
    tick(stage)
    assert outcomes(stage)["start", "inside"] == {one}
    move_to_survivors(stage, merge(stage, two, four))
    stage.clock.move(timedelta(days=2, minutes=1))
    tick(stage)
    assert sent(stage, texts) == ["商品", "杯", "茶 2 件"], "told of the entry, also to the survivor"
    assert kept(stage) == set(), "nobody is inside"


def test_a_message_tells_of_the_entry_that_it_was_made_in(stage: Workspace, texts: Path) -> None:
    (one,) = customers_of(stage, [1])
    for key, item in (("a", "茶"), ("b", "杯")):
        bring(stage, "play", key, NOBODY, [(one, {"item": item})])
        tick(stage)
        stage.clock.move(timedelta(days=2, minutes=1))
        tick(stage)
        stage.clock.move(timedelta(days=7))  # so many in a week, says the policy that stands without another
    bring(stage, "play", "c", OrdinalSet.of([one]))
    tick(stage)
    assert sent(stage, texts) == ["商品", "杯", "杯", "茶", "茶"]
    bring(stage, "play", "d", NOBODY, [(one, {"item": "灯"})])
    stop(stage, "play")
    assert kept(stage) == set()


def test_what_is_told_is_sealed(stage: Workspace, texts: Path) -> None:
    (one,) = customers_of(stage, [1])
    bring(stage, "play", "a", NOBODY, [(one, {"item": "secret tea"})])
    with stage.begin() as connection:
        (block,) = connection.execute(sa.select(journey_entrance.c.context)).scalars()
    assert b"secret" not in block


def test_an_event_tells_of_itself_what_the_journey_names(stage: Workspace, texts: Path, tmp_path: Path) -> None:
    apply_content(stage, CONTENT.replace("cart", "thanks").replace("item", "product").replace("pieces", "amount"))
    start_ = "{event: {did: {over: lines, within: 2}}, tells: [product, amount]}"
    thanks = "{step: hello, send: {content: thanks, by: [texts]}}"
    apply(stage, journey(start_, thanks).replace("name: play", "name: thank"))
    start(stage, "thank")
    tick(stage)
    bought = [
        ("e1", "m1", "teapot", 1, "9.90", "2026-03-09 12:00"),
        ("e2", "m1", "white cup", 1, "1234.50", "2026-03-09 13:00"),
        ("e3", "m2", "teapot", 1, "9.90", "2026-03-09 12:00"),
    ]
    columns = "order_number customer product quantity amount placed_at"
    delivered(stage, tmp_path, "order_line", columns, bought, source="club")
    compute(stage, AS_OF)
    tick(stage)
    assert outcomes(stage, "thank")["start", "entered"] == set(customers_of(stage, [1, 2]))
    assert sent(stage, texts) == ["teapot 9.90 件", "white cup 1234.50 件"]
    assert tick(stage) == []


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("{call: {}, tells: [product]}", "start.tells"),
        ("{event: {did: {over: lines, within: 2}}, tells: [colour]}", "start.tells[0]"),
        ("{event: {did: {over: events, within: 2}}, tells: [product, device]}", "start.tells[1]"),
        ('{event: {tag: frequency, is: ">", value: 1}, tells: [product]}', "start.tells"),
    ],
)
def test_only_what_an_event_has_is_told_and_never_who_or_by_which_device(stage, said: str, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        apply(stage, journey(said, SEND.replace("cart", "hello")))
    assert [fault.place.partition(": ")[2] for fault in refused.value.faults] == [place]


def test_faults_are_named_all_at_once() -> None:
    contexts = [(1, {"Item": "x", "long": "y" * 1_001}), (2, {"list": ["a"], **{f"n{n}": n for n in range(20)}})]
    with pytest.raises(Invalid) as refused:
        table_of(contexts)  # type: ignore[arg-type]
    assert [fault.place for fault in refused.value.faults] == [
        "entries[0].context.Item",
        "entries[0].context.long",
        "entries[1].context.list",
        "entries",
    ]
    told = table_of([(7, {"paid": True, "total": 12.5, "none": None}), (7, {"paid": "again"})])
    assert told.to_pylist() == [{"customer": 7, "none": None, "paid": "true", "total": "12.5"}]
