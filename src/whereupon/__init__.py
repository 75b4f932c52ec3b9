"""Whereupon: something happens to a record, whereupon the right things are done."""
