"""Scripts that people write, run where they can reach nothing: see pool.py, process.py and prelude.js."""
