"""A policy holds with its rules of values, or neither does."""

import pytest

from quanyu.customers.identity.golden import GoldenRule
from quanyu.customers.identity.policies import FAILPOINTS, apply_policy, golden_now, policy_of
from quanyu.customers.identity.policy import default_policy, read_policy
from quanyu.foundation.workspace import Workspace

OURS = (
    default_policy()
    .text.replace("policy: retail", "policy: ours")
    .replace("otherwise: {by: [most_recent]}", "otherwise: {by: [most_frequent]}")
)


def held(workspace: Workspace) -> tuple[str, GoldenRule]:
    with workspace.begin() as connection:
        return policy_of(workspace, connection).name, golden_now(workspace).rule("level")


def test_what_is_applied_holds(workspace: Workspace) -> None:
    assert held(workspace) == ("retail", GoldenRule(("most_recent",)))
    apply_policy(workspace, read_policy(OURS), "wang")
    assert held(workspace) == ("ours", GoldenRule(("most_frequent",)))


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_policy_that_fails_half_way_does_not_hold(
    failpoint: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANYU_FAILPOINT", f"{failpoint}=full")
    with pytest.raises(OSError, match="No space left"):
        apply_policy(workspace, read_policy(OURS), "wang")
    monkeypatch.delenv("QUANYU_FAILPOINT")
    assert held(workspace) == ("retail", GoldenRule(("most_recent",)))
    apply_policy(workspace, read_policy(OURS), "wang")
    assert held(workspace) == ("ours", GoldenRule(("most_frequent",)))
