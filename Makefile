.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export DVC_NO_ANALYTICS = 1
export DO_NOT_TRACK = 1

help:  ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: $(VENV)/installed  ## Set up, make every model of params.yaml, show what is in Production
	dvc repro
	@signloop models show --next

test: $(VENV)/installed  ## Set up and run the tests
	pytest -n 2 --dist loadfile -m "not slow" -rfEs --cov --cov-report=term:skip-covered --cov-fail-under=90

slow: $(VENV)/installed  ## The tests of minutes: servers, hundreds of kills, whole runs; CI runs them too
	pytest -n 2 --dist loadfile -m slow -rfEs --durations=25

check: $(VENV)/installed  ## Format, lint, types, import directions
	ruff format --check .
	ruff check .
	pyright
	lint-imports

bench: $(VENV)/installed  ## Measure what the README quotes
	signloop bench

clean:  ## Remove what can be made again; the registry in .signloop stays
	rm -rf $(VENV) artifacts dvc_plots build .pytest_cache .ruff_cache .import_linter_cache *.egg-info

# `make` offers no other way to say that an install was interrupted half-way than a file written last.
$(VENV)/installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not here. Install Python 3.11 or 3.12, or: make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

lock: $(VENV)/installed  ## Compile requirements.lock anew from pyproject.toml
	pip-compile --quiet --extra dev --extra postgres --extra dask --extra hub --strip-extras --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--output-file requirements.lock pyproject.toml
	sed -i 's/+cpu$$//' requirements.lock

.PHONY: help run test slow check bench clean lock
