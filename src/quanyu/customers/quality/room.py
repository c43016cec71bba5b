"""The manifest of quality."""

from quanyu.customers.quality.tables import CLEANSED, cleansing_rules, survey
from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="quality",
    title=Text("Data quality", "数据质量"),
    tables=(survey, cleansing_rules),
    lake_tables=(CLEANSED,),
    routes="quanyu.customers.quality.routes:router",
)
