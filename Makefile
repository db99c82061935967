# Two commands are enough: `make run` and `make test`. `make` alone lists the others.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# Thousands of small databases: in memory, where there is such a folder, they take half the time.
# Three parts beside each other: what needs the served application and a browser, what starts processes and reads
# files or answers software, and all others. Each waits a good deal, so that three keep two cores busy.
SERVED := tests/ui tests/journeys
APART := tests/adapters tests/storage tests/services/cli tests/api
# What `make real` reads: FOLDER=…, or simply the word after it.
FOLDER ?= $(or $(word 2,$(filter-out help,$(MAKECMDGOALS))),../shared/samples)
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-annotate --no-emit-index-url --no-strip-extras

export REFLEX_TELEMETRY_ENABLED := false
export REFLEX_CHECK_LATEST_VERSION := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Some images set it. Every process would then compile every module anew: half the time of most starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run dev test real soak bench lint lock docs clean

help: ## This list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /make \1\t/' | expand -t 14

run: $(VENV)/installed ## Install, migrate, fill the demo, build, serve (ENCAISS_DEMO=0: your own data)
	@ENCAISS_DEMO="$${ENCAISS_DEMO-1}" exec $(BIN)/encaiss serve

dev: $(VENV)/installed ## The same with hot reload: edit, then refresh the page
	@export ENCAISS_DEMO="$${ENCAISS_DEMO-1}"; $(BIN)/encaiss demo; exec $(BIN)/reflex run --env preview

test: $(VENV)/installed-dev ## Every test, in a real browser where one is needed
	@test ! -w /dev/shm || export TMPDIR="$${TMPDIR:-/dev/shm}"; \
	ENCAISS_CHROMIUM=$$(bash .ci/chromium $(BIN)); export ENCAISS_CHROMIUM; said=$$(mktemp); failed=0; \
	apart=$$(mktemp); trap 'rm -f "$$said" "$$apart"; kill $$first $$second 2>/dev/null || true' EXIT; \
	$(BIN)/python -m pytest $(SERVED) >"$$said" 2>&1 & first=$$!; \
	$(BIN)/python -m pytest $(APART) >"$$apart" 2>&1 & second=$$!; \
	$(BIN)/python -m pytest $(SERVED:%=--ignore=%) $(APART:%=--ignore=%) || failed=1; \
	wait $$second || failed=1; cat "$$apart"; wait $$first || failed=1; cat "$$said"; exit $$failed

real: $(VENV)/installed-dev ## The real files that may not be committed: make real FOLDER
	@test -d "$(FOLDER)" || { echo "There is no folder $(FOLDER): make real FOLDER" >&2; exit 2; }
	@ENCAISS_REAL_FILES="$(abspath $(FOLDER))" $(BIN)/python -m pytest -m real

soak: $(VENV)/installed-dev ## Long simulations and fuzzing
	@$(BIN)/python -m pytest -m soak

bench: $(VENV)/installed-dev ## How much slower the house is than the barest way
	@$(BIN)/python benchmarks/bench.py && $(BIN)/python benchmarks/guarded.py && $(BIN)/python benchmarks/importing.py && \
	$(BIN)/python benchmarks/letters.py && $(BIN)/python benchmarks/nights.py && $(BIN)/python benchmarks/matching.py

lint: $(VENV)/installed-dev ## Style, types, and whether the migrations match the tables
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	ENCAISS_DATABASE_URL="sqlite:///$$folder/check.db" $(BIN)/alembic -c alembic/alembic.ini upgrade head; \
	ENCAISS_DATABASE_URL="sqlite:///$$folder/check.db" $(BIN)/alembic -c alembic/alembic.ini check

lock: $(VENV)/installed-dev ## Write the lock files anew from pyproject.toml
	@printf 'setuptools>=77\n' | $(COMPILE) --output-file requirements.lock pyproject.toml - >/dev/null
	@printf 'setuptools>=77\n' | $(COMPILE) --group dev --output-file requirements-dev.lock pyproject.toml - >/dev/null

docs: $(VENV)/installed ## Write the table of permissions in README.md anew from the code
	@$(BIN)/python -c 'import pathlib, re; from encaiss_dashboard.cli.journal import permission_lines as lines; \
	path = pathlib.Path("README.md"); table = "\n".join(lines("en")); \
	path.write_text(re.sub(r"(<!-- permissions -->\n).*?(\n<!-- end -->)", lambda m: m[1] + table + m[2], path.read_text(), flags=re.S))'

clean: ## Forget what was installed and built; the data in var/ stays
	@rm -rf $(VENV) .web .web-* .states

$(BIN)/pip:
	@python=""; for name in python3 python3.14 python3.13 python3.12 python3.11; do \
		if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$name; break; fi; \
	done; \
	test -n "$$python" || { echo "Python 3.11 or newer is needed, and python3 is older or missing." >&2; exit 1; }; \
	"$$python" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$$python cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/installed: requirements.lock pyproject.toml | $(BIN)/pip
	@echo "Installing the locked packages…" >&2
	@$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: requirements-dev.lock $(VENV)/installed
	@echo "Installing the locked packages of the tests…" >&2
	@$(BIN)/pip install --quiet --no-compile --require-hashes -r requirements-dev.lock
	@touch $@

# The word after `make real` is a folder and no target.
ifeq ($(firstword $(MAKECMDGOALS)),real)
$(eval .PHONY: $(wordlist 2,9,$(MAKECMDGOALS)))
$(wordlist 2,9,$(MAKECMDGOALS)): ; @:
endif
