"""The loops that keep the engine going, one file each."""
