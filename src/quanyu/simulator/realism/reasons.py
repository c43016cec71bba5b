"""Why the company differs from each public data set where it is meant to, and where to mend it where it is not."""

from dataclasses import dataclass

Words = tuple[str, str]  # English, Chinese


@dataclass(frozen=True)
class Reason:
    """What to say when the company's figure is higher or lower; None where that is not meant."""

    knob: str  # below quanyu.simulator
    higher: Words | None = None
    lower: Words | None = None


_CONSUMABLES = (
    "tea, snacks and care are used up and bought again; music is not",
    "茶、零食、护理会用完再买，唱片不会",
)
_FINER = (
    "a household's basket of tea and snacks; the gift retailer sells cartons to shops",
    "家庭购买的茶与零食；对方向店铺整箱供货",
)
_GROCERIES = (
    "some teas and towels; a grocery run fills a trolley",
    "只买几样茶与毛巾；对方是整车采购日用品",
)
_SOFAS = (
    "prices from a 5-yuan snack to a 10,000-yuan sofa; theirs are alike",
    "从 5 元零食到万元沙发；对方价格相近",
)
_DEPARTMENTS = (
    "no category is half of all sales as groceries are there",
    "没有一个品类像对方的食品那样占一半",
)
_ALREADY = (
    "as many orders are added, to three times as many that are placed without a message",
    "增加的订单数相近，但未触达时的订单已是对方的三倍",
)
_OFTEN = (
    "goods of daily use, in stores and on screens; theirs sells clothes by catalogue",
    "日常用品，门店与线上都卖；对方是服装目录销售",
)
_MESSAGES = (
    "of the texts and guides' messages one in four is opened and one in twenty-five clicked",
    "短信与导购消息约四分之一被打开，约二十五分之一被点击",
)

REASONS: dict[tuple[str, str], Reason] = {
    ("share_once", "online_retail"): Reason("people.py: rate, leaving"),
    ("share_once", "cdnow"): Reason("people.py: rate, leaving", lower=_CONSUMABLES),
    ("orders_each", "online_retail"): Reason("people.py: rate"),
    ("orders_each", "cdnow"): Reason("people.py: rate", higher=_CONSUMABLES),
    ("gaps", "online_retail"): Reason("shopping.py: _cycles"),
    ("gaps", "cdnow"): Reason("shopping.py: _cycles", lower=_CONSUMABLES),
    ("lines_each", "online_retail"): Reason("people.py: basket", lower=_FINER),
    ("items_each", "online_retail"): Reason("baskets.py: quantity", lower=_FINER),
    ("lines_each", "complete_journey"): Reason("people.py: basket", lower=_GROCERIES),
    ("top_customers", "online_retail"): Reason("people.py: rate, price"),
    ("top_customers", "cdnow"): Reason("people.py: rate, price", higher=_SOFAS),
    ("top_products", "online_retail"): Reason("catalogue.py: _popularity"),
    ("top_products", "complete_journey"): Reason("catalogue.py: _popularity", higher=_SOFAS),
    ("product_gini", "online_retail"): Reason("catalogue.py: _popularity"),
    ("product_gini", "complete_journey"): Reason("catalogue.py: _popularity", higher=_SOFAS),
    ("favourite_share", "complete_journey"): Reason("people.py: _tastes", lower=_DEPARTMENTS),
    ("share_discounted", "complete_journey"): Reason("baskets.py: any discount"),
    ("depth", "complete_journey"): Reason("calendar.py: USUAL_DISCOUNT; baskets.py: _DEALS, _COUPON"),
    ("visit_alone", "hillstrom"): Reason("browsing.py: _SESSIONS"),
    ("bought_alone", "hillstrom"): Reason("people.py: channels", higher=_OFTEN),
    ("visit_added", "hillstrom"): Reason("contact.py: _OPENS, _CLICKS", lower=_MESSAGES),
    ("bought_added", "hillstrom"): Reason("baskets.py: _LED"),
    ("anywhere_added", "hillstrom"): Reason("findings.py: CONTACT_EFFECT"),
    ("spent_lift", "hillstrom"): Reason("findings.py: CONTACT_EFFECT", lower=_ALREADY),
}

MEASURES: dict[str, Words] = {
    "share_once": ("customers with one order", "只下过一单的客户"),
    "orders_each": ("orders per customer", "每客订单数"),
    "gaps": ("days between purchases", "购买间隔天数"),
    "lines_each": ("lines per order", "每单行数"),
    "items_each": ("pieces per order", "每单件数"),
    "top_customers": ("sales by the best fifth of customers", "前两成客户的销售占比"),
    "top_products": ("sales by the best fifth of products", "前两成商品的销售占比"),
    "product_gini": ("inequality of products (Gini)", "商品销售不均度（基尼系数）"),
    "favourite_share": ("customer's spend in his top category", "客户首选品类的消费占比"),
    "share_discounted": ("lines with a discount", "有折扣的订单行"),
    "depth": ("depth of a discount", "折扣深度"),
    "visit_alone": ("visit within 14 days, no message", "未触达 14 天内到访"),
    "bought_alone": ("order on own screens, no message", "未触达 14 天内在自有线上下单"),
    "visit_added": ("visits that a message adds", "一条消息增加的到访"),
    "bought_added": ("orders on own screens that it adds", "一条消息增加的自有线上下单"),
    "anywhere_added": ("orders anywhere that it adds", "一条消息增加的全渠道下单"),
    "spent_lift": ("spend on own screens that it adds", "一条消息带来的自有线上消费增幅"),
}
