# Everything a person does here, and what CI does: `make` alone lists it.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The first Python that is new enough and can make virtual environments; override with `make PYTHON=...`.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	  command -v $$p >/dev/null 2>&1 && $$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  && { echo $$p; break; }; done)
HOST ?= 127.0.0.1
PORT ?= 8000
STORE ?= store
# Words for pytest, as in `make test ARGS="-k filters -x"`.
ARGS ?=
# Tests run side by side, each file in one process, for its tests share services. ARGS="-n 0 --pdb" runs them in this one.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

BIN := .venv/bin
PIP_INSTALL := -m pip install -qq --disable-pip-version-check
# A lock names everything, so nothing is resolved: pip would look for the newest of what a dependency asks for with extras,
# find a release later than the lock, and refuse to go on.
LOCKED := $(PIP_INSTALL) --no-deps --require-hashes -r
# The build backend comes from the lock too, so nothing is fetched without a hash.
PROJECT := $(PIP_INSTALL) --no-deps --no-build-isolation
READY := .venv/.ready
CLIENTS := .venv-clients/.ready
OLDEST := .venv-oldest/.ready
PEERS := .venv-bench/.ready
DESCRIPTORS := $(wildcard datasets/*/datapackage.json)
BUILDERS := $(wildcard datasets/*/source/build.py)
# What makes the earlier releases of a dataset again, in build/NAME/VERSION/, and what they are made from.
HISTORIES := $(wildcard datasets/*/source/earlier.py)
EARLIER := build/.earlier
BENCHES := $(wildcard bench/*.py)

define new-venv
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer with the venv module was found." \
	  "Install one (on Debian: python3 python3-venv), or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(@D)/bin/python || { echo "Creating $(@D) with $(PYTHON)"; $(PYTHON) -m venv $(@D); }
endef

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

.PHONY: setup
setup: $(READY) ## create .venv from the lock (every other target does so by itself)

$(READY): requirements/dev.lock pyproject.toml
	$(new-venv)
	@echo "Installing requirements/dev.lock and minshu into .venv"
	@.venv/bin/python $(LOCKED) requirements/dev.lock
	@.venv/bin/python $(PROJECT) --editable .
	@touch $@

$(CLIENTS): requirements/clients.lock
	$(new-venv)
	@echo "Installing requirements/clients.lock into .venv-clients"
	@.venv-clients/bin/python $(LOCKED) requirements/clients.lock
	@touch $@

$(OLDEST): requirements/dev.lock requirements/oldest.lock pyproject.toml
	$(new-venv)
	@echo "Installing requirements/dev.lock with the DuckDB of requirements/oldest.lock into .venv-oldest"
	@.venv-oldest/bin/python $(LOCKED) requirements/dev.lock
	@.venv-oldest/bin/python $(LOCKED) requirements/oldest.lock
	@.venv-oldest/bin/python $(PROJECT) --editable .
	@touch $@

$(PEERS): requirements/bench.lock
	$(new-venv)
	@echo "Installing requirements/bench.lock into .venv-bench"
	@.venv-bench/bin/python $(LOCKED) requirements/bench.lock
	@touch $@

.PHONY: serve
serve: store ## publish the datasets and serve them on http://127.0.0.1:8000
	$(BIN)/minshu serve --store $(STORE) --host $(HOST) --port $(PORT)

# One process publishes all, older releases first. An earlier release that the store has is left alone: it stays what it
# was, though it would be made otherwise today.
.PHONY: store
store: $(READY) $(EARLIER) ## publish every dataset of this folder into ./store (does nothing where it is there)
	@mkdir -p $(STORE)
	@set --; for folder in $$(ls -d $(DESCRIPTORS:datasets/%/datapackage.json=build/%/*/) 2>/dev/null | sort -V); do \
	  test -e "$(STORE)/$${folder#build/}release.json" || set -- "$$@" "$$folder"; done; \
	$(BIN)/minshu publish "$$@" $(DESCRIPTORS:/datapackage.json=) --store $(STORE)

.PHONY: datasets
datasets: $(READY) ## rebuild the datasets' tables from their sources, their descriptors and their earlier releases
	@set -e; for builder in $(BUILDERS); do echo "$$builder"; $(BIN)/python "$$builder"; done
	$(BIN)/minshu inline
	@rm -f $(EARLIER)
	@$(MAKE) --no-print-directory $(EARLIER)

$(EARLIER): $(READY) $(HISTORIES) $(BUILDERS) $(DESCRIPTORS) $(wildcard datasets/*/CHANGELOG.md)
	@mkdir -p $(@D)
	@set -e; for history in $(HISTORIES); do echo "$$history"; $(BIN)/python "$$history"; done
	@touch $@

.PHONY: test
test: $(READY) $(CLIENTS) ## run the fast tests with branch coverage
	$(BIN)/pytest $(PARALLEL) -m "not slow" --cov --cov-report=term $(ARGS)

.PHONY: test-slow
test-slow: $(READY) $(CLIENTS) test-oldest ## run the slow tests, and the fast ones on the oldest DuckDB
	$(BIN)/pytest -m slow $(ARGS)

# Only what touches DuckDB can differ there. Coverage and the repository's own tests are not repeated.
.PHONY: test-oldest
test-oldest: $(OLDEST) $(CLIENTS) ## run the fast tests on the oldest DuckDB that is supported
	.venv-oldest/bin/pytest $(PARALLEL) -m "not slow" --ignore=tests/project $(ARGS)

.PHONY: lint
lint: $(READY) ## check style, format and the layers of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

# Each dataset's builder is a program of its own, and several may be called build.py: one run for each folder.
.PHONY: types
types: $(READY) ## check every annotation with mypy --strict
	$(BIN)/mypy api tests
	@set -e; for folder in $(wildcard validators) $(wildcard datasets/*/source) $(wildcard bench bench/publish bench/serve); do \
	  set -- "$$folder"/*.py; test -e "$$1" || continue; echo "mypy $$folder"; $(BIN)/mypy "$$@"; done

.PHONY: bench
bench: $(READY) ## measure what is slow (each script of bench/)
	@set -e; for script in $(BENCHES); do echo "$$script"; $(BIN)/python "$$script"; done

.PHONY: bench-publish
bench-publish: $(READY) ## measure publishing and comparing 5 M rows beside DuckDB alone
	$(BIN)/python -m bench.publish $(ARGS)

.PHONY: bench-serve
bench-serve: $(READY) $(PEERS) ## measure the service beside Datasette, ROAPI and nginx (needs wrk and nginx)
	$(BIN)/python -m bench.serve $(ARGS)

.PHONY: bench-pages
bench-pages: $(READY) ## measure how long the service takes for each page
	$(BIN)/python -m tests.browser.timings

.PHONY: screenshots
screenshots: $(READY) ## take pictures of every page into build/screenshots (ARGS="sql rows" chooses some; needs Chromium)
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

.PHONY: docs
docs: $(READY) ## check that the documentation is complete and that its links resolve
	$(BIN)/pytest tests/project/test_docs.py $(ARGS)

.PHONY: check-dcat
check-dcat: store ## hold the catalogue's RDF against SHACL shapes, such as DCAT-AP's (SHAPES=FOLDER of .ttl files)
	@test -d "$(SHAPES)" || { echo "make: name the folder of the shapes: make check-dcat SHAPES=FOLDER" >&2; exit 1; }
	$(BIN)/python tests/metadata/check_dcat.py $(STORE) "$(SHAPES)"

.PHONY: openapi
openapi: $(READY) ## pin the description of the interface as it is now, in tests/http/openapi.json
	$(BIN)/python tests/http/pin_openapi.py

.PHONY: dist
dist: $(READY) ## build the wheel and the source distribution into dist/
	@rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist .

# uv resolves for every platform and Python at once. Pins stay as they are unless `make lock UPGRADE=--upgrade`.
COMPILE := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url $(UPGRADE)
.PHONY: lock
lock: .venv-lock/.ready ## resolve pyproject.toml into requirements/*.lock (UPGRADE=--upgrade for newer versions)
	$(COMPILE) pyproject.toml --all-extras --group dev --output-file requirements/dev.lock
	$(COMPILE) pyproject.toml --all-extras --constraint requirements/dev.lock --output-file requirements/runtime.lock
	$(COMPILE) --group build --constraint requirements/dev.lock --output-file requirements/build.lock
	$(COMPILE) --group clients --output-file requirements/clients.lock
	$(COMPILE) --group oldest --output-file requirements/oldest.lock
	$(COMPILE) --group bench --output-file requirements/bench.lock
	$(COMPILE) --group fixtures --no-deps --output-file requirements/fixtures.lock

.venv-lock/.ready:
	$(new-venv)
	@.venv-lock/bin/python $(PIP_INSTALL) uv
	@touch $@

.PHONY: clean
clean: ## remove what these targets made, ./store and the environments included
	rm -rf .venv .venv-clients .venv-oldest .venv-bench .venv-lock dist build ./store .coverage .coverage.* \
	  .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
