"""Modules and fields: what kinds of record there are, and the tables that hold them."""
