"""The command line: thin, the same nouns, no decisions of its own."""
