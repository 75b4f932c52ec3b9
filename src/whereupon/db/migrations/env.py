"""What Alembic runs: our revisions, on the connection that migrate.py hands over, in its transaction."""

from alembic import context
from sqlalchemy import Connection, text

connection: Connection = context.config.attributes["connection"]
# CREATE SCHEMA IF NOT EXISTS asks for the right to create even when it exists: look first.
if connection.scalar(text("SELECT to_regnamespace('whereupon') IS NULL")):
    connection.execute(text("CREATE SCHEMA whereupon"))
context.configure(connection=connection, version_table="alembic_version", version_table_schema="whereupon")
context.run_migrations()
