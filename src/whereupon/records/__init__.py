"""Records: read and written by people and programs, under their rights."""
