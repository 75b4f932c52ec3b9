"""Runs: matched from changes, advanced block by block, remembered."""
