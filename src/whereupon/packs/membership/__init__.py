"""Membership: a club's pack."""
