"""How two tags go together: every customer in one pair, those without a value too."""

import pytest

from quanyu.customers.identity.recognising import recognise
from quanyu.foundation.errors import Invalid
from quanyu.targeting.tags.computing import compute
from quanyu.targeting.tags.pairing import pair_tags


def test_each_customer_stands_in_one_pair(workspace, deliver):
    deliver(
        "customer_record",
        "key gender province",
        [("A", "f", "广东"), ("B", "f", "广东"), ("C", "m", ""), ("D", "", "")],
    )
    recognise(workspace)
    compute(workspace)
    found = {(each.one, each.other): each.customers for each in pair_tags(workspace, "gender", "province")}
    assert sum(found.values()) == 4
    assert found[None, None] == 1
    assert max(found.values()) == 2


def test_an_unknown_tag_is_named_with_those_there_are(workspace, deliver):
    deliver("customer_record", "key gender", [("A", "f")])
    recognise(workspace)
    compute(workspace)
    with pytest.raises(Invalid) as caught:
        pair_tags(workspace, "gender", "shoe_size")
    assert caught.value.received == "shoe_size"
    assert caught.value.allowed
