"""What a workflow can do: one file per block. The folder is the registry."""
