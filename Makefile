# Each target sets up its own virtual environment when there is none, or when the pins have changed, and
# builds the browser application when its sources have changed. uv installs in a quarter of pip's time; where
# it cannot (an index that only pip knows of), pip does.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin
PYTEST := $(BIN)/pytest -n 4 --dist loadgroup
OURS := src tests hatch_build.py
INSTALL := --quiet -c constraints.txt -e '.[dev]'
# Tests start thousands of processes, and each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo web docs test check bench bench-web faults format

demo: web
	$(BIN)/whereupon demo

web: $(STAMP)
	$(BIN)/python hatch_build.py

docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

test: web
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python hatch_build.py test
	$(PYTEST)

check: web
	$(BIN)/ruff format --check $(OURS)
	$(BIN)/ruff check $(OURS)
	$(BIN)/basedpyright
	$(BIN)/lint-imports
	$(BIN)/python hatch_build.py lint test
	$(BIN)/python -m tests.browser.chromium
	$(PYTEST)

bench: web
	$(BIN)/whereupon bench

bench-web: web
	$(BIN)/python -m tests.browser.chromium
	$(BIN)/python -m tests.browser.bench

faults: $(STAMP)
	$(BIN)/python -m tests.faults

format: $(STAMP)
	$(BIN)/ruff format $(OURS)
	$(BIN)/ruff check --fix $(OURS)
	$(BIN)/python hatch_build.py format

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/uv pip install --python $(BIN)/python $(INSTALL) || $(BIN)/python -m pip install $(INSTALL)
	$(BIN)/python -c 'import whereupon.api.process, whereupon.workers.process'
	touch $(STAMP)
