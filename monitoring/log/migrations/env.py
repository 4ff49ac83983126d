"""What Alembic runs: the revisions, in the transaction of the connection that `migrate` hands over."""

from alembic import context

from monitoring.log.migrate import VERSION_TABLE
from monitoring.log.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters few things in place
)
context.run_migrations()
