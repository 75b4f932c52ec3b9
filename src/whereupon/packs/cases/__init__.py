"""Immigration cases: a consultancy's pack."""
