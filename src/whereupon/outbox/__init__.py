"""Messages on their way out: queued, held, sent, or uncertain."""
