# Every target is one real command; `make help` lists them. The first use of any of them sets .venv up.
VENV := .venv
BIN := $(VENV)/bin
# Whose OpenAPI document is committed: every service's but the gateway's, which is the sum of theirs.
SERVICES := $(filter-out resident_gateway,$(notdir $(patsubst %/service.py,%,$(wildcard services/*/service.py))))
READY := $(VENV)/.ready
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help install demo up down test test-fast faults bench prove check format contracts lock

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: $(READY) ## make .venv with everything that is pinned

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'Python 3.11 or newer is needed. Debian/Ubuntu: apt-get install python3; macOS: brew install python'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo 'venv is missing. Debian/Ubuntu: apt-get install python3-venv'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $(READY)

demo: $(READY) ## start the house and tell its story
	$(BIN)/linli demo

up: $(READY) ## start the house
	$(BIN)/linli up

down: $(READY) ## stop the house; the data stays
	$(BIN)/linli down

test: $(READY) ## all tests, on servers of their own
	$(BIN)/python -m pytest -n 2 --dist=loadfile --no-loadscope-reorder

test-fast: $(READY) ## rules and architecture only, no servers
	$(BIN)/python -m pytest -q tests/architecture/test_boundaries.py tests/architecture/test_tracked_files.py tests/shared/event_contracts tests/services/*/rules

faults: $(READY) ## break the house on purpose under load (MUTATE=all: deliberate bugs, each must be caught; SEED=n)
	PYTHONPATH=tests $(BIN)/python -m faults $(if $(SEED),--seed $(SEED)) $(if $(MUTATE),--mutate $(MUTATE),--json .local/proof/faults.json)

bench: $(READY) ## measure every figure beside its baseline (needs wrk)
	PYTHONPATH=tests $(BIN)/python -m benchmarks $(if $(SEED),--seed $(SEED))

prove: $(READY) ## the long runs of one issue, a line for each figure (WHAT=identity; SEED=n; needs wrk)
	PYTHONPATH=tests $(BIN)/python -m proof $(or $(WHAT),identity) $(if $(SEED),--seed $(SEED))

check: $(READY) ## lint, format, types, architecture, generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m event_contracts.generate --check
	$(BIN)/python -m platform_kit.openapi --check $(SERVICES)
	$(BIN)/python -m pytest -q tests/architecture/test_boundaries.py tests/architecture/test_tracked_files.py tests/deploy/test_compose.py

format: $(READY) ## format and sort
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

contracts: $(READY) ## write the generated files: schemas, AsyncAPI, topics, OpenAPI
	$(BIN)/python -m event_contracts.generate && $(BIN)/python -m platform_kit.openapi $(SERVICES)

lock: ## pin what pyproject.toml asks for, with hashes and without addresses
	$(BIN)/uv pip compile -q pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -o requirements.lock
