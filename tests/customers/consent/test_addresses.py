"""Which channel an identifier is an address of."""

import pytest

from quanyu.customers.consent.addresses import channels_of
from quanyu.customers.consent.model import Basis


@pytest.mark.parametrize(
    ("type_", "scope", "declares", "channels"),
    [
        ("phone", "global", None, ["sms", "call"]),
        ("email", "global", None, ["email"]),
        ("external_userid", "ww1", None, ["wecom"]),
        ("registration_id", "app", None, ["push"]),
        ("unionid", "company", ("official_account",), []),
        ("openid", "official_account", None, ["official_account"]),
        ("openid", "mini_program:wx1", ("official_account",), ["mini_program"]),
        ("openid", "wx2", ("sms", "mini_program"), ["mini_program"]),
        ("openid", "wx2", ("official_account", "mini_program"), []),
        ("openid", "douyin", ("sms",), []),
        ("openid", "douyin", None, []),
    ],
)
def test_the_channels_of_an_identifier(type_: str, scope: str, declares: tuple[str, ...] | None, channels: list[str]):
    basis = None if declares is None else Basis("shop", ("marketing",), declares)
    assert list(channels_of(type_, scope, basis)) == channels
