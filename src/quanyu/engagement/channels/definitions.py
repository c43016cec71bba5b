"""Reads the definition of an account, a YAML file, and names all its faults at once."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from quanyu.customers.messages.words import CHANNELS
from quanyu.engagement.channels.model import Account, Rate
from quanyu.engagement.channels.spec import Channel, Per, Quota, Setting
from quanyu.foundation import documents
from quanyu.foundation.definitions import Reading
from quanyu.foundation.documents import Path as Place
from quanyu.foundation.errors import NotFound
from quanyu.foundation.registry import Registry
from quanyu.foundation.text import Text

GROUP = "quanyu.channels"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_ENVIRONMENT = "env:"
_KEYS = ("name", "through", "channel", "settings", "rate", "quotas")
_PER: tuple[Per, ...] = ("minute", "hour", "day", "month")
_EVERYWHERE = (
    Setting("unsubscribe_url", "url", Text("Address before a message's id, to unsubscribe", "退订链接前缀")),
    Setting("link_url", "url", Text("Address before a message's id, to follow its links", "跟踪链接前缀")),
)
_COMMON = (
    Setting("batch", "number", Text("Messages a request", "每次请求的消息数"), least=1, most=100_000),
    Setting("requests", "number", Text("Requests at once", "并发请求数"), least=1, most=256),
    Setting("idempotent", "flag", Text("Takes a message that comes twice once", "重复的消息只受理一次")),
    Setting("receipts", "flag", Text("Tells later what was delivered", "事后回传送达回执")),
)
_FREE = {"batch": 1, "requests": 1, "idempotent": False, "receipts": False}


def installed() -> Registry[Channel]:
    return Registry(GROUP)


def load_account(path: Path) -> Account:
    """Read an account's file; raises `Invalid` with every fault."""
    try:
        text = path.expanduser().read_text("utf-8")
    except OSError:
        raise NotFound(Text("There is no file at this path.", "这个路径下没有文件。"), received=path) from None
    return read_account(text, installed())


def read_account(text: str, channels: Registry[Channel]) -> Account:
    reading = Reading(documents.read(text))
    given = reading.mapping(reading.document.value, (), _KEYS[:2], _KEYS)
    name = reading.word(given, "name", ())
    if name is not None and not _NAME.fullmatch(name):
        problem = Text("A name is of small letters, digits and underscores.", "名称只能用小写字母、数字与下划线。")
        reading.fault(("name",), problem, name, "brand_mail")
    through = reading.choice(given, "through", (), [channel.name for channel in channels.all()])
    rate, quotas = _rate(reading, given), _quotas(reading, given)
    plugin = None if through is None else channels.get(through)
    endpoint = "channel" not in given and plugin is not None and plugin.capabilities.endpoint
    channel = "" if endpoint else reading.choice(given, "channel", (), [code.value for code in CHANNELS])
    values = _Values({}, {}) if plugin is None else _settings(reading, given, plugin)
    if plugin is not None and channel and plugin.capabilities.carries:
        reading.choice(given, "channel", (), plugin.capabilities.carries)
    reading.refuse_faults(Text("The account cannot be used as it is written.", "渠道账号的定义有误。"))
    assert name is not None
    assert channel is not None
    assert plugin is not None
    return made(name, plugin, channel, values.settings, values.secrets, rate, quotas)


def made(
    name: str,
    plugin: Channel,
    channel: str,
    settings: Mapping[str, object],
    secrets: Mapping[str, str],
    rate: Rate | None,
    quotas: tuple[Quota, ...],
) -> Account:
    """Return an account with what the channel fixes and what was left to the account."""
    can = plugin.capabilities
    free = {key: settings.get(key, default) for key, default in _FREE.items()}
    return Account(
        name,
        plugin.name,
        channel,
        settings,
        secrets,
        rate,
        (*can.quotas, *quotas),
        batch=can.batch or int(cast("int", free["batch"])),
        requests=can.requests or int(cast("int", free["requests"])),
        idempotent=bool(free["idempotent"]) if can.idempotent is None else can.idempotent,
        transactional=can.transactional,
        receipts=bool(free["receipts"]) if can.receipts is None else can.receipts,
    )


def lacking(plugin: Channel, account: Account) -> list[str]:
    """Return which settings and secrets that the channel cannot do without an account has not, or has no longer."""
    said = {**account.settings, **account.secrets}
    return [setting.name for setting in known_settings(plugin) if setting.required and setting.name not in said]


@dataclass(frozen=True)
class _Values:
    settings: dict[str, object]
    secrets: dict[str, str]


def known_settings(plugin: Channel) -> list[Setting]:
    """Return what an account of the channel may say, with what the channel itself leaves to it."""
    can = plugin.capabilities
    left = {name: getattr(can, name) for name in _FREE}
    return [*plugin.settings, *_EVERYWHERE, *(setting for setting in _COMMON if left[setting.name] is None)]


def _settings(reading: Reading, given: Mapping[str, object], plugin: Channel) -> _Values:
    known = known_settings(plugin)
    required = [setting.name for setting in known if setting.required]
    said = reading.mapping(given.get("settings", {}), ("settings",), required, [setting.name for setting in known])
    settings: dict[str, object] = {}
    secrets: dict[str, str] = {}
    for setting in known:
        value = said.get(setting.name, setting.default)
        if value is None:
            continue
        read = _setting(reading, ("settings", setting.name), setting, value)
        if read is not None and setting.type == "secret":
            secrets[setting.name] = str(read)
        elif read is not None:
            settings[setting.name] = read
    return _Values(settings, secrets)


def _setting(reading: Reading, place: Place, setting: Setting, value: object) -> object:
    if setting.type == "secret":
        return _secret(reading, place, value)
    if setting.type == "flag":
        return value if isinstance(value, bool) else _wrong(reading, place, value, "true", "false")
    if setting.type == "number":
        whole = isinstance(value, int) and not isinstance(value, bool) and setting.least <= value <= setting.most
        return value if whole else _wrong(reading, place, value, f"{setting.least} … {setting.most}")
    if not isinstance(value, str) or not value.strip():
        return _wrong(reading, place, value, "a text")
    if setting.type == "choice":
        return value if value in setting.choices else _wrong(reading, place, value, *setting.choices)
    if setting.type == "url" and not (urlsplit(value).scheme in ("http", "https") and urlsplit(value).hostname):
        return _wrong(reading, place, value, "https://…", "http://…")
    return value


def _secret(reading: Reading, place: Place, value: object) -> str | None:
    """Return a secret as it is written, or from the environment where it says env:NAME; never shown in a fault."""
    written = value if isinstance(value, str) else ""
    if written.startswith(_ENVIRONMENT):
        written = os.environ.get(written.removeprefix(_ENVIRONMENT), "")
    if not written.strip():
        problem = Text("The secret is missing.", "缺少密钥。")
        return reading.fault(place, problem, None, "env:NAME of a variable that is set", "the secret itself")
    return written


def _wrong(reading: Reading, place: Place, value: object, *allowed: str) -> None:
    reading.fault(place, Text("The setting cannot have this value.", "该设置不能取此值。"), value, *allowed)


def _rate(reading: Reading, given: Mapping[str, object]) -> Rate | None:
    if "rate" not in given:
        return None
    said = reading.mapping(given["rate"], ("rate",), ("per_second",), ("per_second", "burst"))
    per_second = said.get("per_second", 1)
    if not isinstance(per_second, int | Decimal) or isinstance(per_second, bool) or not 0 < per_second <= 1_000_000:
        return _wrong(reading, ("rate", "per_second"), per_second, "above 0", "50", "0.5")
    burst = said.get("burst", max(1, int(per_second)))
    if not isinstance(burst, int) or isinstance(burst, bool) or not 1 <= burst <= 10_000_000:
        return _wrong(reading, ("rate", "burst"), burst, "1 … 10000000")
    return Rate(float(per_second), burst)


def _quotas(reading: Reading, given: Mapping[str, object]) -> tuple[Quota, ...]:
    rows = reading.list(given["quotas"], ("quotas",)) if "quotas" in given else []
    return tuple(quota for i, row in enumerate(rows) if (quota := _quota(reading, row, ("quotas", i))) is not None)


def _quota(reading: Reading, row: object, place: Place) -> Quota | None:
    said = reading.mapping(row, place, ("most", "per"), ("most", "per", "since", "until", "why"))
    most, per = said.get("most"), reading.choice(said, "per", place, _PER)
    if not isinstance(most, int) or isinstance(most, bool) or most < 0:
        return _wrong(reading, (*place, "most"), most, "0, 1, 2 …")
    days = {key: _day(reading, said, key, place) for key in ("since", "until")}
    if days["since"] and days["until"] and days["since"] > days["until"]:
        problem = Text("It ends before it begins.", "结束早于开始。")
        return reading.fault((*place, "until"), problem, str(days["until"]), f"{days['since']} …")
    return None if per is None else Quota(most, cast("Per", per), **days, why=str(said.get("why", "")))


def _day(reading: Reading, said: Mapping[str, object], key: str, place: Place) -> date | None:
    if key not in said:
        return None
    try:
        return date.fromisoformat(str(said[key]))
    except ValueError:
        return _wrong(reading, (*place, key), said[key], "2026-01-01")
