"""How well a column fits an input, 0 to 1: values may refuse what the header says, or speak where it says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from quanyu.customers.ingest.suggesting.columns import Column
from quanyu.customers.ingest.suggesting.reading import NUMBERS, TIMES, Reading, read_as
from quanyu.customers.ingest.suggesting.relations import Lines, Relations, dated, is_key
from quanyu.customers.ingest.suggesting.words import IDENTIFIERS, Place, Words
from quanyu.foundation.kinds import Input, Kind

_BY_VALUES = 0.75  # how sure values alone can make
TYPES: Mapping[str, tuple[str, ...]] = {
    "phone": ("phone",), "email": ("email",), "unionid": ("wechat_id",), "openid": ("wechat_id", "douyin_id"),
    "external_userid": ("external_userid",), "ouid": ("taobao_id",), "omid": ("taobao_id",), "jd_pin": ("jd_pin",),
    "registration_id": ("device",),
}  # fmt: skip
"""Shapes that the values of a type of identifier have; of other types any key will do."""
_LOOKS: Mapping[str, tuple[str, ...]] = {
    "gender": ("gender",), "province": ("province",), "city": ("city",), "district": ("district",),
    "address": ("address",), "country": ("country",), "barcode": ("barcode",), "properties": ("json",),
    "page": ("url",),
}  # fmt: skip
_NAMES = ("name", "city", "province", "district", "address", "country", "level", "role", "brand", "terms", "language")
_LINES: Mapping[str, str] = {
    "order_number": "order", "line_number": "line", "placed_at": "time", "product": "product", "quantity": "quantity",
    "unit_price": "price", "customer": "customer",
}  # fmt: skip
_UNREAD = Reading(0.0)


@dataclass(frozen=True)
class Fit:
    """`score` is what a person is told as confidence, `said` how near the header comes to the input's words."""

    column: Column
    score: float
    said: float
    reading: Reading


@dataclass(frozen=True)
class Fitting:
    """Fits every column with every input."""

    words: Words
    relations: Relations

    def near(self, column: Column) -> dict[Place, float]:
        return self.words.near(column.name)

    def fit(self, kind: Kind, wanted: Input, column: Column, said: Mapping[Place, float]) -> Fit:
        near = said.get((kind.name, wanted.name), 0.0)
        seen = self._seen(kind, wanted, column)
        if not near and not seen:
            return Fit(column, 0.0, 0.0, _UNREAD)
        reading = read_as(column, wanted)
        allowed = _allowed(wanted, column, reading, near)
        score = allowed * (1 - (1 - near) * (1 - _BY_VALUES * seen))
        return Fit(column, round(score, 4), near, reading)

    def identifier(self, type_: str, column: Column, said: Mapping[Place, float]) -> float:
        """Return how well a column fits a type of identifier."""
        near = said.get((IDENTIFIERS, type_), 0.0)
        shapes = TYPES.get(type_)
        if not column.filled or dated(column) > 0.5:
            return 0.0
        if shapes is None:
            return near * (1.0 if is_key(column) else 0.2)
        seen = column.share(*shapes)
        if type_ in {"phone", "email"}:
            return max(near, 0.95) * seen if seen > 0.5 else 0.2 * near * seen
        return max(near * (1.0 if is_key(column) else 0.2), 0.6 * seen if type_ not in {"registration_id"} else 0.0)

    def _seen(self, kind: Kind, wanted: Input, column: Column) -> float:
        if wanted.name in _LOOKS:
            share = column.share(*_LOOKS[wanted.name])
            return 0.8 * share if share > 0.6 else 0.0
        if kind.name == "order_line" and wanted.name in _LINES:
            lines: dict[str, float] = getattr(self._lines(), _LINES[wanted.name])
            return lines.get(column.name, 0.0)
        if kind.takes_identifiers and wanted.name in kind.key and (is_key(column) or _counts(column)):
            contact = column.share("phone", "email", "landline") > 0.5
            return (0.4 if contact else 0.6) if column.variety > 0.999 and column.fill > 0.999 else 0.0
        if wanted.name == "name" and kind.name == "product":
            return 0.8 * column.share("words") if column.share("words") > 0.7 and column.distinct > 3 else 0.0
        if wanted.name == "name" and kind.takes_identifiers:
            return 0.8 * column.share("person") if column.share("person") > 0.7 and column.variety > 0.3 else 0.0
        return 0.0

    def _lines(self) -> Lines:
        return self.relations.lines


def _counts(column: Column) -> bool:
    """Say whether a column numbers the rows."""
    return column.share("plain_integer") == 1 and column.distinct == column.rows > 2


def _allowed(wanted: Input, column: Column, reading: Reading, near: float) -> float:
    """Return 1 where the values can be this input, less where some cannot, 0 where hardly any can."""
    if not column.filled:
        return 0.5 if near > 0.8 and not wanted.required else 0.3
    if wanted.type in (*NUMBERS, *TIMES, "flag"):
        return _steep(reading.share)
    if wanted.type == "code":
        return max(0.6 if near > 0.9 and column.is_listed else 0.0, reading.share)
    if wanted.name in _NAMES:
        strange = max(column.share("number"), dated(column), column.share("email", "phone", "url", "json", "id_card"))
        return 1 - 0.9 * strange
    if wanted.name == "properties":
        return column.share("json")
    if wanted.type == "key":
        wrong = max(dated(column), column.share("cents") if column.share("number") > 0.9 else 0.0)
        return 1 - 0.9 * wrong
    amounts = column.share("cents") if column.share("number") > 0.9 else 0.0
    return 1 - 0.7 * max(dated(column), amounts)


def _steep(share: float) -> float:
    """Read 1 as 1, 90% as little, half as nothing."""
    return max(0.0, min(1.0, (share - 0.5) * 2)) ** 2
