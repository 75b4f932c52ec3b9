"""Sales and support: the pack of a firm that sells and looks after its customers."""
