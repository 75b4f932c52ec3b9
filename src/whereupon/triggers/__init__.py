"""What starts a workflow: one file per kind."""
