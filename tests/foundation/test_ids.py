"""Ids have one form outside, and nothing else is taken for one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanyu.foundation.errors import Invalid
from quanyu.foundation.ids import PREFIXES, inside, new_id, outside


@given(st.sampled_from(sorted(PREFIXES)), st.uuids())
def test_what_goes_outside_comes_back(noun, value):
    assert inside(noun, outside(noun, value)) == value
    assert outside(noun, value).startswith(PREFIXES[noun] + "_")


def test_new_ids_are_of_version_7_and_ascend():
    ids = [new_id() for _ in range(10_000)]
    assert {i.version for i in ids} == {7}
    assert ids == sorted(set(ids))


def test_prefixes_are_distinct():
    assert len(set(PREFIXES.values())) == len(PREFIXES)


DIGITS = "01890a5d" * 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        DIGITS,
        f"aud_{DIGITS}",
        f"cus_{DIGITS[:-1]}",
        f"cus_{DIGITS}0",
        f"cus_{DIGITS[:-1]}g",
        f"cus_+{DIGITS[:-1]}",
        f"cus_0_{DIGITS[:-2]}",
        f"cus_{DIGITS.upper()}",
        f"cus_{DIGITS[:-1]}٣",
        f"cus_{DIGITS}\n",
        f"cus_{UUID(DIGITS)}",
    ],
)
def test_only_the_one_form_is_taken(text):
    with pytest.raises(Invalid, match="customer") as refused:
        inside("customer", text)
    assert refused.value.received == text
