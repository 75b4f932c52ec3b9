# Each target sets up its own virtual environment when there is none, or when the pins have changed.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin

.PHONY: demo test check bench faults format

demo: $(STAMP)
	$(BIN)/whereupon demo

test: $(STAMP)
	$(BIN)/pytest -n 2

check: $(STAMP)
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2

bench: $(STAMP)
	$(BIN)/whereupon bench

faults: $(STAMP)
	$(BIN)/python -m tests.faults

format: $(STAMP)
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(STAMP)
