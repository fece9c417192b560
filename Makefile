# Each target does its own set-up: a virtual environment with the pinned dependencies.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Two spinning OpenMP threads on a busy core are ten times slower than one that sleeps.
export OMP_WAIT_POLICY := passive

.PHONY: help demo test lint types unit examples bench nightly clean

help:
	@echo "make demo   a carotid phantom, segmented, refined, scored; report in demo/carotid/report.html"
	@echo "make test   lint, import layers, types, tests, examples"
	@echo "make bench  the benchmarks; each prints its table"
	@echo "make nightly  a thousand damaged files of every format, and what else takes minutes"

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt torch
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	# NiiVue, from the npm registry at a pinned hash; without it all but view and serve works.
	-$(BIN)/python -m lumenfield.viewer.bundle
	touch $@

demo: $(VENV)/.ready
	$(BIN)/lumenfield demo --out demo

test: lint types unit examples

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.ready
	$(BIN)/mypy

# One thread a process: two processes on two cores, each with its own tests.
unit: $(VENV)/.ready
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --durations=10

examples: $(VENV)/.ready
	for example in examples/*.py; do echo $$example; OMP_NUM_THREADS=2 $(BIN)/python $$example || exit 1; done

bench: $(VENV)/.ready
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	for script in benchmarks/*.py; do echo $$script; $(BIN)/python $$script || exit 1; done

nightly: $(VENV)/.ready
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m nightly

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
