"""What can be measured about consent: per channel the light for marketing, what relates him there, and since when.

The measure itself is taken where it is known who has bought.
"""

import ibis.expr.types as ir

from quanyu.customers.consent.lights import lights
from quanyu.customers.consent.model import MARKETING, PROOFS, STATES
from quanyu.customers.messages.words import CHANNELS
from quanyu.foundation.kinds import Code
from quanyu.foundation.measuring import Field, Measure, Scope
from quanyu.foundation.text import Text

LIT = ("sms", "wecom", "official_account", "mini_program", "push", "email")
"""Channels that have lights; on the others an export asks when it is made."""
_TOLD_BY = ("customer_record.*", "message.*", "response.*")
_PROVEN_BY = (*_TOLD_BY, "order.*", "order_line.*")
NAMES = {code.value: code.title for code in CHANNELS if code.value in LIT}


def marketing_lights(scope: Scope, bought: ir.Table | None = None) -> ir.Table:
    return lights(scope, LIT, MARKETING, bought)


_PROOFS = tuple(Code(value, title) for value, title in PROOFS.items())
CODES = tuple(Code(value, title) for value, title in STATES.items())


def fields_of(measured: Measure) -> tuple[Field, ...]:
    """Return the fields of a measure that says what `lights` says."""
    return tuple(told(channel, measured) for told in (_light, _proof, _since) for channel in LIT)


def _light(channel: str, measured: Measure) -> Field:
    title = Text("Light: {channel}", "{channel}点亮").format_with(channel=NAMES[channel])
    return Field(f"consent.{channel}", channel, "code", title, measured, inputs=_TOLD_BY, codes=CODES)


def _proof(channel: str, measured: Measure) -> Field:
    title = Text("Related by: {channel}", "{channel}关联依据").format_with(channel=NAMES[channel])
    name = f"{channel}_proof"
    return Field(f"consent.{name}", name, "code", title, measured, inputs=_PROVEN_BY, codes=_PROOFS)


def _since(channel: str, measured: Measure) -> Field:
    title = Text("Related since: {channel}", "{channel}关联日期").format_with(channel=NAMES[channel])
    name = f"{channel}_since"
    return Field(f"consent.{name}", name, "date", title, measured, inputs=_PROVEN_BY)
