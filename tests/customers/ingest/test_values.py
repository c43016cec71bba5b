"""What files may say for a code is told apart by no more than its letters' size."""

from quanyu.customers.ingest.values import words_of
from quanyu.foundation.kinds import Code
from quanyu.foundation.text import Text


def test_every_word_leads_to_its_code():
    words = words_of([Code("open", Text("Open", "处理中"), ("In Progress",)), Code("closed", Text("Closed", "已完结"))])
    assert words == {
        "open": "open",
        "处理中": "open",
        "in progress": "open",
        "closed": "closed",
        "已完结": "closed",
    }
