"""Lights with what orders tell of them: that somebody has bought relates him to the brand where he has an address."""

from collections.abc import Sequence

import ibis.expr.types as ir
from ibis import _

from quanyu.commerce.orders.behaviours import counted
from quanyu.commerce.orders.tables import ORDERS
from quanyu.customers.consent import lights, standing
from quanyu.customers.consent.measures import fields_of, marketing_lights
from quanyu.customers.consent.model import MARKETING, Buyers
from quanyu.foundation.measuring import Measure, Scope
from quanyu.foundation.workspace import Workspace


def first_purchases(scope: Scope) -> ir.Table:
    """Return which records have bought by the scope's day: columns record and `day`, of the first purchase."""
    return counted(scope).filter(_.order_type == "sale").group_by("record").agg(day=_.business_date.min())


BUYERS = Buyers((ORDERS,), first_purchases)


def _lights(scope: Scope) -> ir.Table:
    return marketing_lights(scope, first_purchases(scope))


LIGHTS = Measure("lights", (*lights.TABLES, ORDERS), _lights)
FIELDS = fields_of(LIGHTS)


def lights_of(workspace: Workspace, records: Sequence[int]) -> tuple[standing.Light, ...]:
    """Return the light for marketing of each channel as it is for whoever has these records (ordinals)."""
    return standing.lights_of(workspace, records, MARKETING, BUYERS)
