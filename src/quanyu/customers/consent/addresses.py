"""Says on which channels an identifier is an address."""

from collections.abc import Sequence

from quanyu.customers.consent.model import Basis
from quanyu.customers.identity.identifiers import EMAIL, PHONE

OPENID = "openid"
OF_TYPE = {
    PHONE: ("sms", "call"),
    EMAIL: ("email",),
    "external_userid": ("wecom",),
    "registration_id": ("push",),
    "user_id": ("in_app",),
}
"""Channels by type of identifier. An openid is an address on the channel on which its account sends."""
OF_OPENID = ("official_account", "mini_program")


def channels_of(type_: str, scope: str, basis: Basis | None) -> Sequence[str]:
    """Return the channels of an identifier of a record whose source declares `basis`.

    An openid is of the channel that its scope names or begins with, else of the only one of the two that its source
    declares: `official_account`, `mini_program:wx0123`.
    """
    if type_ != OPENID:
        return OF_TYPE.get(type_, ())
    named = [channel for channel in OF_OPENID if scope.startswith(channel)]
    meant = [channel for channel in OF_OPENID if basis is not None and channel in basis.channels]
    return named or (meant if len(meant) == 1 else ())
