"""The database: our own server or another's, its schema, its connections."""
