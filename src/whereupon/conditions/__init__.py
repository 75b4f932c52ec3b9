"""Conditions and formulas: one meaning, compiled to SQL."""
