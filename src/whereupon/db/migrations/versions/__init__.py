"""One file per change of our own schema, in order."""
