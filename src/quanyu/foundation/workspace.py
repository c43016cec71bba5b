"""A company's isolated space, opened: everything a verb needs to read and write, for one workspace of one home."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quanyu.foundation.bus.model import Fact
from quanyu.foundation.clock import Clock
from quanyu.foundation.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from quanyu.foundation.database.connection import Database
    from quanyu.foundation.lake.store import Lake
