"""What each role may do: a line from viewer to owner, and what stands beside it."""

from typing import Literal, get_args

Role = Literal["owner", "marketer", "analyst", "service", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)  # whoever stands before another may do what that one may
UNMASKING: tuple[Role, ...] = ("owner", "service")  # who may ask to see private values, with a reason


def admits(role: Role, least: Role) -> bool:
    """Say whether `role` may do what needs at least `least`."""
    return ROLES.index(role) <= ROLES.index(least)


def allowed(least: Role) -> tuple[Role, ...]:
    return ROLES[: ROLES.index(least) + 1]
