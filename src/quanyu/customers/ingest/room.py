"""The manifest of ingest."""

from quanyu.customers.ingest.tables import REJECTS, data_import, import_count, replayed_reject, source
from quanyu.foundation.room import Room
from quanyu.foundation.text import Text

ROOM = Room(
    name="ingest",
    title=Text("Data in", "数据接入"),
    tables=(source, data_import, import_count, replayed_reject),
    lake_tables=(REJECTS,),
    routes="quanyu.customers.ingest.routes:router",
)
