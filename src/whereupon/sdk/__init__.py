"""What the author of a block, trigger or function imports: nothing else."""
