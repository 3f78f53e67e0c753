"""Alembic's entry: it runs on the connection that `undisc.db.schema` hands over, never on a URL of its own."""

from alembic import context

from undisc.db import message_tables, order_tables, people_tables, sharing_tables  # noqa: F401
from undisc.db.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=False)
context.run_migrations()
