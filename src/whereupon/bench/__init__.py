"""The benchmark: how fast the product is on this machine, database included, through its own paths."""

from whereupon.bench.figures import Figure
from whereupon.bench.suite import run

__all__ = ["Figure", "run"]
