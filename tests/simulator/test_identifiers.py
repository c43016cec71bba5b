"""The keys of the truth are what the files themselves say where nothing is dirty, and join nobody else."""

from pathlib import Path

import duckdb
import pytest

from quanyu.simulator.arguments import Arguments, Dirt
from quanyu.simulator.company import simulate

CLEAN = Dirt(recycled=0, shared=0, assistant=0, dummy=0, typo=0, excel=0, tester=0, fake=0, guest=0, empty=0.2)


@pytest.fixture(scope="module")
def clean(tmp_path_factory) -> Path:
    """Return the files and the truth of 1,500 customers of whose identifiers none is wrong."""
    folder = tmp_path_factory.mktemp("clean")
    simulate(Arguments(1_500, years=1, seed=8, dirt=CLEAN), folder / "out", folder / "truth", processes=1)
    return folder


def csv(path: Path, encoding: str = "utf-8") -> str:
    return f"read_csv('{path}', header = true, all_varchar = true, encoding = '{encoding}', strict_mode = false)"


def given(out: Path) -> str:
    """Return a query of what the files say: source, record, type, value."""
    south = (out / "pos_south" / "members.csv").read_text("gb18030")
    (out / "south.csv").write_text(south, encoding="utf-8")
    told = {
        ("pos_south", "会员卡号", "phone", "手机号"): csv(out / "south.csv"),
        ("pos_north", "MemberNo", "phone", "Mobile"): csv(out / "pos_north/members.csv"),
        ("pos_north", "MemberNo", "email", "Email"): csv(out / "pos_north/members.csv"),
        ("mini_program", "openid", "phone", "phone"): csv(out / "mini_program/users.csv"),
        ("mini_program", "openid", "unionid", "unionid"): csv(out / "mini_program/users.csv"),
        ("site", "user_id", "phone", "phone"): csv(out / "site/users.csv"),
        ("app", "user_id", "phone", "phone"): csv(out / "app/users.csv"),
        ("douyin", "open_id", "phone", "手机号"): csv(out / "douyin/members.csv"),
        ("official_account", "openid", "unionid", "unionid"): f"read_json('{out}/official_account/followers.jsonl')",
        **{(s, "ouid", "omid", "omid"): csv(out / s / "members.csv") for s in ("tmall_flagship", "tmall_outlet")},
    }
    orders = {(s, "ouid", "omid", "omid"): csv(out / s / "orders-*.csv") for s in ("tmall_flagship", "tmall_outlet")}
    each = [
        f"""select '{source}' as source, "{key}" as record, '{type_}' as type, "{column}" as value from {rows}"""
        for told_of in (told, orders)
        for (source, key, type_, column), rows in told_of.items()
    ]
    contacts = f"read_json('{out}/wecom/external_contacts.jsonl')"
    for type_, value in (("unionid", "external_contact.unionid"), ("phone", "follow_info.remark_mobiles[1]")):
        each.append(f"select 'wecom', external_contact.external_userid, '{type_}', {value} from {contacts}")
    return f"select distinct * from ({' union all '.join(each)}) where value is not null"


def test_keys_are_what_clean_files_say(clean):
    known = duckdb.connect()
    known.execute(f"create table given as {given(clean / 'out')}")
    known.execute(f"""create table keys as select * from '{clean}/truth/keys/*.parquet'
                      where type <> 'device' and (source, type) <> ('site', 'email')""")
    gone = known.execute("select count(*) from given anti join keys using (source, record, type)").fetchall()
    # A guide who deletes a customer takes him from the list; that is no dirt of an identifier.
    more = known.execute(
        "select count(*) from keys anti join given using (source, record, type) where source <> 'wecom'"
    ).fetchall()
    assert gone == more == [(0,)]
    of_value, of_key, pairs = known.execute("""
        select count(distinct (type, value)), count(distinct (type, key)), count(distinct (type, value, key))
        from given join keys using (source, record, type)""").fetchall()[0]
    assert of_value == of_key == pairs
    assert pairs > 1_500


def test_an_address_of_the_site_is_the_one_without_the_slip(clean):
    rows = duckdb.execute(f"""
        select email, key from {csv(clean / "out" / "site" / "users.csv")} users
        join '{clean}/truth/keys/*.parquet' keys on source = 'site' and record = user_id and type = 'email'
        """).fetchall()
    known = dict(duckdb.execute(f"""
        select Email, key from {csv(clean / "out" / "pos_north" / "members.csv")} members
        join '{clean}/truth/keys/*.parquet' keys on source = 'pos_north' and record = MemberNo and type = 'email'
        """).fetchall())  # fmt: skip
    assert any(email in known for email, _ in rows)
    assert all(key == known[email] for email, key in rows if email in known)


def test_keys_of_one_person_join_nobody_else(clean):
    shared = duckdb.execute(f"""
        select type, key from '{clean}/truth/keys/*.parquet' join '{clean}/truth/links/*.parquet' using (source, record)
        group by all having count(distinct person) > 1""").fetchall()
    assert [row for row in shared if row[0] != "email"] == []
    assert len(shared) < 3  # two of one name in pinyin may have one address


def test_a_device_is_a_key_of_whoever_logged_in_on_it(clean):
    rows = duckdb.execute(f"""
        select source, count(*) from '{clean}/truth/keys/*.parquet' where type = 'device' group by source""").fetchall()
    assert {source for source, _ in rows} == {"device", "site", "app", "mini_program"}
    seen = duckdb.execute(f"""
        select distinct anonymousId, userId from read_json('{clean}/out/app/events-*.jsonl.gz') where userId is not null
        """).fetchall()
    told = duckdb.execute(f"""
        select d.record, a.record from '{clean}/truth/keys/*.parquet' d join '{clean}/truth/keys/*.parquet' a
        using (type, key) where type = 'device' and d.source = 'device' and a.source = 'app'""").fetchall()
    several = {
        row[0]
        for row in duckdb.execute(f"""
        select record from '{clean}/truth/links/*.parquet' where source = 'device'
        group by record having count(*) > 1""").fetchall()
    }
    assert {(device, user) for device, user in seen if device not in several} == set(told)
