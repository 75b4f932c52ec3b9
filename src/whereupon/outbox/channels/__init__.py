"""How a message leaves, one file per channel."""
