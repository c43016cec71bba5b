"""Roles stand in one line: whoever stands before another may do what that one may."""

import pytest

from quanyu.foundation.access.roles import ROLES, UNMASKING, admits, allowed


@pytest.mark.parametrize(
    ("role", "least", "may"),
    [
        ("owner", "owner", True),
        ("marketer", "owner", False),
        ("analyst", "marketer", False),
        ("service", "viewer", True),
        ("service", "analyst", False),
        ("viewer", "viewer", True),
    ],
)
def test_who_may(role, least, may):
    assert admits(role, least) is may
    assert (role in allowed(least)) is may


def test_marketers_do_not_unmask():
    assert set(UNMASKING) <= set(ROLES)
    assert "marketer" not in UNMASKING
