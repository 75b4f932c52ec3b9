"""Workflows: drawn as drafts, checked, published as versions that never change."""
