"""Changes: every write to a module's table, captured by the database, read back as a timeline."""
