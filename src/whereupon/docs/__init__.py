"""The reference pages, written from the code itself, so that they cannot be wrong about it."""
