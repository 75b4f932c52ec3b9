"""File stores: places outside, to which workflows send documents."""
