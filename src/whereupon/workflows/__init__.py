"""Workflows: drafted, checked, published, compared."""
