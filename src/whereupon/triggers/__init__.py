"""What can start a workflow, one file per kind."""
