# make demo    play the whole exchange on this machine, judge it, write the report
# make test    run the tests
# make bench   CPU time beside other tools, in one run: read the ratios (QUICK=1: less than three minutes)
# make check   what CI adds to the tests: lint, types, layers, self-check of the rules
# make fuzz    fuzz one target for some minutes: make fuzz TARGET=er7 MINUTES=30 (needs Python 3.11)
# make nightly the long versions of all checks, with their counts; STEPS="soak kills" for some of them
# make docs    build the documentation into docs/site
# Each makes its own .venv from the versions pinned in requirements.lock. Compiled modules are kept:
# an installation has them, and the tests start hundreds of processes.

export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := PIP_CONSTRAINT=requirements.lock PIP_BUILD_CONSTRAINT=requirements.lock \
       PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet

TARGET ?= er7
MINUTES ?= 1

.PHONY: demo test check bench fuzz nightly docs clean

demo: .venv/.runtime
	@$(BIN)/telerad demo

test: .venv/.dev
	@$(BIN)/pytest -n auto --dist loadgroup

check: lint types layers selfcheck selfcheck-tlr

lint: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/.dev
	@$(BIN)/mypy

layers: .venv/.dev
	@$(BIN)/lint-imports

selfcheck: .venv/.dev
	@$(BIN)/telerad selfcheck

selfcheck-tlr: .venv/.dev
	@$(BIN)/telerad selfcheck --profile ans-tlr-2026

bench: .venv/.bench
	@$(BIN)/python -m bench $(if $(QUICK),--quick)

fuzz: .venv/.fuzz
	@$(BIN)/python tests/fuzz/run.py $(TARGET) --minutes $(MINUTES)

nightly: .venv/.dev
	@bench/nightly.sh $(STEPS)

docs: .venv/.dev
	@cd docs && ../$(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf docs/site docs/pages/rules-*.md .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache reports/runs

.venv/.made:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("telerad needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.runtime: .venv/.made requirements.lock pyproject.toml
	@$(PIP) --editable .
	@$(BIN)/python -m compileall -q harness
	@touch $@

.venv/.dev: .venv/.runtime
	@$(PIP) --editable '.[dev]'
	@touch $@

.venv/.fuzz: .venv/.dev
	@$(PIP) --editable '.[fuzz]'
	@touch $@

.venv/.bench: .venv/.dev
	@$(PIP) --editable '.[bench]'
	@touch $@
