"""How sure a link is, is said by who bears which name; a customer is as sure as all his records but the surest."""

from math import isclose, prod

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.customers.identity.test_kernels import POLICIES, linked, told
from tests.customers.identity.test_resolving import PHONE, WANG_FANG, entry, laid_out

from quanyu.customers.identity.confidence import (
    EXACT,
    HALF,
    LIKELY,
    NAMED,
    SAID,
    SILENT,
    SURNAME,
    of_customers,
    of_links,
)
from quanyu.customers.identity.policy import NAME, default_policy, read_policy
from quanyu.customers.identity.proposals import PROPOSED
from quanyu.customers.identity.resolving import LINKED, Known, Links, Resolution, resolve

POLICY = default_policy()


def sure(*world, policy=POLICY):
    known, links = laid_out(world)
    found = resolve(known, links, policy)
    return of_links(known, links, found, policy), known, links, found


def customers(*world, policy=POLICY):
    confidence, known, links, found = sure(*world, policy=policy)
    return [round(each, 9) for each in of_customers(known, links, found, confidence).tolist()]


def test_names_say_how_sure_a_phone_is():
    assert customers(entry(PHONE, **WANG_FANG), entry(PHONE, source=1, **WANG_FANG)) == [NAMED]
    assert customers(entry(PHONE, **WANG_FANG), entry(PHONE, source=1)) == [HALF]
    assert customers(entry(PHONE, **WANG_FANG), entry(PHONE, source=1, family=1)) == [SURNAME]
    assert customers(entry(PHONE), entry(PHONE, source=1)) == [SILENT]
    assert customers(entry(PHONE), entry(PHONE, source=1), entry(PHONE, source=2)) == [round(SILENT**2, 9)]


def test_a_card_is_sure_whatever_name_is_told_and_one_record_alone_is_certain():
    assert customers(entry((3, 1)), entry((3, 1), source=1)) == [EXACT]
    assert customers(entry((3, 1)), entry(PHONE)) == [1.0, 1.0]


def test_the_best_link_of_a_record_counts():
    assert customers(entry(PHONE, (3, 1)), entry(PHONE, (3, 1), source=1)) == [EXACT]


def test_a_device_is_no_record_of_a_person():
    assert customers(entry((7, 1)), entry((7, 1), follows=True)) == [1.0]


def test_a_likely_match_and_what_somebody_has_said():
    joining = read_policy(POLICY.text.replace("match:           {strength: asks", "match: {strength: proves", 1))
    known, links = laid_out([entry(PHONE), entry(PHONE, source=1)])
    matched = Links(links.record, links.key, links.kind, [("match", "global")] * len(links.kinds), links.parted)
    found = resolve(known, matched, joining)
    assert of_links(known, matched, found, joining).tolist() == [LIKELY, LIKELY]
    decided = Links(links.record, links.key, links.kind, links.kinds, links.parted, np.zeros(2, np.int64))
    found = resolve(known, decided, POLICY)
    assert of_links(known, decided, found, POLICY).tolist() == [SAID, SAID]


def plainly(known: Known, links: Links, found: Resolution, policy) -> tuple[list[float], dict[int, float]]:
    """Return the confidence of links and of customers, link by link."""
    told_ = links.together if len(links.together) else np.full(len(links.record), -1)
    joined = [
        at for at, why in enumerate(found.reason.tolist()) if why == LINKED and found.component[links.record[at]] >= 0
    ]
    groups: dict[int, list[int]] = {}
    for at in joined:
        groups.setdefault(int(found.group[at]), []).append(int(links.record[at]))
    confidence = [0.0] * len(links.record)
    for at in joined:
        record, holders = int(links.record[at]), groups[int(found.group[at])]
        if len(holders) < 2:
            continue
        type_ = links.kinds[int(links.kind[links.key[at]])][0]
        if told_[at] >= 0:
            confidence[at] = SAID
        elif type_ in PROPOSED:
            confidence[at] = LIKELY
        elif NAME not in policy.rule(type_).unless:
            confidence[at] = EXACT
        elif known.name[record]:
            confidence[at] = NAMED
        elif known.family[record]:
            confidence[at] = SURNAME
        else:
            confidence[at] = HALF if any(known.name[each] for each in holders) else SILENT
    best: dict[int, dict[int, float]] = {}
    for at in joined:
        record = int(links.record[at])
        if not known.follows[record] and confidence[at]:
            mine = best.setdefault(int(found.component[record]), {})
            mine[record] = max(mine.get(record, 0.0), confidence[at])
    return confidence, {each: prod(mine.values()) / max(mine.values()) for each, mine in best.items()}


@given(POLICIES, st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(0, 90), st.booleans())
def test_confidence_equals_its_plain_form(policy, seed, records, links, skewed):
    rng = np.random.default_rng(seed)
    known, given_ = told(rng, records), linked(rng, records, links, skewed)
    found = resolve(known, given_, policy)
    confidence = of_links(known, given_, found, policy)
    plain, customers_ = plainly(known, given_, found, policy)
    assert confidence.tolist() == plain
    for component, value in enumerate(of_customers(known, given_, found, confidence).tolist()):
        assert isclose(value, customers_.get(component, 1.0), rel_tol=1e-9)
