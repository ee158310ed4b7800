# Send securely. `make help` lists what there is to do.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))

##@ Use
.PHONY: help install run
help: ## Say what there is to do
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables: PORT and DATA (run), PYTHON (install), ALLOW_MISSING=1 (tools, test), TESTS and JOBS (test; one worker a core unless told).\n'

install: $(STAMP) ## Make .venv with the project and everything it needs (again only when the pins change)

$(STAMP): requirements-dev.txt requirements.in pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on PATH. Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: install your distribution's python3-venv package, then run make again." >&2; rm -rf $(VENV); exit 1; }
	@echo "Installing what requirements-dev.txt pins into $(VENV) (one to two minutes the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: install ## Start the whole demo world on loopback; Ctrl-C stops it (PORT=8000 DATA=folder)
	@exec $(BIN)/addin-backend run $(if $(PORT),--port $(PORT)) $(if $(DATA),--data "$(DATA)")

##@ Work on it
.PHONY: test test-full lint format tools bench matrix pictures faults lock
test: install ## Everything that must hold: formats, types, import table, policies, tests (TESTS=tests/web for some)
	@tools/test.sh $(TESTS)

test-full: install ## The same with every round of the long tests
	@FULL=1 tools/test.sh $(TESTS)

lint: install ## Only the checks that read: formats, rules, types, import table, policies, manifest
	@tools/test.sh --lint

format: install ## Write Python and Rego in the agreed form
	@$(BIN)/ruff check --quiet --fix --exit-zero .
	@$(BIN)/ruff format .
	@$(BIN)/python tools/find_or_build.py --only opa
	@$$($(BIN)/python tools/find_or_build.py --path opa) fmt --write policies/rego

tools: install ## Find or build OPA, Regal, Chromium, tesseract and openssl (ALLOW_MISSING=1 goes on without)
	@$(BIN)/python tools/find_or_build.py

bench: install ## Measure and print the figures of benchmarks/
	@set -e; for file in $$(grep -l __main__ benchmarks/*.py); do echo "== $$file"; $(BIN)/python "$$file"; done

matrix: install ## Print the fault matrix: crash point and fault x database x transport (MATRIX="--random 500")
	@$(BIN)/python tests/faults/matrix.py $(MATRIX)

pictures: install ## Take pictures of every journey and page in both languages, to look at (PICTURES=folder)
	@$(BIN)/python tools/find_or_build.py --only chromium
	@PYTHONPATH=tests:tests/browser $(BIN)/python -m pictures "$(or $(PICTURES),build/pictures)" --chromium "$$($(BIN)/python tools/find_or_build.py --path chromium)"

faults: install ## Live through each fault of /demo/exchange in a browser and print what the employee sees (FAULTS="--only full,silent")
	@$(BIN)/python tools/find_or_build.py --only chromium
	@PYTHONPATH=tests:tests/browser $(BIN)/python -m fault_walk "$(or $(PICTURES),build/faults)" --chromium "$$($(BIN)/python tools/find_or_build.py --path chromium)" $(FAULTS)

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)
lock: install ## Pin requirements*.in anew, with hashes (UPGRADE=1 takes newer versions)
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt
