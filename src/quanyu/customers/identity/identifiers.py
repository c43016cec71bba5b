"""The form in which an identifier is hashed, so that it is the same however a source writes it; or why it is none."""

from dataclasses import dataclass
from typing import Any

import ibis

from quanyu.foundation.lake.model import Value

GLOBAL = "global"
"""The scope of what points at the same person everywhere."""
MOST = 256  # characters; nothing that tells people apart is longer
NOT_A_NUMBER, MASKED, LOST, LONG = "no such number", "masked", "digits lost", "too long"
NOT_AN_ADDRESS, NOTHING, REFUSED = "no such address", "says nothing", "not taken"
REASONS = (NOT_A_NUMBER, MASKED, LOST, LONG, NOT_AN_ADDRESS, NOTHING, REFUSED)
ODD = "odd"  # a phone that patterns cannot decide
PHONE, EMAIL, DEVICE_TYPE = "phone", "email", "device"
RECEIVER_PHONE = "receiver_phone"
"""Of whom the parcel of an order goes to: a hint of who its buyer is."""
MATCH, POSSIBLE = "match", "possible_match"
PROPOSED = (MATCH, POSSIBLE)
"""Types of what stands for two records that seem to be one person: likely so, or possibly. No source gives them."""

_WORDS = {
    PHONE: ("mobile", "cellphone", "tel", "telephone", "msisdn", "手机", "手机号", "手机号码", "电话", "电话号码"),
    RECEIVER_PHONE: ("shipping_phone", "ship_to_phone", "收货手机", "收货电话", "收件人电话", "收件人手机号"),
    EMAIL: ("e-mail", "mail", "email address", "邮箱", "电子邮箱", "邮箱地址"),
}
_TYPES = {synonym: type_ for type_, synonyms in _WORDS.items() for synonym in synonyms}
_UNTAKEN = ("id_card", "idcard", "identity_card", "id_number", "身份证", "身份证号", "passport", "护照", *PROPOSED)
_NO_WORDS = ("null", "none", "nan", "nil", "n/a", "na", "undefined", "unknown", "(null)", "无", "未知", "暂无", "匿名")
_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
_NARROW = "".join(chr(code) for code in range(0x21, 0x7F)) + "  "
_ANY_WIDE = r"[\x{FF01}-\x{FF5E}\x{3000}\x{A0}]"
_WRAPPED = r'^=?"(.*)"$|^=(\S.*)$|^\'(.*)$'  # ="00123", and the apostrophe that says text
_STARS = r"[*•●×]{2,}|\*"
_LOST = r"^[-+]?\d(\.\d+)?[Ee]\+\d+$"  # 1.38E+10
_BETWEEN = r"[\s().·/_,\-\x{2010}-\x{2015}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{FEFF}]"
_SAME = "|".join(f"{digit}{{11}}" for digit in range(10))  # dummies, which are told apart by how many have them
_IN_CHINA = rf"^(?:(?:\+|00?)?86)?(?:0?(1[3-9]\d{{9}})|({_SAME}))$"
_IN_CHINA_ABROAD = rf"^(?:\+|00)86(?:0?(1[3-9]\d{{9}})|({_SAME}))$"
_CHINESE, _NORTH_AMERICAN = 86, 1
_MISTYPED = r"^1[1-9]\d*$"
# Letters of any language; a class of them all would make the pattern a hundred times larger.
_MAILBOX = r"[^@\s\"(),:;<>\[\]\\]+"
_LETTER = r"[^\s\x00-\x2c\x2e-\x2f\x3a-\x60\x7b-\x7f-]"
_DOMAIN = rf"(?:{_LETTER}+(?:-+{_LETTER}+)*\.)+{_LETTER}+(?:-+{_LETTER}+)*"
_TOP = r"\.[^\d\s.-][^\s.]*[^\s.-]$"
_NO_ENDS = r"\.(?:con|comm|cmo|ocm|vom|xom|cpm|coom|cim|nett|ner|ogr)$"  # typed for com, net and org


@dataclass(frozen=True)
class Form:
    """One of the two is NULL: the value as it is hashed, and the reason for which there is none."""

    value: Value
    reason: Value


def type_of(word: Value) -> Value:
    """Return the type that a file's word for it means; what we do not know is a type of its own."""
    low: Value = word.strip().lower()
    return low.substitute(_TYPES)


def type_written(word: str) -> str:
    """Return the same of one word."""
    low = word.strip().lower()
    return _TYPES.get(low, low)


def scope_of(type_: Value, scope: Value, source: str) -> Value:
    """Return where a value is unique; phones and addresses are so everywhere, unless a mapping says else."""
    everywhere = type_.isin([PHONE, RECEIVER_PHONE, EMAIL]) & (scope.isnull() | (scope == source))
    return ibis.ifelse(everywhere, ibis.literal(GLOBAL), scope.coalesce(ibis.literal(source)))


def bare_of(text: Value) -> Value:
    """Return the value without full-width signs and what spreadsheets wrap around it; cut where it is too long."""
    short = text.left(MOST + 1)
    # To translate costs twenty times as much as to look whether there is anything to translate.
    narrow: Value = ibis.ifelse(short.re_search(_ANY_WIDE), short.translate(_WIDE, _NARROW), short)
    return narrow.re_replace(_WRAPPED, r"\1\2\3").strip()


def form_of(type_: Value, bare: Value, calling_code: int | None) -> Form:
    """Return the form of a value of any type; `calling_code` is that of the country whose phones go without one."""
    forms = {(PHONE, RECEIVER_PHONE): phone(bare, calling_code), (EMAIL,): email(bare)}
    other = key(bare)
    refused = _first((bare.length() > MOST, LONG), (type_.isin(_UNTAKEN), REFUSED))
    reason = ibis.cases(*[(type_.isin(names), form.reason) for names, form in forms.items()], else_=other.reason)
    value = ibis.cases(*[(type_.isin(names), form.value) for names, form in forms.items()], else_=other.value)
    return Form(ibis.ifelse(refused.isnull(), value, ibis.null("string")), refused.coalesce(reason))


def phone(bare: Value, calling_code: int | None) -> Form:
    """Return +8613800138000 however a Chinese number is written; what else may be one comes as it is, reason `odd`."""
    dialled: Value = bare.re_replace(r"\.0+$", "").re_replace(_BETWEEN, "")
    # In North America 1 310 … is a number of its own.
    pattern = _IN_CHINA_ABROAD if calling_code == _NORTH_AMERICAN else _IN_CHINA
    digits: Value = dialled.re_extract(pattern, 1) + dialled.re_extract(pattern, 2)
    length: Value = dialled.re_replace(r"\D", "").length()
    mistyped: Any = dialled.re_search(_MISTYPED) if calling_code == _CHINESE else ibis.literal(False)
    wrong = _first(
        (bare.re_search(_STARS) | bare.re_search(r"\d[xX]{3,}\d"), MASKED),
        (bare.re_search(_LOST), LOST),
        (~length.between(5, 19) | mistyped, NOT_A_NUMBER),
    )
    found = digits != ""
    value = ibis.ifelse(found, ibis.literal("+86") + digits, ibis.ifelse(wrong.isnull(), bare, ibis.null("string")))
    return Form(value, ibis.ifelse(found, ibis.null("string"), wrong.coalesce(ibis.literal(ODD))))


def email(bare: Value) -> Form:
    low: Value = bare.lower().re_replace(r"^mailto:", "").re_replace(r"^<(.*)>$", r"\1")
    good = low.re_search(f"^{_MAILBOX}@{_DOMAIN}$") & low.re_search(_TOP) & ~low.re_search(_NO_ENDS)
    reason = _first((low.isin(_NO_WORDS), NOTHING), (low.re_search(_STARS), MASKED), (~good, NOT_AN_ADDRESS))
    return Form(ibis.ifelse(reason.isnull(), low, ibis.null("string")), reason)


def key(bare: Value) -> Form:
    """Return a number of a card or of an account as it is: small and large letters differ."""
    nothing = bare.lower().isin(_NO_WORDS) | ~bare.re_search(r"[\p{L}\p{N}]") | bare.re_search(r"^0+$")
    reason = _first((nothing, NOTHING), (bare.re_search(r"\*{2,}"), MASKED), (bare.re_search(_LOST), LOST))
    return Form(ibis.ifelse(reason.isnull(), bare, ibis.null("string")), reason)


def _first(*faults: tuple[Value, str]) -> Value:
    return ibis.cases(*[(wrong, ibis.literal(reason)) for wrong, reason in faults], else_=ibis.null("string"))
