"""Connections to the database: one transaction a request, bound to one workspace; locks that all processes respect."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa

from quanyu.foundation.errors import Invalid, Unavailable
from quanyu.foundation.text import Text


class Database:
    """PostgreSQL, reached by psycopg parameters (embedded) or by a URL (your own server)."""

    def __init__(self, parameters: Mapping[str, object] | None = None, url: str | None = None) -> None:
        self.conninfo = psycopg.conninfo.make_conninfo(url or "", **(parameters or {}))  # type: ignore[arg-type]
        self.engine = sa.create_engine(
            "postgresql+psycopg://",
            creator=self._connect,
            pool_size=10,  # an import holds half a dozen; a new one would have to learn its catalog and plans
            max_overflow=10,
            pool_pre_ping=True,
            pool_use_lifo=True,  # the one that was used last has its plans and its catalog at hand
        )

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        try:
            return psycopg.connect(self.conninfo, application_name="quanyu", options="-c timezone=UTC")
        except psycopg.OperationalError as error:
            raise Unavailable(
                Text("The database does not answer.", "数据库没有响应。"),
                remedy=Text(
                    "Check that it runs and that QUANYU_DATABASE_URL is right, then try again.",
                    "请检查数据库是否运行、QUANYU_DATABASE_URL 是否正确，然后重试。",
                ),
                received=type(error).__name__,
            ) from error

    @contextmanager
    def begin(self, workspace: int | None = None) -> Generator[sa.Connection]:
        """Open one transaction; row-level security shows the rows of `workspace` only, or none."""
        with self.engine.begin() as connection:
            if workspace is not None:
                connection.execute(
                    sa.text("select set_config('quanyu.workspace', :workspace, true)"), {"workspace": str(workspace)}
                )
            yield connection

    @contextmanager
    def locked(self, *names: str) -> Generator[None]:
        """Hold locks that every process of this database respects; wait for them in a fixed order.

        The server frees them when the process dies.
        """
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                for name in sorted(names):
                    connection.execute(_LOCK, {"name": name})
                yield
            finally:
                if not connection.invalidated:
                    connection.execute(sa.text("select pg_advisory_unlock_all()"))

    @contextmanager
    def lock_if_free(self, name: str) -> Generator[bool]:
        """Hold a lock unless somebody else does; yield whether it is held."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            held = connection.execute(_LOCK_IF_FREE, {"name": name}).scalar_one()
            try:
                yield held
            finally:
                if held and not connection.invalidated:
                    connection.execute(sa.text("select pg_advisory_unlock_all()"))

    def refuse_superuser(self) -> None:
        """Row-level security does not bind a superuser, so such a role would see every workspace."""
        with self.engine.connect() as connection:
            role = connection.execute(
                sa.text("select rolname from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)")
            ).scalar_one_or_none()
        if role is not None:
            raise Invalid(
                Text(
                    "The database role may bypass row-level security, so workspaces would not be isolated.",
                    "该数据库角色可以绕过行级安全，工作区之间将无法隔离。",
                ),
                remedy=Text(
                    "Give QUANYU_DATABASE_URL a role that owns its database and is neither SUPERUSER nor BYPASSRLS.",
                    "请在 QUANYU_DATABASE_URL 中使用拥有该库、且没有 SUPERUSER 与 BYPASSRLS 的角色。",
                ),
                received=role,
            )

    def close(self) -> None:
        self.engine.dispose()


_LOCK_IF_FREE = sa.text("select pg_try_advisory_lock(hashtextextended(:name, 0))")
_LOCK = sa.text("select pg_advisory_lock(hashtextextended(:name, 0))")
