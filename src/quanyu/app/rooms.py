"""The rooms of the house, ground floor first. One line adds a room."""

from quanyu.commerce.catalog.room import ROOM as CATALOG
from quanyu.commerce.coupons.room import ROOM as COUPONS
from quanyu.commerce.inventory.room import ROOM as INVENTORY
from quanyu.commerce.loyalty.room import ROOM as LOYALTY
from quanyu.commerce.orders.room import ROOM as ORDERS
from quanyu.commerce.stores.room import ROOM as STORES
from quanyu.customers.consent.room import ROOM as CONSENT
from quanyu.customers.events.room import ROOM as EVENTS
from quanyu.customers.identity.room import ROOM as IDENTITY
from quanyu.customers.ingest.room import ROOM as INGEST
from quanyu.customers.matching.room import ROOM as MATCHING
from quanyu.customers.messages.room import ROOM as MESSAGES
from quanyu.customers.quality.room import ROOM as QUALITY
from quanyu.engagement.campaigns.room import ROOM as CAMPAIGNS
from quanyu.engagement.channels.room import ROOM as CHANNELS
from quanyu.engagement.content.room import ROOM as CONTENT
from quanyu.engagement.journeys.room import ROOM as JOURNEYS
from quanyu.foundation.room import Room
from quanyu.targeting.audiences.room import ROOM as AUDIENCES
from quanyu.targeting.experiments.room import ROOM as EXPERIMENTS
from quanyu.targeting.fields.room import ROOM as FIELDS
from quanyu.targeting.tags.room import ROOM as TAGS

ROOMS: tuple[Room, ...] = (
    INGEST,
    IDENTITY,
    MATCHING,
    EVENTS,
    MESSAGES,
    QUALITY,
    CONSENT,
    STORES,
    CATALOG,
    INVENTORY,
    COUPONS,
    ORDERS,
    LOYALTY,
    FIELDS,
    TAGS,
    AUDIENCES,
    EXPERIMENTS,
    CONTENT,
    CHANNELS,
    JOURNEYS,
    CAMPAIGNS,
)
