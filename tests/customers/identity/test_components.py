"""Records that share a key, directly or through others, are one component, numbered by its first record."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from quanyu.customers.identity.components import join


@given(st.data())
def test_components_are_those_of_the_graph(data: st.DataObject):
    records, keys = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 20))
    pair = st.tuples(st.integers(0, records - 1), st.integers(0, keys - 1))
    links = data.draw(st.lists(pair, max_size=60))
    record, key = (np.array([link[side] for link in links], np.int64) for side in (0, 1))
    found = join(records, record, key, keys)
    graph = coo_array((np.ones(len(links)), (record, records + key)), shape=(records + keys,) * 2)
    expected = connected_components(graph, directed=False)[1][:records]
    assert np.array_equal(found[:, None] == found, expected[:, None] == expected)
    firsts = [np.flatnonzero(found == number)[0] for number in range(found.max() + 1)]
    assert firsts == sorted(firsts)


def test_without_links_everybody_is_alone():
    assert join(3, np.array([], np.int64), np.array([], np.int64), 0).tolist() == [0, 1, 2]
    assert join(0, np.array([], np.int64), np.array([], np.int64), 0).tolist() == []


def test_a_long_chain_is_one_component():
    count = 100_000
    record = np.r_[np.arange(count), np.arange(1, count)]
    key = np.r_[np.arange(count), np.arange(count - 1)]
    assert join(count, record[::-1], key[::-1], count).max() == 0
