"""Money that is owed: claims, their strategy, and the playbook for those that are disputed."""
