"""How Alembic reaches the database: through the connection it is handed, never by an address of its own."""

from alembic import context

from escalation.database.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
# The caller's transaction is the migration's: all of it is kept, or none.
context.run_migrations()
