"""Links that know who followed them: each message has its own, which lead on to where the content says.

The id of the message is in the link, and nobody can guess it; where the link leads is looked up in the version of the
content that was sent, so that a link can lead nowhere else. Each link of a message counts once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute
import sqlalchemy as sa

from quanyu.engagement.channels.message_ids import read_ids
from quanyu.engagement.channels.model import Account
from quanyu.engagement.channels.receiving import receive
from quanyu.engagement.channels.spec import Response
from quanyu.engagement.channels.tables import channel_batch, channel_response
from quanyu.engagement.content.definitions import find
from quanyu.foundation.errors import NotFound
from quanyu.foundation.workspace import Workspace

CLICKED = "clicked"

pc: Any = pyarrow.compute  # its functions are made when it is imported, so that nobody knows their types


@dataclass(frozen=True)
class Clicks:
    """How many customers followed a link of a content in a version."""

    content: str
    version: int
    link: str
    customers: int


def links_of(ws: Workspace, account: Account, content: str, version: int, ids: pa.Array) -> Mapping[str, pa.Array]:
    """Return each message's own links by the names of templates; as they are written where no server is named."""
    try:
        links = find(ws, content, version)[0].links
    except NotFound:  # whoever fills it in says so
        return {}
    base = account.settings.get("link_url")
    if base is None:
        return {f"links.{name}": pa.repeat(pa.scalar(url), len(ids)) for name, url in links.items()}
    return {f"links.{name}": pc.binary_join_element_wise(str(base), ids, f"/{name}", "") for name in links}


def follow(ws: Workspace, message_id: str, name: str) -> str | None:
    """Return where a link of a message leads, and count that it was followed; None where there is no such link."""
    batch = int(read_ids(ws, [message_id]).batch[0])
    b = channel_batch.c
    query = sa.select(b.content, b.content_version).where(b.workspace == ws.number, b.number == batch)
    with ws.begin() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    try:
        url = find(ws, row.content, row.content_version)[0].links.get(name)
    except NotFound:
        return None
    if url is None:
        return None
    done = receive(ws, [Response(message_id, CLICKED, key=f"{message_id}:{CLICKED}:{name}")])
    return url if done.taken or done.known else None


def clicks(ws: Workspace, key_prefix: str = "") -> Sequence[Clicks]:
    """Count who followed which link, of the batches whose keys begin so: each customer once a link and content."""
    b, r = channel_batch.c, channel_response.c
    link = sa.func.split_part(r.key, ":", 3).label("link")
    query = (
        sa.select(b.content, b.content_version, link, sa.func.count(r.customer.distinct()).label("customers"))
        .join(channel_response, sa.and_(r.workspace == b.workspace, r.batch == b.number))
        .where(b.workspace == ws.number, sa.func.starts_with(b.key, key_prefix))
        .where(r.event == CLICKED, link != "")
        .group_by(b.content, b.content_version, link)
        .order_by(b.content, b.content_version, link)
    )
    with ws.begin() as connection:
        return [Clicks(*row) for row in connection.execute(query)]
