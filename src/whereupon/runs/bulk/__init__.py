"""Bulk runs: one occasion, many records. The list is taken once, worked off in chunks, and reckoned up."""
