"""Where a tag stands among others: six families by who, how much, where, when, what and why, and levels below them."""

from collections.abc import Mapping
from typing import Literal

from quanyu.foundation.text import Text

Family = Literal["traits", "value", "channel", "timing", "category", "content"]
Scenario = Literal["acquire", "first_order", "repurchase", "cross_sell", "upgrade", "retain", "win_back", "service"]

FAMILIES: Mapping[Family, Text] = {
    "traits": Text("Customer traits", "用户特征"),
    "value": Text("Customer value", "用户价值"),
    "channel": Text("Channel", "渠道"),
    "timing": Text("Timing", "时机"),
    "category": Text("Category", "品类"),
    "content": Text("Content", "内容"),
}

SCENARIOS: Mapping[Scenario, Text] = {
    "acquire": Text("Acquire", "拉新"),
    "first_order": Text("First order", "首单转化"),
    "repurchase": Text("Repurchase", "复购"),
    "cross_sell": Text("Cross-sell", "交叉销售"),
    "upgrade": Text("Upgrade", "升级"),
    "retain": Text("Retain", "留存"),
    "win_back": Text("Win back", "召回"),
    "service": Text("Service", "服务"),
}

LEVELS: Mapping[Family, Mapping[str, Text]] = {
    "traits": {
        "person": Text("Person", "人口属性"),
        "person.region": Text("Region", "地域"),
        "person.birth": Text("Age and birthday", "年龄与生日"),
        "membership": Text("Membership", "会员身份"),
        "membership.origin": Text("Where and when he joined", "入会来源"),
        "sources": Text("In which systems he is known", "数据来源"),
    },
    "value": {
        "spending": Text("Spending", "消费能力"),
        "spending.recent": Text("Recent spending", "近期消费"),
        "spending.basket": Text("Basket", "客单"),
        "frequency": Text("Frequency", "消费频次"),
        "frequency.recent": Text("Recent frequency", "近期频次"),
        "trend": Text("Trend", "消费趋势"),
        "rfm": Text("RFM", "RFM"),
        "stage": Text("Stage", "客户阶段"),
        "returns": Text("Returns and complaints", "退货与售后"),
    },
    "channel": {
        "buying": Text("Where he buys", "购买渠道"),
        "buying.store": Text("Stores", "门店"),
        "screens": Text("Where he looks", "浏览渠道"),
        "reach": Text("How he is reached", "触达渠道"),
        "reach.response": Text("Where he answers", "渠道响应"),
        "reach.fatigue": Text("How often he is written to", "触达频度"),
    },
    "timing": {
        "recency": Text("How long ago", "距今时间"),
        "rhythm": Text("Rhythm", "购买周期"),
        "lifecycle": Text("Lifecycle", "生命周期"),
        "hours": Text("Weekday and hour", "星期与时段"),
        "festivals": Text("Festivals", "节日"),
    },
    "category": {
        "preference": Text("Preference", "品类偏好"),
        "breadth": Text("Breadth", "品类宽度"),
        "price": Text("Price", "价格偏好"),
        "product": Text("Products", "商品"),
        "companions": Text("Companions", "连带商品"),
    },
    "content": {
        "discount": Text("Discounts", "优惠偏好"),
        "coupons": Text("Coupons", "券"),
        "interest": Text("What he looks at", "浏览兴趣"),
        "campaigns": Text("Campaigns", "活动"),
    },
}
"""Levels 2 and 3 below a family, the third behind a dot; the tag itself is the fourth."""


def titles_of(family: Family, level: str | None) -> tuple[Text, ...]:
    """Return the titles from the family down to a level."""
    if level is None:
        return (FAMILIES[family],)
    steps = level.split(".")
    return (FAMILIES[family], *(LEVELS[family][".".join(steps[: i + 1])] for i in range(len(steps))))
