"""One file per noun: what can be asked and done over HTTP, each a call of the package that decides."""
