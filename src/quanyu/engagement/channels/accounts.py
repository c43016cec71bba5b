"""Keeps accounts of channels: their settings in the open, their secrets sealed under the workspace's key."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from quanyu.engagement.channels.definitions import made
from quanyu.engagement.channels.model import Account, Rate
from quanyu.engagement.channels.spec import Channel, Opened, Quota
from quanyu.engagement.channels.tables import channel_account
from quanyu.foundation.errors import NotFound
from quanyu.foundation.registry import Registry
from quanyu.foundation.text import Text
from quanyu.foundation.workspace import Workspace


@dataclass(frozen=True)
class Standing:
    """An account as it is kept, without its secrets, and whether it may send at the moment."""

    name: str
    through: str
    channel: str
    changed_at: datetime
    failures: int
    held_until: datetime | None
    broken: str | None


def add(ws: Workspace, account: Account) -> bool:
    """Keep an account, in the place of one of the same name, and let it send again; say whether it is new or other."""
    own = msgspec.to_builtins(account.quotas)
    said: dict[str, Any] = {
        "through": account.through,
        "channel": account.channel,
        "settings": dict(account.settings),
        "rate": None if account.rate is None else msgspec.to_builtins(account.rate),
        "quotas": list(own),
    }
    with ws.locked(f"channel account:{account.name}"), ws.begin() as connection:
        row = connection.execute(_mine(ws, account.name)).mappings().one_or_none()
        same = row is not None and all(row[name] == value for name, value in said.items())
        if row is not None and same and _secrets(ws, account.name, row["secrets"]) == account.secrets:
            connection.execute(_let_send(ws, account.name))
            return False
        sealed = ws.key.seal(msgspec.json.encode(dict(account.secrets)), _about(account.name))
        said |= {"secrets": base64.b64encode(sealed).decode(), "changed_at": ws.clock.now()}
        upsert = insert(channel_account).values(workspace=ws.number, name=account.name, **said)
        connection.execute(upsert.on_conflict_do_update(index_elements=["workspace", "name"], set_=said))
        connection.execute(_let_send(ws, account.name))
    return True


def _let_send(ws: Workspace, name: str) -> sa.Update:
    where = (channel_account.c.workspace == ws.number, channel_account.c.name == name)
    return sa.update(channel_account).where(*where).values(broken=None, failures=0, held_until=None)


def is_broken(ws: Workspace, name: str) -> bool:
    """Say whether an account may not send until somebody adds it again."""
    query = sa.select(channel_account.c.broken).where(channel_account.c.workspace == ws.number)
    with ws.begin() as connection:
        return connection.execute(query.where(channel_account.c.name == name)).scalar_one_or_none() is not None


def every(ws: Workspace) -> list[Standing]:
    columns = [channel_account.c[name] for name in Standing.__dataclass_fields__]
    query = sa.select(*columns).where(channel_account.c.workspace == ws.number).order_by(channel_account.c.name)
    with ws.begin() as connection:
        return [Standing(**row) for row in connection.execute(query).mappings()]


def account_of(ws: Workspace, name: str, channels: Registry[Channel]) -> Account:
    """Return an account with its secrets in clear, for who sends by it."""
    with ws.begin() as connection:
        row = connection.execute(_mine(ws, name)).mappings().one_or_none()
        if row is None:
            raise unknown(ws, connection, name)
    secrets = _secrets(ws, name, row["secrets"])
    quotas = tuple(msgspec.convert(quota, Quota) for quota in row["quotas"])
    rate = None if row["rate"] is None else msgspec.convert(row["rate"], Rate)
    plugin = channels.get(row["through"])
    account = made(name, plugin, row["channel"], row["settings"], secrets, rate, ())
    return replace(account, quotas=quotas)


def opened(ws: Workspace, account: Account) -> Opened:
    """Return what the channel is given of an account."""
    folder = ws.settings.home / "channels" / str(ws.number) / account.name
    settings = {**account.settings, **account.secrets}
    return Opened(account.name, account.channel, settings, ws.clock.now, folder, ws.time_zone)


def unknown(ws: Workspace, connection: sa.Connection, name: str) -> NotFound:
    names = sa.select(channel_account.c.name).where(channel_account.c.workspace == ws.number)
    return NotFound(
        Text("There is no such account.", "没有这个渠道账号。"),
        remedy=Text("Add it with: quanyu channel add FILE", "请先添加：quanyu channel add 文件"),
        received=name[:60],
        allowed=sorted(connection.execute(names).scalars()),
    )


def _secrets(ws: Workspace, name: str, sealed: str) -> Mapping[str, str]:
    return msgspec.json.decode(ws.key.open(base64.b64decode(sealed), _about(name)), type=dict[str, str])


def _about(name: str) -> str:
    return f"channel account {name}"


def _mine(ws: Workspace, name: str) -> "sa.Select[Any]":
    return sa.select(channel_account).where(channel_account.c.workspace == ws.number, channel_account.c.name == name)
