"""Local times and instants, on any engine."""

import ibis
import ibis.expr.datatypes as dt

from quanyu.foundation.lake.model import Value


@ibis.udf.scalar.builtin(signature=((dt.string, dt.Timestamp(scale=6)), dt.Timestamp(timezone="UTC", scale=6)))
def timezone(zone, local):  # type: ignore[no-untyped-def]
    """Instant of a local time; a time that a clock change skips is moved forward by the change."""


def instant(local: Value, zone: str) -> Value:
    """Return the UTC instant at which clocks in `zone` showed `local`."""
    return timezone(ibis.literal(zone), local)
