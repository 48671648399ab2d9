"""Alembic's entry: runs the migrations on the connection that server.migrations.upgrade opened."""

from alembic import context

from server.database import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
