# make demo       set up from nothing, run two small studies, write their report
# make explore    set up from nothing, open the explorer: a page on this machine (Ctrl-C ends it)
# make test       set up from nothing, run the tests that take seconds
# make test-all   the same with the tests that take minutes
# make check      lint, format, types (of the explorer's page too), pages made from the code, and the site built strictly
# make site       build the site into docs/_build/html      make docs     write the pages made from the code
# make format     put the code in order
# make clean      remove the environment and whatever was built
#
# Needs Python 3.11 or newer and make. Everything else goes into .venv; the second run finds it there.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
WORKERS ?= 2
BIN := .venv/bin

# Tests of the loaders read real data sets where a folder of them is at hand, and are skipped where it is not.
ifndef THALWEG_DATA
ifneq ($(wildcard ../shared/data/.),)
export THALWEG_DATA := $(abspath ../shared/data)
endif
endif

.PHONY: help demo explore test test-all check lint types page docs docs-check site format clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed '/^$$/q'

demo: .venv/installed
	@status=0; $(BIN)/thalweg run matrix-completion singular-values --quick || status=$$?; \
	test $$status -gt 1 || $(BIN)/thalweg report; exit $$status

explore: .venv/installed-live
	$(BIN)/thalweg explore

test: .venv/installed-test
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-all: .venv/installed-test
	$(BIN)/python -m pytest -n $(WORKERS)

check: lint types page docs-check site

lint: .venv/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/installed-dev
	$(BIN)/pyright --pythonpath $(BIN)/python

page: .venv/installed-dev
	$(BIN)/python tools/check_page.py

docs-check: .venv/installed
	$(BIN)/python tools/make_docs.py --check

docs: .venv/installed
	$(BIN)/python tools/make_docs.py

# Strictly: a warning is an error, and so is a notebook that fails. Notebooks are kept with the build and run anew after changes.
site: .venv/installed-docs
	$(BIN)/python -m sphinx -W --keep-going -n -q -b html -d docs/_build/doctrees docs docs/_build/html
	@echo "the site: docs/_build/html/index.html"

format: .venv/installed-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .hypothesis src/*.egg-info docs/_build docs/reference
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

# The package is installed as a link to src, so that no edit needs a second install; only new requirements do.
.venv/installed: .venv/made pyproject.toml
	@echo "installing thalweg and what it needs into .venv (a minute or two, once)"
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

.venv/installed-live: .venv/installed
	$(BIN)/python -m pip install --quiet -e ".[live]"
	@touch $@

.venv/installed-test: .venv/installed
	$(BIN)/python -m pip install --quiet -e ".[test]"
	@touch $@

.venv/installed-dev: .venv/installed-test
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	@touch $@

.venv/installed-docs: .venv/installed
	$(BIN)/python -m pip install --quiet -e ".[docs]"
	@touch $@

.venv/made:
	@test -n "$(PYTHON)" || { echo "no python3 found: Thalweg needs Python 3.11 or newer; try make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("Thalweg needs Python 3.11 or newer, and $(PYTHON) is %d.%d; try make PYTHON=/path/to/python3.11" % v[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@
