"""The REST interface: thin, the same nouns, no decisions of its own."""
