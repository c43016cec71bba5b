"""Every tag of the retail pack, worked out by hand from the rows of a small retailer, on 30 June 2026."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest
from tests.conftest import reader

from quanyu.commerce.catalog.tables import PRODUCT_CODES, PRODUCTS
from quanyu.commerce.coupons.tables import COUPONS
from quanyu.commerce.orders.tables import AFTER_SALES_CASES, ORDER_HEADERS, ORDER_LINES, ORDERS, REFUNDS
from quanyu.customers.consent.measures import LIT
from quanyu.customers.consent.model import REFUSALS
from quanyu.customers.consent.tables import ADDRESSES, LEGAL_BASES, REFUSED
from quanyu.customers.events.tables import EVENTS
from quanyu.customers.identity.tables import CUSTOMER_OF_RECORD, RECORDS
from quanyu.customers.messages.tables import MESSAGES, RESPONSES
from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope
from quanyu.targeting.fields.catalogue import FIELDS
from quanyu.targeting.fields.compiling import asked_value
from quanyu.targeting.tags.definitions import built_in
from quanyu.targeting.tags.deriving import derive
from quanyu.targeting.tags.model import Pack
from quanyu.targeting.tags.previewing import needed

PACK = built_in(FIELDS, "CNY")
CHINA = timezone(timedelta(hours=8))
AS_OF = datetime(2026, 7, 1, tzinfo=CHINA)  # 30 June, a Tuesday, is over
LIN, MO, QI, RAN, NOBODY = range(5)
Rows = list[dict[str, object]]


def at(day: str, hour: int = 12) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=CHINA).astimezone(UTC)


PEOPLE: Rows = [
    {
        "record": 0, "source": "till", "country": "中国", "province": "浙江省", "city": "杭州市", "gender": "f",
        "birth_year": 1990, "birthday": "03-08", "language": "zh_CN", "level": "gold", "status": "active",
        "registered_at": at("2024-07-01"), "store": "S1", "staff": "E1", "channel": "直播间",
    },
    {"record": 1, "source": "app", "registered_at": at("2025-01-01")},
    *({"record": record, "source": "web"} for record in (2, 3, 4, 5)),
]  # fmt: skip
CUSTOMER_OF = {0: LIN, 1: LIN, 2: MO, 3: QI, 4: RAN, 5: NOBODY, **{record: record for record in range(100, 290)}}

BASES = {"till": ("sms", "wecom"), "app": ("push",), "web": ("sms", "official_account", "mini_program")}
"""Channels on which a source may advertise."""
ADDRESSED = [
    (0, "till", "sms"), (0, "till", "wecom"), (1, "app", "push"), (1, "app", "email"), (2, "web", "sms"),
    (2, "web", "official_account"), (3, "web", "mini_program"),
]  # fmt: skip
"""Record, its source, and a channel on which it has an address."""

# code: categories, brand, list price in yuan, kind
GOODS = {
    "T1": ("tea", "green", "longjing", "HY", 100, "single"),
    "T2": ("tea", "black", "keemun", "HY", 50, "single"),
    "H1": ("home", "sofa", "leather", "HL", 400, "single"),
    "G1": ("tea", "gifts", "box", "HY", 25, "bundle"),
    "P1": ("home", "kitchen", "pots", "HL", 80, "single"),
}

# record, order, day, hour, store, discount, shipping fee, channel, [(product, pieces, price of a piece)], in yuan
ORDERED: list[tuple[int, str, str, int, str | None, int, int | None, str | None, list[tuple[str, int, int]]]] = [
    (0, "o1", "2024-11-05", 10, "S1", 0, None, None, [("T1", 1, 100)]),  # Tuesday, Double 11
    (1, "o2", "2025-06-10", 12, None, 20, 8, None, [("T2", 2, 40)]),  # Tuesday, 618
    (0, "o3", "2026-02-14", 20, "S2", 120, None, None, [("H1", 1, 280)]),  # Saturday before New Year on the 17th
    (1, "o4", "2026-05-20", 23, None, 5, 0, None, [("T1", 1, 95), ("G1", 3, 25)]),  # Wednesday
    (1, "o5", "2026-06-13", 10, None, 0, 12, "直播", [("H1", 2, 400)]),  # Saturday, 618
    (2, "m1", "2025-12-12", 13, None, 0, 0, None, [("T1", 1, 100)]),
    (2, "m2", "2026-03-08", 13, None, 0, 0, None, [("T1", 1, 60)]),
    (2, "m3", "2025-09-25", 13, None, 0, 0, None, [("T2", 1, 40)]),  # Mid-Autumn is on 6 October
    (2, "m4", "2025-10-07", 13, None, 0, 0, None, [("T2", 1, 50)]),
    (2, "m5", "2026-05-02", 13, None, 0, 0, None, [("T2", 1, 50)]),
    (2, "m6", "2025-05-28", 13, None, 0, 0, None, [("T2", 1, 50)]),  # Dragon Boat is on 31 May
    (2, "m7", "2025-12-25", 13, None, 0, 0, None, [("T2", 1, 50)]),
    (3, "q1", "2026-06-28", 2, "S1", 0, None, None, [("T2", 1, 50)]),
]

# A crowd shows how people buy: 150 of them Longjing, every 30 days; 40 a sofa with pots, in one order, once.
ORDERED += [
    (100 + who, f"t{who}-{n}", str(date(2025, 7, 1) + timedelta(days=who % 30 + n * 30)), 12, None, 0, 0, None,
     [("T1", 1, 100)])
    for who in range(150)
    for n in range(5)
]  # fmt: skip
ORDERED += [
    (250 + who, f"s{who}", "2025-07-01", 12, None, 0, 0, None, [("H1", 1, 400), ("P1", 1, 80)]) for who in range(40)
]

# day, hour, source, event, product: all of Lin
SEEN: list[tuple[str, int, str, str, str | None]] = [
    ("2026-06-29", 21, "web", "Product Viewed", "T1"),  # Monday
    ("2026-06-29", 21, "web", "Product Added", "T1"),
    ("2026-06-22", 23, "app", "Product Viewed", "H1"),  # Monday
    ("2026-06-22", 23, "app", "Products Searched", None),
    ("2026-06-13", 9, "web", "Checkout Started", None),  # Saturday
    ("2026-02-01", 21, "web", "Product Viewed", "T2"),  # Sunday
    ("2025-08-01", 21, "web", "Home", None),  # Friday
]

# record, day, channel, state, campaign
SENT: list[tuple[int, str, str, str, str]] = [
    (0, "2026-06-25", "sms", "delivered", "C1"),
    (0, "2026-05-01", "sms", "failed", "C1"),
    (0, "2025-12-01", "sms", "delivered", "C2"),
    (1, "2026-06-10", "wecom", "sent", "C3"),
    (1, "2026-06-20", "wecom", "sent", "C3"),
    (0, "2026-01-10", "wecom", "sent", "C2"),
    (0, "2026-03-01", "push", "delivered", "C2"),
    (0, "2026-06-30", "official_account", "sent", "C4"),
    (2, "2026-06-02", "push", "failed", "C5"),
    *((2, f"2026-06-0{n}", "sms", "delivered", "C6") for n in range(1, 7)),
    *((4, f"2026-06-0{n}", "sms", "delivered", "C6") for n in range(1, 7)),
    (3, "2026-06-01", "sms", "delivered", "C6"),
]

# record, day, hour, channel, event, campaign
ANSWERED: list[tuple[int, str, int, str, str, str | None]] = [
    (0, "2026-06-25", 12, "sms", "clicked", "C1"),
    (0, "2026-06-20", 12, "wecom", "clicked", "C3"),
    (0, "2026-06-21", 20, "wecom", "replied", "C3"),
    (0, "2026-03-02", 9, "push", "opened", "C2"),
    (3, "2026-06-02", 9, "push", "clicked", "C5"),
    (3, "2026-06-03", 9, "official_account", "clicked", "C5"),
    (2, "2026-04-01", 9, "sms", "unsubscribed", None),
    (2, "2026-06-01", 9, "push", "uninstalled", None),
    (2, "2026-06-20", 9, "official_account", "unsubscribed", None),
]

# code, campaign, given out, used: all of Lin
GIVEN: list[tuple[str, str, str, str | None]] = [
    ("c1", "K1", "2026-06-15", "2026-06-20"),
    ("c2", "K2", "2025-09-01", None),
    ("c3", "K0", "2024-10-01", None),
]
REFUNDED = [("o5", "H1", 400, "2026-06-20"), ("o2", "T2", 40, "2025-06-20")]
OPENED = [
    ("2026-06-18", "return", "closed"),
    ("2026-06-25", "complaint", "open"),
    ("2026-01-05", "exchange", "closed"),
]


def minor(yuan: int | None) -> int | None:
    return None if yuan is None else 100 * yuan


def tables() -> dict[str, ibis.Table]:
    source_of = {order: "till" if store else "web" for _r, order, _d, _h, store, *_rest in ORDERED}
    filled: dict[LakeTable, Rows] = {
        RECORDS: [{**row, "observed_at": at("2026-01-01"), "import_number": 1} for row in PEOPLE],
        CUSTOMER_OF_RECORD: [{"record": record, "customer": customer} for record, customer in CUSTOMER_OF.items()],
        PRODUCTS: [
            {
                "source": "erp", "product": code, "category_1": one, "category_2": two, "category_3": three,
                "brand": brand, "list_price": minor(price), "kind": kind, "observed_at": at("2020-01-01"),
                "import_number": 1,
            }
            for code, (one, two, three, brand, price, kind) in GOODS.items()
        ],
        PRODUCT_CODES: [],
        ORDERS: [
            {
                "record": record, "source": source_of[order], "order_number": order, "order_type": "sale",
                "sale_amount": sum(100 * pieces * price for _p, pieces, price in lines), "return_amount": 0,
                "lines": len(lines), "currency": "CNY", "placed_at": at(day, hour),
                "business_date": date.fromisoformat(day),
            }
            for record, order, day, hour, _s, _d, _f, _c, lines in ORDERED
        ],
        ORDER_HEADERS: [
            {
                "source": source_of[order], "order_number": order, "store": store, "discount": minor(discount),
                "shipping_fee": minor(fee), "channel": channel,
            }
            for _r, order, _day, _h, store, discount, fee, channel, _l in ORDERED
        ],
        ORDER_LINES: [
            {
                "record": record, "source": source_of[order], "order_number": order, "product": product,
                "quantity": Decimal(pieces), "amount": 100 * pieces * price, "line_type": "sale",
                "placed_at": at(day, hour), "business_date": date.fromisoformat(day),
            }
            for record, order, day, hour, _s, _d, _f, _c, lines in ORDERED
            for product, pieces, price in lines
        ],
        REFUNDS: [
            {
                "source": "web", "order_number": order, "product": product, "amount": minor(yuan),
                "business_date": date.fromisoformat(day),
            }
            for order, product, yuan, day in REFUNDED
        ],
        AFTER_SALES_CASES: [
            {"record": 0, "source": "desk", "opened_at": at(day), "type": type_, "status": status}
            for day, type_, status in OPENED
        ],
        COUPONS: [
            {
                "record": 0, "source": "erp", "code": code, "campaign": campaign, "issued_at": at(given),
                "used_at": at(used) if used else None, "status": "used" if used else "issued",
            }
            for code, campaign, given, used in GIVEN
        ],
        EVENTS: [
            {
                "record": 1, "source": source, "name": name, "product": product, "occurred_at": at(day, hour),
                "business_date": date.fromisoformat(day),
            }
            for day, hour, source, name, product in SEEN
        ],
        MESSAGES: [
            {
                "record": record, "source": "mk", "channel": channel, "status": status, "campaign": campaign,
                "sent_at": at(day), "business_date": date.fromisoformat(day),
            }
            for record, day, channel, status, campaign in SENT
        ],
        ADDRESSES: [dict(zip(("record", "source", "channel"), row, strict=True)) for row in ADDRESSED],
        LEGAL_BASES: [
            {"source": source, "purpose": purpose, "channel": channel}
            for source, channels in BASES.items()
            for channel in channels
            for purpose in ("marketing", "service")
        ],
        REFUSED: [
            {"record": record, "channel": channel, "event": event, "day": date.fromisoformat(day)}
            for record, day, _hour, channel, event, _campaign in ANSWERED
            if event in REFUSALS
        ],
        RESPONSES: [
            {
                "record": record, "source": "mk", "channel": channel, "event": event, "campaign": campaign,
                "occurred_at": at(day, hour), "business_date": date.fromisoformat(day),
            }
            for record, day, hour, channel, event, campaign in ANSWERED
        ],
    }  # fmt: skip
    return {table.name: ibis.memtable(_complete(table, rows)) for table, rows in filled.items()}


def _complete(table: LakeTable, rows: Sequence[dict[str, object]]) -> pa.Table:
    empty = dict.fromkeys(table.schema.names)
    return pa.Table.from_pylist([{**empty, **row} for row in rows], schema=table.schema)


CASES: dict[str, tuple[int, object]] = {
    # who he is
    "country": (LIN, "中国"),
    "province": (LIN, "浙江省"),
    "city": (LIN, "杭州市"),
    "gender": (LIN, "f"),
    "age": (LIN, 36),
    "birth_month": (LIN, 3),
    "days_to_birthday": (LIN, 251),  # 8 March 2027
    "language": (LIN, "zh_CN"),
    "member_level": (LIN, "gold"),
    "member_status": (LIN, "active"),
    "member_days": (LIN, 729),
    "home_store": (LIN, "S1"),
    "guide": (LIN, "E1"),
    "join_channel": (LIN, "直播间"),
    "first_source": (LIN, "till"),
    "sources_known": (LIN, 2),
    # what he is worth: Lin's orders are of 100, 80, 280, 170 and 800 yuan
    "frequency": (LIN, 5),
    "monetary": (LIN, 143_000),
    "average_basket": (LIN, 28_600),
    "return_share": (LIN, 0.0),
    "orders_7d": (QI, 1),
    "orders_30d": (LIN, 1),
    "orders_180d": (LIN, 3),
    "orders_365d": (LIN, 3),
    "orders_previous_365d": (LIN, 2),
    "spend_60d": (MO, 5_000),  # 2 May is the first of 60 days
    "spend_90d": (LIN, 97_000),
    "spend_90d_last_year": (LIN, 8_000),
    "spend_trend": (LIN, (970 - 280) / (970 + 280)),
    "spend_year_trend": (LIN, (1250 - 180) / 1430),
    "first_order_amount": (LIN, 10_000),
    "last_order_amount": (LIN, 80_000),
    "largest_order_365d": (LIN, 80_000),
    "smallest_order": (LIN, 8_000),
    "large_orders": (LIN, 1),
    "basket_lines": (LIN, 6 / 5),
    "shipping_fees_365d": (LIN, 1_200),
    "free_shipping_share": (LIN, 1 / 5),
    "refunded_365d": (LIN, 40_000),
    "average_refund": (LIN, 22_000),
    "cases": (LIN, 3),
    "complaints": (LIN, 1),
    "exchanges": (LIN, 1),
    "open_cases": (LIN, 1),
    "case_rate": (LIN, (3 + 0.1 * 5) / (5 + 5)),
    "last_case_type": (LIN, "complaint"),
    "recency_score": (LIN, 5),
    "frequency_score": (LIN, 4),
    "monetary_score": (LIN, 4),
    "rfm_score": (LIN, "544"),
    "rfm_tier": (LIN, "champion"),
    "stage": (LIN, "loyal"),
    # where he buys, looks and answers
    "store_share": (LIN, 2 / 5),
    "store_orders_365d": (LIN, 1),
    "top_store": (LIN, "S1"),  # as many orders as in S2
    "last_store": (LIN, "S2"),
    "top_source": (LIN, "web"),
    "top_sales_channel": (LIN, "直播"),
    "visit_days_7d": (LIN, 1),
    "visit_days_30d": (LIN, 3),
    "visit_days_365d": (LIN, 5),
    "top_screen": (LIN, "web"),
    "sms_sent_90d": (LIN, 2),
    "sms_sent_365d": (LIN, 3),
    "sms_responses_365d": (LIN, 1),
    "sms_response_rate": (LIN, (1 + 0.05 * 20) / (3 + 20)),
    "days_since_sms": (LIN, 5),
    "wecom_sent_90d": (LIN, 2),
    "wecom_sent_365d": (LIN, 3),
    "wecom_responses_365d": (LIN, 2),
    "wecom_response_rate": (LIN, (2 + 0.05 * 20) / (3 + 20)),
    "days_since_wecom": (LIN, 10),
    "push_sent_365d": (LIN, 1),
    "push_responses_365d": (QI, 1),  # Lin has only opened one
    "push_response_rate": (LIN, 1 / 21),
    "days_since_push": (LIN, 121),
    "official_account_sent_90d": (LIN, 1),
    "official_account_sent_365d": (LIN, 1),
    "official_account_responses_365d": (QI, 1),
    "official_account_response_rate": (LIN, 1 / 21),
    "days_since_official_account": (LIN, 0),
    "sms_failed_365d": (LIN, 1),
    "push_failed_365d": (MO, 1),
    "days_since_sms_left": (MO, 90),
    "days_since_push_left": (MO, 29),
    "days_since_official_account_left": (MO, 10),
    "light_sms": (LIN, "reachable"),
    "light_wecom": (LIN, "reachable"),
    "light_official_account": (MO, "unsubscribed"),
    "light_mini_program": (QI, "reachable"),
    "light_push": (LIN, "reachable"),
    "light_email": (LIN, "no_basis"),
    "related_sms_days": (LIN, 729),  # registered on 1 July 2024
    "related_wecom_days": (LIN, 729),
    "related_official_account_days": (MO, 398),  # first bought on 28 May 2025, observed on 1 January
    "related_mini_program_days": (QI, 180),
    "related_push_days": (LIN, 545),
    "related_email_days": (LIN, 545),
    "channels_related": (LIN, 4),
    "channels_reachable": (LIN, 3),
    "channels_answered": (LIN, 3),
    "preferred_channel": (LIN, "wecom"),
    "sms_gain": (LIN, -13 * 3 / 352),  # 1 to 7 December and 25 to 30 June; 3 purchases on the other 352 days
    "sms_response": (RAN, "non_responder"),
    "messages_7d": (LIN, 2),
    "messages_30d": (LIN, 4),
    "messages_365d": (LIN, 8),
    "message_trend": (LIN, (5 - 2) / 7),
    "days_since_message": (LIN, 0),
    "days_since_click": (LIN, 5),
    "last_answered_channel": (LIN, "sms"),
    # when he buys
    "recency_days": (LIN, 17),
    "tenure_days": (LIN, 602),
    "first_purchase": (LIN, date(2024, 11, 5)),
    "last_purchase": (LIN, date(2026, 6, 13)),
    "days_to_next_purchase": (LIN, 129),  # 585 days between 5 purchase days: 146 after 13 June
    "lifecycle": (LIN, "active_old"),  # sofas, twice, 17 days ago; tea 41 days ago, and its cycle is 30
    "lifecycle_category": (LIN, "all"),  # nobody buys a second sofa
    "lifecycle_basis": (LIN, "thin"),
    "days_to_due": (LIN, 13),  # 30 days after 13 June
    "due_category": (LIN, "all"),
    "favourite_weekday": (LIN, 2),  # as many on Tuesdays as on Saturdays
    "favourite_hour": (LIN, 10),
    "favourite_month": (LIN, 6),
    "weekend_share": (LIN, 2 / 5),
    "morning_share": (LIN, 2 / 5),
    "lunch_share": (LIN, 1 / 5),
    "evening_share": (LIN, 1 / 5),
    "night_share": (LIN, 1 / 5),
    "visit_hour": (LIN, 21),
    "visit_weekday": (LIN, 1),
    "visit_weekend_share": (LIN, 2 / 7),
    "visit_night_share": (LIN, 2 / 7),
    "answer_hour": (LIN, 12),
    "double_11_share": (LIN, 100 / 1430),
    "mid_year_share": (LIN, 880 / 1430),
    "spring_festival_share": (LIN, 280 / 1430),
    "lovers_days_share": (LIN, 170 / 1430),
    "double_12_share": (MO, 100 / 400),
    "womens_day_share": (MO, 60 / 400),
    "mid_autumn_share": (MO, 40 / 400),
    "national_day_share": (MO, 50 / 400),
    "labour_day_share": (MO, 50 / 400),
    "dragon_boat_share": (MO, 50 / 400),
    "year_end_share": (MO, 50 / 400),
    "festival_share": (LIN, 1.0),
    "top_festival": (LIN, "mid_year"),
    "days_since_visit": (LIN, 1),
    "days_since_first_visit": (LIN, 333),
    "days_since_cart": (LIN, 1),
    "days_since_search": (LIN, 8),
    "days_since_case": (LIN, 5),
    "visit_week_streak": (LIN, 2),
    # what he buys
    "favourite_category_1": (LIN, "home"),
    "favourite_category_2": (LIN, "green"),  # as many lines as of sofas
    "favourite_category_3": (LIN, "box"),  # as many pieces as of leather
    "companion_category": (LIN, "pots"),
    "first_category": (LIN, "tea"),
    "last_category": (LIN, "sofa"),
    "favourite_brand": (LIN, "HL"),
    "average_price": (LIN, 15_667),  # 940 yuan over 6 lines
    "highest_price": (LIN, 40_000),
    "lowest_price": (LIN, 2_500),
    "premium_share": (LIN, 1080 / 1430),
    "small_goods_share": (LIN, 1 / 6),
    "bundle_share": (LIN, 1 / 6),
    "largest_quantity": (LIN, 3.0),
    "pieces_per_line": (LIN, 10 / 6),
    "multiples_share": (LIN, 2 / 4),
    "top_product": (LIN, "H1"),
    "first_product": (LIN, "T1"),
    "last_product": (LIN, "H1"),
    "refunded_category": (LIN, "keemun"),  # as often as leather
    # what moves him
    "paid_share": (LIN, (1 + 0.8 + 0.7 + 0.95 + 1 + 1) / 6),
    "deep_discount_share": (LIN, 1 / 6),
    "best_price_share": (LIN, 0.7),
    "discounted_order_share": (LIN, 3 / 5),
    "discount_365d": (LIN, 12_500),
    "average_discount": (LIN, 4_833),  # 145 yuan over 3 orders
    "discount_sensitivity": (LIN, "medium"),
    "coupons_365d": (LIN, 2),
    "coupons_30d": (LIN, 1),
    "coupons_used": (LIN, 1),
    "coupons_received": (LIN, 3),
    "coupon_use_rate": (LIN, (1 + 0.05 * 10) / (3 + 10)),
    "days_since_coupon": (LIN, 15),
    "last_coupon_campaign": (LIN, "K1"),
    "last_answered_campaign": (LIN, "C1"),
    "last_campaign": (LIN, "C4"),
    "views_7d": (LIN, 1),
    "views_30d": (LIN, 2),
    "views_365d": (LIN, 3),
    "view_trend": (LIN, (2 - 1) / 3),
    "carts_30d": (LIN, 1),
    "carts_365d": (LIN, 1),
    "cart_rate": (LIN, (1 + 0.15 * 10) / (3 + 10)),
    "searches_90d": (LIN, 1),
    "checkouts_365d": (LIN, 1),
    "cart_state": (LIN, "bought"),
    "viewed_category": (LIN, "tea"),
    "viewed_category_3": (LIN, "longjing"),
    "viewed_categories": (LIN, 2),
    "last_viewed_product": (LIN, "T1"),
    "viewed_price": (LIN, 16_250),  # 100, 100, 400 and 50 yuan
}
"""Of each tag a customer who has a value, and the value: money in fen, days until and since as numbers."""

OF_NOBODY = {
    "frequency": 0, "frequency_score": 1, "stage": "contact", "sources_known": 1,
    **{f"light_{channel}": "no_relation" for channel in LIT},
}  # fmt: skip
"""What there is to say of who has one record and did nothing; counts and sums are 0, all else is unknown."""

ZERO = (
    "orders_7d orders_30d orders_180d orders_365d orders_previous_365d spend_60d spend_90d spend_90d_last_year "
    "large_orders shipping_fees_365d refunded_365d cases complaints exchanges open_cases store_orders_365d "
    "visit_days_7d visit_days_30d visit_days_365d sms_sent_90d sms_sent_365d sms_responses_365d wecom_sent_90d "
    "wecom_sent_365d wecom_responses_365d push_sent_365d push_responses_365d official_account_sent_90d "
    "official_account_sent_365d official_account_responses_365d sms_failed_365d push_failed_365d channels_related "
    "channels_reachable channels_answered messages_7d messages_30d messages_365d visit_week_streak discount_365d "
    "coupons_365d coupons_30d coupons_used coupons_received views_7d views_30d views_365d carts_30d carts_365d "
    "searches_90d checkouts_365d viewed_categories "
)
COUNTED = frozenset(ZERO.split())


def answered(as_of: datetime = AS_OF, pack: Pack = PACK) -> dict[int, dict[str, object]]:
    scope = Scope(tables(), as_of, "Asia/Shanghai")
    living = ibis.memtable(pa.table({"customer": pa.array(range(5), pa.int64())}))
    rows = derive(pack, FIELDS, living, scope)
    columns = {askable.name: asked_value(rows, askable, scope.day) for askable in pack.askables}
    told = reader().to_pyarrow(rows.select("customer", **columns)).to_pylist()
    return {row.pop("customer"): row for row in told}


@pytest.fixture(scope="module")
def found() -> dict[int, dict[str, object]]:
    return answered()


def test_every_tag_has_a_case() -> None:
    assert sorted(CASES) == sorted(tag.name for tag in PACK.tags)


@pytest.mark.parametrize("tag", CASES)
def test_a_tag_is_what_the_hand_finds(found: dict[int, dict[str, object]], tag: str) -> None:
    who, value = CASES[tag]
    assert found[who][tag] == (pytest.approx(value) if isinstance(value, float) else value)
    nothing = OF_NOBODY.get(tag, 0 if tag in COUNTED else None)
    assert found[NOBODY][tag] == nothing
    assert value is not nothing


@pytest.mark.parametrize(
    ("tag", "values"),
    [
        ("stage", ["loyal", "loyal", "customer", "contact", "contact"]),
        ("sms_response", ["responder", "non_responder", "untested", "non_responder", None]),
        ("light_sms", ["reachable", "unsubscribed", "no_address", "no_address", "no_relation"]),
        ("light_push", ["reachable", "no_address", "no_relation", "no_relation", "no_relation"]),
        ("lifecycle", ["active_old", "old", "new", None, None]),
        ("discount_sensitivity", ["medium", "medium", None, None, None]),  # Mo: 1, 0.6, 0.8 and four times 1: 0.914
        ("push_failed_365d", [0, 1, 0, 0, 0]),
    ],
)  # fmt: skip
def test_a_tag_of_everybody(found: dict[int, dict[str, object]], tag: str, values: list[object]) -> None:
    assert [found[who][tag] for who in (LIN, MO, QI, RAN, NOBODY)] == values


def test_a_better_tier_is_kept_for_thirty_days() -> None:
    """Lin's last purchase on 13 June is 60 days ago on 12 August, and 90 on 11 September."""
    tiers = needed(PACK, ["rfm_tier"])

    def on(day: date) -> tuple[object, object]:
        lin = answered(datetime(day.year, day.month, day.day, tzinfo=CHINA) + timedelta(days=1), tiers)[LIN]
        return lin["recency_score"], lin["rfm_tier"]

    assert on(date(2026, 8, 12)) == (4, "champion")
    assert on(date(2026, 8, 13)) == (3, "champion")
    assert on(date(2026, 9, 11)) == (3, "champion")
    assert on(date(2026, 9, 12)) == (3, "big_to_keep")
