"""The moving parts: one file per loop."""
