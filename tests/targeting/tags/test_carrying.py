"""Values of the last run stand where nothing is taken anew; what is taken anew of everybody is not read."""

import ibis

from quanyu.foundation.sets.algebra import OrdinalSet
from quanyu.targeting.tags.carrying import carry
from quanyu.targeting.tags.changing import Part

LAST = {"customer": [1, 2, 3], "bought": [10, 20, 30], "returned": [1, 2, 3], "country": ["NO", None, "FR"]}


def test_what_is_taken_anew_of_all_of_them_is_not_read() -> None:
    some = OrdinalSet.of([1, 2])
    whole = [Part(("bought",), OrdinalSet.of([1, 2, 9])), Part(("spent",), OrdinalSet.of([1, 2, 3]))]
    parts = [*whole, Part(("returned",), OrdinalSet.of([2]))]
    carried = carry(ibis.memtable(LAST), parts, ["country"], some, OrdinalSet.empty())
    assert carried.names == ("returned", "country")
    assert carried.last.columns == ("customer", "_last_returned", "_last_country")
    assert carried.parts == (Part(("bought", "spent"), some), parts[-1])
    assert carried.marks.to_pydict() == {"customer": [1, 2], "_anew_0": [True, True], "_anew_1": [False, True]}
