"""The rooms of the house, ground floor first. One line adds a room."""

from quanyu.commerce.catalog.room import ROOM as CATALOG
from quanyu.commerce.orders.room import ROOM as ORDERS
from quanyu.customers.identity.room import ROOM as IDENTITY
from quanyu.customers.ingest.room import ROOM as INGEST
from quanyu.foundation.room import Room
from quanyu.targeting.audiences.room import ROOM as AUDIENCES
from quanyu.targeting.experiments.room import ROOM as EXPERIMENTS
from quanyu.targeting.fields.room import ROOM as FIELDS
from quanyu.targeting.tags.room import ROOM as TAGS

ROOMS: tuple[Room, ...] = (INGEST, IDENTITY, CATALOG, ORDERS, FIELDS, TAGS, AUDIENCES, EXPERIMENTS)
