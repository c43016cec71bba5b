"""What is left open are values that several customers share and that do not join them, in array code as in plain."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.customers.identity.test_kernels import POLICIES, linked, told

from quanyu.customers.identity.policy import default_policy
from quanyu.customers.identity.questions import DIFFER, ask
from quanyu.customers.identity.resolving import CONTRADICTED, SCOPE, SEPARATED, TYPE, Known, Links, resolve


def plainly(known, links, found):
    """Return per key: reason, words in which they differ, records, customers."""
    holders = defaultdict(list)
    for record, key, reason in zip(links.record.tolist(), links.key.tolist(), found.reason.tolist(), strict=True):
        if not known.follows[record] and reason not in (TYPE, SCOPE, SEPARATED):
            holders[key].append((record, reason))
    open_ = {}
    for key, held in holders.items():
        records = [record for record, _ in held]
        customers = {int(found.component[record]) for record in records}
        if len(customers) < 2:
            continue

        def said(values, records=records):
            return len({int(values[record]) for record in records} - {0}) > 1

        words = set()
        if said(known.family):
            words.add("surname")
        elif said(known.name):
            words.add("name")
        words |= {"birthday"} if said(known.born) else set()
        words |= {"gender"} if said(known.gender) and not words & {"surname", "name"} else set()
        words |= {"silent"} if any(known.family[record] == 0 for record in records) else set()
        open_[key] = (max(reason for _, reason in held) or CONTRADICTED, words, len(records), len(customers))
    return open_


@given(POLICIES, st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(0, 120), st.booleans())
def test_asking_equals_its_plain_form(policy, seed, records, links, skewed):
    rng = np.random.default_rng(seed)
    known, given_ = told(rng, records), linked(rng, records, links, skewed)
    found = resolve(known, given_, policy)
    asked = ask(known, given_, found)
    words = [{word for bit, word in enumerate(DIFFER) if bits >> bit & 1} for bits in asked.differ.tolist()]
    columns = (given_.key[asked.link], asked.reason, words, asked.records, asked.customers)
    rows = zip(*(getattr(each, "tolist", lambda each=each: each)() for each in columns), strict=True)
    assert {key: tuple(rest) for key, *rest in rows} == plainly(known, given_, found)


def family(names):
    """Return records of one phone, one source each, with these names as numbers: family * 10 + given."""
    count = len(names)
    nothing = np.zeros(count, np.int64)
    known = Known(
        np.arange(count),
        np.arange(count),
        nothing.astype(bool),
        np.array(names) // 10,
        np.array(names),
        nothing,
        nothing,
    )
    links = Links(np.arange(count), nothing, nothing[:1], [("phone", "global")], nothing.astype(bool))
    return known, links


def test_the_same_records_have_the_same_fingerprint_in_whatever_order():
    known, links = family([11, 21, 11])
    one = ask(known, links, resolve(known, links, default_policy()))
    turned = Links(links.record[::-1].copy(), links.key, links.kind, links.kinds, links.parted)
    other = ask(known, turned, resolve(known, turned, default_policy()))
    assert one.fingerprint.tolist() == other.fingerprint.tolist()
    known, links = family([11, 21, 11, 11])
    more = ask(known, links, resolve(known, links, default_policy()))
    assert more.fingerprint.tolist() != one.fingerprint.tolist()
    assert (more.records.tolist(), more.customers.tolist()) == ([4], [2])


def test_who_agree_ask_nothing():
    known, links = family([11, 11, 11])
    assert not len(ask(known, links, resolve(known, links, default_policy())))
