"""Identifiers are kept in one form, hashed and sealed; what points at nobody is counted with its reason."""

from quanyu.customers.identity import keeping
from quanyu.customers.identity.private import open_values
from quanyu.customers.identity.recognising import Recognised, recognise
from quanyu.customers.identity.tables import GIVEN_IDENTIFIERS, IDENTIFIER_FAULTS, RECORDS_PRIVATE

COUNTED = "select type, scope, count(*), count(distinct value_hash) from identifier group by 1, 2 order by 1"
LONG = "key type scope value"


def test_identifiers_come_one_a_row(deliver, ask, rows, workspace):
    """A table of openid, unionid and phone joins what other sources say of the same people."""
    deliver("identifier", LONG, [("a", "phone", "", "(86)138 0013 8001")], source="till")
    given = [
        ("o1", "手机号", "", "008613800138001"),
        ("o1", "unionid", "heyuan", "oUnA7f9Kq2"),
        ("o1", "unionid", "heyuan", "oUnA7f9Kq2"),
        ("o2", "unionid", "heyuan", "oUnA7f9Kq2"),
        ("o2", "phone", "", "138****8001"),
        ("o3", "unionid", "heyuan", "oUnA7f9kq2"),
        ("o3", "id_card", "", "11010519491231002X"),
        ("o4", "phone", "", ""),
        ("o3", "phone", "", "020 7946 0018"),  # of the workspace's country
        ("o3", "phone", "", "+44 (0)20 7946 0018"),
        ("o2", "phone", "", "020 1"),
    ]
    count = deliver("identifier", LONG, given, source="app")
    assert (count.landed, count.known, count.rejected) == (5, 5, 1)
    again = deliver("identifier", LONG, given[:4], source="app")
    assert (again.landed, again.known) == (0, 4)
    assert ask(COUNTED) == [("phone", "global", 3, 2), ("unionid", "heyuan", 3, 2)]
    faults = {(row["type"], row["scope"], row["reason"], row["times"]) for row in rows(IDENTIFIER_FAULTS)}
    assert faults == {
        ("phone", "global", "masked", 1), ("phone", "global", "no such number", 1), ("id_card", "app", "not taken", 1),
    }  # fmt: skip
    assert {(row["source"], row["import_number"]) for row in rows(IDENTIFIER_FAULTS)} == {("app", 2)}
    assert recognise(workspace) == Recognised(4, 2, 0, 2)  # a, o1 and o2 are one; o3 is another
    values = open_values(workspace, workspace.lake.vector([RECORDS_PRIVATE])).to_pylist()
    assert {row["value"] for row in values} == {"+8613800138001", "+442079460018", "oUnA7f9Kq2", "oUnA7f9kq2"}


def test_the_first_ones_are_loaded_before_the_table_has_indexes(deliver, ask, rows, workspace, monkeypatch):
    """Whoever comes afterwards finds the table as it always is: indexed, guarded, with each identifier once."""
    indexes = "select indexdef from pg_indexes where tablename = 'identifier' order by 1"
    guarded = "select relrowsecurity, relforcerowsecurity from pg_class where relname = 'identifier'"
    before = ask(indexes), ask(guarded)
    monkeypatch.setattr(keeping, "MANY", 2)
    given = [("a", "phone", "", "13800138001"), ("b", "phone", "", "13800138001"), ("b", "unionid", "brand", "u1")]
    assert deliver("identifier", LONG, given).landed == 3
    assert (ask(indexes), ask(guarded)) == before
    assert ask("select distinct workspace, import_number from identifier") == [(workspace.number, 1)]
    again = deliver("identifier", LONG, [*given, ("c", "unionid", "brand", "u1")])
    assert (again.landed, again.known) == (1, 3)
    assert ask(COUNTED) == [("phone", "global", 2, 1), ("unionid", "brand", 2, 1)]
    assert recognise(workspace) == Recognised(3, 1, 0, 1)
    assert len(rows(GIVEN_IDENTIFIERS)) == 4
