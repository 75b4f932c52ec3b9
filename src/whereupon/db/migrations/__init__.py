"""Alembic's environment for our own schema."""
