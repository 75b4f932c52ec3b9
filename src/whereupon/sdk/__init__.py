"""What an author of a block, trigger, function or channel imports: nothing else."""
