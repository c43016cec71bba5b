"""Lands tags that files bring: a value of a tag for a record of the source, as versions."""

from quanyu.customers.identity.records import with_records
from quanyu.customers.identity.tables import OPENED_RECORDS
from quanyu.foundation.deliveries import land_versions
from quanyu.foundation.kinds import OBSERVED_AT, Accepted, Delivery, Input, Kind
from quanyu.foundation.text import Text
from quanyu.targeting.tags.tables import IMPORTED_TAGS


def land_tags(delivery: Delivery) -> Accepted:
    with with_records(delivery, delivery.rows, "key") as rows:
        tags = rows.select("record", "tag", "value", "expires_on", "observed_at", "line")
        return land_versions(delivery, IMPORTED_TAGS, tags)


CUSTOMER_TAG = Kind(
    name="customer_tag",
    title=Text("Tag of a customer", "客户标签"),
    inputs=(
        Input("key", "key", Text("Customer's key within the source", "来源内的客户主键"), True, example="M0012345"),
        Input("tag", "text", Text("Name of the tag", "标签名称"), True, example="skin_type"),
        Input("value", "text", Text("Value; empty takes it back", "取值；留空表示撤回"), example="dry"),
        Input("expires_on", "date", Text("Last day on which it stands", "有效期至"), example="2026-12-31"),
        OBSERVED_AT,
    ),
    key=("key", "tag"),
    tables=(IMPORTED_TAGS, OPENED_RECORDS),
    land=land_tags,
)
