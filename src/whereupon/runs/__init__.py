"""What a workflow does for one record, from its first block to its last."""
