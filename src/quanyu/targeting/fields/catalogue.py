"""The catalogue of everything that may be asked about a customer, looked up by name."""

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from quanyu.commerce.catalog import behaviours as catalog
from quanyu.commerce.coupons import behaviours as coupons
from quanyu.commerce.orders import behaviours as trade
from quanyu.commerce.orders import measures as orders
from quanyu.commerce.orders import relating as lights
from quanyu.customers.consent import behaviours as guides
from quanyu.customers.events import behaviours as events
from quanyu.customers.events import measures as touches
from quanyu.customers.identity import measures as identity
from quanyu.customers.messages import behaviours as messages
from quanyu.foundation.definitions import near
from quanyu.foundation.errors import Invalid
from quanyu.foundation.measuring import Behaviour, Field
from quanyu.foundation.text import Text


class Named(Protocol):
    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=Named)


class Catalogue(Generic[Item]):
    """Things with unique names, in the order given."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items: dict[str, Item] = {}
        for item in items:
            if item.name in self._items:
                raise Invalid(Text("This name is given twice.", "名称重复。"), received=item.name)
            self._items[item.name] = item

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: str) -> bool:
        return name in self._items

    def __getitem__(self, name: str) -> Item:
        return self._items[name]

    def get(self, name: str) -> Item | None:
        return self._items.get(name)

    def near(self, name: str) -> tuple[str, ...]:
        """Return the names that were perhaps meant, else the first of all names."""
        return near(name, list(self._items))


FIELDS: Catalogue[Field] = Catalogue((*identity.FIELDS, *touches.FIELDS, *lights.FIELDS, *orders.FIELDS))
"""What the rooms below offer. A room's fields are one line here, and a manifest names them, too."""

BEHAVIOURS: Catalogue[Behaviour] = Catalogue(
    (
        *trade.BEHAVIOURS,
        *events.BEHAVIOURS,
        *catalog.BEHAVIOURS,
        *messages.BEHAVIOURS,
        *coupons.BEHAVIOURS,
        *guides.BEHAVIOURS,
    )
)
"""What customers did, of which statistics are taken; a room's are one line here, too."""
