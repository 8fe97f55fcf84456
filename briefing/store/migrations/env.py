"""Alembic's environment: the connection comes from `open_store`, never from an .ini file."""

from alembic import context

from briefing.store.tables import metadata

connection = context.config.attributes["connection"]
# SQLite changes a table by making it anew (batch mode).
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
