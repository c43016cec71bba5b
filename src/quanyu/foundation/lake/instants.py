"""Local times and instants, on any engine."""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir


@ibis.udf.scalar.builtin(signature=((dt.string, dt.Timestamp(scale=6)), dt.Timestamp(timezone="UTC", scale=6)))
def timezone(zone, local):  # type: ignore[no-untyped-def]
    """Instant of a local time; a time that a clock change skips is moved forward by the change."""


def instant(local: ir.TimestampValue, zone: str) -> ir.TimestampValue:
    """Return the UTC instant at which clocks in `zone` showed `local`."""
    return timezone(ibis.literal(zone), local)  # type: ignore[return-value]
