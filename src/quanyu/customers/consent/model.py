"""Nouns of consent: what a source declares, and the states of a light with the words for them."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis.expr.types as ir

from quanyu.foundation.lake.model import LakeTable
from quanyu.foundation.measuring import Scope
from quanyu.foundation.text import Text

MARKETING = "marketing"
"""The purpose for which lights are on; others are asked for when something is exported."""

REACHABLE = "reachable"
BLOCKED, NO_RELATION, NO_ADDRESS, NO_BASIS, DELETED = "blocked", "no_relation", "no_address", "no_basis", "deleted"
REFUSALS = {
    "complained": Text("complained on the channel", "在该渠道投诉过"),
    "unsubscribed": Text("unsubscribed on the channel", "在该渠道退订过"),
    "uninstalled": Text("removed the app", "已卸载"),
}
"""Responses after which nobody is addressed on the channel; who gave several counts with the first."""

REASONS = {
    BLOCKED: Text("blocked by a source", "被来源冻结"),
    NO_RELATION: Text("no relation on the channel", "在该渠道无关联"),
    NO_ADDRESS: Text("no address for the channel", "无该渠道的地址"),
    NO_BASIS: Text("no legal basis from any source", "没有任何来源声明的合法依据"),
    DELETED: Text("account closed where the address comes from", "地址所属账号已注销"),
    **REFUSALS,
}
"""Why a light is off; the first that holds is told."""

LEFT = "unsubscribed"
"""On WeCom a contact says so by deleting his guide: it is said to that guide."""

WECOM = "wecom"
FOLLOWED = (WECOM, "official_account")
"""Channels on which whoever has an address has followed somebody."""

MEMBER, BOUGHT, FAN, BOUND, WRITTEN_TO = "member", "bought", "fan", "bound", "written_to"
PROOFS = {
    MEMBER: Text("member by a record with an address there", "有该渠道地址的会员"),
    BOUGHT: Text("bought by a record with an address there", "以有该渠道地址的记录购买过"),
    FAN: Text("follows the account or a guide", "已关注公众号或添加导购"),
    BOUND: Text("has an address there", "已绑定该渠道的地址"),
    WRITTEN_TO: Text("was written to there", "曾在该渠道收到消息"),
}
"""What relates somebody to the brand on a channel; the strongest is told."""

STATES = {REACHABLE: Text("reachable", "可触达"), **REASONS}


@dataclass(frozen=True)
class Basis:
    """What a source declares its records are held for."""

    source: str
    purposes: tuple[str, ...]
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Buyers:
    """Which records have bought: of a scope with these `tables` columns record and `day`, of the first purchase.

    The rooms of trade know; consent lies below them.
    """

    tables: tuple[LakeTable, ...]
    told: Callable[[Scope], ir.Table]
