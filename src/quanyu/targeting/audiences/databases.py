"""Exports to a table of any database that SQLAlchemy speaks to; readers see the old rows or all of the new ones."""

import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pyarrow as pa
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from quanyu.foundation.database.copying import copy_in
from quanyu.foundation.errors import Conflict, Invalid, Unavailable
from quanyu.foundation.text import Text
from quanyu.targeting.audiences.targets import Contents, Writer

_NAME = re.compile(r"(?:([A-Za-z_]\w{0,62})\.)?([A-Za-z_]\w{0,40})", re.ASCII)
_BATCH = 5_000
_BESIDE = "__incoming"  # ends the name of the table that is filled first
_COPIES = "psycopg"  # the driver through which our own COPY goes


@dataclass(frozen=True)
class DatabaseTarget:
    """A table, created if it is missing. The URL may hold a password: it is neither shown nor stored."""

    url: str = field(repr=False)
    table: str

    @property
    def kind(self) -> str:
        return "database"

    @property
    def place(self) -> str:
        url = _url(self.url)
        host = "" if url.host is None else url.host
        return f"{url.get_backend_name()}://{host}/{url.database or ''} {self.table}"

    def refuse(self, contents: Contents) -> None:
        """Refuse what cannot be a table, a database that does not answer, and a table of other columns."""
        schema, name = _split(self.table)
        with self._connected() as connection, _told(self.place):
            if sa.inspect(connection).has_table(name, schema):
                _refuse_other(connection, schema, name, contents)

    def open(self, contents: Contents) -> AbstractContextManager[Writer]:
        return self._writing(contents)

    @contextmanager
    def _writing(self, contents: Contents) -> Generator[Writer, None, None]:
        with self._connected() as connection:
            writer = _TableWriter(connection, self, contents)
            try:
                yield writer
            finally:
                writer.clean()

    @contextmanager
    def _connected(self) -> Generator[sa.Connection, None, None]:
        try:
            engine = sa.create_engine(_url(self.url), poolclass=sa.NullPool, hide_parameters=True)
        except (SQLAlchemyError, ImportError) as problem:
            raise _no_driver(self.url, problem) from None
        with _told(self.place):
            connection = engine.connect()
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def _told(place: str) -> Generator[None, None, None]:
    """Say that the other database refused, and not what it said: that may hold values, or the account."""
    try:
        yield
    except (SQLAlchemyError, psycopg.Error) as problem:
        raise Unavailable(
            Text("The other database did not take the export.", "目标数据库未接受导出。"),
            remedy=Text(
                "Check that it runs, the account and its rights, then try again.",
                "请检查该数据库是否运行、账号与权限，然后重试。",
            ),
            received=f"{place}: {type(getattr(problem, 'orig', None) or problem).__name__}",
        ) from None


class _TableWriter:
    """Fills a table beside the wanted one; then, in one transaction, its rows take the place of the old ones."""

    def __init__(self, connection: sa.Connection, target: DatabaseTarget, contents: Contents) -> None:
        self._connection, self._place = connection, target.place
        self._schema, self._name = _split(target.table)
        # What a dialect does to a decimal before it hands it over is to make a float of it.
        self._decimals = sa.Numeric().dialect_impl(connection.dialect).bind_processor(connection.dialect) is None
        columns = [sa.Column(f.name, _type(f.type, decimals=self._decimals)) for f in contents.schema]
        self._altering = Operations(MigrationContext.configure(connection))
        with _told(self._place):
            self._altering.drop_table(f"{self._name}{_BESIDE}", schema=self._schema, if_exists=True)
            self._beside = self._altering.create_table(f"{self._name}{_BESIDE}", *columns, schema=self._schema)
            connection.commit()

    def write_table(self, table: pa.Table) -> None:
        with _told(self._place):
            if self._connection.dialect.driver == _COPIES:
                copy_in(
                    self._connection, self._connection.dialect.identifier_preparer.format_table(self._beside), table
                )
                return
            for batch in (table if self._decimals else _without_decimals(table)).to_batches(max_chunksize=_BATCH):
                self._connection.execute(sa.insert(self._beside), batch.to_pylist())

    def finish(self) -> None:
        with _told(self._place):
            self._connection.commit()

    def show(self) -> None:
        """Rename where there is no such table yet; else exchange the rows, so that rights and indexes stay."""
        connection = self._connection
        with _told(self._place):
            if not sa.inspect(connection).has_table(self._name, self._schema):
                self._altering.rename_table(self._beside.name, self._name, schema=self._schema)
            else:
                wanted = self._beside.to_metadata(sa.MetaData(), name=self._name)
                names = self._beside.columns.keys()
                connection.execute(sa.delete(wanted))
                connection.execute(sa.insert(wanted).from_select(names, sa.select(self._beside)))
            connection.commit()

    def clean(self) -> None:
        with suppress(SQLAlchemyError):  # what is left the next export to this table drops
            self._connection.rollback()
            self._altering.drop_table(self._beside.name, schema=self._schema, if_exists=True)
            self._connection.commit()


def _url(text: str) -> sa.URL:
    try:
        return sa.make_url(text)
    except ArgumentError:
        raise Invalid(
            Text("This is not the address of a database.", "这不是数据库地址。"),
            remedy=Text("Write it as SQLAlchemy does.", "请按 SQLAlchemy 的写法填写。"),
            allowed=("postgresql+psycopg://user:password@host/database", "sqlite:////folder/file.db"),
        ) from None


def _no_driver(url: str, problem: Exception) -> Invalid:
    return Invalid(
        Text("There is no driver for this database.", "没有该数据库的驱动。"),
        remedy=Text("Install the one that its address names.", "请安装地址所指定的驱动。"),
        received=f"{_url(url).drivername}: {type(problem).__name__}",
    )


def _split(table: str) -> tuple[str | None, str]:
    found = _NAME.fullmatch(table)
    if found is None:
        raise Invalid(
            Text("This cannot be the name of a table.", "不能作为表名。"),
            received=table[:120],
            allowed=["name", "schema.name"],
        )
    return found[1], found[2]


def _refuse_other(connection: sa.Connection, schema: str | None, name: str, contents: Contents) -> None:
    present = sorted(column["name"] for column in sa.inspect(connection).get_columns(name, schema))
    if present != sorted(contents.schema.names):
        raise Conflict(
            Text("The table is there and has other columns.", "该表已存在，且列不同。"),
            remedy=Text(
                "Choose another name, the columns that it has, or drop it yourself.",
                "请换一个表名、选择与其相同的列，或自行删除该表。",
            ),
            received=f"{name}: {', '.join(present)}",
            allowed=contents.schema.names,
        )


def _without_decimals(table: pa.Table) -> pa.Table:
    """Return the floats nearest to the decimals, which Arrow finds from their digits only."""
    columns = [
        column.cast(pa.string()).cast(pa.float64()) if pa.types.is_decimal(column.type) else column
        for column in table.columns
    ]
    return pa.table(columns, names=table.column_names)


def _type(type_: pa.DataType, *, decimals: bool) -> sa.types.TypeEngine[Any]:
    if pa.types.is_decimal(type_) and decimals:
        return sa.Numeric(type_.precision, type_.scale)
    if pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return sa.Double()
    if pa.types.is_integer(type_):
        return sa.BigInteger()
    if pa.types.is_date(type_):
        return sa.Date()
    return sa.Boolean() if pa.types.is_boolean(type_) else sa.Text()
