"""A customer is found by his id, and by that of whoever was merged into him."""

import pytest
import sqlalchemy as sa

from quanyu.customers.identity.recognising import recognise
from quanyu.customers.identity.whose import customer_of, entries_of, ids_of
from quanyu.foundation.errors import Invalid, NotFound
from quanyu.foundation.workspace import Workspace


def test_a_customer_is_found_with_his_records_and_by_the_id_of_who_was_merged_into_him(workspace: Workspace, deliver):
    deliver("identifier", "key type scope value", [("a", "phone", "", "13800138000"), ("b", "card", "all", "K1")])
    recognise(workspace)
    with workspace.begin() as connection:
        ids = ids_of(workspace, connection, [0, 1])
    assert [customer_of(workspace, ids[n]).customer for n in (0, 1)] == [0, 1]
    deliver("identifier", "key type scope value", [("b", "phone", "", "13800138000")])
    recognise(workspace)
    merged = {customer_of(workspace, each).one_id for each in ids.values()}
    assert merged == {ids[0]}
    whose = customer_of(workspace, ids[1])
    assert (whose.records, [each.name for each in whose.persons]) == ([0, 1], ["erp#0", "erp#1"])
    with workspace.begin() as connection:
        assert entries_of(workspace, connection, [whose.customer]) == {whose.customer: whose.entries}
        assert connection.execute(sa.text("select count(*) from customer")).scalar_one() == 2


def test_an_id_that_is_none_or_nobodys_is_refused(workspace: Workspace):
    with pytest.raises(Invalid):
        customer_of(workspace, "13800138000")
    with pytest.raises(NotFound, match="no customer"):
        customer_of(workspace, f"cus_{'0' * 32}")
