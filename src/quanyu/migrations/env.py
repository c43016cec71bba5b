"""Runs the steps on the connection that `foundation.database.migrating` hands over."""

from alembic import context

from quanyu.foundation.database.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
