"""The manifest of quality."""

from collections.abc import Sequence

from quanyu.customers.quality.cleansing.refilling import refill
from quanyu.customers.quality.tables import CLEANSED, REFILLED, cleansing_rules, refill_run, survey
from quanyu.foundation.room import HoldsCustomers, Refresh, Room
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


def refresh(workspace: Workspace) -> Sequence[Text]:
    count = refill(workspace)
    if count is None:
        return ()
    return (Text(f"{count:,} values refilled from other records", f"从其他记录补全 {count:,} 个值"),)


ROOM = Room(
    name="quality",
    title=Text("Data quality", "数据质量"),
    tables=(survey, cleansing_rules, refill_run),
    lake_tables=(CLEANSED, REFILLED),
    refreshes=(Refresh("refills", refresh),),
    holds=(
        HoldsCustomers(
            "refilled",
            by="record",
            on_merge="the next refresh works it out anew",
            on_erasure="the next refresh works it out anew, from the records that are left",
        ),
    ),
    routes="quanyu.customers.quality.routes:router",
)
