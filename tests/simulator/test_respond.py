"""What people do when messages reach them, in the company's own files and in both worlds of the truth."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from quanyu.simulator.arguments import Arguments, Refused
from quanyu.simulator.blocks import draw_block
from quanyu.simulator.company import ABOUT, described
from quanyu.simulator.recipients import COLUMNS, TEXT, positions, read_messages
from quanyu.simulator.respond import respond
from quanyu.simulator.world import build_world

SENT = "2026-07-03 10:00:00"


def written(file: Path, rows) -> Path:
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return file


def recipients(company: Path, file: str, column: str) -> list[str]:
    path = company / "out" / file
    return [r[0] for r in duckdb.sql(f"select {column} from '{path}' where {column} is not null order by 1").fetchall()]


@pytest.fixture(scope="module")
def answered(company, tmp_path_factory):
    folder = tmp_path_factory.mktemp("answered")
    guides = recipients(company, "wecom/external_contacts.jsonl", "external_contact.external_userid")
    phones = [p for p in recipients(company, "mini_program/users.csv", "phone::varchar") if len(p) == 11]
    rows = [(f"w{i}", "wecom", r, SENT, "tea", "0.1") for i, r in enumerate(guides)]
    rows += [(f"s{i}", "sms", p, SENT, "", "0") for i, p in enumerate(phones)]
    arguments = described(company / "out" / ABOUT)
    found = respond(arguments, written(folder / "m.csv", rows), folder / "out", folder / "truth", 30, 1)
    return folder, rows, found


def test_messages_arrive_and_are_answered(answered):
    folder, rows, found = answered
    assert found.messages == len(rows)
    assert 0.6 * len(rows) < found.reached <= len(rows)
    assert found.events["delivered"] > found.events["opened"] > found.events.get("clicked", 0) > 0
    answers = duckdb.sql(f"select * from '{folder}/out/responses.csv'").df()
    assert set(answers.message_id) <= {row[0] for row in rows}
    assert answers.occurred_at.min() >= np.datetime64(SENT)
    once = answers.groupby(["message_id", "event"]).size()
    assert once.max() == 1


def test_the_orders_of_the_days_after_come_in_the_files_of_their_systems(answered):
    folder, _, found = answered
    files = sorted(str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.csv"))
    assert {"jd/orders-2026-07.csv", "pos_south/receipts-2026-07.csv", "responses.csv"} <= set(files)
    assert [name for name in files if "2026-06" in name] in ([], ["aftersales/cases-2026-06.csv"])  # opened before
    truth = duckdb.sql(f"select sum(orders_with), sum(orders_without), count(*) from '{folder}/truth/*.parquet'")
    with_messages, without, people = truth.fetchall()[0]
    assert (with_messages, people) == (found.orders, 2000)
    assert with_messages != without


def read(out: Path, name: str) -> list[str]:
    file = out / name
    return file.read_bytes().decode("gb18030").splitlines()[1:] if file.exists() else []


def test_days_that_are_told_one_after_the_other_add_up(company, answered, tmp_path):
    folder, _, _ = answered
    arguments = described(company / "out" / ABOUT)
    for since, days in ((0, 4), (4, 30)):
        part = tmp_path / f"{days}"
        respond(arguments, folder / "m.csv", part / "out", part / "truth", days, 1, since=since)
    for name in ("responses.csv", "pos_south/receipts-2026-07.csv", "jd/orders-2026-07.csv"):
        parts = [read(tmp_path / part / "out", name) for part in ("4", "30")]
        whole = read(folder / "out", name)
        if name.startswith("jd"):  # its rows say how long ago an order was
            parts, whole = [[row.split(",")[0] for row in each] for each in parts], [r.split(",")[0] for r in whole]
        assert all(parts)
        assert sorted(parts[0] + parts[1]) == sorted(whole), name
    assert (tmp_path / "30/truth/000000.parquet").read_bytes() == (folder / "truth/000000.parquet").read_bytes()


def test_goods_come_back_in_the_days_after(answered):
    folder, _, _ = answered
    cases = duckdb.sql(f"select * from '{folder}/out/aftersales/cases-*.csv'").df()
    closed = cases[cases["完结时间"].notna()]
    assert (closed["完结时间"] >= np.datetime64("2026-07-01")).all()
    assert closed["退款金额"].sum() > 0


def test_who_got_nothing_does_the_same_in_both_worlds(company, answered):
    folder, _, _ = answered
    lived = build_world(described(company / "out" / ABOUT))
    people = draw_block(lived, 0)
    sent = read_messages(lived, folder / "m.csv")
    # A phone reaches who holds it, which need not be whose account it stands in.
    reached = set(positions(sent, people.phones, people.accounts, 0, 2000).tolist())
    told = duckdb.sql(f"select person, orders_with <> orders_without as changed from '{folder}/truth/*.parquet'").df()
    others = told[~told.person.isin(reached)]
    assert len(others) > 300
    assert not others.changed.any()
    assert told[told.person.isin(reached)].changed.any()


def test_the_order_of_the_file_changes_nothing(company, answered, tmp_path):
    folder, rows, _ = answered
    arguments = described(company / "out" / ABOUT)
    respond(arguments, written(tmp_path / "m.csv", rows[::-1]), tmp_path / "out", tmp_path / "truth", 30, 2)
    for name in ("out/responses.csv", "truth/000000.parquet", "out/jd/orders-2026-07.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_phone_that_changed_hands_reaches_its_holder_of_the_day(world, block, tmp_path):
    taker = int(np.flatnonzero(block.phones.recycled)[0])
    number = int(block.phones.after[taker])
    sent = read_messages(world, written(tmp_path / "m.csv", [("a", "sms", number, SENT, "", "0")]))
    assert positions(sent, block.phones, block.accounts, 0, len(block.people)).tolist() == [taker]
    assert sent.person[0] != taker, "it was somebody else's first"


def test_ids_of_no_system_reach_nobody(world, block, tmp_path):
    strangers = [("sms", "13800138000"), ("sms", "not a phone"), ("wecom", "wmNoSuchContact000000000"), ("push", "zz")]
    strangers += [("official_account", "o"), ("wecom", ""), ("push", "0123456789abcdef")]
    rows = [(i, channel, recipient, SENT, "", "") for i, (channel, recipient) in enumerate(strangers)]
    sent = read_messages(world, written(tmp_path / "m.csv", rows))
    assert (positions(sent, block.phones, block.accounts, 0, len(block.people)) == -1).all()


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (("a", "pigeon", "1", SENT, "", "0"), "channel: 1 rows"),
        (("a", "sms", "1", "2020-01-01", "", "0"), "sent_at: 1 rows"),
        (("a", "sms", "1", "soon", "", "0"), "sent_at: 1 rows"),
        (("a", "sms", "1", SENT, "", "1.5"), "offer: 1 rows"),
    ],
)
def test_wrong_messages_are_named(world, tmp_path, row, named):
    with pytest.raises(Refused, match=named):
        read_messages(world, written(tmp_path / "m.csv", [row]))


def test_a_file_without_its_columns_says_which_are_wanted(world, tmp_path):
    (tmp_path / "m.csv").write_text("who,what\n1,2\n")
    with pytest.raises(Refused, match=r"who, what were given, message_id, channel"):
        read_messages(world, tmp_path / "m.csv")
    with pytest.raises(Refused, match=r"absent\.csv"):
        read_messages(world, tmp_path / "absent.csv")


def test_days_ahead_have_a_bound(tmp_path):
    with pytest.raises(Refused, match="1 to 120"):
        respond(Arguments(10), tmp_path / "m.csv", tmp_path / "out", tmp_path / "truth", days=365)


def test_days_that_are_left_out_have_a_bound(tmp_path):
    with pytest.raises(Refused, match=r"since: 5 was given, 0 to 4"):
        respond(Arguments(10), tmp_path / "m.csv", tmp_path / "out", tmp_path / "truth", 5, since=5)


@pytest.mark.parametrize(
    ("content", "offer", "text", "category", "reads"),
    [
        ("", "", "您常买的茶叶，会员专享 9 折", "tea", 0.1),
        ("", "", "茶具杯壶8.5折", "teaware", 0.15),
        ("", "", "全场95折", None, 0.05),
        ("", "", "Teaware at 15% off", "teaware", 0.15),
        ("coffee", "0.2", "Tea, 5折", "coffee", 0.2),
        ("", "", "您好", None, 0.0),
    ],
)
def test_who_reads_a_text_finds_what_it_is_about_and_what_it_offers(
    world, tmp_path, content, offer, text, category, reads
):
    rows = [",".join((*COLUMNS, TEXT)), f'a,sms,1,{SENT},{content},{offer},"{text}"']
    (tmp_path / "m.csv").write_text("\n".join(rows), "utf-8")
    sent = read_messages(world, tmp_path / "m.csv")
    assert sent.offer[0] == pytest.approx(reads)
    assert sent.category[0] == (-1 if category is None else world.catalogue.keys.index(category))


def test_sent_at_is_local_time(world, tmp_path):
    sent = read_messages(world, written(tmp_path / "m.csv", [("a", "sms", "1", SENT, "", "")]))
    first = datetime.fromisoformat(str(world.first))
    assert first + timedelta(days=int(sent.day[0]), seconds=int(sent.second[0])) == datetime.fromisoformat(SENT)
