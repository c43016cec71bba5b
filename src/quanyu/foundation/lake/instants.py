"""Local times and instants, on any engine."""

import ibis
import ibis.expr.datatypes as dt

from quanyu.foundation.lake.model import Value


@ibis.udf.scalar.builtin(signature=((dt.string, dt.Timestamp(scale=6)), dt.Timestamp(timezone="UTC", scale=6)))
def timezone(zone, local):  # type: ignore[no-untyped-def]
    """Instant of a local time; one that a clock change skips moves forward by it, of a doubled one the later."""


@ibis.udf.scalar.builtin(name="timezone", signature=((dt.string, dt.Timestamp(timezone="UTC")), dt.Timestamp()))
def _shown(zone, told):  # type: ignore[no-untyped-def]
    """Time that clocks in the zone show at an instant."""


@ibis.udf.scalar.builtin(signature=((dt.string, dt.string), dt.Timestamp()))
def try_strptime(text, form):  # type: ignore[no-untyped-def]
    """Local time of a text, NULL where it does not have the form."""


@ibis.udf.scalar.builtin(name="epoch_us", signature=((dt.Timestamp(timezone="UTC"),), dt.int64))
def _epoch_us(told):  # type: ignore[no-untyped-def]
    """Microseconds since the beginning of 1970."""


def microseconds(told: Value) -> Value:
    """Return the microseconds from the beginning of 1970 to an instant."""
    return _epoch_us(told)


def local_time(text: Value, form: str) -> Value:
    """Return the local time that `text` writes in `form`, a format of strptime, or in ISO 8601 without one."""
    without_form: Value = text.try_cast("timestamp(6)")
    parsed: Value = try_strptime(text, form) if form else without_form
    return parsed.cast("timestamp(6)")


def instant(local: Value, zone: str) -> Value:
    """Return the UTC instant at which clocks in `zone` showed `local`."""
    return timezone(ibis.literal(zone), local)


def local_of(told: Value, zone: str) -> Value:
    """Return the local time that clocks in `zone` show at an instant."""
    local: Value = _shown(ibis.literal(zone), told)
    return local.cast("timestamp(6)")
