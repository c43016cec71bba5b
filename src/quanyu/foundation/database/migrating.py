"""Brings the database's schema to the version of this program, once, whoever comes first."""

from importlib.resources import as_file, files

import sqlalchemy as sa

from quanyu.foundation.database.connection import Database
from quanyu.foundation.errors import Conflict
from quanyu.foundation.text import Text

_STEPS = files("quanyu.migrations")


def newest() -> str:
    """Return the last step that this program knows: the first word of its file name."""
    return max(step.name.partition("_")[0] for step in (_STEPS / "versions").iterdir() if step.name[0].isdigit())


def present(database: Database) -> str | None:
    """Return the step that the database is at; None for an empty one."""
    with database.begin() as connection:
        if connection.execute(sa.text("select to_regclass('alembic_version')")).scalar_one() is None:
            return None
        return connection.execute(sa.text("select version_num from alembic_version")).scalar_one_or_none()


def upgrade(database: Database) -> bool:
    """Take the steps that are missing; return whether there were any."""
    at, last = present(database), newest()
    if at == last:
        return False
    if at is not None and at > last:
        raise Conflict(
            Text("This home was made by a newer version of Quanyu.", "该目录由更新版本的 Quanyu 创建。"),
            remedy=Text("Install that version or a later one.", "请安装该版本或更高版本。"),
            received=f"schema {at}",
            allowed=[f"schema {last}, or older"],
        )
    with database.locked("migrate"):
        _run_alembic(database)
    return True


def _run_alembic(database: Database) -> None:
    from alembic import command  # noqa: PLC0415  slow to import, seldom needed
    from alembic.config import Config  # noqa: PLC0415

    with as_file(_STEPS) as folder, database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
