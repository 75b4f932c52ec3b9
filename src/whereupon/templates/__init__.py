"""Text with {{ names }}: parsed, checked, rendered within limits."""
