"""What a workflow can do, one file per block."""
