"""The planning sheet (A7): a table in which an office plans its mails becomes draft workflows, and back."""
