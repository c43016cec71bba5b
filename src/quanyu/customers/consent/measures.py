"""What can be measured about consent: per channel the light for marketing, what relates him there, and since when."""

import ibis.expr.types as ir

from quanyu.customers.consent.lights import TABLES, lights
from quanyu.customers.consent.model import MARKETING, PROOFS, STATES
from quanyu.customers.messages.words import CHANNELS
from quanyu.foundation.kinds import Code
from quanyu.foundation.measuring import Field, Measure, Scope
from quanyu.foundation.text import Text

LIT = ("sms", "wecom", "official_account", "mini_program", "push", "email")
"""Channels that have lights; on the others an export asks when it is made."""
_TOLD_BY = ("customer_record.*", "message.*", "response.*")
NAMES = {code.value: code.title for code in CHANNELS if code.value in LIT}


def marketing_lights(scope: Scope) -> ir.Table:
    return lights(scope, LIT, MARKETING)


_PROOFS = tuple(Code(value, title) for value, title in PROOFS.items())
CODES = tuple(Code(value, title) for value, title in STATES.items())
LIGHTS = Measure("lights", TABLES, marketing_lights)


def _light(channel: str) -> Field:
    title = Text("Light: {channel}", "{channel}点亮").format_with(channel=NAMES[channel])
    return Field(f"consent.{channel}", channel, "code", title, LIGHTS, inputs=_TOLD_BY, codes=CODES)


def _proof(channel: str) -> Field:
    title = Text("Related by: {channel}", "{channel}关联依据").format_with(channel=NAMES[channel])
    return Field(f"consent.{channel}_proof", f"{channel}_proof", "code", title, LIGHTS, inputs=_TOLD_BY, codes=_PROOFS)


def _since(channel: str) -> Field:
    title = Text("Related since: {channel}", "{channel}关联日期").format_with(channel=NAMES[channel])
    return Field(f"consent.{channel}_since", f"{channel}_since", "date", title, LIGHTS, inputs=_TOLD_BY)


FIELDS = tuple(told(channel) for told in (_light, _proof, _since) for channel in LIT)
